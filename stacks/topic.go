package stacks

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"github.com/thumbing/thumbing/internal/settings"
)

// newTopic makes the topic that hears of processed and of rejected pictures, with the webhook as its subscriber
// if there is one. What the webhook does not take goes to the dead letters.
func newTopic(stack awscdk.Stack, s settings.Settings, letters awssqs.Queue) awssns.Topic {
	topic := awssns.NewTopic(stack, new("Topic"), &awssns.TopicProps{
		TopicName:        new(s.TopicName),
		EnforceSSL:       new(true),
		SignatureVersion: new("2"), // SHA-256
	})
	if s.WebhookURL != "" {
		protocol := awssns.SubscriptionProtocol_HTTPS
		if strings.HasPrefix(s.WebhookURL, "http://") {
			protocol = awssns.SubscriptionProtocol_HTTP
		}
		awssns.NewSubscription(stack, new("Webhook"), &awssns.SubscriptionProps{
			Topic:           topic,
			Protocol:        protocol,
			Endpoint:        new(s.WebhookURL),
			DeadLetterQueue: letters,
		})
	}
	return topic
}
