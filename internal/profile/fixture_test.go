package profile_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/cognito"
	"github.com/thumbing/thumbing/internal/profile"
	"github.com/thumbing/thumbing/internal/profile/database"
	"github.com/thumbing/thumbing/internal/profile/database/databasetest"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

func TestMain(m *testing.M) { databasetest.Main(m) }

const (
	ada      = "5d3f2b1c-8a47-4e0e-9c61-2f7a90b4d101"
	bo       = "8f0c7e52-61d9-4b3a-a5f4-70e1c2d83202"
	stranger = "00000000-0000-4000-8000-00000000000f" // has no user yet
)

// tokens lets in who names a subject as their token, or as their session's cookie.
type tokens struct{}

func (tokens) Authenticate(r *http.Request) (profile.Identity, error) {
	token, found, err := cognito.Bearer(r.Header)
	if err != nil {
		return profile.Identity{}, err
	}
	if found {
		return profile.Identity{Subject: token, Username: "New.Person+1@example.com"}, nil
	}
	if c, err := r.Cookie("session"); err == nil {
		return profile.Identity{Subject: c.Value, Username: "New.Person+1@example.com", Session: true}, nil
	}
	return profile.Identity{}, &cognito.Error{Err: errors.New("no token")}
}

func (tokens) Handler(app http.Handler) http.Handler { return app }

// forms signs nothing.
type forms struct{ err error }

func (f forms) Form(_ context.Context, key, contentType string) (profile.Form, error) {
	return profile.Form{URL: "https://s3.example/uploads", Key: key, ExpiresAt: time.Unix(0, 0).UTC(), MaxBytes: 9,
		Fields: map[string]string{"key": key, "Content-Type": contentType}}, f.err
}

// believer verifies what it is told to, and remembers what was confirmed.
type believer struct {
	verify, confirm error

	mu        sync.Mutex
	confirmed []string
}

func (b *believer) Verify(context.Context, *snsmessage.Message) error { return b.verify }

func (b *believer) Confirm(_ context.Context, m *snsmessage.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.confirmed = append(b.confirmed, m.TopicARN)
	return b.confirm
}

// fixture is a service with the seeded people in a database of its own.
type fixture struct {
	*profile.Service
	url      string
	database *database.Database
	log      *logged
	believer *believer
}

// logged collects what the service logs.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newFixture(t *testing.T, location string, change func(*profile.Config)) *fixture {
	t.Helper()
	f := &fixture{database: databasetest.Open(t, location), log: &logged{}, believer: &believer{}}
	if _, err := profile.Seed(t.Context(), f.database, time.Now()); err != nil {
		t.Fatal(err)
	}
	c := profile.Config{
		Database: f.database, Auth: tokens{}, Uploads: forms{}, Messages: f.believer,
		UploadsBucket: "uploads", AssetsBucket: "assets", Keys: avatar.Keys{Input: "in/", Output: "out/"},
		AvatarsURL: "https://cdn.example", PublicURL: "https://www.example.com", UploadsOrigin: "https://s3.example", SignInOrigin: "https://auth.example",
		AllowedOrigins: []string{"https://app.example"}, WriteRate: rate.Inf, LookEvery: 100 * time.Millisecond, Seeded: []string{"ada", "bo"},
		Log: slog.New(slog.NewJSONHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&c)
	}
	var err error
	if f.Service, err = profile.New(c); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(f.Handler())
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// each runs a test on both databases.
func each(t *testing.T, change func(*profile.Config), test func(t *testing.T, f *fixture)) {
	databasetest.Each(t, func(t *testing.T, location string) { test(t, newFixture(t, location, change)) })
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask makes a request; a header is "Name: value".
func (f *fixture) ask(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Add(name, value)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, strings.TrimSpace(string(text))}
}

// post posts JSON with a subject's token.
func (f *fixture) post(t *testing.T, path, subject, body string, headers ...string) answer {
	t.Helper()
	return f.ask(t, http.MethodPost, path, body, append([]string{"Content-Type: application/json", "Authorization: Bearer " + subject}, headers...)...)
}

func (f *fixture) get(t *testing.T, path string, headers ...string) answer {
	t.Helper()
	return f.ask(t, http.MethodGet, path, "", headers...)
}

func (a answer) expect(t *testing.T, what string, status int, body string) {
	t.Helper()
	if a.status != status || a.body != body {
		t.Errorf("%s: answered %d %s, want %d %s", what, a.status, a.body, status, body)
	}
}
