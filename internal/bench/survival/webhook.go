package survival

import (
	"context"
	"errors"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/bench/devcloud"
	"github.com/thumbing/thumbing/internal/s3event"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

// webhook hears what the topic says. One message in a hundred it refuses for good, the first time that it comes:
// those become dead letters.
type webhook struct {
	*httptest.Server

	mu       sync.Mutex
	verifier *snsmessage.Verifier
	refused  map[string]bool // messages
	rejected map[string]bool // versions of uploads that were told to be rejected
	ready    map[string]bool // ETags of avatars that were told of, by key
	ok       chan struct{}   // closed when the subscription is confirmed
	once     sync.Once
}

func newWebhook() *webhook {
	h := &webhook{refused: map[string]bool{}, rejected: map[string]bool{}, ready: map[string]bool{}, ok: make(chan struct{})}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.take(w, r); err != nil {
			http.Error(w, err.Error(), snsmessage.StatusCode(err))
		}
	}))
	return h
}

// trust lets the webhook believe a cloud's messages.
func (h *webhook) trust(cloud *devcloud.Cloud) error {
	v, err := snsmessage.NewVerifier(snsmessage.Config{
		TopicARNs:     []string{"arn:aws:sns:" + devcloud.Region + ":000000000000:cruddur-webhook-avatar"},
		LocalPrefixes: []string{cloud.Page + "/sns/"},
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.verifier = v
	return err
}

// confirmed waits until the subscription is confirmed: nothing is told before.
func (h *webhook) confirmed(ctx context.Context) error {
	select {
	case <-h.ok:
		return nil
	case <-time.After(time.Minute):
		return errors.New("the subscription is not confirmed")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *webhook) take(w http.ResponseWriter, r *http.Request) error {
	m, err := snsmessage.Read(w, r)
	if err != nil {
		return err
	}
	h.mu.Lock()
	verifier := h.verifier
	h.mu.Unlock()
	if verifier == nil {
		return errors.New("not yet") // a 5xx: it comes again
	}
	if err := verifier.Verify(r.Context(), m); err != nil {
		return err
	}
	if m.Type == snsmessage.SubscriptionConfirmation {
		err := verifier.Confirm(r.Context(), m)
		if err == nil {
			h.once.Do(func() { close(h.ok) })
		}
		return err
	}
	return h.hear(w, m.Message)
}

func (h *webhook) hear(w http.ResponseWriter, message string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(message)) // never fails
	if sum.Sum32()%100 == 0 && !h.refused[message] {
		h.refused[message] = true
		http.Error(w, "out of order", http.StatusForbidden)
		return nil
	}
	if r, ok := avatar.ParseRejection(message); ok {
		h.rejected[r.VersionID] = true
		return nil
	}
	n, err := s3event.Parse([]byte(message))
	if err != nil {
		return err
	}
	for _, r := range n.Created {
		h.ready[r.Key+" "+r.ETag] = true
	}
	return nil
}
