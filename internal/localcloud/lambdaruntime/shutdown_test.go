package lambdaruntime_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/localcloud/lambdaruntime"
	"github.com/thumbing/thumbing/internal/localcloud/spool"
)

func TestCloseWaits(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	defer web.Close()
	f := start(t, nil)
	id := f.invoke(request{URL: web.URL})
	<-arrived
	closed := make(chan struct{})
	go func() {
		f.close(t.Context())
		close(closed)
	}()
	for {
		if _, err := f.Invoke(t.Context(), []byte("{}")); errors.Is(err, lambdaruntime.ErrClosed) {
			break // Close has begun
		}
		goruntime.Gosched()
	}
	close(release)
	<-closed
	if r := f.result(); r.RequestID != id || r.Err != nil {
		t.Errorf("the running invocation ended with %+v", r)
	}
}

// A function that hangs is killed together with what it has started, although that holds its output open.
func TestCloseKillsTheGroup(t *testing.T) {
	held, gone := make(chan struct{}), make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		close(held)
		<-r.Context().Done() // the connection has ended
		close(gone)
	}))
	defer web.Close()
	f := start(t, nil)
	f.invoke(request{Do: "hang-with-child", Text: web.URL})
	<-held
	now, cancel := context.WithCancel(t.Context())
	cancel()
	f.close(now)
	<-gone
	select {
	case r := <-f.results:
		t.Errorf("an invocation that was cut short has the result %+v", r)
	default:
	}
}

func TestJournal(t *testing.T) {
	journal := func(dir string) *spool.Spool {
		s, err := spool.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Run("an invocation that is cut short comes again", func(t *testing.T) {
		dir := t.TempDir()
		arrived := make(chan struct{}, 10)
		web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			arrived <- struct{}{}
			if len(arrived) == 1 {
				<-r.Context().Done()
			}
		}))
		defer web.Close()
		f := start(t, func(_ *lambdaruntime.Function, o *lambdaruntime.Options) { o.Journal = journal(dir) })
		payload := []byte(`{ "URL" : "` + web.URL + `", "Text": "<&>" }`) // its bytes are kept, blanks and all
		id, err := f.Invoke(t.Context(), payload)
		if err != nil {
			t.Fatal(err)
		}
		second := f.invoke(request{})
		for len(arrived) == 0 {
			goruntime.Gosched()
		}
		now, cancel := context.WithCancel(t.Context())
		cancel()
		f.close(now)

		kept := journal(dir)
		f = start(t, func(_ *lambdaruntime.Function, o *lambdaruntime.Options) { o.Journal = kept })
		for _, want := range []string{id, second} {
			r := f.result()
			if r.RequestID != want || r.Err != nil || r.Attempts != 1 {
				t.Errorf("got %+v, want success of %s at the first attempt", r, want)
			}
			if want == id && string(r.Payload) != string(payload) {
				t.Errorf("payload %q", r.Payload)
			}
		}
		f.close(t.Context())
		if kept.Len() != 0 {
			t.Errorf("the journal still holds %d events", kept.Len())
		}
	})
	t.Run("failed attempts count on", func(t *testing.T) { // E8
		dir := t.TempDir()
		waiting := make(chan struct{})
		f := start(t, func(_ *lambdaruntime.Function, o *lambdaruntime.Options) {
			o.Journal = journal(dir)
			o.Backoff = func(int) time.Duration { close(waiting); return time.Hour }
		})
		f.invoke(request{Do: "error"})
		<-waiting
		f.close(t.Context())
		f = start(t, func(_ *lambdaruntime.Function, o *lambdaruntime.Options) { o.Journal = journal(dir) })
		if r := f.result(); r.Attempts != 3 || r.Err == nil {
			t.Errorf("got %+v", r)
		}
		if diff := cmp.Diff([]int{2}, f.waits()); diff != "" {
			t.Errorf("waits after the restart:\n%s", diff)
		}
	})
	t.Run("what is no event is left alone", func(t *testing.T) {
		s := journal(t.TempDir())
		for id, data := range map[string]string{"a": "not JSON", "b": `{"requestId":"other"}`} {
			if err := s.Put(id, []byte(data)); err != nil {
				t.Fatal(err)
			}
		}
		f := start(t, func(_ *lambdaruntime.Function, o *lambdaruntime.Options) { o.Journal = s })
		f.invoke(request{})
		f.reply()
		f.close(t.Context())
		if s.Len() != 2 {
			t.Errorf("%d items are left, want the 2 that were there", s.Len())
		}
	})
	t.Run("an event that cannot be kept is refused", func(t *testing.T) {
		dir := t.TempDir()
		f := start(t, func(_ *lambdaruntime.Function, o *lambdaruntime.Options) { o.Journal = journal(dir) })
		if err := os.Remove(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Invoke(t.Context(), []byte("{}")); err == nil {
			t.Error("taken")
		}
	})
}
