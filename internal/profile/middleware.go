package profile

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/rs/cors"

	"github.com/thumbing/thumbing/internal/profile/page"
)

const headerRequestID = "X-Request-Id"

var requestIDRE = regexp.MustCompile(`^[A-Za-z0-9._:=-]{1,128}$`)

// identify gives every request an id, that of a proxy before it where there is one.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(headerRequestID)
		if !requestIDRE.MatchString(id) {
			id = uuid.NewString()
		}
		w.Header().Set(headerRequestID, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), keyRequestID, id)))
	})
}

func requestID(r *http.Request) string {
	id, _ := r.Context().Value(keyRequestID).(string)
	return id
}

// observe bounds a request's time, logs it, and lets no panic end more than it. Neither query nor headers
// are logged: they may hold tokens.
func (s *Service) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, seen := time.Now(), &recorder{ResponseWriter: w}
		if r.URL.Path != "/api/avatar/events" {
			ctx, cancel := context.WithTimeout(r.Context(), s.Timeout)
			defer cancel()
			r = r.WithContext(ctx)
			// What cannot be set on a writer of a test is not needed there.
			out := http.NewResponseController(w)
			_ = out.SetReadDeadline(began.Add(s.Timeout))
			_ = out.SetWriteDeadline(began.Add(2 * s.Timeout))
		}
		defer func() {
			if why := recover(); why != nil {
				if err, ok := why.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(why)
				}
				s.Log.ErrorContext(r.Context(), "a handler panicked", "request_id", requestID(r), "panic", why, "stack", string(debug.Stack()))
				if seen.status == 0 {
					fail(seen, http.StatusInternalServerError, "internal")
				}
			}
			level := s.RequestLevel
			if r.Pattern == "GET /healthz" || r.Pattern == "GET /readyz" || strings.HasPrefix(r.URL.Path, "/assets/") {
				level = slog.LevelDebug
			}
			s.Log.Log(r.Context(), level, "request", "request_id", requestID(r), "method", r.Method, "path", r.URL.Path,
				"status", max(seen.status, http.StatusOK), "bytes", seen.bytes, "ms", float64(time.Since(began).Microseconds())/1000)
		}()
		next.ServeHTTP(seen, r)
	})
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader remembers the status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// secure keeps a page from being framed, sniffed, or made to load foreign code.
func (s *Service) secure(next http.Handler) http.Handler {
	policy := page.Policy(s.UploadsOrigin, s.AvatarsURL, s.SignInOrigin)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// cors lets pages of the allowed origins, and of no others, call the API with a token. Cookies are not
// theirs to send.
func (s *Service) cors(next http.Handler) http.Handler {
	if len(s.AllowedOrigins) == 0 {
		return next // the library takes an empty list for everybody
	}
	return cors.New(cors.Options{
		AllowedOrigins: s.AllowedOrigins,
		AllowedMethods: []string{http.MethodGet, http.MethodPost},
		AllowedHeaders: []string{"Authorization", "Content-Type"},
		ExposedHeaders: []string{headerRequestID, "Retry-After"},
		MaxAge:         600,
	}).Handler(next)
}
