// Package cdn serves the objects of a bucket over HTTP, in the place that a content delivery network has in
// the cloud: anybody on this machine may read, nobody may write or list.
package cdn

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud/loopback"
)

// Objects are the objects of a bucket.
type Objects interface {
	// Object opens an object, with the header that S3 would answer: Content-Type, ETag, Last-Modified and
	// what was stored with it. The error is fs.ErrNotExist when there is none under the key.
	Object(ctx context.Context, key string) (io.ReadSeekCloser, http.Header, error)
}

// Handler answers GET and HEAD of "/<key>", conditional and in ranges (RFC 9110, sections 13 and 14). A query
// has no meaning, so that a page can make a new version's URL a new one. Errors that are not the reader's are
// logged.
func Handler(objects Objects, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header())
		switch {
		case !loopback.IsHost(r.Host):
			http.Error(w, "this address is for this machine alone: use localhost or 127.0.0.1", http.StatusForbidden)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "pictures can only be read here", http.StatusMethodNotAllowed)
		default:
			serve(w, r, objects, log)
		}
	})
}

// protect keeps a stored picture inert: whatever somebody uploaded, no browser runs it. Pages of any origin
// may read it.
func protect(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("Access-Control-Allow-Origin", "*")
}

func serve(w http.ResponseWriter, r *http.Request, objects Objects, log *slog.Logger) {
	key := strings.TrimPrefix(r.URL.Path, "/") // decoded once
	body, header, err := objects.Object(r.Context(), key)
	switch {
	case key == "" || errors.Is(err, fs.ErrNotExist):
		w.Header().Set("Cache-Control", "no-store") // it may come any moment
		http.Error(w, "there is no picture here (yet)", http.StatusNotFound)
		return
	case err != nil:
		log.Error("object cannot be read", "key", key, "error", err)
		http.Error(w, "the object cannot be read", http.StatusInternalServerError)
		return
	}
	defer body.Close()
	modified, err := http.ParseTime(header.Get("Last-Modified"))
	if err != nil {
		modified = time.Time{} // then none is sent
	}
	for _, name := range []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "Etag", "Expires"} {
		if value := header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/octet-stream") // never guessed
	}
	http.ServeContent(w, r, "", modified, body)
}
