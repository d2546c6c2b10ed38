package cdn

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// bucket holds one object under each key.
type bucket map[string]http.Header

type body struct{ *strings.Reader }

func (body) Close() error { return nil }

func (b bucket) Object(_ context.Context, key string) (io.ReadSeekCloser, http.Header, error) {
	h, ok := b[key]
	switch {
	case key == "broken":
		return nil, nil, errors.New("the disk is on fire")
	case !ok:
		return nil, nil, fs.ErrNotExist
	}
	return body{strings.NewReader("0123456789")}, h, nil
}

func TestHandler(t *testing.T) {
	objects := bucket{
		"a b+é.png": {"Content-Type": {"image/png"}, "Cache-Control": {"max-age=60"}, "Etag": {`"e"`},
			"Last-Modified": {"Mon, 05 Jan 2026 00:00:00 GMT"}, "Set-Cookie": {"no"}},
		"page.html": {"Content-Type": {"text/html"}},
		"bare":      {},
	}
	handler := Handler(objects, Config{}, slog.New(slog.DiscardHandler))
	for _, c := range []struct {
		name, method, url, host string
		header                  http.Header
		status                  int
		body                    string
		want                    map[string]string
	}{
		{name: "whole", url: "/a%20b+%C3%A9.png?v=7", status: 200, body: "0123456789", want: map[string]string{
			"Content-Type": "image/png", "Cache-Control": "max-age=60", "Etag": `"e"`, "Last-Modified": "Mon, 05 Jan 2026 00:00:00 GMT",
			"Access-Control-Allow-Origin": "*", "Set-Cookie": ""}},
		{name: "S9: another version", url: "/a%20b+%C3%A9.png?v=f", status: 200, body: "0123456789", want: map[string]string{"Cache-Control": "max-age=60"}},
		{name: "S9: this version", url: "/a%20b+%C3%A9.png?v=e", status: 200, body: "0123456789", want: map[string]string{"Cache-Control": "public, max-age=31536000, immutable"}},
		{name: "head", method: "HEAD", url: "/a%20b+%C3%A9.png", status: 200, want: map[string]string{"Content-Length": "10"}},
		{name: "known", url: "/a%20b+%C3%A9.png", header: http.Header{"If-None-Match": {`"e"`}}, status: 304},
		{name: "range", url: "/a%20b+%C3%A9.png", header: http.Header{"Range": {"bytes=2-4"}}, status: 206, body: "234"},
		{name: "L8: stored HTML is inert", url: "/page.html", status: 200, body: "0123456789", want: map[string]string{
			"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}},
		{name: "no type is not guessed", url: "/bare", status: 200, body: "0123456789", want: map[string]string{"Content-Type": "application/octet-stream"}},
		{name: "missing", url: "/none.png", status: 404, body: "there is no picture here (yet)\n", want: map[string]string{"Cache-Control": "no-store"}},
		{name: "decoded once", url: "/a%2520b", status: 404, body: "there is no picture here (yet)\n"},
		{name: "no list", url: "/", status: 404, body: "there is no picture here (yet)\n"},
		{name: "broken", url: "/broken", status: 500, body: "the object cannot be read\n"},
		{name: "no writing", method: "PUT", url: "/bare", status: 405, body: "pictures can only be read here\n", want: map[string]string{"Allow": "GET, HEAD"}},
		{name: "L6: another name", url: "/bare", host: "evil.example:8081", status: 403, body: "this address is for this machine alone: use localhost or 127.0.0.1\n"},
		{name: "localhost", url: "/bare", host: "localhost:8081", status: 200, body: "0123456789"},
		{name: "address of another machine", url: "/bare", host: "192.168.1.1:8081", status: 403, body: "this address is for this machine alone: use localhost or 127.0.0.1\n"},
		{name: "name that begins like ours", url: "/bare", host: "127.0.0.1.evil.example", status: 403, body: "this address is for this machine alone: use localhost or 127.0.0.1\n"},
		{name: "subdomain", url: "/bare", host: "Assets.LOCALHOST.", status: 200, body: "0123456789"},
		{name: "stale", url: "/a%20b+%C3%A9.png", header: http.Header{"If-None-Match": {`"f"`}}, status: 200, body: "0123456789"},
		{name: "beyond the end", url: "/a%20b+%C3%A9.png", header: http.Header{"Range": {"bytes=10-"}}, status: 416, body: "invalid range: failed to overlap\n"},
		{name: "IPv6", url: "/bare", host: "[::1]:8081", status: 200, body: "0123456789"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.url, nil)
			r.Host = "127.0.0.1:8081"
			if c.host != "" {
				r.Host = c.host
			}
			for name, values := range c.header {
				r.Header[name] = values
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != c.status || w.Body.String() != c.body {
				t.Errorf("got %d %q, want %d %q", w.Code, w.Body, c.status, c.body)
			}
			for name, value := range c.want {
				if got := w.Header().Get(name); got != value {
					t.Errorf("%s is %q, want %q", name, got, value)
				}
			}
		})
	}
}

func TestFoldersAndHeaders(t *testing.T) {
	objects := bucket{"out/me.png": {}, "in/me.jpg": {}, "outer/me.png": {}}
	handler := Handler(objects, Config{Folders: []string{"out/"}, Headers: http.Header{"X-Mine": {"1"}}}, slog.New(slog.DiscardHandler))
	for path, want := range map[string]int{"/out/me.png": 200, "/in/me.jpg": 404, "/outer/me.png": 404, "/": 404, "/out/none.png": 404} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", path, nil)
		r.Host = "localhost"
		handler.ServeHTTP(w, r)
		if w.Code != want || w.Header().Get("X-Mine") != "1" || w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d, want %d, with %v", path, w.Code, want, w.Header())
		}
	}
}
