package page_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/profile/page"
	"github.com/thumbing/thumbing/internal/thumbnail"
)

func write(t *testing.T, p page.Profile) string {
	t.Helper()
	var b bytes.Buffer
	if err := page.WriteProfile(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"Ada Marsh":                 "AM",
		"ada":                       "A",
		"Ada  King of  Lovelace":    "AL",
		"(ada) “lovelace”":          "AL",
		"Élodie 🐦":                  "É",
		"نور حداد":                  "نح",
		"🐦":                         "B",
		"3 wrens":                   "3W",
		"ß<script>alert</script> x": "ßX",
	} {
		if said := write(t, page.Profile{Handle: "bo", DisplayName: name}); !strings.Contains(said, `<span aria-hidden="true">`+want+`</span>`) {
			t.Errorf("%q has other initials than %q", name, want)
		}
	}
}

func TestTimes(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		ago, left         time.Duration
		wantAgo, wantLeft string
	}{
		{10 * time.Second, 0, "now", ""},
		{-time.Hour, 90 * time.Second, "now", "1 min left"},
		{59*time.Minute + 50*time.Second, time.Second, "59 min", "1 min left"},
		{61 * time.Minute, 61 * time.Minute, "1 h", "1 h left"},
		{25 * time.Hour, 49 * time.Hour, "1 d", "2 d left"},
		{3 * 366 * 24 * time.Hour, 0, now.Add(-3 * 366 * 24 * time.Hour).UTC().Format("2 Jan 2006"), ""},
	} {
		a := page.Activity{Message: "Said", CreatedAt: now.Add(-c.ago).UTC()}
		if c.left > 0 {
			a.ExpiresAt = now.Add(c.left)
		}
		said := write(t, page.Profile{Handle: "bo", Activities: []page.Activity{a}, Cruds: 1})
		if !strings.Contains(said, ">"+c.wantAgo+"</time>") || c.wantLeft != "" && !strings.Contains(said, ">"+c.wantLeft+"<") ||
			c.wantLeft == "" && strings.Contains(said, " left<") || !strings.Contains(said, "1 Crud<") {
			t.Errorf("%v ago and %v left are not %q and %q", c.ago, c.left, c.wantAgo, c.wantLeft)
		}
	}
}

// TestSentences checks that each code that people may meet is told in words, and only in words.
func TestSentences(t *testing.T) {
	codes := []string{"display_name_blank", "display_name_too_long", "display_name_invalid", "bio_too_long", "bio_invalid", "profile_changed",
		"unauthorized", "unavailable", "cross_origin", "too_many_requests", "body_too_large", "too_slow", "content_type_unsupported"}
	for _, c := range []thumbnail.Code{thumbnail.Empty, thumbnail.UnsupportedFormat, thumbnail.ExcessBytes, thumbnail.ExcessPixels, thumbnail.ExcessWork, thumbnail.Corrupt} {
		codes = append(codes, string(c))
	}
	unknown := page.Sentence("never heard of")
	for _, code := range codes {
		if s := page.Sentence(code); s == unknown || strings.Contains(s, "_") || !strings.HasSuffix(s, ".") {
			t.Errorf("%s is told as %q", code, s)
		}
	}
	if s := page.Sentence(avatar.CodeUnusableKey); s != unknown {
		t.Errorf("no person can cause %s, but it is told as %q", avatar.CodeUnusableKey, s)
	}
	f := page.Form{Errors: []string{"bio_too_long", "profile_changed", "display_name_blank"}}
	for field, code := range map[string]string{"bio": "bio_too_long", "display_name": "display_name_blank", "": "profile_changed"} {
		if got := f.Problems(field); !slices.Equal(got, []string{page.Sentence(code)}) {
			t.Errorf("the problems of %q are %q", field, got)
		}
	}
}

// TestAssets follows every style sheet, script and import that a page asks for.
func TestAssets(t *testing.T) {
	get := func(url string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		page.Assets().ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
		return w
	}
	asked := regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`)
	imported := regexp.MustCompile(`from "\./([^"]+)"`)
	seen := map[string]bool{}
	var follow func(url string)
	follow = func(url string) {
		if seen[url] {
			return
		}
		seen[url] = true
		w := get(url)
		if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Content-Type") == "" {
			t.Errorf("%s: %d, %v", url, w.Code, w.Header())
		}
		for _, m := range imported.FindAllStringSubmatch(w.Body.String(), -1) {
			follow(url[:strings.LastIndex(url, "/")+1] + m[1])
		}
	}
	for _, m := range asked.FindAllStringSubmatch(write(t, page.Profile{Handle: "bo", Own: true}), -1) {
		follow(m[1])
	}
	if len(seen) < 9 {
		t.Errorf("a page asks for %v alone", seen)
	}
	for url := range seen {
		name := url[strings.LastIndex(url, "/")+1:]
		// What a page of another version asks for is there, and not kept.
		if w := get("/assets/0123456789abcdef/" + name); w.Code != http.StatusOK || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s of another version: %d, %v", name, w.Code, w.Header())
		}
	}
	for _, url := range []string{"/assets/", "/assets/x", "/assets/x/none.js", "/assets/x/../page.go", "/assets/x/y/base.css"} {
		if w := get(url); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", url, w.Code)
		}
	}
}

func TestPolicy(t *testing.T) {
	got := page.Policy("https://s3.example/bucket", "https://cdn.example:8443/some/path", "")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "img-src 'self' blob: https://cdn.example:8443;",
		"connect-src 'self' https://s3.example;", "form-action 'self';", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(got, want) {
			t.Errorf("without %q: %s", want, got)
		}
	}
	if strings.Contains(got, "unsafe") || strings.Contains(got, "*") {
		t.Errorf("too wide: %s", got)
	}
}

// TestInline holds pages to the policy: it lets no code or style that stands in a page count.
func TestInline(t *testing.T) {
	var home, problem bytes.Buffer
	if err := page.WriteHome(&home, page.Home{Seeded: []page.Viewer{{Handle: "bo"}}, Upload: "aws s3 cp"}); err != nil {
		t.Fatal(err)
	}
	if err := page.WriteProblem(&problem, page.Problem{Status: 404}); err != nil {
		t.Fatal(err)
	}
	own := write(t, page.Profile{Handle: "bo", Own: true, SignedIn: &page.Viewer{Handle: "bo"}, Form: page.Form{Open: true, Errors: []string{"bio_invalid"}},
		Activities: []page.Activity{{Message: "Said"}}})
	inline := regexp.MustCompile(`<style|\sstyle=|\son[a-z]+=|javascript:|<script[^>]*>[^<]`)
	for _, said := range []string{home.String(), problem.String(), own} {
		if found := inline.FindString(said); found != "" {
			t.Errorf("%q in a page", found)
		}
	}
}
