// Package sqs is Amazon SQS on this machine, as far as dead letters need it: standard queues that keep their
// messages over a restart, and the part of the SQS API with which messages are sent, received and deleted.
//
// # Messages
//
// A message that was sent is kept in the data folder until it is deleted or its retention period ends, which
// counts real time, as in AWS. Whoever receives it has its visibility timeout to delete it; then it is there
// again, for everyone. How often it was received, and until when it is hidden, outlive the process as well, and
// so do receipt handles. Messages come roughly in the order in which they were sent.
//
// # API
//
// [Service.Handler] serves the AWS JSON protocol 1.0: SendMessage, ReceiveMessage, DeleteMessage and
// ChangeMessageVisibility, SendMessageBatch, DeleteMessageBatch and ChangeMessageVisibilityBatch, GetQueueUrl,
// GetQueueAttributes, ListQueues and PurgeQueue. Requests must carry a valid SigV4 signature of a known key.
// Queues come from the template, so actions that make or change them are refused. What this SQS does not know of
// an action is refused, too, rather than left out.
//
// Sources: Amazon SQS Developer Guide, Amazon SQS API Reference; Smithy documentation, "AWS JSON 1.0 protocol"
// and "AWS Query compatible".
package sqs

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud/sigv4"
	"github.com/thumbing/thumbing/internal/localcloud/spool"
)

// Config says where a service stands.
type Config struct {
	Region    string // of the queues' ARNs
	AccountID string // twelve digits
	BaseURL   string // "http://127.0.0.1:9000"; queues have URLs below it
	Dir       string // keeps the messages

	Secrets sigv4.Secrets // of the keys that requests to the API are signed with; nil closes the API

	// Authorize tells whether the owner of an access key may do an action, "sqs:SendMessage", on a queue's ARN.
	// Its error is the reason that the client gets. Nil allows everything.
	Authorize func(accessKey, action, resource string) error

	Log *slog.Logger // nil discards
}

// Service is SQS. It is safe for concurrent use.
type Service struct {
	config  Config
	log     *slog.Logger
	closing context.Context // done when nobody is to wait for messages any more
	close   context.CancelFunc

	mu     sync.Mutex
	queues map[string]*Queue // by name
}

// queueName is what AWS takes for a standard queue's name.
var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// New makes a service without queues.
func New(c Config) *Service {
	s := &Service{config: c, log: c.Log, queues: map[string]*Queue{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.config.Authorize == nil {
		s.config.Authorize = func(string, string, string) error { return nil }
	}
	s.closing, s.close = context.WithCancel(context.Background())
	return s
}

// Attributes of a queue.
type Attributes struct {
	VisibilityTimeout time.Duration // of a message that was received
	Retention         time.Duration // of a message, since it was sent
	Delay             time.Duration // before a message can be received
	Wait              time.Duration // of a receiver that does not say how long it waits
	MaxMessage        int           // bytes of a message that the API takes
}

// Defaults are the attributes that a queue has in AWS unless it is given others.
func Defaults() Attributes {
	return Attributes{VisibilityTimeout: 30 * time.Second, Retention: 4 * 24 * time.Hour, MaxMessage: maxMessage}
}

// AWS's limits.
const (
	maxMessage    = 1 << 20 // bytes, with attributes
	maxBatch      = 10      // messages
	maxDelay      = 15 * time.Minute
	maxVisibility = 12 * time.Hour
	maxWait       = 20 * time.Second
	minRetention  = time.Minute
	maxRetention  = 14 * 24 * time.Hour
)

func (a Attributes) check() error {
	for _, c := range []struct {
		name               string
		value, least, most time.Duration
	}{
		{"visibility timeout", a.VisibilityTimeout, 0, maxVisibility},
		{"retention period", a.Retention, minRetention, maxRetention},
		{"delay", a.Delay, 0, maxDelay},
		{"receive wait time", a.Wait, 0, maxWait},
	} {
		if c.value < c.least || c.value > c.most {
			return fmt.Errorf("its %s of %s is not between %s and %s", c.name, c.value, c.least, c.most)
		}
	}
	if a.MaxMessage < 1<<10 || a.MaxMessage > maxMessage {
		return fmt.Errorf("its largest message of %d bytes is not between %d and %d", a.MaxMessage, 1<<10, maxMessage)
	}
	return nil
}

// CreateQueue makes a queue, with the messages that an earlier run has left in it, or returns the one of that
// name.
func (s *Service) CreateQueue(name string, a Attributes) (*Queue, error) {
	if strings.HasSuffix(name, ".fifo") {
		return nil, fmt.Errorf("the queue %s is first-in-first-out, which does not run here", name)
	}
	if !queueName.MatchString(name) {
		return nil, fmt.Errorf("%q is not a queue's name: up to 80 letters, digits, hyphens and underscores", name)
	}
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("queue %s: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.queues[name]; ok {
		return old, nil
	}
	kept, err := spool.Open(filepath.Join(s.config.Dir, name))
	if err != nil {
		return nil, fmt.Errorf("queue %s: %w", name, err)
	}
	q := &Queue{
		name: name, attributes: a, spool: kept, log: s.log.With("queue", name), closing: s.closing,
		arn:      "arn:aws:sqs:" + s.config.Region + ":" + s.config.AccountID + ":" + name,
		url:      strings.TrimSuffix(s.config.BaseURL, "/") + "/" + s.config.AccountID + "/" + name,
		messages: map[string]*message{}, changed: make(chan struct{}),
	}
	if err := q.load(); err != nil {
		return nil, fmt.Errorf("queue %s: %w", name, err)
	}
	s.queues[name] = q
	return q, nil
}

// all lists the queues in the order of their names.
func (s *Service) all() []*Queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*Queue, 0, len(s.queues))
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		list = append(list, s.queues[name])
	}
	return list
}

// Close ends the waiting of receivers. The service has no goroutines of its own, and what was sent is kept.
func (s *Service) Close() { s.close() }
