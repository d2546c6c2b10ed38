package s3

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// L6: a client that sends its headers a byte at a time is let go, in words, when their time is over, and does not
// keep others waiting.
func TestSlowClients(t *testing.T) {
	f, err := listen("127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if f.server.ReadTimeout != headerTime {
		t.Errorf("headers may take %s", f.server.ReadTimeout)
	}
	f.server.ReadTimeout = 300 * time.Millisecond
	f.serve(func(ctx *fasthttp.RequestCtx) { ctx.SetBodyString("quick") })
	defer func() {
		if err := f.close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	slow, err := net.Dial("tcp", f.address)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	go func() {
		for _, c := range "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + strings.Repeat("x", 1000) {
			if _, err := io.WriteString(slow, string(c)); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond) // as such clients do
		}
	}()
	resp, err := http.Get("http://" + f.address)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "quick" {
		t.Errorf("beside a slow client: %q, %v", body, err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	if err := slow.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(slow), nil)
	if err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusBadRequest || !strings.Contains(string(said), "<Code>RequestTimeout</Code>") || !answer.Close {
		t.Errorf("the slow client was told %s, %s, %v", answer.Status, said, err)
	}
}

// A connection on which nothing was asked ends without an answer, which a client would take for that to its next
// request.
func TestIdleClients(t *testing.T) {
	f, err := listen("127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	f.server.ReadTimeout = 50 * time.Millisecond
	f.serve(func(ctx *fasthttp.RequestCtx) {})
	defer func() {
		if err := f.close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	idle, err := net.Dial("tcp", f.address)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	if err := idle.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(idle); err != nil || len(said) > 0 {
		t.Errorf("it said %q, %v", said, err)
	}
}
