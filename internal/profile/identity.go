package profile

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/thumbing/thumbing/internal/cognito"
	"github.com/thumbing/thumbing/internal/profile/database"
	"github.com/thumbing/thumbing/internal/signin"
)

// Identity is who makes a request.
type Identity = signin.Identity

// Authenticator tells who makes a request, by its bearer token or else by its session; signin.Service does.
// Its errors are those of package cognito.
type Authenticator interface {
	Authenticate(r *http.Request) (Identity, error)
	// Handler serves signing in and out, and hands all else to app.
	Handler(app http.Handler) http.Handler
}

type contextKey int

const (
	keyRequestID contextKey = iota
)

// write lets requests that change something pass: of people who are known, from where their browser was
// meant to make them, and not too many.
func (s *Service) write(next func(http.ResponseWriter, *http.Request, Identity)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := s.Auth.Authenticate(r)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		switch {
		case id.Session && s.csrf.Check(r) != nil:
			fail(w, http.StatusForbidden, "cross_origin")
		case !s.limits.allow(id.Subject):
			w.Header().Set("Retry-After", "1")
			fail(w, http.StatusTooManyRequests, "too_many_requests")
		default:
			next(w, r, id)
		}
	})
}

// refuse answers a request of somebody unknown. All reasons look alike; the log tells them apart.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, err error) {
	s.Log.InfoContext(r.Context(), "not let in", "request_id", requestID(r), "error", err)
	cognito.WriteError(w, err)
}

// maxHandle is the longest handle, in bytes.
const maxHandle = 30

// userOf is the user of an identity, made when the person comes for the first time.
func (s *Service) userOf(ctx context.Context, id Identity) (database.User, error) {
	u, err := s.Database.UserBySubject(ctx, id.Subject)
	if !errors.Is(err, database.ErrNotFound) {
		return u, err
	}
	handle := handleFor(id.Username)
	u = database.User{Subject: id.Subject, Handle: handle, DisplayName: handle}
	for range 10 {
		added, err := s.Database.AddUser(ctx, u)
		if !errors.Is(err, database.ErrTaken) {
			return added, err
		}
		u.Handle = handle[:min(len(handle), maxHandle-5)] + "_" + uuid.NewString()[:4]
	}
	return database.User{}, database.ErrTaken
}

var notInHandles = regexp.MustCompile(`[^a-z0-9_]+`)

// handleFor makes a handle of a username. User pools that sign in by mail address name people by a UUID,
// which nobody wants to be called.
func handleFor(username string) string {
	name, _, _ := strings.Cut(strings.ToLower(username), "@")
	name = strings.Trim(notInHandles.ReplaceAllString(name, "_"), "_")
	if _, err := uuid.Parse(username); err == nil || name == "" {
		return "user_" + uuid.NewString()[:8]
	}
	return name[:min(len(name), maxHandle)]
}

var handleRE = regexp.MustCompile(`^@[A-Za-z0-9_]{1,30}$`)

// handleIn is the handle in the path of a request; "" where there is none.
func handleIn(r *http.Request) string {
	at := r.PathValue("at")
	if !handleRE.MatchString(at) {
		return ""
	}
	return strings.ToLower(at[1:])
}
