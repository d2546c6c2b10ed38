package cognito

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Error says why somebody was not let in. Its text is for the log; it never holds the token, and what a stranger
// wrote is quoted in it.
type Error struct {
	Unavailable bool // the token may be good, but the pool's keys cannot be had now
	Err         error
}

// Error is one sentence for the log.
func (e *Error) Error() string {
	if e.Unavailable {
		return fmt.Sprintf("not verified: %v", e.Err)
	}
	return fmt.Sprintf("refused: %v", e.Err)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

func invalid(format string, args ...any) error { return &Error{Err: fmt.Errorf(format, args...)} }

func unavailable(format string, args ...any) error {
	return &Error{Unavailable: true, Err: fmt.Errorf(format, args...)}
}

// StatusCode is the HTTP status for a request that was not let in because of err: 503 where the keys cannot be had,
// else 401.
func StatusCode(err error) int {
	if e, ok := errors.AsType[*Error](err); ok && e.Unavailable {
		return http.StatusServiceUnavailable
	}
	return http.StatusUnauthorized
}

// WriteError answers a request that was not let in because of err. All causes of a 401 look alike, so that nobody
// learns from them how to forge a better token; the reason is for the log. The body is {"errors": ["unauthorized"]} or
// {"errors": ["unavailable"]}.
func WriteError(w http.ResponseWriter, err error) {
	status, body := StatusCode(err), `{"errors":["unauthorized"]}`
	if status == http.StatusServiceUnavailable {
		body = `{"errors":["unavailable"]}`
		w.Header().Set("Retry-After", "10")
	} else {
		w.Header().Set("WWW-Authenticate", "Bearer") // RFC 6750, section 3
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body+"\n") // the client has gone; nobody is left to tell
}
