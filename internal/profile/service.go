// Package profile is what people see: a page where a picture is uploaded and its avatar appears, and the
// webhook that hears of processed pictures.
//
//	POST /uploads          {"name", "type"} -> {"key", "upload_url", "avatar_key"}: where to PUT a picture
//	POST /webhooks/avatar  SNS messages about processed pictures
//	GET  /events           server-sent events: "ready" with the avatar's key and URL
package profile

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
)

//go:embed page.html page.css page.js
var page embed.FS

// maxRequest bounds the body of an API request, in bytes.
const maxRequest = 16 << 10

// Uploads hands out places in the uploads bucket.
type Uploads interface {
	// PresignPut returns a URL that takes one PUT of the key with that content type, for some minutes.
	PresignPut(ctx context.Context, key, contentType string) (string, error)
}

// Config is what the service works with.
type Config struct {
	Uploads   Uploads
	Folder    string                              // prefix of keys in the uploads bucket, "" or "in/"
	Processed func(source string) (string, error) // key of the avatar made from an upload
	AvatarURL string                              // where the assets bucket is read, without a slash at the end
	Messages  Messages
	Log       *slog.Logger
}

// Service is the profile service. Use New.
type Service struct {
	Config
	feed *feed
}

// New returns a service; Handler serves it.
func New(c Config) *Service { return &Service{Config: c, feed: newFeed()} }

// Handler serves the page, its API and the webhook.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, page, "page.html") })
	mux.HandleFunc("GET /page.css", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, page, "page.css") })
	mux.HandleFunc("GET /page.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, page, "page.js") })
	mux.HandleFunc("GET /events", s.feed.serve)
	mux.HandleFunc("POST /uploads", s.upload)
	mux.HandleFunc("POST /webhooks/avatar", s.webhook)
	return headers(mux)
}

// AvatarReady tells every open page that the avatar under key can be read, in the version (an ETag, say)
// that makes its URL new.
func (s *Service) AvatarReady(key, version string) {
	s.feed.publish(Ready{Key: key, URL: s.AvatarURL + (&url.URL{Path: "/" + key}).EscapedPath() + "?v=" + url.QueryEscape(version)})
}

// headers keeps a page from being framed, sniffed, or made to load foreign code. Pictures come from the
// CDN and uploads go to the bucket, both on other origins.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; img-src * blob: data:; connect-src *; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// upload answers where a picture may be PUT: under its file's name.
func (s *Service) upload(w http.ResponseWriter, r *http.Request) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		answer(w, http.StatusUnsupportedMediaType, failure("content_type_must_be_application_json"))
		return
	}
	var in struct{ Name, Type string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&in); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			answer(w, http.StatusRequestEntityTooLarge, failure("request_too_large"))
			return
		}
		answer(w, http.StatusBadRequest, failure("request_is_no_json_object"))
		return
	}
	if _, _, err := mime.ParseMediaType(in.Type); err != nil {
		answer(w, http.StatusUnprocessableEntity, failure("type_invalid"))
		return
	}
	key := s.Folder + path.Base(strings.ReplaceAll(in.Name, `\`, "/"))
	avatar, err := s.Processed(key)
	if err != nil {
		answer(w, http.StatusUnprocessableEntity, failure("name_invalid"))
		return
	}
	place, err := s.Uploads.PresignPut(r.Context(), key, in.Type)
	if err != nil {
		s.Log.Error("presign upload", "key", key, "error", err)
		answer(w, http.StatusInternalServerError, failure("upload_unavailable"))
		return
	}
	answer(w, http.StatusOK, map[string]string{"key": key, "upload_url": place, "avatar_key": avatar})
}

// failure is the body of every error answer: codes for programs.
func failure(codes ...string) map[string][]string { return map[string][]string{"errors": codes} }

func answer(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, string(b)+"\n") // the client has gone; nobody is left to tell
}
