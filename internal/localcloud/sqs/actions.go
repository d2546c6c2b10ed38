package sqs

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// nothing is the response of actions that say nothing.
type nothing struct{}

type sendInput struct {
	QueueUrl string
	sendEntry
}

// sendEntry is a message to be sent, alone or in a batch.
type sendEntry struct {
	Id                      string
	MessageBody             string
	DelaySeconds            *int
	MessageAttributes       map[string]attribute
	MessageSystemAttributes map[string]attribute
	MessageGroupId          string
	MessageDeduplicationId  string
}

type sent struct {
	Id                           string `json:",omitempty"`
	MessageId                    string
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string `json:",omitempty"`
	MD5OfMessageSystemAttributes string `json:",omitempty"`
}

func (s *Service) sendMessage(_ context.Context, who string, in sendInput) (sent, error) {
	q, err := s.queue(who, "SendMessage", in.QueueUrl)
	if err != nil {
		return sent{}, err
	}
	m, delay, err := q.message(who, in.sendEntry)
	if err != nil {
		return sent{}, err
	}
	if m.size() > q.attributes.MaxMessage {
		return sent{}, invalid("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", q.attributes.MaxMessage)
	}
	return q.sendEntry(in.sendEntry, m, delay)
}

// message makes a message of an entry that is as it must be.
func (q *Queue) message(who string, in sendEntry) (m *message, delay time.Duration, err error) {
	delay = q.attributes.Delay
	switch {
	case in.MessageBody == "":
		return nil, 0, missing("MessageBody")
	case !isText(in.MessageBody):
		return nil, 0, badText()
	case in.MessageDeduplicationId != "":
		return nil, 0, invalid("The request includes a parameter that is not valid for this queue type: MessageDeduplicationId")
	case len(in.MessageAttributes) > maxAttributes:
		return nil, 0, invalid("Number of message attributes [%d] exceeds the allowed maximum [%d].", len(in.MessageAttributes), maxAttributes)
	}
	if in.DelaySeconds != nil {
		if delay, err = seconds("DelaySeconds", *in.DelaySeconds, 0, maxDelay); err != nil {
			return nil, 0, err
		}
	}
	for name, a := range in.MessageAttributes {
		if err := a.check(name); err != nil {
			return nil, 0, invalid("%v", err)
		}
	}
	m = &message{Body: in.MessageBody, Attributes: in.MessageAttributes, GroupID: in.MessageGroupId, Sender: who}
	for name, a := range in.MessageSystemAttributes {
		if name != traceHeader || a.DataType != "String" || a.StringValue == nil {
			return nil, 0, invalid("The message system attribute %s is not a String %s.", name, traceHeader)
		}
		m.TraceHeader = *a.StringValue
	}
	return m, delay, nil
}

const (
	traceHeader   = "AWSTraceHeader"
	maxAttributes = 10
)

func (q *Queue) sendEntry(in sendEntry, m *message, delay time.Duration) (sent, error) {
	if err := q.send(m, delay); err != nil {
		return sent{}, err
	}
	return sent{Id: in.Id, MessageId: m.ID, MD5OfMessageBody: md5Of(m.Body),
		MD5OfMessageAttributes:       md5OfAttributes(m.Attributes),
		MD5OfMessageSystemAttributes: md5OfAttributes(in.MessageSystemAttributes)}, nil
}

// seconds reads a parameter that counts them.
func seconds(name string, value int, least, most time.Duration) (time.Duration, error) {
	if value < int(least.Seconds()) || value > int(most.Seconds()) {
		return 0, invalid("Value %d for parameter %s is invalid. Reason: Must be between %.0f and %.0f, if provided.", value, name, least.Seconds(), most.Seconds())
	}
	return time.Duration(value) * time.Second, nil
}

type receiveInput struct {
	QueueUrl                                                           string
	AttributeNames, MessageSystemAttributeNames, MessageAttributeNames []string
	MaxNumberOfMessages                                                *int
	VisibilityTimeout, WaitTimeSeconds                                 *int
	ReceiveRequestAttemptId                                            string // of queues of another kind
}

type received struct {
	MessageId, ReceiptHandle, Body, MD5OfBody string
	Attributes                                map[string]string    `json:",omitempty"`
	MessageAttributes                         map[string]attribute `json:",omitempty"`
	MD5OfMessageAttributes                    string               `json:",omitempty"`
}

type receiveOutput struct {
	Messages []received `json:",omitempty"`
}

func (s *Service) receiveMessage(ctx context.Context, who string, in receiveInput) (out receiveOutput, err error) {
	q, err := s.queue(who, "ReceiveMessage", in.QueueUrl)
	if err != nil {
		return out, err
	}
	most, visibility, wait := 1, q.attributes.VisibilityTimeout, q.attributes.Wait
	if in.MaxNumberOfMessages != nil {
		most = *in.MaxNumberOfMessages
	}
	if most < 1 || most > maxBatch {
		return out, invalid("Value %d for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and %d, if provided.", most, maxBatch)
	}
	if in.VisibilityTimeout != nil {
		if visibility, err = seconds("VisibilityTimeout", *in.VisibilityTimeout, 0, maxVisibility); err != nil {
			return out, err
		}
	}
	if in.WaitTimeSeconds != nil {
		if wait, err = seconds("WaitTimeSeconds", *in.WaitTimeSeconds, 0, maxWait); err != nil {
			return out, err
		}
	}
	messages, err := q.receive(ctx, most, visibility, wait)
	for _, m := range messages {
		attributes := selected(m.Attributes, in.MessageAttributeNames)
		out.Messages = append(out.Messages, received{MessageId: m.ID, ReceiptHandle: m.handle(), Body: m.Body, MD5OfBody: md5Of(m.Body),
			Attributes:        s.system(m, slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)),
			MessageAttributes: attributes, MD5OfMessageAttributes: md5OfAttributes(attributes)})
	}
	return out, err
}

// selected gives the attributes of the asked names: "All" or ".*" is each, "a.*" each that begins with "a".
func selected(all map[string]attribute, names []string) map[string]attribute {
	some := map[string]attribute{}
	for name, a := range all {
		for _, asked := range names {
			prefix, isPrefix := strings.CutSuffix(asked, ".*")
			if asked == "All" || asked == name || isPrefix && strings.HasPrefix(name, prefix) {
				some[name] = a
			}
		}
	}
	return some
}

// system gives the asked ones of the attributes that SQS itself knows of a message.
func (s *Service) system(m message, names []string) map[string]string {
	all := map[string]string{
		"SenderId":                         cmp.Or(m.Sender, s.config.AccountID),
		"SentTimestamp":                    milliseconds(m.Sent),
		"ApproximateReceiveCount":          strconv.Itoa(m.Receives),
		"ApproximateFirstReceiveTimestamp": milliseconds(m.Received),
		traceHeader:                        m.TraceHeader,
		"MessageGroupId":                   m.GroupID,
	}
	for name, value := range all {
		if value == "" || !slices.Contains(names, name) && !slices.Contains(names, "All") {
			delete(all, name)
		}
	}
	return all
}

func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

type receiptInput struct {
	QueueUrl string
	receiptEntry
}

// receiptEntry is a message that was received, alone or in a batch.
type receiptEntry struct {
	Id                string
	ReceiptHandle     string
	VisibilityTimeout *int // where it is to be changed
}

func (s *Service) deleteMessage(_ context.Context, who string, in receiptInput) (nothing, error) {
	q, err := s.queue(who, "DeleteMessage", in.QueueUrl)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, q.delete(in.ReceiptHandle)
}

func (s *Service) changeMessageVisibility(_ context.Context, who string, in receiptInput) (nothing, error) {
	q, err := s.queue(who, "ChangeMessageVisibility", in.QueueUrl)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, q.change(in.receiptEntry)
}

func (q *Queue) change(in receiptEntry) error {
	if in.VisibilityTimeout == nil {
		return missing("VisibilityTimeout")
	}
	visibility, err := seconds("VisibilityTimeout", *in.VisibilityTimeout, 0, maxVisibility)
	if err != nil {
		return err
	}
	return q.hide(in.ReceiptHandle, visibility)
}
