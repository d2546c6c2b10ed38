package deadletter_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/deadletter"
	"github.com/thumbing/thumbing/internal/localcloud/lambdaruntime"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

const functionARN = "arn:aws:lambda:eu-west-1:123456789012:function:Thumb"

// A record of the shape in Lambda's documentation, with what our own function is sent and says.
const failed = `{
  "version": "1.0", "timestamp": "2026-11-14T18:16:05.568Z",
  "requestContext": {"requestId": "e4b46cbf", "functionArn": "` + functionARN + `:$LATEST", "condition": "RetriesExhausted", "approximateInvokeCount": 3},
  "requestPayload": {"Records": [
    {"eventVersion": "2.1", "eventSource": "aws:s3", "eventTime": "2026-11-14T18:10:00.000Z", "eventName": "ObjectCreated:Put",
     "s3": {"bucket": {"name": "uploads"}, "object": {"key": "a%2Bb+%C3%A9.jpg", "size": 12345678901234567, "eTag": "0123", "sequencer": "0A"}}},
    {"eventVersion": "2.1", "eventSource": "aws:s3", "eventTime": "2026-11-14T18:10:00.000Z", "eventName": "ObjectCreated:Put",
     "s3": {"bucket": {"name": "uploads"}, "object": {"key": "me", "size": 1, "eTag": "0123", "sequencer": "0A"}}}]},
  "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
  "responsePayload": {"errorMessage": "get the upload: 503 SlowDown", "errorType": "errorString"}
}`

func TestEvent(t *testing.T) {
	l, err := deadletter.Parse(failed)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := strings.Index(failed, `{"Records"`), strings.Index(failed, `,
  "responseContext"`)
	want := deadletter.Letter{Event: &deadletter.Event{FunctionARN: functionARN, RequestID: "e4b46cbf", Condition: "RetriesExhausted",
		Attempts: 3, Payload: []byte(failed[begin:end]), ErrorType: "errorString", ErrorMessage: "get the upload: 503 SlowDown"}}
	if diff := cmp.Diff(want, l); diff != "" {
		t.Error(diff)
	}
	if got := l.Why(); got != "errorString: get the upload: 503 SlowDown" || l.Target() != functionARN {
		t.Errorf("%s of %s", got, l.Target())
	}
	if diff := cmp.Diff([]string{"s3://uploads/a+b é.jpg", "s3://uploads/me"}, l.Objects()); diff != "" {
		t.Error(diff)
	}
}

func TestWhy(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"too old":    {`"RetriesExhausted"`, `"EventAgeExceeded"`, "the event waited too long for the function"},
		"timeout":    {`"get the upload: 503 SlowDown", "errorType": "errorString"`, `"RequestId: e4b46cbf Error: Task timed out after 30.00 seconds", "errorType": "Sandbox.Timedout"`, "Sandbox.Timedout: Task timed out after 30.00 seconds"},
		"untyped":    {`, "errorType": "errorString"`, ``, "get the upload: 503 SlowDown"},
		"said twice": {`"get the upload: 503 SlowDown"`, `"errorString 1"`, "errorString 1"},
		"silent":     {`{"errorMessage": "get the upload: 503 SlowDown", "errorType": "errorString"}`, `"oh no"`, "the function failed"},
		"new words":  {`"RetriesExhausted"`, `"Unlucky", "a": "b"`, "errorString: get the upload: 503 SlowDown"},
	} {
		if !strings.Contains(failed, c.old) {
			t.Fatalf("%s: the record has no %s", name, c.old)
		}
		l, err := deadletter.Parse(strings.Replace(failed, c.old, c.new, 1))
		if err != nil || l.Why() != c.want {
			t.Errorf("%s: %q, %v", name, l.Why(), err)
		}
	}
}

// What the local cloud writes is read.
func TestRecordOfTheLocalCloud(t *testing.T) {
	r := lambdaruntime.Result{RequestID: "id", Payload: []byte(`{"a":1.50}`), Condition: lambdaruntime.RetriesExhausted, Attempts: 3,
		Err: &lambdaruntime.FunctionError{Payload: json.RawMessage(`{"errorType":"T","errorMessage":"m"}`)}}
	body, err := r.Record(functionARN, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	l, err := deadletter.Parse(string(body))
	if err != nil {
		t.Fatal(err)
	}
	want := &deadletter.Event{FunctionARN: functionARN, RequestID: "id", Condition: "RetriesExhausted", Attempts: 3, Payload: r.Payload, ErrorType: "T", ErrorMessage: "m"}
	if diff := cmp.Diff(want, l.Event); diff != "" || len(l.Objects()) != 0 {
		t.Errorf("%v %s", l.Objects(), diff)
	}
}

func TestNotification(t *testing.T) {
	const topic = "arn:aws:sns:eu-west-1:123456789012:avatars"
	attributes := map[string]snsmessage.Attribute{"event": {Type: "String", Value: "avatar.rejected"}}
	m := snsmessage.Message{Type: snsmessage.Notification, MessageID: "m1", TopicARN: topic, Subject: new("avatar.rejected"),
		Message: `{"event":"avatar.rejected","bucket":"uploads","key":"a b"}`, Timestamp: snsmessage.FormatTime(time.Now()), MessageAttributes: attributes}
	body, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	l, err := deadletter.Parse(string(body))
	if err != nil {
		t.Fatal(err)
	}
	want := deadletter.Letter{Notification: &deadletter.Notification{TopicARN: topic, MessageID: "m1", Subject: m.Subject, Message: m.Message, Attributes: attributes}}
	if diff := cmp.Diff(want, l); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"s3://uploads/a b"}, l.Objects()); diff != "" || l.Target() != topic || l.Why() != "a subscriber did not take the notification" {
		t.Errorf("%s: %s %s", l.Target(), l.Why(), diff)
	}
}

func TestUnknown(t *testing.T) {
	for body, want := range map[string]string{
		"":                       "neither",
		"hello":                  "neither",
		"[]":                     "neither",
		"{}":                     "neither",
		`{"Records": []}`:        "neither",
		`{"requestContext": {}}`: "the event is not in it",
		`{"requestContext": {"functionArn": "f"}, "requestPayload": {}}`:                   "does not name the function",
		`{"requestContext": {"functionArn": "arn:aws:sqs:a:b:c:d"}, "requestPayload": {}}`: "does not name the function",
		`{"requestContext": {"functionArn": 1}, "requestPayload": {}}`:                     "neither",
		`{"Type": "Notification"}`: "SNS would not send",
		`{"Type": "SubscriptionConfirmation", "Token": "t", "TopicArn": "t", "Message": ""}`: "neither",
	} {
		l, err := deadletter.Parse(body)
		if err == nil || !strings.Contains(err.Error(), want) || l.Target() != "" || l.Why() != "" || l.Objects() != nil {
			t.Errorf("%s: %+v, %v", body, l, err)
		}
	}
}

// No letter breaks anything, and whoever is replayed to is named.
func FuzzParse(f *testing.F) {
	f.Add(failed)
	f.Add(`{"Type": "Notification", "MessageId": "m", "TopicArn": "t", "Message": "{\"bucket\": \"b\"}", "Timestamp": "2026-11-14T18:16:05.568Z"}`)
	f.Add(`{"requestContext": {"functionArn": "arn:aws:lambda:r:a:function:f"}, "requestPayload": null}`)
	fixtures, err := filepath.Glob("../../testdata/events/*.json")
	if err != nil || len(fixtures) == 0 {
		f.Fatal("no events to begin with", err)
	}
	for _, path := range fixtures {
		event, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(event))
		f.Add(`{"requestContext": {"functionArn": "arn:aws:lambda:r:a:function:f"}, "requestPayload": ` + string(event) + `}`)
	}
	f.Fuzz(func(t *testing.T, body string) {
		l, err := deadletter.Parse(body)
		if err != nil {
			return
		}
		if l.Target() == "" || (l.Event == nil) == (l.Notification == nil) {
			t.Errorf("to nobody: %+v", l)
		}
		if l.Event != nil && !json.Valid(l.Event.Payload) {
			t.Errorf("the event is no JSON: %q", l.Event.Payload)
		}
		l.Why()
		l.Objects()
	})
}
