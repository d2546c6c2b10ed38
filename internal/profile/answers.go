package profile

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
)

// maxBody bounds the body of an API request, in bytes.
const maxBody = 16 << 10

// failure is the body of every error answer: codes for programs.
type failure struct {
	Errors []string `json:"errors"`
}

func fail(w http.ResponseWriter, status int, codes ...string) { answer(w, status, failure{codes}) }

func answer(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		http.Error(w, `{"errors":["internal"]}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the client has gone; nobody is left to tell
}

// broken answers a request that failed here, and not by its own fault.
func (s *Service) broken(w http.ResponseWriter, r *http.Request, what string, err error) {
	s.Log.ErrorContext(r.Context(), what+" failed", "request_id", requestID(r), "error", err)
	if errors.Is(err, r.Context().Err()) && r.Context().Err() != nil {
		fail(w, http.StatusServiceUnavailable, "too_slow")
		return
	}
	fail(w, http.StatusInternalServerError, "internal")
}

// read reads a request's body: one JSON object, with the members of to and no others, each once. It
// answers false when it has answered the request.
func read(w http.ResponseWriter, r *http.Request, to any) bool {
	if kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" ||
		params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
		fail(w, http.StatusUnsupportedMediaType, "content_type_unsupported")
		return false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		fail(w, http.StatusRequestEntityTooLarge, "body_too_large")
		return false
	}
	if err != nil {
		fail(w, http.StatusBadRequest, "body_interrupted")
		return false
	}
	err = json.Unmarshal(body, to, json.RejectUnknownMembers(true))
	switch {
	case errors.Is(err, json.ErrUnknownName):
		fail(w, http.StatusBadRequest, "field_unknown")
	case err != nil || len(body) == 0 || strings.TrimSpace(string(body)) == "null":
		fail(w, http.StatusBadRequest, "json_invalid")
	default:
		return true
	}
	return false
}

// inJSON gives a mux's own answers, 404 and 405, the form of the others.
func inJSON(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		said := silent{w, new(int)}
		own.ServeHTTP(said, r)
		if *said.status == http.StatusMethodNotAllowed {
			fail(w, http.StatusMethodNotAllowed, "method_not_allowed")
			return
		}
		fail(w, http.StatusNotFound, "not_found")
	})
}

// silent takes an answer's headers, and keeps the rest to itself.
type silent struct {
	http.ResponseWriter
	status *int
}

// WriteHeader remembers the status.
func (s silent) WriteHeader(status int) { *s.status = status }

// Write drops the body.
func (s silent) Write(b []byte) (int, error) { return len(b), nil }
