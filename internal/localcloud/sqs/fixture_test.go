package sqs_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/thumbing/thumbing/internal/localcloud/sigv4"
	"github.com/thumbing/thumbing/internal/localcloud/sqs"
)

const (
	account  = "123456789012"
	base     = "http://127.0.0.1:9000"
	queueURL = base + "/" + account + "/letters"
	queueARN = "arn:aws:sqs:us-east-1:" + account + ":letters"
)

// fixture is a service with one queue, and AWS's own client of it.
type fixture struct {
	*sqs.Service
	*awssqs.Client
	t     testing.TB
	queue *sqs.Queue
}

// start starts a service in dir. The change may set more.
func start(t testing.TB, dir string, change func(*sqs.Config, *sqs.Attributes)) *fixture {
	t.Helper()
	c := sqs.Config{Region: "us-east-1", AccountID: account, BaseURL: base, Dir: dir, Secrets: sigv4.Single("thumbing", "thumbing-local")}
	a := sqs.Defaults()
	if change != nil {
		change(&c, &a)
	}
	f := &fixture{Service: sqs.New(c), t: t}
	t.Cleanup(f.Close)
	var err error
	if f.queue, err = f.Service.CreateQueue("letters", a); err != nil {
		t.Fatal(err)
	}
	f.Client = f.client(nil)
	return f
}

// client is AWS's own client. It calls the handler in this process, so that tests can have a clock of their own.
func (f *fixture) client(change func(*http.Request)) *awssqs.Client {
	return awssqs.New(awssqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(base), RetryMaxAttempts: 1, HTTPClient: handled{f.Handler(), change},
		Credentials: credentials.NewStaticCredentialsProvider("thumbing", "thumbing-local", ""),
	})
}

// handled answers requests by a handler, after a change where there is one.
type handled struct {
	handler http.Handler
	change  func(*http.Request)
}

func (h handled) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.Body, in.RequestURI = io.NopCloser(bytes.NewReader(body)), r.URL.RequestURI()
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if h.change != nil {
		h.change(in)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, in)
	return w.Result(), r.Context().Err()
}

func (f *fixture) send(body string) {
	f.t.Helper()
	if _, err := f.queue.Send(f.t.Context(), body); err != nil {
		f.t.Fatal(err)
	}
}

// receive takes up to ten messages, and gives them by their bodies.
func (f *fixture) receive(change func(*awssqs.ReceiveMessageInput)) map[string]message {
	f.t.Helper()
	in := &awssqs.ReceiveMessageInput{QueueUrl: aws.String(queueURL), MaxNumberOfMessages: 10, MessageSystemAttributeNames: all}
	if change != nil {
		change(in)
	}
	out, err := f.ReceiveMessage(f.t.Context(), in)
	if err != nil {
		f.t.Fatal(err)
	}
	messages := map[string]message{}
	for _, m := range out.Messages {
		messages[*m.Body] = message{*m.ReceiptHandle, m.Attributes}
	}
	return messages
}

type message struct {
	handle     string
	attributes map[string]string
}

func (f *fixture) delete(handle string) {
	f.t.Helper()
	if _, err := f.DeleteMessage(f.t.Context(), &awssqs.DeleteMessageInput{QueueUrl: aws.String(queueURL), ReceiptHandle: &handle}); err != nil {
		f.t.Error(err)
	}
}

// count gives the approximate numbers of messages: visible, in flight, delayed.
func (f *fixture) count() [3]string {
	f.t.Helper()
	out, err := f.GetQueueAttributes(context.Background(), &awssqs.GetQueueAttributesInput{QueueUrl: aws.String(queueURL), AttributeNames: allOfQueue})
	if err != nil {
		f.t.Fatal(err)
	}
	a := out.Attributes
	return [3]string{a["ApproximateNumberOfMessages"], a["ApproximateNumberOfMessagesNotVisible"], a["ApproximateNumberOfMessagesDelayed"]}
}

// wantCode checks the code of an API error.
func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != want {
		t.Errorf("%v, want the code %s", err, want)
	}
}
