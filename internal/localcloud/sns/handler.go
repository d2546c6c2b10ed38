package sns

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/thumbing/thumbing/internal/localcloud/loopback"
	"github.com/thumbing/thumbing/internal/localcloud/sigv4"
)

// maxForm bounds a request to the API, in bytes: the largest message, with each byte as %XX.
const maxForm = 3*maxMessage + 64<<10

// Handler serves the certificate, the links in messages and the SNS API, under the path of
// [Config.BaseURL] or, where that was stripped, at the root.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /"+s.signer.file, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-pem-file")
		_, _ = w.Write(s.signer.cert) // whoever has gone asks again
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, s.link) })
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, s.api) })
	mounted := http.StripPrefix(strings.TrimSuffix(s.base.Path, "/"), mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A web page can have its own name lead to this machine, but not take another one's.
		if !loopback.IsHost(r.Host) {
			s.answer(w, r, func(http.ResponseWriter, *http.Request) (*response, error) {
				return nil, &apiError{http.StatusForbidden, "AccessDenied", "this service answers under the names of this machine only, such as 127.0.0.1"}
			})
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		if s.base.Path != "/" && r.URL.Path+"/" == s.base.Path {
			r = r.Clone(r.Context())
			r.URL.Path += "/" // the SDKs leave the slash of an endpoint out
			mounted.ServeHTTP(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, s.base.Path) {
			mounted.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// link serves what the links in messages do; they need no signature.
func (s *Service) link(_ http.ResponseWriter, r *http.Request) (*response, error) {
	q := r.URL.Query()
	switch action := q.Get("Action"); action {
	case "ConfirmSubscription", "Unsubscribe":
		return s.do(r.Context(), action, q)
	default:
		return nil, &apiError{http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token"}
	}
}

// api serves a signed request.
func (s *Service) api(w http.ResponseWriter, r *http.Request) (*response, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &apiError{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", fmt.Sprintf("the request is longer than %d bytes", large.Limit)}
	}
	if err != nil {
		return nil, &apiError{http.StatusBadRequest, "IncompleteBody", err.Error()}
	}
	verifier := sigv4.Verifier{Service: "sns", Region: s.config.Region, Secrets: s.config.Secrets}
	accessKey, err := verifier.Verify(r, body)
	if err != nil {
		return nil, refused(err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, &apiError{http.StatusBadRequest, "MalformedQueryString", err.Error()}
	}
	if err := s.authorize(accessKey, form); err != nil {
		return nil, err
	}
	return s.do(r.Context(), form.Get("Action"), form)
}

// refused is the answer to a request whose signature does not hold.
func refused(err error) error {
	if e, ok := errors.AsType[*sigv4.Error](err); ok {
		return &apiError{http.StatusForbidden, e.Code, e.Message}
	}
	return err
}

// answer writes what f returns, in the shape of the Query API.
func (s *Service) answer(w http.ResponseWriter, r *http.Request, f func(http.ResponseWriter, *http.Request) (*response, error)) {
	id := uuid.NewString()
	status := http.StatusOK
	var body []byte
	result, err := f(w, r)
	if err == nil {
		body, err = result.encode(id)
	}
	if err != nil {
		e, ok := errors.AsType[*apiError](err)
		if !ok {
			s.log.Error("request failed", "request_id", id, "error", err)
			e = &apiError{http.StatusInternalServerError, "InternalError", err.Error()}
		}
		status = e.status
		if body, err = e.encode(id); err != nil {
			s.log.Error("answer not written", "request_id", id, "error", err)
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("X-Amzn-Requestid", id)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone; nobody is left to tell
}
