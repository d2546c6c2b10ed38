package sns_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/localcloud/sns"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

func TestSubscribeConfirmNotify(t *testing.T) {
	f := start(t, t.TempDir(), nil)
	r := f.receiver()
	f.subscribe(r.URL + "/webhook")

	asked := r.next(snsmessage.SubscriptionConfirmation)
	wantHeader(t, asked, map[string]string{
		"Content-Type": "text/plain; charset=UTF-8", "User-Agent": "Amazon Simple Notification Service Agent",
		"X-Amz-Sns-Message-Type": "SubscriptionConfirmation", "X-Amz-Sns-Message-Id": asked.MessageID,
		"X-Amz-Sns-Topic-Arn": topicARN, "X-Amz-Sns-Subscription-Arn": "",
	})
	if len(asked.Token) != 256 || asked.SubscribeURL != f.base+"?Action=ConfirmSubscription&TopicArn="+topicARN+"&Token="+asked.Token || asked.SignatureVersion != "2" {
		t.Errorf("asked by %s", asked.body)
	}
	status := f.status(isConfirmed)

	id := f.publish(`{"Records":["<&>"]}`)
	got := r.next(snsmessage.Notification)
	wantHeader(t, got, map[string]string{
		"Content-Type": "text/plain; charset=UTF-8", "User-Agent": "Amazon Simple Notification Service Agent",
		"X-Amz-Sns-Message-Type": "Notification", "X-Amz-Sns-Message-Id": id,
		"X-Amz-Sns-Topic-Arn": topicARN, "X-Amz-Sns-Subscription-Arn": status.SubscriptionARN,
	})
	want := &snsmessage.Message{
		Type: snsmessage.Notification, MessageID: id, TopicARN: topicARN, Subject: new("Amazon S3 Notification"),
		Message: `{"Records":["<&>"]}`, Timestamp: got.Timestamp, SignatureVersion: "2", Signature: got.Signature, SigningCertURL: got.SigningCertURL,
		UnsubscribeURL: f.base + "?Action=Unsubscribe&SubscriptionArn=" + status.SubscriptionARN,
	}
	if diff := cmp.Diff(want, got.Message); diff != "" {
		t.Error(diff)
	}
	if _, err := f.topic.Publish(t.Context(), "", "no subject"); err != nil {
		t.Fatal(err)
	}
	if m := r.next(snsmessage.Notification); m.Subject != nil {
		t.Errorf("the subject is %q", *m.Subject)
	}
	verifyIndependently(t, asked)
	verifyIndependently(t, got)
}

func wantHeader(t *testing.T, m received, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got := m.header.Get(name); got != value {
			t.Errorf("%s: %s is %q, want %q", m.Type, name, got, value)
		}
	}
}

// Nothing is delivered before the subscription is confirmed, and what was published before then never is.
func TestPendingSubscriptionGetsNothing(t *testing.T) {
	f := start(t, t.TempDir(), nil)
	r := f.receiver()
	r.passive = true
	f.subscribe(r.URL)
	f.subscribe(r.URL) // again changes nothing
	asked := r.next(snsmessage.SubscriptionConfirmation)
	status := f.status(func(s sns.Status) bool { return s.Attempts == 1 })
	if status.Confirmed || status.Err != nil || status.SubscriptionARN != "PendingConfirmation" || status.SubscribeURL != asked.SubscribeURL {
		t.Errorf("status %+v", status)
	}
	f.publish("before")
	if code, body := get(t, asked.SubscribeURL); code != http.StatusOK || !strings.Contains(body, "<SubscriptionArn>"+topicARN+":") {
		t.Errorf("confirmed with %d %s", code, body)
	}
	if code, _ := get(t, asked.SubscribeURL); code != http.StatusOK {
		t.Errorf("confirmed once more with %d", code)
	}
	id := f.publish("after")
	if m := r.next(snsmessage.Notification); m.MessageID != id {
		t.Errorf("received %q", m.Message.Message)
	}
	r.none()
	if status = f.status(isConfirmed); status.SubscribeURL != "" {
		t.Errorf("status %+v", status)
	}
}

func TestEndpointComesUpLater(t *testing.T) { // S11
	f := start(t, t.TempDir(), nil)
	r := f.unstarted()
	addr := r.Listener.Addr().String()
	r.Listener.Close()
	f.subscribe(r.URL)
	status := f.status(func(s sns.Status) bool { return s.Attempts >= 3 })
	if status.Confirmed || status.Err == nil || !strings.Contains(status.Err.Error(), "refused") || status.SubscribeURL == "" {
		t.Errorf("status %+v", status)
	}
	var err error
	if r.Listener, err = net.Listen("tcp", addr); err != nil {
		t.Fatal(err)
	}
	r.answer(http.StatusNotFound, http.StatusInternalServerError) // nor do these end it
	r.Start()
	for range 3 {
		r.next(snsmessage.SubscriptionConfirmation)
	}
	f.status(isConfirmed)
	id := f.publish("x")
	if m := r.next(snsmessage.Notification); m.MessageID != id {
		t.Errorf("received %s", m.body)
	}
}

func TestRestart(t *testing.T) {
	dir := t.TempDir()
	f := start(t, dir, func(c *sns.Config) { c.RetryDelays = []time.Duration{time.Hour} })
	r := f.confirmedReceiver()
	r.answer(http.StatusServiceUnavailable)
	id := f.publish("left undone")
	first := r.next(snsmessage.Notification)
	f.stop()
	if _, err := f.topic.Publish(t.Context(), "", "while it closes"); err != nil {
		t.Errorf("a message that can be kept was refused: %v", err)
	}

	f = start(t, dir, nil)
	var err error // the links lead to another port now
	if r.verifier, err = snsmessage.NewVerifier(snsmessage.Config{TopicARNs: []string{topicARN}, LocalPrefixes: []string{f.base}}); err != nil {
		t.Fatal(err)
	}
	f.subscribe(r.URL)
	got := map[string]received{}
	for range 2 {
		m := r.next(snsmessage.Notification) // and no confirmation is asked for
		got[m.Message.Message] = m
	}
	again := got["left undone"]
	if again.Message == nil || again.MessageID != id || filepath.Base(again.SigningCertURL) != filepath.Base(first.SigningCertURL) {
		t.Errorf("received %v", got)
	}
	if got["while it closes"].Message == nil {
		t.Errorf("received %v", got)
	}
	if before, _ := first.Time(); before.IsZero() || again.Timestamp <= first.Timestamp {
		t.Errorf("the message of %s is still of %s, and would be refused as old", first.Timestamp, again.Timestamp)
	}
	if err := f.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "messages", "*")); err != nil || len(left) > 0 {
		t.Errorf("left in the data folder: %q, %v", left, err)
	}
}

func TestRetries(t *testing.T) { // W8
	for name, c := range map[string]struct {
		answers   []int
		delivered bool
		attempts  int
	}{
		"at last":     {[]int{500, 429, 503}, true, 4},
		"never":       {[]int{500, 500, 500, 500}, false, 4},
		"forbidden":   {[]int{403}, false, 1},
		"redirected":  {[]int{302}, false, 1},
		"not allowed": {[]int{503, 400}, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			lost := make(chan sns.Undelivered, 1)
			dir := t.TempDir()
			f := start(t, dir, func(c *sns.Config) { c.OnUndelivered = func(u sns.Undelivered) error { lost <- u; return nil } })
			r := f.confirmedReceiver()
			r.answer(c.answers...)
			id := f.publish("x")
			var body []byte
			for range c.attempts {
				m := r.next(snsmessage.Notification)
				if m.MessageID != id || body != nil && string(body) != string(m.body) {
					t.Errorf("a retry differs: %s", m.body)
				}
				body = m.body
			}
			if !c.delivered {
				u := <-lost
				last := c.answers[len(c.answers)-1]
				if u.Attempts != c.attempts || string(u.Body) != string(body) || u.Endpoint != r.URL || !strings.Contains(u.Err.Error(), http.StatusText(last)) {
					t.Errorf("undelivered: %+v", u)
				}
			}
			if err := f.Close(t.Context()); err != nil {
				t.Error(err)
			}
			r.none()
			if left, err := filepath.Glob(filepath.Join(dir, "messages", "*")); err != nil || len(left) > 0 {
				t.Errorf("left in the data folder: %q, %v", left, err)
			}
		})
	}
}

func TestSlowEndpoint(t *testing.T) {
	lost := make(chan sns.Undelivered, 1)
	f := start(t, t.TempDir(), func(c *sns.Config) {
		c.Timeout, c.RetryDelays = 50*time.Millisecond, []time.Duration{0}
		c.OnUndelivered = func(u sns.Undelivered) error { lost <- u; return nil }
	})
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Sns-Message-Type") == "Notification" {
			<-release
		}
	}))
	defer slow.Close()
	defer close(release)
	f.subscribe(slow.URL)
	st := f.status(func(s sns.Status) bool { return s.Attempts == 1 })
	get(t, st.SubscribeURL)
	f.publish("x")
	if u := <-lost; u.Attempts != 2 || !errors.Is(u.Err, context.DeadlineExceeded) {
		t.Errorf("undelivered: %+v", u)
	}
}

// A delivery that hangs, and one that waits for its retry, hold up nobody.
func TestDeliveriesAreIndependent(t *testing.T) {
	f := start(t, t.TempDir(), func(c *sns.Config) { c.RetryDelays = []time.Duration{time.Hour} })
	release := make(chan struct{})
	stuck := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Sns-Message-Type") == "Notification" {
			<-release
		}
	}))
	defer stuck.Close()
	defer close(release)
	f.subscribe(stuck.URL)
	st := f.status(func(s sns.Status) bool { return s.Attempts == 1 })
	get(t, st.SubscribeURL)
	r := f.receiver()
	f.subscribe(r.URL)
	r.next(snsmessage.SubscriptionConfirmation)
	r.answer(http.StatusServiceUnavailable)
	for range 5 {
		f.publish("x")
	}
	for range 5 {
		r.next(snsmessage.Notification)
	}
	r.none() // the first one's retry is an hour away
}

func TestUnsubscribe(t *testing.T) { // W11
	f := start(t, t.TempDir(), nil)
	r := f.confirmedReceiver()
	f.publish("x")
	link := r.next(snsmessage.Notification).UnsubscribeURL
	if code, body := get(t, link); code != http.StatusOK || !strings.Contains(body, "<UnsubscribeResponse") {
		t.Errorf("unsubscribed with %d %s", code, body)
	}
	farewell := r.next(snsmessage.UnsubscribeConfirmation)
	f.status(func(s sns.Status) bool { return !s.Confirmed })
	f.publish("not to be heard")
	if code, _ := get(t, link); code != http.StatusNotFound {
		t.Errorf("unsubscribed once more with %d", code)
	}
	if code, _ := get(t, farewell.SubscribeURL); code != http.StatusOK {
		t.Errorf("restored with %d", code)
	}
	id := f.publish("to be heard")
	if m := r.next(snsmessage.Notification); m.MessageID != id {
		t.Errorf("received %s", m.body)
	}
	verifyIndependently(t, farewell)
}

func TestSubscribeRefuses(t *testing.T) {
	f := start(t, t.TempDir(), nil)
	for _, c := range []struct {
		protocol, endpoint string
		attribute          sns.Attribute
		unsupported        bool
		want               string
	}{
		{"sqs", "arn:aws:sqs:us-east-1:123456789012:q", sns.Attribute{}, true, `the protocol "sqs" does not run here`},
		{"https", "https://example.com/hook", sns.Attribute{}, true, "not on this machine"},
		{"http", "http://localhost.example.com/hook", sns.Attribute{}, true, "not on this machine"},
		{"http", "http://192.0.2.1/", sns.Attribute{}, true, "not on this machine"},
		{"http", "https://127.0.0.1/", sns.Attribute{}, false, "not an http URL"},
		{"http", "127.0.0.1/hook", sns.Attribute{}, false, "not an http URL"},
		{"http", "http://user:secret@example.com/", sns.Attribute{}, true, "user:xxxxx@"},
		{"http", "http://127.0.0.1/", sns.Attribute{"FilterPolicy", `{"a":["b"]}`}, true, `FilterPolicy = {"a":["b"]} does not run here`},
		{"http", "http://127.0.0.1/", sns.Attribute{"RawMessageDelivery", "true"}, true, "RawMessageDelivery = true does not run here"},
		{"http", "http://127.0.0.1/", sns.Attribute{"RedrivePolicy", "{}"}, true, "RedrivePolicy"},
	} {
		err := f.topic.Subscribe(t.Context(), c.protocol, c.endpoint, c.attribute)
		if err == nil || errors.Is(err, errors.ErrUnsupported) != c.unsupported || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v", c.protocol, c.endpoint, err)
		}
	}
	if all := f.Subscriptions(); len(all) > 0 {
		t.Errorf("subscriptions %+v", all)
	}
	r := f.receiver()
	if err := f.topic.Subscribe(t.Context(), "http", r.URL, sns.Attribute{Name: "RawMessageDelivery", Value: "false"}); err != nil {
		t.Error(err)
	}
	r.next(snsmessage.SubscriptionConfirmation)
}

func TestPublishRefuses(t *testing.T) {
	f := start(t, t.TempDir(), nil)
	for _, c := range []struct{ subject, message, want string }{
		{"", "", "Empty message"},
		{"", strings.Repeat("x", 256<<10+1), "too long"},
		{"", "\xff", "UTF-8"},
		{strings.Repeat("s", 100), "x", "longer than 99"},
		{"two\nlines", "x", "printable"},
		{"ünïcode", "x", "printable"},
		{" blank", "x", "begin"},
	} {
		if _, err := f.topic.Publish(t.Context(), c.subject, c.message); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.20q %.20q: %v, want it to say %q", c.subject, c.message, err, c.want)
		}
	}
	if _, err := f.topic.Publish(t.Context(), strings.Repeat("s", 99), strings.Repeat("x", 256<<10)); err != nil {
		t.Error(err)
	}
}

func TestCreateTopic(t *testing.T) {
	f := start(t, t.TempDir(), nil)
	again, err := f.CreateTopic("avatars")
	if err != nil || again != f.topic || again.ARN() != topicARN {
		t.Errorf("got %v, %v", again, err)
	}
	if _, err := f.CreateTopic("a.fifo"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("first in, first out: %v", err)
	}
	for _, name := range []string{"", "a b", "a:b", strings.Repeat("a", 257)} {
		if _, err := f.CreateTopic(name); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	good := sns.Config{Region: "us-east-1", AccountID: account, BaseURL: "http://127.0.0.1:4100/", Dir: t.TempDir()}
	for want, change := range map[string]func(*sns.Config){
		"twelve digits":            func(c *sns.Config) { c.AccountID = "1" },
		"not of the form us-":      func(c *sns.Config) { c.Region = "" },
		`base URL "http://192.0`:   func(c *sns.Config) { c.BaseURL = "http://192.0.2.1/" },
		`base URL "/sns"`:          func(c *sns.Config) { c.BaseURL = "/sns" },
		"remove the file, and a n": func(c *sns.Config) { c.Dir = t.TempDir(); write(t, c.Dir, "signing.pem", "x") },
		"remove the file, and sub": func(c *sns.Config) { c.Dir = t.TempDir(); write(t, c.Dir, "subscriptions.json", "[{}]") },
		"confirmed anew":           func(c *sns.Config) { c.Dir = t.TempDir(); write(t, c.Dir, "subscriptions.json", "{") },
		"not a directory":          func(c *sns.Config) { c.Dir = t.TempDir(); write(t, c.Dir, "f", ""); c.Dir += "/f" },
	} {
		c := good
		change(&c)
		if _, err := sns.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
}

func TestKeyIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	if _, err := sns.New(sns.Config{Region: "us-east-1", AccountID: account, BaseURL: "http://127.0.0.1/", Dir: dir}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{".": 0o700 | os.ModeDir, "signing.pem": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}
