package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/deadletter"
)

const (
	pageSize = 10              // letters that SQS gives and takes at once, at most
	holdTime = 5 * time.Minute // for which a letter that was received is hidden from others
	lastWait = time.Second     // before a queue counts as read to its end; so long a poll asks every server of SQS

	// cleanUpTime is how long a request may take that an interruption does not end: it leaves the queue in order.
	cleanUpTime = 10 * time.Second
)

// A letter is a message in the dead-letter queue.
type letter struct {
	deadletter.Letter
	id     string
	sentAt time.Time
	err    error // why it cannot be replayed; nil when it can
}

// A letterBox is the dead-letter queue. What is received from it is held until it is deleted or put back. Its errors
// are in the words of explain.
type letterBox struct {
	client    *sqs.Client
	name, url string
	held      map[string]string // receipt handles by the letters' IDs
}

// openLetterBox finds a queue by its name or URL.
func openLetterBox(ctx context.Context, cfg aws.Config, queue string) (*letterBox, error) {
	client := sqs.NewFromConfig(cfg, func(o *sqs.Options) { atOwnEndpoint(o.BaseEndpoint, &o.Region, &o.Retryer) })
	options := client.Options()
	if err := checkAccess(ctx, options.Region, options.Credentials, options.BaseEndpoint); err != nil {
		return nil, err
	}
	b := &letterBox{client: client, name: queue, url: queue, held: map[string]string{}}
	if strings.Contains(queue, "://") {
		b.name = queue[strings.LastIndexByte(queue, '/')+1:]
		return b, nil
	}
	out, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &queue})
	if err != nil {
		return nil, b.explain(err)
	}
	b.url = aws.ToString(out.QueueUrl)
	return b, nil
}

// A look is what the queue says of itself.
type look struct {
	arn      string
	inFlight int       // letters that somebody holds
	at       time.Time // by the server's clock
}

// look asks for what a run should know at its beginning.
func (b *letterBox) look(ctx context.Context) (look, error) {
	out, err := b.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &b.url, AttributeNames: []types.QueueAttributeName{
		types.QueueAttributeNameQueueArn, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible}})
	if err != nil {
		return look{}, b.explain(err)
	}
	l := look{arn: out.Attributes[string(types.QueueAttributeNameQueueArn)], at: time.Now()}
	if at, ok := awsmiddleware.GetServerTime(out.ResultMetadata); ok {
		l.at = at
	}
	l.inFlight, err = strconv.Atoi(out.Attributes[string(types.QueueAttributeNameApproximateNumberOfMessagesNotVisible)])
	if err != nil {
		return look{}, fmt.Errorf("queue %s does not say how many letters are in flight: %w", b.name, err)
	}
	return l, nil
}

// receive takes up to a page of letters, for holdTime. There are none at the end of the queue.
func (b *letterBox) receive(ctx context.Context) ([]letter, error) {
	// Letters whose answer is not waited for would be held in vain.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	out, err := b.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &b.url, MaxNumberOfMessages: pageSize,
		VisibilityTimeout: int32(holdTime.Seconds()), WaitTimeSeconds: int32(lastWait.Seconds()),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp}})
	if err != nil {
		return nil, b.explain(err)
	}
	letters := make([]letter, len(out.Messages))
	for i, m := range out.Messages {
		l := letter{id: aws.ToString(m.MessageId)}
		b.held[l.id] = aws.ToString(m.ReceiptHandle)
		if ms, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64); err == nil {
			l.sentAt = time.UnixMilli(ms).UTC()
		}
		l.Letter, l.err = deadletter.Parse(aws.ToString(m.Body))
		letters[i] = l
	}
	return letters, nil
}

// delete removes letters that are held, up to a page. It answers what became of those that it could not.
func (b *letterBox) delete(ctx context.Context, ids []string) (failed map[string]error) {
	if len(ids) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	failed = map[string]error{}
	entries := make([]types.DeleteMessageBatchRequestEntry, len(ids))
	for i, id := range ids {
		entries[i] = types.DeleteMessageBatchRequestEntry{Id: new(strconv.Itoa(i)), ReceiptHandle: new(b.held[id])}
	}
	out, err := b.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &b.url, Entries: entries})
	if err != nil {
		for _, id := range ids {
			failed[id] = b.explain(err)
		}
		return failed
	}
	for _, e := range out.Failed {
		if i, err := strconv.Atoi(aws.ToString(e.Id)); err == nil && i < len(ids) {
			failed[ids[i]] = fmt.Errorf("%s: %s", aws.ToString(e.Code), aws.ToString(e.Message))
		}
	}
	for _, id := range ids {
		if failed[id] == nil {
			delete(b.held, id)
		}
	}
	return failed
}

// putBack makes every letter that is held visible again, for everybody. Those that it cannot are visible again at the
// end of holdTime.
func (b *letterBox) putBack(ctx context.Context) error {
	for page := range slices.Chunk(slices.Collect(maps.Values(b.held)), pageSize) {
		entries := make([]types.ChangeMessageVisibilityBatchRequestEntry, len(page))
		for i, handle := range page {
			entries[i] = types.ChangeMessageVisibilityBatchRequestEntry{Id: new(strconv.Itoa(i)), ReceiptHandle: &handle}
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
		// A letter whose time is over is in the queue again by itself: that one fails is no error.
		_, err := b.client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &b.url, Entries: entries})
		cancel()
		if err != nil {
			return b.explain(err)
		}
	}
	b.held = map[string]string{}
	return nil
}

// explain says an SQS error in words, with a hint where there is something to do.
func (b *letterBox) explain(err error) error {
	options := b.client.Options()
	endpoint := aws.ToString(options.BaseEndpoint)
	if words := explainAccess(err, "SQS", endpoint); words != nil {
		return words
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return innermost(err)
	}
	switch api.ErrorCode() {
	case "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist":
		err := fmt.Errorf("there is no queue %s", b.name)
		if isLocal(endpoint) {
			return failure.WithHint(err, "thumbing dev names it after THUMBING_TOPIC_NAME: give it the same name as here, or name the queue with --queue")
		}
		return failure.WithHint(err, "deploy the stack first, correct AWS_REGION or THUMBING_TOPIC_NAME, or name the queue with --queue; "+
			"for thumbing dev set AWS_ENDPOINT_URL=http://127.0.0.1:9000")
	case "AccessDenied", "AccessDeniedException":
		return failure.WithHint(fmt.Errorf("access to queue %s denied", b.name),
			"the credentials in use need sqs:GetQueueUrl, GetQueueAttributes, ReceiveMessage, ChangeMessageVisibility and DeleteMessage; AWS_PROFILE chooses others")
	}
	return unexplained(api)
}
