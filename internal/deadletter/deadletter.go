// Package deadletter reads what is in a dead-letter queue: the record of an event that a function failed on for good,
// and a notification that a subscriber did not take. Each says how it can be replayed.
//
// Sources: AWS Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations"; Amazon SNS Developer
// Guide, "Amazon SNS dead-letter queues" and "Parsing Amazon SNS message formats".
package deadletter

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/thumbing/thumbing/internal/s3event"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

// Letter is a dead letter; one of the two is there.
type Letter struct {
	Event        *Event
	Notification *Notification
}

// Event is an event that a function was invoked with, asynchronously and in vain.
type Event struct {
	FunctionARN string // without the version $LATEST
	RequestID   string
	Condition   string // "RetriesExhausted", "EventAgeExceeded" or another of Lambda's words
	Attempts    int
	Payload     []byte // JSON, to the byte

	ErrorType, ErrorMessage string // of the last attempt; empty where Lambda has none
}

// Notification is a message of a topic that one of its subscribers did not take.
type Notification struct {
	TopicARN   string
	MessageID  string
	Subject    *string // nil where there was none
	Message    string
	Attributes map[string]snsmessage.Attribute
}

// ErrUnknown is why a letter cannot be replayed: nothing says to whom it was.
var ErrUnknown = errors.New("it is neither Lambda's record of a failed event nor a notification of SNS")

// record is what Lambda sends to an on-failure destination.
type record struct {
	RequestContext *struct {
		RequestID              string
		FunctionArn            string
		Condition              string
		ApproximateInvokeCount int
	}
	RequestPayload  json.RawMessage
	ResponsePayload json.RawMessage

	Type string // of a notification
}

// Parse reads the body of a message in a dead-letter queue. The error says in words why it cannot be replayed.
func Parse(body string) (Letter, error) {
	var r record
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return Letter{}, ErrUnknown
	}
	switch {
	case r.RequestContext != nil:
		e, err := r.event()
		return Letter{Event: e}, err
	case r.Type == string(snsmessage.Notification):
		m, err := snsmessage.Parse([]byte(body))
		if err != nil {
			return Letter{}, fmt.Errorf("it is a notification that SNS would not send: %w", err)
		}
		return Letter{Notification: &Notification{m.TopicARN, m.MessageID, m.Subject, m.Message, m.MessageAttributes}}, nil
	}
	return Letter{}, ErrUnknown
}

func (r record) event() (*Event, error) {
	c := r.RequestContext
	if len(r.RequestPayload) == 0 {
		return nil, errors.New("it is Lambda's record of a failed event, but the event is not in it")
	}
	if parts := strings.Split(c.FunctionArn, ":"); len(parts) < 7 || parts[2] != "lambda" || parts[5] != "function" {
		return nil, errors.New("it is Lambda's record of a failed event, but does not name the function")
	}
	e := &Event{FunctionARN: strings.TrimSuffix(c.FunctionArn, ":$LATEST"), RequestID: c.RequestID, Condition: c.Condition,
		Attempts: c.ApproximateInvokeCount, Payload: r.RequestPayload}
	var said struct{ ErrorType, ErrorMessage string }
	if json.Unmarshal(r.ResponsePayload, &said) == nil { // a function may answer anything
		e.ErrorType, e.ErrorMessage = said.ErrorType, said.ErrorMessage
	}
	return e, nil
}

// Target is the ARN of whom the letter was to: a function or a topic. It is empty for the zero Letter.
func (l Letter) Target() string {
	switch {
	case l.Event != nil:
		return l.Event.FunctionARN
	case l.Notification != nil:
		return l.Notification.TopicARN
	}
	return ""
}

// Why says in a clause why the letter is one.
func (l Letter) Why() string {
	switch {
	case l.Event != nil:
		return l.Event.why()
	case l.Notification != nil:
		return "a subscriber did not take the notification"
	}
	return ""
}

func (e *Event) why() string {
	switch {
	case e.Condition == "EventAgeExceeded":
		return "the event waited too long for the function"
	case e.ErrorMessage != "":
		// Where Lambda reports in the function's place, it begins with what is known already.
		message := strings.TrimPrefix(strings.TrimPrefix(e.ErrorMessage, "RequestId: "+e.RequestID), " Error: ")
		if e.ErrorType == "" || strings.HasPrefix(message, e.ErrorType) {
			return message
		}
		return e.ErrorType + ": " + message
	case e.Condition == "RetriesExhausted":
		return "the function failed"
	}
	return e.Condition
}

// Objects are the S3 objects that the letter is about, as "s3://BUCKET/KEY".
func (l Letter) Objects() []string {
	var about string
	switch {
	case l.Event != nil:
		about = string(l.Event.Payload)
	case l.Notification != nil:
		about = l.Notification.Message
	}
	var all []string
	if n, err := s3event.Parse([]byte(about)); err == nil {
		for _, r := range n.Created {
			all = append(all, "s3://"+r.Bucket+"/"+r.Key)
		}
	}
	// What the function publishes of a picture that it rejected.
	var one struct{ Bucket, Key string }
	if len(all) == 0 && json.Unmarshal([]byte(about), &one) == nil && one.Bucket != "" {
		all = append(all, "s3://"+one.Bucket+"/"+one.Key)
	}
	return all
}
