package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/settings"
)

// subscriptionsTime is how long a listing waits to learn who hears of avatars.
const subscriptionsTime = 5 * time.Second

// A subscriber is an endpoint that the topic delivers to once it has confirmed that it wants to be told.
type subscriber struct {
	endpoint  string
	confirmed bool
}

// A hearing is the topic that tells of avatars, with the webhook that the settings want it to tell.
type hearing struct {
	client  *sns.Client
	topic   string // its name
	webhook string // "" for none
}

func newHearing(cfg aws.Config, set settings.Settings) *hearing {
	client := sns.NewFromConfig(cfg, func(o *sns.Options) {
		atOwnEndpoint(o.BaseEndpoint, &o.Region, &o.Retryer)
		o.RetryMaxAttempts = 1
	})
	return &hearing{client, set.TopicName, set.WebhookURL}
}

// write says who hears of avatars. It stands beside a listing, which does not fail for it: where no webhook is set,
// not even the reason is told why nobody can be seen.
func (h *hearing) write(ctx context.Context, w io.Writer) {
	if h == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, subscriptionsTime)
	defer cancel()
	all, err := h.subscribers(ctx)
	switch {
	case h.webhook == "":
	case err != nil:
		fmt.Fprintf(w, "whether the webhook is subscribed was not to be seen: %s\n", failure.OneLine(err.Error()))
	case len(all) == 0:
		fmt.Fprintf(w, "webhook %s is not subscribed: thumbing doctor says what to do\n", h.webhook)
	}
	for _, s := range all {
		state := "has confirmed, and is told of avatars"
		if !s.confirmed {
			state = "has not confirmed yet, and is told of nothing"
		}
		fmt.Fprintf(w, "webhook %s %s\n", failure.OneLine(s.endpoint), state)
	}
}

// subscribers finds the topic by its name; there are none where there is no such topic.
func (h *hearing) subscribers(ctx context.Context) ([]subscriber, error) {
	for topics := sns.NewListTopicsPaginator(h.client, &sns.ListTopicsInput{}); topics.HasMorePages(); {
		page, err := topics.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Topics {
			if strings.HasSuffix(aws.ToString(t.TopicArn), ":"+h.topic) {
				return h.of(ctx, t.TopicArn)
			}
		}
	}
	return nil, nil
}

func (h *hearing) of(ctx context.Context, topicARN *string) (all []subscriber, err error) {
	for pages := sns.NewListSubscriptionsByTopicPaginator(h.client, &sns.ListSubscriptionsByTopicInput{TopicArn: topicARN}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Subscriptions {
			all = append(all, subscriber{aws.ToString(s.Endpoint), strings.HasPrefix(aws.ToString(s.SubscriptionArn), "arn:")})
		}
	}
	return all, nil
}
