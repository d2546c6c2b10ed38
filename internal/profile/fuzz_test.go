package profile

import (
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/profile/page"
)

// What is accepted of a profile can be stored and shown, and is accepted again as it was stored.
func FuzzCheckChange(f *testing.F) {
	f.Add("Ada Marsh", "one\r\ntwo")
	f.Add("\u202egnp.exe", "z\u0335\u0335\u0335\u0335\u0335\u0335\u0335")
	f.Add(" \u3164 ", "\x00")
	f.Add(strings.Repeat("é", 51), strings.Repeat("é", 501))
	f.Fuzz(func(t *testing.T, name, bio string) {
		c, problems := checkChange(name, &bio, 0)
		if len(problems) > 0 {
			if s := problems.status(); s != http.StatusBadRequest && s != http.StatusUnprocessableEntity {
				t.Fatalf("status %d", s)
			}
			return
		}
		for _, text := range []string{c.DisplayName, *c.Bio} {
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\r\u202e\u2028") || text != strings.TrimSpace(text) {
				t.Fatalf("accepted %q", text)
			}
		}
		if c.DisplayName == "" || utf8.RuneCountInString(c.DisplayName) > page.MaxDisplayName || utf8.RuneCountInString(*c.Bio) > page.MaxBio {
			t.Fatalf("accepted %q, %q", c.DisplayName, *c.Bio)
		}
		again, problems := checkChange(c.DisplayName, c.Bio, 0)
		if len(problems) > 0 || again.DisplayName != c.DisplayName || *again.Bio != *c.Bio {
			t.Fatalf("%q, %q became %q, %q, %v", c.DisplayName, *c.Bio, again.DisplayName, *again.Bio, problems)
		}
	})
}

// Whatever a username is, its handle leads to a page.
func FuzzHandle(f *testing.F) {
	for _, name := range []string{"Ada", "new.person+1@example.com", "", "@", "5d3f2b1c-8a47-4e0e-9c61-2f7a90b4d101", strings.Repeat("x", 300), "نور", "__"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, username string) {
		handle := handleFor(username)
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if r.SetPathValue("at", "@"+handle); handleIn(r) != handle {
			t.Fatalf("%q has the handle %q, which is read as %q", username, handle, handleIn(r))
		}
	})
}

// Whose an avatar is follows from its key just as the key does from whose it is.
func FuzzSubject(f *testing.F) {
	const ada = "5d3f2b1c-8a47-4e0e-9c61-2f7a90b4d101"
	f.Add("in/"+ada+".jpg", "in/", "out/")
	f.Add("a/b.png", "", "avatar/processed/")
	f.Add("in/../x.png", "in/", "out/")
	f.Fuzz(func(t *testing.T, key, input, output string) {
		s := &Service{Config: Config{UploadsBucket: "uploads", Keys: avatar.Keys{Input: input, Output: output}}}
		news := s.rejectedIn(avatar.Rejection{Bucket: "uploads", Key: key, Code: "corrupt"})
		for _, n := range news {
			if n.Subject == "" || strings.Contains(n.Subject, "/") || input+n.Subject+path.Ext(key) != key {
				t.Fatalf("%q is of %q", key, n.Subject)
			}
		}
		processed, err := s.Keys.Processed(key)
		if err != nil {
			return
		}
		subject, ok := subjectIn(processed, output, ".png")
		if ok && len(news) > 0 && subject != news[0].Subject && path.Base(key) == key && path.Ext(key) != key {
			t.Fatalf("%q is of %q, and its avatar %q of %q", key, news[0].Subject, processed, subject)
		}
	})
}
