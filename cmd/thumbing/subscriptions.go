package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/settings"
	"github.com/thumbing/thumbing/internal/snstopic"
)

// subscriptionsTime is how long a listing waits to learn who is told of avatars.
const subscriptionsTime = 5 * time.Second

// A topic is the one that tells of avatars, with the webhook that the settings subscribe to it.
type topic struct {
	client  *sns.Client
	name    string
	webhook string // "" for none
}

func newTopic(cfg aws.Config, set settings.Settings) *topic {
	client := sns.NewFromConfig(cfg, func(o *sns.Options) {
		atOwnEndpoint(o.BaseEndpoint, &o.Region, &o.Retryer)
		o.RetryMaxAttempts = 1
	})
	return &topic{client, set.TopicName, set.WebhookURL}
}

// writeSubscriptions says who is told of avatars. It stands beside a listing, which does not fail for it: where no
// webhook is set, not even the reason is told why nobody can be seen.
func (t *topic) writeSubscriptions(ctx context.Context, w io.Writer) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, subscriptionsTime)
	defer cancel()
	all, err := t.subscriptions(ctx)
	isWebhook := func(s snstopic.Subscription) bool { return s.Endpoint == t.webhook }
	switch {
	case t.webhook == "":
	case err != nil:
		fmt.Fprintf(w, "whether the webhook is subscribed was not to be seen: %s\n", failure.OneLine(err.Error()))
	case !slices.ContainsFunc(all, isWebhook):
		fmt.Fprintf(w, "webhook %s is not subscribed: thumbing doctor says what to do\n", failure.OneLine(t.webhook))
	}
	for _, s := range all {
		state := "has confirmed, and is told of avatars"
		if !s.Confirmed {
			state = "has not confirmed yet, and is told of nothing"
		}
		fmt.Fprintf(w, "webhook %s %s\n", failure.OneLine(s.Endpoint), state)
	}
}

// subscriptions finds the topic by its name; there are none where there is no such topic.
func (t *topic) subscriptions(ctx context.Context) ([]snstopic.Subscription, error) {
	for pages := sns.NewListTopicsPaginator(t.client, &sns.ListTopicsInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, found := range page.Topics {
			if arn := aws.ToString(found.TopicArn); strings.HasSuffix(arn, ":"+t.name) {
				return snstopic.Subscriptions(ctx, t.client, arn)
			}
		}
	}
	return nil, nil
}
