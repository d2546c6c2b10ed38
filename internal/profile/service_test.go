package profile

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/thumbing/thumbing/internal/snsmessage"
)

const topic = "arn:aws:sns:us-east-1:000000000000:avatars"

// believer verifies what it is told to, and remembers what was confirmed.
type believer struct {
	verify, confirm error
	confirmed       []string
}

func (b *believer) Verify(context.Context, *snsmessage.Message) error { return b.verify }

func (b *believer) Confirm(_ context.Context, m *snsmessage.Message) error {
	b.confirmed = append(b.confirmed, m.TopicARN)
	return b.confirm
}

type places struct{ err error }

func (p places) PresignPut(_ context.Context, key, contentType string) (string, error) {
	return "http://s3.example/" + key + "?" + contentType, p.err
}

func newTestService(t *testing.T, b *believer, p places) (*Service, *httptest.Server) {
	t.Helper()
	s := New(Config{Uploads: p, Folder: "in/", AvatarURL: "http://cdn.example", Messages: b, Log: slog.New(slog.DiscardHandler),
		Processed: func(source string) (string, error) {
			if strings.HasSuffix(source, "/") {
				return "", errors.New("a folder")
			}
			return "out/" + strings.TrimPrefix(source, "in/") + ".png", nil
		}})
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	return s, server
}

func post(t *testing.T, url, contentType, body string) (status int, answer string) {
	t.Helper()
	resp, err := http.Post(url, contentType, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if _, err := bufio.NewReader(resp.Body).WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(b.String())
}

func TestUpload(t *testing.T) {
	for _, c := range []struct {
		name, kind, body string
		places           places
		status           int
		answer           string
	}{
		{"plain", "application/json", `{"name": "a b.jpg", "type": "image/jpeg"}`, places{}, 200,
			`{"avatar_key":"out/a b.jpg.png","key":"in/a b.jpg","upload_url":"http://s3.example/in/a b.jpg?image/jpeg"}`},
		{"folders of the visitor's machine", "application/json; charset=utf-8", `{"name": "C:\\x\\../y/me.png", "type": "image/png"}`, places{}, 200,
			`{"avatar_key":"out/me.png.png","key":"in/me.png","upload_url":"http://s3.example/in/me.png?image/png"}`},
		{"form", "application/x-www-form-urlencoded", `name=a`, places{}, 415, `{"errors":["content_type_must_be_application_json"]}`},
		{"no JSON", "application/json", `{`, places{}, 400, `{"errors":["request_is_no_json_object"]}`},
		{"too large", "application/json", `{"name": "` + strings.Repeat("a", maxRequest) + `"}`, places{}, 413, `{"errors":["request_too_large"]}`},
		{"no type", "application/json", `{"name": "a.jpg"}`, places{}, 422, `{"errors":["type_invalid"]}`},
		{"no name", "application/json", `{"name": "/", "type": "image/png"}`, places{}, 422, `{"errors":["name_invalid"]}`},
		{"S3 away", "application/json", `{"name": "a.jpg", "type": "image/png"}`, places{errors.New("away")}, 500, `{"errors":["upload_unavailable"]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, server := newTestService(t, &believer{}, c.places)
			status, answer := post(t, server.URL+"/uploads", c.kind, c.body)
			if status != c.status || answer != c.answer {
				t.Errorf("got %d %s, want %d %s", status, answer, c.status, c.answer)
			}
		})
	}
}

// message is a notification with the given text inside.
func message(kind, text string) string {
	return `{"Type": "` + kind + `", "MessageId": "1", "TopicArn": "` + topic + `", "Timestamp": "2026-01-02T03:04:05.000Z",
	  "SignatureVersion": "2", "Signature": "x", "SigningCertURL": "x", "Token": "t", "SubscribeURL": "u", "Message": ` + text + `}`
}

func TestWebhook(t *testing.T) {
	for _, c := range []struct {
		name, body string
		believer   believer
		status     int
		confirmed  int
	}{
		{"S11: confirms its subscription", message("SubscriptionConfirmation", `""`), believer{}, 204, 1},
		{"confirmation fails", message("SubscriptionConfirmation", `""`), believer{confirm: errors.New("away")}, 500, 1},
		{"W11: is not subscribed again", message("UnsubscribeConfirmation", `""`), believer{}, 204, 0},
		{"W9: S3's test event", message("Notification", `"{\"Event\": \"s3:TestEvent\"}"`), believer{}, 204, 0},
		{"no S3 event", message("Notification", `"hello"`), believer{}, 204, 0},
		{"not believed", message("Notification", `"{}"`), believer{verify: errors.New("forged")}, 500, 0},
		{"W7: no JSON", "{", believer{}, 400, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := c.believer
			_, server := newTestService(t, &b, places{})
			status, _ := post(t, server.URL+"/webhooks/avatar", "text/plain; charset=UTF-8", c.body)
			if status != c.status || len(b.confirmed) != c.confirmed {
				t.Errorf("answered %d and confirmed %q, want %d and %d", status, b.confirmed, c.status, c.confirmed)
			}
		})
	}
}

// TestPagesHearOfAvatars holds that every open page is told, and that one that lost its connection catches up.
func TestPagesHearOfAvatars(t *testing.T) {
	_, server := newTestService(t, &believer{}, places{})
	one, two := listen(t, server.URL, ""), listen(t, server.URL, "")
	records := `"{\"Records\": [` + record("out/a+b%2B.png", "e1") + `,` + record("out/me.png", "e2") + `]}"`
	if status, _ := post(t, server.URL+"/webhooks/avatar", "text/plain", message("Notification", records)); status != 204 {
		t.Fatalf("the webhook answered %d", status)
	}
	first := []string{"id: 1", "event: ready", `data: {"key":"out/a b+.png","url":"http://cdn.example/out/a%20b+.png?v=e1"}`}
	second := []string{"id: 2", "event: ready", `data: {"key":"out/me.png","url":"http://cdn.example/out/me.png?v=e2"}`}
	for _, page := range []*bufio.Scanner{one, two} {
		expect(t, page, first)
		expect(t, page, second)
	}
	expect(t, listen(t, server.URL, "1"), second)
	expect(t, listen(t, server.URL, "-7"), first)
}

func record(key, etag string) string {
	return strings.ReplaceAll(`{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": "2026-01-02T03:04:05.000Z", "s3": {"bucket": {"name": "assets"}, "object": {"key": "`+key+`", "size": 1, "eTag": "`+etag+`", "sequencer": "01"}}}`, `"`, `\"`)
}

// listen opens the page's stream of events, and returns when it is open.
func listen(t *testing.T, url, lastEventID string) *bufio.Scanner {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", lastEventID)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("the stream is %q", kind)
	}
	lines := bufio.NewScanner(resp.Body)
	expect(t, lines, []string{": listening"})
	return lines
}

// expect reads one event.
func expect(t *testing.T, lines *bufio.Scanner, want []string) {
	t.Helper()
	for _, line := range append(want, "") {
		if !lines.Scan() {
			t.Fatalf("the stream ended before %q", line)
		}
		if lines.Text() != line {
			t.Fatalf("got %q, want %q", lines.Text(), line)
		}
	}
}

func TestPageIsServedSafely(t *testing.T) {
	_, server := newTestService(t, &believer{}, places{})
	for path, kind := range map[string]string{"/": "text/html", "/page.css": "text/css", "/page.js": "text/javascript"} {
		resp, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		h := resp.Header
		if resp.StatusCode != 200 || !strings.HasPrefix(h.Get("Content-Type"), kind) || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'self'") {
			t.Errorf("%s: %d %v", path, resp.StatusCode, h)
		}
	}
}
