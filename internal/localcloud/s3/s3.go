// Package s3 is an S3 server on this machine, with bucket notifications.
//
// The protocol and the storage are versitygw's, embedded. Around its storage this package puts what a
// developer's machine lacks against S3 itself: every key is stored, whatever the file system thinks of it
// (names.go); what is read is one object, never the tag of one and the bytes of the next (locks.go); and what
// happens to objects becomes events in S3's shape, which survive a restart until they are delivered
// (event.go, notify.go, journal.go). Keys other than its own have the rights of
// their principals (rights.go).
//
// A process can run one Server at a time. While it runs, the working directory of the process is inside the
// server's folder, since versitygw's storage knows buckets by relative paths only.
package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud/chaos"
	"github.com/thumbing/thumbing/internal/localcloud/iam"
)

// Config describes a server.
type Config struct {
	Listen               string         // host:port on a loopback address; port 0 takes a free one
	Dir                  string         // absolute; holds the objects and what the server remembers
	AccessKey, SecretKey string         // of the account, which may do everything
	Identities           *iam.Directory // who other keys belong to, and what they may do; nil for nobody
	Region               string         // "us-east-1" when empty
	Buckets              []Bucket
	Log                  *slog.Logger // slog.Default() when nil

	// Services share the server's endpoint: each gets the requests that are signed for its name, "sqs".
	Services map[string]http.Handler

	// Delays decides when an event goes to a rule: it is delivered once for each duration, so that none
	// loses it, two duplicate it, and unequal ones reorder it. Nil delivers each event once, at once.
	Delays func(r Rule, event []byte) []time.Duration

	// Fault decides what goes wrong with a request. Nil lets nothing.
	Fault func() chaos.Fault
}

// Bucket is a bucket that exists while the server runs. Its CORS rules, versioning and notifications are
// always what is given here, whatever they were before.
type Bucket struct {
	Name      string
	Versioned bool
	CORS      []CORSRule
	Rules     []Rule
}

// CORSRule lets pages of other origins use a bucket.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html.
type CORSRule struct {
	AllowedOrigins, AllowedMethods, AllowedHeaders, ExposedHeaders []string
	MaxAge                                                         int // seconds that a browser may keep the answer
}

// Rule is one notification configuration of a bucket.
type Rule struct {
	ID             string   // configurationId in its events; unique in its bucket
	Events         []string // "s3:ObjectCreated:*"
	Prefix, Suffix string   // of the keys it is about, form-encoded as S3 takes them; empty is any
	Target         string   // ARN of whom it notifies

	// Deliver takes one event, in S3's JSON. Events come one after the other. One that fails comes again
	// later, and does not hold up those behind it.
	Deliver func(ctx context.Context, event []byte) error

	// Test sends s3:TestEvent when the rule is new or has changed, as S3 does to topics and queues.
	Test bool
}

// Server is a running S3 server.
type Server struct {
	front   *front
	gateway *gateway
	store   *store
	events  *notifier
	folder  *folder
	closing sync.Once
}

// Start runs a server and returns when it answers and its buckets exist. The context ends the start only.
func Start(ctx context.Context, c Config) (*Server, error) {
	c.Region = cmp.Or(c.Region, "us-east-1")
	if c.Identities == nil {
		c.Identities = iam.NewDirectory("", nil)
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("start the S3 server: %w", err)
	}
	s := &Server{}
	if err := s.start(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("start the S3 server: %w", err), s.Close(ctx))
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, c Config) (err error) {
	if s.front, err = listen(c.Listen, c.Log); err != nil {
		return err
	}
	if s.folder, err = openFolder(c.Dir); err != nil {
		return err
	}
	if s.events, err = newNotifier(c, s.folder); err != nil {
		return err
	}
	if s.store, err = newStore(c, s.folder, s.events); err != nil {
		return err
	}
	for _, b := range c.Buckets {
		if err := s.store.ensureBucket(ctx, c.AccessKey, b); err != nil {
			return fmt.Errorf("bucket %s: %w", b.Name, err)
		}
	}
	if s.gateway, err = startGateway(ctx, c, s.front.port, s.store); err != nil {
		return err
	}
	if err := s.events.start(); err != nil {
		return err
	}
	s.front.serve(share(disturb(s.gateway.handler, c.Fault), c.Services, c.Log))
	return nil
}

// Waiting is how many events have yet to be delivered.
func (s *Server) Waiting() int { return s.events.journal.len() }

// URL is the server's endpoint, "http://127.0.0.1:9000".
func (s *Server) URL() string { return "http://" + s.front.address }

// Close stops taking requests, delivers the events that are due, and frees everything the server holds. Events
// that cannot be delivered before the context ends are delivered after the next start. Closing again does nothing.
func (s *Server) Close(ctx context.Context) (err error) {
	s.closing.Do(func() { err = s.close(ctx) })
	return err
}

func (s *Server) close(ctx context.Context) error {
	var errs []error
	if s.front != nil {
		errs = append(errs, s.front.close(ctx))
	}
	if s.gateway != nil {
		errs = append(errs, s.gateway.close())
	} else if s.store != nil {
		s.store.Shutdown()
	}
	if s.events != nil {
		errs = append(errs, s.events.close(ctx))
	}
	if s.folder != nil {
		errs = append(errs, s.folder.close())
	}
	return errors.Join(errs...)
}

func (c Config) check() error {
	if c.AccessKey == "" || c.SecretKey == "" {
		return errors.New("an access key and a secret key are needed")
	}
	for _, b := range c.Buckets {
		if err := b.check(); err != nil {
			return fmt.Errorf("bucket %q: %w", b.Name, err)
		}
	}
	return nil
}
