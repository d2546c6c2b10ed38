// Package profile is what people see of the pipeline: a page for each of them, the API that changes it, and
// the webhook that hears of avatars.
//
//	GET  /@{handle}                     a person's page
//	GET  /@{handle}/edit                the same with its form open, for browsers without JavaScript
//	POST /@{handle}/edit                takes the form
//	GET  /me                            leads to the page of who is signed in
//	GET  /signin, POST /signout         see package signin
//	POST /api/profile/update            {"display_name", "bio", "version"} -> the changed user
//	GET  /api/users/@{handle}/short     {"uuid", "handle", "display_name", "avatar_url"}
//	GET  /api/activities/@{handle}      {"profile", "activities"}
//	POST /api/avatar/upload             {"content_type"} -> {"url", "fields", "key", "expires_at", "max_bytes"}
//	GET  /api/avatar/events             server-sent events: "ready" and "rejected"
//	POST /webhooks/avatar               SNS messages about processed and rejected pictures
//	GET  /healthz, /readyz              whether the process lives, and whether it can serve
//
// Errors are answered as {"errors": ["code"]}. Who somebody is comes from an [Authenticator] alone: nothing
// in a request's path, query or body says it.
package profile

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/profile/database"
	"github.com/thumbing/thumbing/internal/profile/page"
)

const (
	defaultTimeout = 12 * time.Second
	defaultLook    = 5 * time.Second
	// receiptsKept is how long the webhook remembers what it has dealt with; SNS delivers for an hour.
	receiptsKept = 7 * 24 * time.Hour
	tidyEvery    = time.Hour
)

// Uploads hands out places in the uploads bucket.
type Uploads interface {
	// Form returns what a browser posts to upload one picture under the key, of that content type.
	Form(ctx context.Context, key, contentType string) (Form, error)
}

// Form is a form that S3 takes: multipart/form-data of the fields in any order, then the picture as "file".
// Source: Amazon S3 API Reference, "POST Object".
type Form struct {
	URL       string            `json:"url"`
	Fields    map[string]string `json:"fields"`
	Key       string            `json:"key"`
	ExpiresAt time.Time         `json:"expires_at"`
	MaxBytes  int64             `json:"max_bytes"` // of the picture
}

// Config is what the service works with.
type Config struct {
	Database *database.Database
	Auth     Authenticator
	Uploads  Uploads
	Messages Messages

	UploadsBucket, AssetsBucket string
	Keys                        avatar.Keys // of uploads and of the avatars made from them
	AvatarsURL                  string      // where the assets bucket is read, without a slash at the end
	PublicURL                   string      // where browsers find this service: "https://www.example.com"

	// Origins that pages upload to, and that signing out leads to: "https://host". The second may be "".
	UploadsOrigin, SignInOrigin string

	// Origins whose pages may call the API with a token: "https://host". Others may not.
	AllowedOrigins []string

	WriteRate  rate.Limit // changes a second that one person may make
	WriteBurst int        // and how many at once

	Seeded []string // handles of people who are not real, to name on the page at "/"
	Hint   string   // a command that tries the pipeline, to show there; "" for none

	Timeout   time.Duration // of a request that is no stream; 0 means 12 seconds: SNS waits 15 for its answer
	LookEvery time.Duration // how often a stream looks for what another process heard; 0 means 5 seconds

	Log          *slog.Logger
	RequestLevel slog.Level // of the line that each request is logged by
}

// Service is the profile service. Use New.
type Service struct {
	Config
	hub    *hub
	limits *limits
	csrf   *http.CrossOriginProtection
	leave  chan struct{} // closed when streams are to end
}

// New returns a service; Handler serves it.
func New(c Config) (*Service, error) {
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.LookEvery == 0 {
		c.LookEvery = defaultLook
	}
	s := &Service{Config: c, hub: newHub(), limits: newLimits(c.WriteRate, c.WriteBurst), csrf: http.NewCrossOriginProtection(),
		leave: make(chan struct{})}
	if err := s.csrf.AddTrustedOrigin(c.PublicURL); err != nil {
		return nil, fmt.Errorf("profile service: the public URL: %w", err)
	}
	return s, nil
}

// EndStreams ends the streams of events, which would outlive a server's patience, once.
func (s *Service) EndStreams() { close(s.leave) }

// Handler serves pages, API and webhook.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", s.pages())
	mux.Handle("GET /assets/", page.Assets())
	mux.Handle("/api/", s.cors(s.api()))
	mux.HandleFunc("POST /webhooks/avatar", s.webhook)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, status{"ok"}) })
	mux.HandleFunc("GET /readyz", s.ready)
	return identify(s.observe(s.secure(s.Auth.Handler(mux))))
}

// pages is what people open.
func (s *Service) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /me", s.me)
	mux.HandleFunc("GET /{at}", s.profilePage)
	mux.HandleFunc("GET /{at}/edit", s.editPage)
	mux.HandleFunc("POST /{at}/edit", s.edit)
	mux.HandleFunc("/", s.notFound)
	return mux
}

// api is what programs call, and pages of the allowed origins.
func (s *Service) api() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /api/profile/update", s.write(s.update))
	mux.HandleFunc("GET /api/users/{at}/short", s.short)
	mux.HandleFunc("GET /api/activities/{at}", s.activities)
	mux.Handle("POST /api/avatar/upload", s.write(s.upload))
	mux.HandleFunc("GET /api/avatar/events", s.events)
	return inJSON(mux)
}

// Tidy forgets from time to time what is not needed any more, until ctx is done.
func (s *Service) Tidy(ctx context.Context) {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		if err := s.Database.ForgetReceipts(ctx, time.Now().Add(-receiptsKept)); err != nil && ctx.Err() == nil {
			s.Log.Warn("old receipts stay", "error", err)
		}
		s.limits.forget()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

type status struct {
	Status string `json:"status"`
}

// ready tells a load balancer whether requests can be served here.
func (s *Service) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	if err := s.Database.Ping(ctx); err != nil {
		s.Log.ErrorContext(ctx, "not ready", "error", err)
		fail(w, http.StatusServiceUnavailable, "database_unavailable")
		return
	}
	answer(w, http.StatusOK, status{"ready"})
}
