package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/deadletter"
)

// A replayer sends dead letters to whom they were.
type replayer struct {
	functions *lambda.Client
	topics    *sns.Client
	queueARN  string // of where the letters come from
}

func newReplayer(cfg aws.Config) *replayer {
	return &replayer{
		functions: lambda.NewFromConfig(cfg, func(o *lambda.Options) { atOwnEndpoint(o.BaseEndpoint, &o.Region, &o.Retryer) }),
		topics:    sns.NewFromConfig(cfg, func(o *sns.Options) { atOwnEndpoint(o.BaseEndpoint, &o.Region, &o.Retryer) }),
	}
}

// A fatalError would meet every letter.
type fatalError struct{ error }

func (e *fatalError) Unwrap() error { return e.error }

// letter replays a letter that check lets pass. Nil means that Lambda or SNS has taken it.
func (r *replayer) letter(ctx context.Context, l letter) error {
	if l.Event != nil {
		return r.invoke(ctx, l.Event)
	}
	return r.publish(ctx, l.Notification)
}

// check tells why a letter cannot be replayed. Its target must be where its queue is: who may send to the queue is not
// to reach other accounts by way of who replays.
func (r *replayer) check(l letter) error {
	if l.err == nil && place(l.Target()) != place(r.queueARN) {
		return fmt.Errorf("%s is not of the queue's account and region", l.Target())
	}
	return l.err
}

// place is the partition, region and account of an ARN.
func place(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) < 6 {
		return ""
	}
	return parts[1] + ":" + parts[3] + ":" + parts[4]
}

// nameIn is the last part of an ARN.
func nameIn(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

func (r *replayer) invoke(ctx context.Context, e *deadletter.Event) error {
	_, err := r.functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: &e.FunctionARN, InvocationType: lambdatypes.InvocationTypeEvent, Payload: e.Payload})
	return explainReplay(err, "Lambda", aws.ToString(r.functions.Options().BaseEndpoint), "function "+nameIn(e.FunctionARN), "lambda:InvokeFunction")
}

// publish publishes the message anew. The old one was signed at a time that subscribers would by now refuse.
func (r *replayer) publish(ctx context.Context, n *deadletter.Notification) error {
	in := &sns.PublishInput{TopicArn: &n.TopicARN, Subject: n.Subject, Message: &n.Message}
	for name, a := range n.Attributes {
		value := snstypes.MessageAttributeValue{DataType: &a.Type, StringValue: &a.Value}
		if a.Type == "Binary" {
			b, err := base64.StdEncoding.DecodeString(a.Value)
			if err != nil {
				return fmt.Errorf("its attribute %s is not base64: %w", name, err)
			}
			value.StringValue, value.BinaryValue = nil, b
		}
		if in.MessageAttributes == nil {
			in.MessageAttributes = map[string]snstypes.MessageAttributeValue{}
		}
		in.MessageAttributes[name] = value
	}
	_, err := r.topics.Publish(ctx, in)
	return explainReplay(err, "SNS", aws.ToString(r.topics.Options().BaseEndpoint), "topic "+nameIn(n.TopicARN), "sns:Publish")
}

// explainReplay says in words why a target does not take a letter.
func explainReplay(err error, service, endpoint, target, right string) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if words := explainAccess(err, service, endpoint); words != nil {
		return &fatalError{words}
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return innermost(err)
	}
	switch api.ErrorCode() {
	case "ResourceNotFoundException", "NotFound", "NotFoundException":
		return failure.WithHint(fmt.Errorf("there is no %s", target),
			"it may have been deployed anew under another name: upload again what the letter is about; the letter stays until it expires")
	case "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException":
		return failure.WithHint(fmt.Errorf("access to %s denied", target), "the credentials in use need %s; AWS_PROFILE chooses others", right)
	}
	return unexplained(api)
}
