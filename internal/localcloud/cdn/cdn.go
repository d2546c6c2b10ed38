// Package cdn serves the objects of a bucket over HTTP, in the place that a content delivery network has in
// the cloud: anybody on this machine may read, nobody may write or list.
package cdn

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"slices"
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

// Config says what is served, and how.
type Config struct {
	Folders []string    // "a/b/": nothing outside of them is; empty stands for the whole bucket
	Headers http.Header // of every response; nil stands for what keeps a stored picture inert
}

// inert keeps whatever somebody uploaded from running in a browser. Pages of any origin may read it.
var inert = http.Header{
	"X-Content-Type-Options":      {"nosniff"},
	"Content-Security-Policy":     {"default-src 'none'; style-src 'unsafe-inline'; sandbox"},
	"Access-Control-Allow-Origin": {"*"},
}

// Handler answers GET and HEAD of "/<key>", conditional and in ranges (RFC 9110, sections 13 and 14). Of a
// query v has a meaning: where it is the ETag of what is answered, that may be kept for good (RFC 8246). Errors
// that are not the reader's are logged.
func Handler(objects Objects, c Config, log *slog.Logger) http.Handler {
	if c.Headers == nil {
		c.Headers = inert
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), c.Headers)
		key := strings.TrimPrefix(r.URL.Path, "/") // decoded once
		switch {
		case !loopback.IsHost(r.Host):
			http.Error(w, "this address is for this machine alone: use localhost or 127.0.0.1", http.StatusForbidden)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "pictures can only be read here", http.StatusMethodNotAllowed)
		case !c.serves(key):
			missing(w)
		default:
			serve(w, r, key, objects, log)
		}
	})
}

func (c Config) serves(key string) bool {
	return len(c.Folders) == 0 || slices.ContainsFunc(c.Folders, func(f string) bool { return strings.HasPrefix(key, f) })
}

func missing(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store") // it may come any moment
	http.Error(w, "there is no picture here (yet)", http.StatusNotFound)
}

func serve(w http.ResponseWriter, r *http.Request, key string, objects Objects, log *slog.Logger) {
	body, header, err := objects.Object(r.Context(), key)
	switch {
	case key == "" || errors.Is(err, fs.ErrNotExist):
		missing(w)
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
	if v := r.URL.Query().Get("v"); v != "" && v == strings.Trim(header.Get("Etag"), `"`) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", modified, body)
}
