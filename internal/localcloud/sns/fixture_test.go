package sns_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud/sigv4"
	"github.com/thumbing/thumbing/internal/localcloud/sns"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

const (
	account  = "123456789012"
	topicARN = "arn:aws:sns:us-east-1:" + account + ":avatars"
)

// signingKey is a signing.pem that the tests share, as making one takes a while.
var signingKey []byte

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "sns")
	if err == nil {
		_, err = sns.New(sns.Config{Region: "us-east-1", AccountID: account, BaseURL: "http://127.0.0.1/", Dir: dir})
	}
	if err == nil {
		signingKey, err = os.ReadFile(filepath.Join(dir, "signing.pem"))
	}
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		fmt.Fprintln(os.Stderr, "make the tests' key:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// fixture is a service on a socket, with its one topic.
type fixture struct {
	*sns.Service
	t     *testing.T
	topic *sns.Topic
	base  string
}

// start starts a service in dir. The change may set more.
func start(t *testing.T, dir string, change func(*sns.Config)) *fixture {
	t.Helper()
	write(t, dir, "signing.pem", string(signingKey))
	server := httptest.NewUnstartedServer(nil)
	f := &fixture{t: t, base: "http://" + server.Listener.Addr().String() + "/sns/"}
	c := sns.Config{
		Region: "us-east-1", AccountID: account, BaseURL: f.base, Dir: dir, Secrets: sigv4.Single("thumbing", "thumbing-local"),
		RetryDelays: []time.Duration{0, 0, 0}, ConfirmDelay: func(int) time.Duration { return time.Millisecond },
	}
	if change != nil {
		change(&c)
	}
	var err error
	if f.Service, err = sns.New(c); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/sns/", f.Handler())
	mux.Handle("/sns", f.Handler())
	mux.Handle("/stripped/", http.StripPrefix("/stripped", f.Handler()))
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(server.Close)
	if f.topic, err = f.CreateTopic("avatars"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.stop() })
	return f
}

// stop closes the service at once, and finds that nothing of it is left.
func (f *fixture) stop() {
	f.t.Helper()
	now, cancel := context.WithCancel(context.Background())
	cancel()
	if err := f.Close(now); err != nil {
		f.t.Error(err)
	}
	var left string
	for range 1000 {
		if left = leftover(); left == "" {
			return
		}
		goruntime.Gosched() // one may be on its very last instructions
	}
	f.t.Errorf("a goroutine is left:\n%s", left)
}

// leftover finds a goroutine that runs the package's code behind.
func leftover() string {
	stacks := make([]byte, 1<<20)
	for g := range strings.SplitSeq(string(stacks[:goruntime.Stack(stacks, true)]), "\n\n") {
		frames, _, _ := strings.Cut(g, "created by")
		for _, name := range []string{"askToConfirm", "deliver", "sayFarewell"} {
			if strings.Contains(frames, "sns.(*Service)."+name) {
				return g
			}
		}
	}
	return ""
}

func (f *fixture) subscribe(endpoint string) {
	f.t.Helper()
	if err := f.topic.Subscribe(f.t.Context(), "http", endpoint); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) publish(message string) (id string) {
	f.t.Helper()
	id, err := f.topic.Publish(f.t.Context(), "Amazon S3 Notification", message)
	if err != nil {
		f.t.Fatal(err)
	}
	return id
}

// status waits until the only subscription's status is as wanted.
func (f *fixture) status(wanted func(sns.Status) bool) sns.Status {
	f.t.Helper()
	for range 10000 {
		if all := f.Subscriptions(); len(all) == 1 && wanted(all[0]) {
			return all[0]
		}
		time.Sleep(time.Millisecond)
	}
	f.t.Fatalf("the subscriptions are %+v", f.Subscriptions())
	return sns.Status{}
}

func isConfirmed(s sns.Status) bool { return s.Confirmed }

// receiver is a webhook that does what a webhook must: it verifies each message and confirms subscriptions.
type receiver struct {
	*httptest.Server
	URL      string // known before the start, unlike the server's
	t        *testing.T
	verifier *snsmessage.Verifier
	messages chan received // that it was posted

	mu      sync.Mutex
	answers []int // statuses for the next messages; then 200
	passive bool  // whether it leaves confirming to others
}

type received struct {
	*snsmessage.Message
	header http.Header
	body   []byte
}

func (f *fixture) receiver() *receiver {
	r := f.unstarted()
	r.Start()
	return r
}

func (f *fixture) unstarted() *receiver {
	f.t.Helper()
	v, err := snsmessage.NewVerifier(snsmessage.Config{TopicARNs: []string{topicARN}, LocalPrefixes: []string{f.base}})
	if err != nil {
		f.t.Fatal(err)
	}
	r := &receiver{t: f.t, verifier: v, messages: make(chan received, 100)}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(r.serve))
	r.URL = "http://" + r.Listener.Addr().String()
	f.t.Cleanup(r.Close)
	return r
}

func (r *receiver) serve(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		r.t.Error(err)
	}
	q.Body = io.NopCloser(strings.NewReader(string(body)))
	m, err := snsmessage.Read(w, q)
	if err == nil {
		err = r.verifier.Verify(q.Context(), m)
	}
	r.mu.Lock()
	passive, status := r.passive, 0
	if len(r.answers) > 0 {
		status, r.answers = r.answers[0], r.answers[1:]
	}
	r.mu.Unlock()
	if err == nil && m.Type == snsmessage.SubscriptionConfirmation && !passive && status == 0 {
		err = r.verifier.Confirm(q.Context(), m)
	}
	if err != nil {
		r.t.Errorf("the receiver refuses: %v\n%.1000s", err, body)
	}
	r.messages <- received{m, q.Header, body}
	if status != 0 {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}
}

// answer sets the answers to the next messages.
func (r *receiver) answer(statuses ...int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = statuses
}

// next waits for the next message, which is of that type.
func (r *receiver) next(kind snsmessage.Type) received {
	r.t.Helper()
	select {
	case m := <-r.messages:
		if m.Type != kind {
			r.t.Fatalf("received a %s, want a %s", m.Type, kind)
		}
		return m
	case <-time.After(time.Minute):
		r.t.Fatalf("received no %s", kind)
		return received{}
	}
}

// none fails if a message has come.
func (r *receiver) none() {
	r.t.Helper()
	select {
	case m := <-r.messages:
		r.t.Errorf("received %s", m.body)
	default:
	}
}

// confirmedReceiver is a receiver with a confirmed subscription.
func (f *fixture) confirmedReceiver() *receiver {
	f.t.Helper()
	r := f.receiver()
	f.subscribe(r.URL)
	r.next(snsmessage.SubscriptionConfirmation)
	f.status(isConfirmed)
	return r
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, address string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}
