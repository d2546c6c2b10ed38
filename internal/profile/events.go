package profile

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/thumbing/thumbing/internal/profile/database"
)

const (
	// heartbeat keeps proxies and browsers from closing a silent stream.
	heartbeat = 20 * time.Second
	// maxStreams is how many streams one person may have open.
	maxStreams = 32
)

// hub wakes the streams of a user.
type hub struct {
	mu    sync.Mutex
	users map[string]map[chan struct{}]bool // the open streams of a user's UUID
}

func newHub() *hub { return &hub{users: map[string]map[chan struct{}]bool{}} }

// join answers a channel that tells when there may be news for a user, and how to leave. It fails when the
// user has too many streams.
func (h *hub) join(user string) (news <-chan struct{}, leave func(), ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.users[user]) >= maxStreams {
		return nil, nil, false
	}
	if h.users[user] == nil {
		h.users[user] = map[chan struct{}]bool{}
	}
	c := make(chan struct{}, 1)
	h.users[user][c] = true
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.users[user], c)
		if len(h.users[user]) == 0 {
			delete(h.users, user)
		}
	}, true
}

func (h *hub) wake(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.users[user] {
		select {
		case c <- struct{}{}:
		default: // it is to look already
		}
	}
}

// events streams to a person's page what becomes of their uploads, as server-sent events. A page that comes
// back says what it heard last (Last-Event-ID); one that was just loaded says what it shows ("after").
// Source: HTML Living Standard, section 9.2 "Server-sent events".
func (s *Service) events(w http.ResponseWriter, r *http.Request) {
	id, err := s.Auth.Authenticate(r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	u, err := s.userOf(r.Context(), id)
	if err != nil {
		s.broken(w, r, "reading a user", err)
		return
	}
	news, leave, ok := s.hub.join(u.UUID)
	if !ok {
		fail(w, http.StatusTooManyRequests, "too_many_streams")
		return
	}
	defer leave()
	seen := u.LastEvent
	for _, said := range []string{r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")} {
		if n, err := strconv.ParseInt(said, 10, 64); err == nil && n >= 0 {
			seen = min(n, seen)
			break
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // or nginx would keep events back
	fmt.Fprint(w, ": listening\n\n")
	s.stream(w, r, u, seen, news)
}

// stream writes a user's events from the one after seen on, until the page has gone.
func (s *Service) stream(w http.ResponseWriter, r *http.Request, u database.User, seen int64, news <-chan struct{}) {
	out := http.NewResponseController(w)
	look, beat := time.NewTicker(s.LookEvery), time.NewTicker(heartbeat)
	defer look.Stop()
	defer beat.Stop()
	for {
		all, err := s.Database.Events(r.Context(), u.UUID, seen)
		if err != nil && r.Context().Err() == nil {
			s.Log.ErrorContext(r.Context(), "reading events failed", "request_id", requestID(r), "error", err)
			return // the page comes back by itself
		}
		for _, e := range all {
			s.writeEvent(w, e)
			seen = e.Number
		}
		if out.Flush() != nil {
			return
		}
		select {
		case <-news:
		case <-look.C:
		case <-beat.C:
			fmt.Fprint(w, ": still here\n\n")
		case <-r.Context().Done():
			return
		case <-s.leave:
			return
		}
	}
}

func (s *Service) writeEvent(w http.ResponseWriter, e database.Event) {
	kind, body := "ready", any(struct {
		AvatarURL string `json:"avatar_url"`
	}{s.avatarURL(e.Key, e.Version)})
	if e.Code != "" {
		kind, body = "rejected", struct {
			Code   string `json:"code"`
			Reason string `json:"reason"`
		}{e.Code, e.Reason}
	}
	data, err := json.Marshal(body)
	if err != nil {
		return // strings of valid UTF-8 always marshal
	}
	fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", e.Number, kind, data)
}
