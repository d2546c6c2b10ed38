// Package sns is Amazon SNS on this machine, as far as a topic with webhooks needs it: topics, HTTP
// subscriptions that must be confirmed, signed deliveries with retries, and the part of the SNS API with
// which they are looked at and published to.
//
// # Subscriptions
//
// A new subscription is pending: its endpoint is posted a SubscriptionConfirmation until it takes one, and
// gets notifications once somebody has opened the SubscribeURL in it, or confirmed by the API. Messages
// published before are not delivered to it. What is confirmed stays so over restarts, for the same topic
// and endpoint. Endpoints lie on this machine: another machine could neither fetch the certificate nor
// confirm, and should not get messages of a development run.
//
// # Deliveries
//
// A notification carries SignatureVersion 2, made with a key and certificate that are kept in the data
// folder. An endpoint has 15 seconds to answer with 2xx. No connection, no answer, 5xx and 429 are tried
// again, by default six times within a minute; every other answer is final, as with AWS. Each delivery is
// on its own, so one that waits holds up no other. A message that was published is kept in the data folder
// until it is delivered or given up, and is taken up after a restart, as if no time had passed.
//
// # API
//
// [Service.Handler] serves the certificate, the links in messages, and these actions of the Query API:
// Publish, ConfirmSubscription, Unsubscribe, ListTopics, GetTopicAttributes, ListSubscriptions,
// ListSubscriptionsByTopic and GetSubscriptionAttributes. Requests must carry a valid SigV4 signature of
// a known key, but for the links of confirmation and unsubscription, which are secrets themselves.
// Topics and subscriptions come from the template, so actions that make or change them are refused.
// Requests under any name but this machine's are refused.
//
// Sources: Amazon SNS Developer Guide, "Fanout Amazon SNS notifications to HTTPS endpoints", "Parsing
// Amazon SNS message formats", "Amazon SNS message delivery retries"; Amazon SNS API Reference.
package sns

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud/loopback"
	"github.com/thumbing/thumbing/internal/localcloud/sigv4"
	"github.com/thumbing/thumbing/internal/localcloud/spool"
)

// Config says where a service stands.
type Config struct {
	Region    string // of the topics' ARNs
	AccountID string // twelve digits, of the topics' ARNs
	BaseURL   string // where Handler is served: "http://127.0.0.1:8080/sns/"; the links in messages lead there
	Dir       string // keeps the key, confirmations and messages

	Secrets sigv4.Secrets // of the keys that requests to the API are signed with; nil closes the API

	// Authorize tells whether who signed with an access key may do an action, such as sns:Publish or kms:Decrypt,
	// on a resource. Its error is the answer. Nil lets everybody who is known.
	Authorize func(accessKey, action, resource string) error

	Log *slog.Logger // nil discards

	// Timeout is how long an endpoint may take to answer; 0 means 15 seconds.
	Timeout time.Duration
	// RetryDelays are the pauses before the retries of a delivery. Nil means six, of 1, 2, 4, 8, 15 and 30
	// seconds.
	RetryDelays []time.Duration
	// ConfirmDelay is the pause after attempt n, from 1, of a SubscriptionConfirmation. Nil means half a
	// second, doubled each time up to ten seconds. There is no last attempt.
	ConfirmDelay func(attempt int) time.Duration

	// OnUndelivered hears of each message that is given up, before it is forgotten. An error keeps the message, and
	// it is told again later. Calls come from several goroutines. Nil means that it is only logged.
	OnUndelivered func(Undelivered) error
}

// Undelivered is a message that an endpoint did not take.
type Undelivered struct {
	SubscriptionARN string
	Endpoint        string
	DeadLetterARN   string // of the subscription's redrive policy; empty where there is none
	Body            []byte // as it was posted
	Attempts        int
	Err             error // of the last one
}

// Service is SNS. It is safe for concurrent use.
type Service struct {
	config Config
	base   *url.URL // with a slash at the end
	log    *slog.Logger
	signer *signer
	client *http.Client
	spool  *spool.Spool
	slots  chan struct{} // deliveries that may be under way at once

	closing context.Context // done when nothing more is to be begun
	close   context.CancelFunc
	aborted context.Context // done when what is under way must end, too
	abort   context.CancelFunc
	work    sync.WaitGroup

	mu            sync.Mutex
	topics        map[string]*Topic                 // by ARN
	subscriptions map[subscriptionKey]*subscription // those of this run, and those an earlier one has kept
	backlog       map[string][]delivery             // of earlier runs, by subscription ID
}

const (
	maxPosts     = 32               // deliveries under way at once
	letterPause  = time.Second      // before what nobody took as undelivered is told again
	postTimeout  = 15 * time.Second // as with AWS
	maxConfirm   = 10 * time.Second
	firstConfirm = 500 * time.Millisecond
)

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	region    = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`)
	topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
)

// New opens the service in its data folder. Deliveries that an earlier run left are taken up by Subscribe.
func New(c Config) (*Service, error) {
	s := &Service{config: c, log: c.Log, slots: make(chan struct{}, maxPosts), topics: map[string]*Topic{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("local sns: %w", err)
	}
	if err := s.open(); err != nil {
		return nil, fmt.Errorf("local sns: %w", err)
	}
	s.client = &http.Client{
		Transport:     loopbackTransport(s.config.Timeout),
		Timeout:       s.config.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.closing, s.close = context.WithCancel(context.Background())
	s.aborted, s.abort = context.WithCancel(context.Background())
	return s, nil
}

// check completes the configuration.
func (s *Service) check() error {
	c := &s.config
	if !accountID.MatchString(c.AccountID) {
		return fmt.Errorf("the account %q is not twelve digits", c.AccountID)
	}
	if !region.MatchString(c.Region) {
		return fmt.Errorf("the region %q is not of the form us-east-1", c.Region)
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !loopback.IsHost(u.Host) || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("the base URL %q is not of the form http://127.0.0.1:PORT/PATH/", c.BaseURL)
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	s.base = u
	if c.Timeout == 0 {
		c.Timeout = postTimeout
	}
	if c.RetryDelays == nil {
		c.RetryDelays = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second}
	}
	if c.ConfirmDelay == nil {
		c.ConfirmDelay = func(attempt int) time.Duration { return min(firstConfirm<<min(attempt-1, 10), maxConfirm) }
	}
	return nil
}

// open reads the data folder.
func (s *Service) open() (err error) {
	if err := os.MkdirAll(s.config.Dir, 0o700); err != nil {
		return err
	}
	if s.signer, err = openSigner(filepath.Join(s.config.Dir, "signing.pem"), time.Now()); err != nil {
		return err
	}
	if s.subscriptions, err = s.readSubscriptions(); err != nil {
		return err
	}
	if s.spool, err = spool.Open(filepath.Join(s.config.Dir, "messages")); err != nil {
		return err
	}
	s.backlog, err = s.readBacklog(time.Now())
	return err
}

// CreateTopic makes a topic, or returns the one of that name. The attribute KmsMasterKeyId is the ARN of a key:
// nothing is encrypted here, but whoever publishes by the API must have the right to use it.
func (s *Service) CreateTopic(name string, attributes ...Attribute) (*Topic, error) {
	key := ""
	for _, a := range attributes {
		if a.Name != "KmsMasterKeyId" {
			return nil, unsupported(fmt.Sprintf("the topic %s: %s = %s does not run here", name, a.Name, a.Value))
		}
		key = a.Value
	}
	if strings.HasSuffix(name, ".fifo") {
		return nil, unsupported("the topic " + name + " is first-in-first-out, which does not run here")
	}
	if !topicName.MatchString(name) {
		return nil, fmt.Errorf("%q is not a topic's name: up to 256 letters, digits, hyphens and underscores", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &Topic{service: s, name: name, arn: "arn:aws:sns:" + s.config.Region + ":" + s.config.AccountID + ":" + name, key: key}
	if old, ok := s.topics[t.arn]; ok {
		return old, nil
	}
	s.topics[t.arn] = t
	return t, nil
}

// Waiting is how many deliveries are under way or wait to be tried again.
func (s *Service) Waiting() int { return s.spool.Len() }

// Close begins no more deliveries, waits for those under way, and ends them when ctx is done. When it
// returns, no goroutine of the service is left. What has not been delivered is taken up by the next run.
func (s *Service) Close(ctx context.Context) error {
	s.mu.Lock() // nobody is between the question whether to begin and the beginning
	s.close()
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.work.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	s.abort()
	<-done
	s.client.CloseIdleConnections()
	return nil
}

// begin runs f behind, unless the service closes. The service is locked.
func (s *Service) begin(f func()) bool {
	if s.closing.Err() != nil {
		return false
	}
	s.work.Go(f)
	return true
}

// unsupported says what this SNS does not do; errors.Is finds errors.ErrUnsupported in it.
type unsupported string

func (u unsupported) Error() string { return string(u) }

func (unsupported) Is(target error) bool { return target == errors.ErrUnsupported }
