package profile

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// remembered is how many events a page that lost its connection can catch up on.
	remembered = 256
	// heartbeat keeps proxies and browsers from closing a silent stream.
	heartbeat = 20 * time.Second
)

// Ready tells that an avatar can be read.
type Ready struct {
	Key string `json:"key"` // in the assets bucket
	URL string `json:"url"` // changes with each new version of the picture
}

// feed passes events on to every open page as server-sent events.
// Source: HTML Living Standard, section 9.2 "Server-sent events".
type feed struct {
	mu      sync.Mutex
	last    int     // number of the newest event
	recent  []Ready // the newest events, oldest first
	changed chan struct{}
}

func newFeed() *feed { return &feed{changed: make(chan struct{})} }

func (f *feed) publish(r Ready) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	f.recent = append(f.recent, r)
	if len(f.recent) > remembered {
		f.recent = f.recent[1:]
	}
	close(f.changed)
	f.changed = make(chan struct{})
}

// since returns what came after event number seen, the newest event's number, and a channel that closes
// when there is more.
func (f *feed) since(seen int) (news []Ready, last int, more <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := min(max(f.last-seen, 0), len(f.recent))
	return append(news, f.recent[len(f.recent)-n:]...), f.last, f.changed
}

func (f *feed) serve(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	// A page that comes back says what it saw last; a new one hears only of what comes next.
	_, seen, _ := f.since(0)
	if id, err := strconv.Atoi(r.Header.Get("Last-Event-ID")); err == nil {
		seen = min(id, seen)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprint(w, ": listening\n\n")
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		news, last, more := f.since(seen)
		for i, n := range news {
			data, err := json.Marshal(n)
			if err != nil {
				return // a Ready of two strings always marshals
			}
			fmt.Fprintf(w, "id: %d\nevent: ready\ndata: %s\n\n", last-len(news)+1+i, data)
		}
		seen = last
		if out.Flush() != nil {
			return
		}
		select {
		case <-more:
		case <-tick.C:
			fmt.Fprint(w, ": still here\n\n")
		case <-r.Context().Done():
			return
		}
	}
}
