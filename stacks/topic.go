package stacks

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"github.com/thumbing/thumbing/internal/settings"
)

// How long a key can be brought back after the stack was removed: AWS's least. No message lives that long.
const keyPendingDays = 7

// newTopicKey makes the key that topics are encrypted with. AWS's own key for SNS lets no service publish, so
// S3's events and CloudWatch's alarms need one of the account's own.
func newTopicKey(stack awscdk.Stack) awskms.Key {
	return awskms.NewKey(stack, new("TopicKey"), &awskms.KeyProps{
		Description:       new("Thumbing: messages of the topics"),
		EnableKeyRotation: new(true),
		PendingWindow:     awscdk.Duration_Days(new(float64(keyPendingDays))),
		RemovalPolicy:     awscdk.RemovalPolicy_DESTROY,
	})
}

// useKey is what whoever publishes to an encrypted topic needs of its key.
var useKey = []string{"kms:Decrypt", "kms:GenerateDataKey"}

// letPublish lets a service of AWS publish to the topic on behalf of the sources: a pattern of ARNs of the
// stack's account. Names of buckets are free for others to take once they are given up, so the account is
// asked for as well.
//
// The topic's key it may use for messages of this topic, as SNS tells KMS with each use (Amazon SNS Developer
// Guide, "Key management"). Which source it publishes for KMS is not told of by every service.
func letPublish(topic awssns.Topic, name, sid, service string, sources *string) *awsiam.AddToResourcePolicyResult {
	principals := &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(new(service), nil)}
	arn := topic.Stack().FormatArn(&awscdk.ArnComponents{Service: new("sns"), Resource: new(name)}) // by name: the topic itself waits for its key
	topic.MasterKey().AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        new(sid),
		Principals: principals,
		Actions:    list(useKey...),
		Resources:  list("*"), // a key's policy is of this key only
		Conditions: &map[string]any{"StringEquals": map[string]any{"kms:EncryptionContext:aws:sns:topicArn": arn}},
	}), nil)
	return topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        new(sid),
		Principals: principals,
		Actions:    list("sns:Publish"),
		Resources:  &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{
			"ArnLike":      map[string]any{"aws:SourceArn": sources},
			"StringEquals": map[string]any{"aws:SourceAccount": topic.Stack().Account()},
		},
	}))
}

// newTopic makes the topic that hears of processed and of rejected pictures, with the webhook as its subscriber
// if there is one. What the webhook does not take goes to the dead letters.
func newTopic(stack awscdk.Stack, s settings.Settings, key awskms.Key, letters awssqs.Queue) awssns.Topic {
	topic := awssns.NewTopic(stack, new("Topic"), &awssns.TopicProps{
		TopicName:        new(s.TopicName),
		MasterKey:        key,
		EnforceSSL:       new(true),
		SignatureVersion: new("2"), // SHA-256
	})
	if s.WebhookURL != "" {
		protocol := awssns.SubscriptionProtocol_HTTPS
		if strings.HasPrefix(s.WebhookURL, "http://") {
			protocol = awssns.SubscriptionProtocol_HTTP // on this machine only, say the settings
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
