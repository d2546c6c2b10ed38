package profile_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/profile"
	"github.com/thumbing/thumbing/internal/profile/database/databasetest"
)

// listen opens a person's stream, and returns when it is open.
func (f *fixture) listen(t *testing.T, subject, query string, headers ...string) *bufio.Scanner {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url+"/api/avatar/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "session", Value: subject})
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream is %s, %q", resp.Status, resp.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(resp.Body)
	expect(t, lines, ": listening")
	return lines
}

// expect reads one event.
func expect(t *testing.T, lines *bufio.Scanner, want ...string) {
	t.Helper()
	for _, line := range append(want, "") {
		if !lines.Scan() {
			t.Fatalf("the stream ended before %q: %v", line, lines.Err())
		}
		if lines.Text() != line {
			t.Fatalf("got %q, want %q", lines.Text(), line)
		}
	}
}

// Every page of a person hears what becomes of their uploads, and nobody else's do; one that was away catches
// up, even in another process.
func TestEvents(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		f, s := newWebhook(t, location, nil)
		one, two, bos := f.listen(t, ada, ""), f.listen(t, ada, "?after=0"), f.listen(t, bo, "")
		for id, change := range map[string]func(map[string]string){
			"n1": telling(stored("assets", avatarKey, "e1", "1")), "n2": telling(stored("assets", "out/"+bo+".png", "b1", "1")),
		} {
			if a := f.tell(t, s.message(t, id, change, nil)); a.status != 200 {
				t.Fatalf("answered %d %s", a.status, a.body)
			}
		}
		first := []string{"id: 1", "event: ready", `data: {"avatar_url":"https://cdn.example/` + avatarKey + `?v=e1"}`}
		expect(t, one, first...)
		expect(t, two, first...)
		expect(t, bos, "id: 1", "event: ready", `data: {"avatar_url":"https://cdn.example/out/`+bo+`.png?v=b1"}`)
		if a := f.tell(t, s.message(t, "n3", rejection("in/"+ada+".jpg", "corrupt", "1"), nil)); a.status != 200 {
			t.Fatalf("answered %d %s", a.status, a.body)
		}
		second := []string{"id: 2", "event: rejected", `data: {"code":"corrupt","reason":"The picture is cut off."}`}
		expect(t, one, second...)
		expect(t, two, second...)

		other := newFixture(t, location, nil) // another process, on the same database
		for _, c := range []struct {
			query, last string
			want        [][]string
		}{
			{"?after=0", "", [][]string{first, second}},
			{"?after=0", "1", [][]string{second}},
			{"?after=1", "", [][]string{second}},
			{"?after=1", "0", [][]string{first, second}},
			{"?after=-1", "x", nil},
		} {
			page := other.listen(t, ada, c.query, "Last-Event-ID: "+c.last)
			for _, event := range c.want {
				expect(t, page, event...)
			}
		}
		// What this process takes in, a page of the other process hears too, a little later.
		page := other.listen(t, ada, "?after=2")
		if a := f.tell(t, s.message(t, "n4", telling(stored("assets", avatarKey, "e2", "2")), nil)); a.status != 200 {
			t.Fatalf("answered %d %s", a.status, a.body)
		}
		expect(t, page, "id: 3", "event: ready", `data: {"avatar_url":"https://cdn.example/`+avatarKey+`?v=e2"}`)
	})
}

func TestEventsAreOnesOwn(t *testing.T) {
	f := newFixture(t, databasetest.SQLite(t), nil)
	f.get(t, "/api/avatar/events").expect(t, "a stranger", 401, `{"errors":["unauthorized"]}`)
	for range 32 {
		f.listen(t, ada, "")
	}
	f.get(t, "/api/avatar/events", "Authorization: Bearer "+ada).expect(t, "one too many", 429, `{"errors":["too_many_streams"]}`)
	f.listen(t, bo, "")
}

// A place is free again when a page has gone, and streams end when the service does.
func TestStreamsEnd(t *testing.T) {
	f := newFixture(t, databasetest.SQLite(t), nil)
	for range 40 {
		resp, err := http.DefaultClient.Do(streamRequest(t, f))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		for deadline := time.Now().Add(time.Minute); resp.StatusCode == http.StatusTooManyRequests && time.Now().Before(deadline); {
			if resp, err = http.DefaultClient.Do(streamRequest(t, f)); err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
		}
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("the stream is %s", resp.Status)
		}
	}
	page := f.listen(t, bo, "")
	f.EndStreams()
	if page.Scan() || page.Err() != nil {
		t.Errorf("the stream went on with %q, %v", page.Text(), page.Err())
	}
}

func streamRequest(t *testing.T, f *fixture) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url+"/api/avatar/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+ada)
	return req
}

// The time that a request may take does not bound a stream on the same connection.
func TestStreamsOutliveRequests(t *testing.T) {
	const timeout = 150 * time.Millisecond
	f, s := newWebhook(t, databasetest.SQLite(t), func(c *profile.Config) { c.Timeout = timeout })
	one := &http.Transport{MaxConnsPerHost: 1}
	t.Cleanup(one.CloseIdleConnections)
	resp, err := (&http.Client{Transport: one}).Get(f.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp, err = one.RoundTrip(streamRequest(t, f)); err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	expect(t, lines, ": listening")
	<-time.After(4 * timeout) // what bounded the request has passed
	if a := f.tell(t, s.message(t, "n1", telling(stored("assets", avatarKey, "e1", "1")), nil)); a.status != 200 {
		t.Fatalf("answered %d %s", a.status, a.body)
	}
	expect(t, lines, "id: 1", "event: ready", `data: {"avatar_url":"https://cdn.example/`+avatarKey+`?v=e1"}`)
}
