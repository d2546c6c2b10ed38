package snstopic

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// Subscription is an endpoint that a topic delivers to once it has confirmed that it wants to be told.
type Subscription struct {
	Endpoint  string
	Confirmed bool
}

// Subscriptions lists a topic's.
func Subscriptions(ctx context.Context, client sns.ListSubscriptionsByTopicAPIClient, topicARN string) (all []Subscription, err error) {
	pages := sns.NewListSubscriptionsByTopicPaginator(client, &sns.ListSubscriptionsByTopicInput{TopicArn: &topicARN})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Subscriptions {
			// One that is not confirmed has the words PendingConfirmation in place of an ARN.
			all = append(all, Subscription{aws.ToString(s.Endpoint), strings.HasPrefix(aws.ToString(s.SubscriptionArn), "arn:")})
		}
	}
	return all, nil
}
