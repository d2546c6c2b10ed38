package sqs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/thumbing/thumbing/internal/localcloud/loopback"
	"github.com/thumbing/thumbing/internal/localcloud/sigv4"
)

// maxRequest bounds a request to the API, in bytes: the largest batch, with each byte as \u00XX.
const maxRequest = 6*maxMessage + 64<<10

// Handler serves the SQS API, under any path.
func (s *Service) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := uuid.NewString()
		w.Header().Set("X-Amzn-Requestid", id)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		status := http.StatusOK
		body, err := s.serve(w, r)
		if err != nil {
			e, ok := errors.AsType[*apiError](err)
			if !ok {
				s.log.Error("request failed", "request_id", id, "error", err)
				e = plain(http.StatusInternalServerError, "InternalFailure", "%v", err)
			}
			var query string
			status = e.status
			body, query = e.encode()
			w.Header().Set("X-Amzn-Query-Error", query)
		}
		w.WriteHeader(status)
		_, _ = w.Write(body) // the client has gone; what it was to get comes again
	})
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if !loopback.IsHost(r.Host) {
		return nil, plain(http.StatusForbidden, "AccessDeniedException", "this service answers under the names of this machine only, such as 127.0.0.1")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, plain(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "the request is longer than %d bytes", large.Limit)
	}
	if err != nil {
		return nil, plain(http.StatusBadRequest, "IncompleteBody", "%v", err)
	}
	verifier := sigv4.Verifier{Service: "sqs", Region: s.config.Region, Secrets: s.config.Secrets}
	who, err := verifier.Verify(r, body)
	if e, ok := errors.AsType[*sigv4.Error](err); ok {
		return nil, plain(http.StatusForbidden, e.Code, "%s", e.Message)
	}
	target := r.Header.Get("X-Amz-Target")
	name, ok := strings.CutPrefix(target, "AmazonSQS.")
	if !ok || r.Method != http.MethodPost {
		return nil, plain(http.StatusBadRequest, "InvalidAction",
			"the local SQS speaks the JSON protocol, in which POST has a header X-Amz-Target: AmazonSQS.ACTION; SDKs and command lines since 2024 do")
	}
	do, ok := actions[name]
	if !ok {
		return nil, qualified("UnsupportedOperation", "UnsupportedOperation",
			"the local SQS does not do %s; queues come from the template", name)
	}
	out, err := do(r.Context(), s, who, body)
	if err != nil {
		return nil, err
	}
	return encode(out)
}

// actions are what the API does.
var actions = map[string]func(ctx context.Context, s *Service, who string, body []byte) (any, error){
	"ChangeMessageVisibility":      action((*Service).changeMessageVisibility),
	"ChangeMessageVisibilityBatch": action((*Service).changeMessageVisibilityBatch),
	"DeleteMessage":                action((*Service).deleteMessage),
	"DeleteMessageBatch":           action((*Service).deleteMessageBatch),
	"GetQueueAttributes":           action((*Service).getQueueAttributes),
	"GetQueueUrl":                  action((*Service).getQueueURL),
	"ListQueues":                   action((*Service).listQueues),
	"PurgeQueue":                   action((*Service).purgeQueue),
	"ReceiveMessage":               action((*Service).receiveMessage),
	"SendMessage":                  action((*Service).sendMessage),
	"SendMessageBatch":             action((*Service).sendMessageBatch),
}

// action makes an action of a method with a request and a response of its own.
func action[In, Out any](f func(s *Service, ctx context.Context, who string, in In) (Out, error)) func(context.Context, *Service, string, []byte) (any, error) {
	return func(ctx context.Context, s *Service, who string, body []byte) (any, error) {
		var in In
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields() // what would otherwise be silently left out
		if err := d.Decode(&in); err != nil {
			return nil, plain(http.StatusBadRequest, "SerializationException", "the request cannot be read, or says what the local SQS does not know: %v", err)
		}
		return f(s, ctx, who, in)
	}
}

// encode writes a response. Characters that matter in HTML stay as they are: messages are compared by digests.
func encode(out any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(out); err != nil {
		return nil, fmt.Errorf("write the answer: %w", err)
	}
	return b.Bytes(), nil
}

// queue finds the queue of a URL, whatever host that names, and makes sure that an access key may do an action on
// it.
func (s *Service) queue(who, action, url string) (*Queue, error) {
	if url == "" {
		return nil, missing("QueueUrl")
	}
	parts := strings.Split(strings.TrimSuffix(url, "/"), "/")
	if len(parts) < 2 || parts[len(parts)-2] != s.config.AccountID {
		return nil, noQueue()
	}
	return s.named(who, action, parts[len(parts)-1])
}

func (s *Service) named(who, action, name string) (*Queue, error) {
	s.mu.Lock()
	q, ok := s.queues[name]
	s.mu.Unlock()
	if !ok {
		return nil, noQueue()
	}
	return q, s.authorize(who, action, q.arn)
}

func (s *Service) authorize(who, action, resource string) error {
	if err := s.config.Authorize(who, "sqs:"+action, resource); err != nil {
		return plain(http.StatusForbidden, "AccessDeniedException", "%v", err)
	}
	return nil
}
