// Package snstopic publishes to an SNS topic what subscribers are to hear of uploads.
package snstopic

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/awsretry"
)

// Topic is an SNS topic: package avatar's Rejections. It is safe for concurrent use.
type Topic struct {
	client *sns.Client
	arn    string
}

var _ avatar.Rejections = (*Topic)(nil)

// New answers a topic of an SDK configuration. Nothing is asked of SNS.
func New(c aws.Config, arn string) *Topic {
	return &Topic{client: sns.NewFromConfig(c, func(o *sns.Options) { o.Retryer = awsretry.New() }), arn: arn}
}

// Publish tells the topic's subscribers of a rejected upload.
func (t *Topic) Publish(ctx context.Context, r avatar.Rejection) error {
	message, err := r.Message()
	if err == nil {
		_, err = t.client.Publish(ctx, &sns.PublishInput{
			TopicArn: &t.arn,
			Subject:  new(avatar.RejectedEvent),
			Message:  &message,
			MessageAttributes: map[string]types.MessageAttributeValue{
				"event": {DataType: new("String"), StringValue: new(avatar.RejectedEvent)},
			},
		})
	}
	if err != nil {
		return fmt.Errorf("publish to %s: %w", t.arn, err)
	}
	return nil
}
