package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// assetsPath is below which the style sheets and scripts are, in a folder named after what all of them hold:
// so browsers keep them for good, and scripts find each other by relative names.
const assetsPath = "/assets/"

//go:embed assets
var assetFiles embed.FS

type assets struct {
	files   map[string][]byte // by name
	version string
}

var loadAssets = sync.OnceValue(func() assets {
	a := assets{files: map[string][]byte{"words.js": wordsScript()}}
	entries, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		panic(err) // it is embedded
	}
	for _, e := range entries {
		if a.files[e.Name()], err = fs.ReadFile(assetFiles, "assets/"+e.Name()); err != nil {
			panic(err)
		}
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(a.files)) {
		_, _ = sum.Write(append([]byte(name+"\x00"), a.files[name]...)) // never fails
	}
	a.version = hex.EncodeToString(sum.Sum(nil)[:8])
	return a
})

// wordsScript gives the sentences of this package to the scripts.
func wordsScript() []byte {
	text, err := json.Marshal(words)
	if err != nil {
		panic(err) // strings always marshal
	}
	return slices.Concat([]byte("export const words = "), text, []byte(";\n"))
}

// assetURL is where a style sheet or script is.
func assetURL(name string) string { return assetsPath + loadAssets().version + "/" + name }

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// Assets serves the style sheets and scripts, below /assets/.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := loadAssets()
		version, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, assetsPath), "/")
		content, ok := a.files[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		// A page of another version, from before or after an update, is better served with these than with none.
		// Not for shared caches: signing in may renew a cookie on any answer.
		w.Header().Set("Cache-Control", "private, no-cache")
		if version == a.version {
			w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
		}
		w.Header().Set("Content-Type", contentTypes[path.Ext(name)])
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	})
}
