package profile_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/time/rate"

	"github.com/thumbing/thumbing/internal/profile"
	"github.com/thumbing/thumbing/internal/profile/database/databasetest"
	"github.com/thumbing/thumbing/internal/profile/page"
)

// submit posts the form of a page, as a browser does that has signed in.
func (f *fixture) submit(t *testing.T, path, subject string, form url.Values, headers ...string) answer {
	t.Helper()
	return f.ask(t, http.MethodPost, path, form.Encode(), append([]string{"Content-Type: application/x-www-form-urlencoded",
		"Cookie: session=" + subject, "Origin: " + f.url}, headers...)...)
}

func TestForm(t *testing.T) {
	each(t, nil, func(t *testing.T, f *fixture) {
		a := f.submit(t, "/@ada/edit", ada, url.Values{"display_name": {"Ada L."}, "bio": {"one\r\ntwo"}, "version": {"1"}})
		if a.status != 303 || a.header.Get("Location") != "/@ada?saved" {
			t.Errorf("saved: %d to %q", a.status, a.header.Get("Location"))
		}
		if u, err := f.database.UserBySubject(t.Context(), ada); err != nil || u.DisplayName != "Ada L." || u.Bio != "one\ntwo" || u.Version != 2 {
			t.Errorf("saved %+v, %v", u, err)
		}
		for _, c := range []struct {
			name   string
			form   url.Values
			status int
		}{
			{"blank", url.Values{"display_name": {" "}, "bio": {"typed <b>"}, "version": {"2"}}, 422},
			{"an old version", url.Values{"display_name": {"Typed name"}, "bio": {"typed <b>"}, "version": {"1"}}, 409},
			{"a NUL", url.Values{"display_name": {"a\x00"}, "bio": {"typed <b>"}, "version": {"2"}}, 400},
		} {
			// What was typed stays, as text.
			a := f.submit(t, "/@ada/edit", ada, c.form)
			if a.status != c.status || !strings.Contains(a.body, "typed &lt;b&gt;") || strings.Contains(a.body, "<b>") {
				t.Errorf("%s: answered %d: %s", c.name, a.status, a.body)
			}
		}
		if u, err := f.database.UserBySubject(t.Context(), ada); err != nil || u.Version != 2 {
			t.Errorf("afterwards %+v, %v", u, err)
		}
	})
}

func TestFormIsOnesOwn(t *testing.T) {
	f := newFixture(t, databasetest.SQLite(t), nil)
	form := url.Values{"display_name": {"Evil"}, "bio": {""}}
	for _, c := range []struct {
		name string
		answer
		status int
	}{
		{"another's", f.submit(t, "/@ada/edit", bo, form), 403},
		{"nobody's", f.submit(t, "/@nobody/edit", bo, form), 403},
		{"another origin", f.ask(t, http.MethodPost, "/@ada/edit", form.Encode(), "Content-Type: application/x-www-form-urlencoded", "Cookie: session="+ada, "Origin: https://evil.example"), 403},
		{"a stranger", f.ask(t, http.MethodPost, "/@ada/edit", form.Encode(), "Content-Type: application/x-www-form-urlencoded"), 303},
		{"too much", f.submit(t, "/@ada/edit", ada, url.Values{"display_name": {"Evil"}, "bio": {strings.Repeat("a", 40<<10)}}), 413},
		{"broken", f.ask(t, http.MethodPost, "/@ada/edit", "display_name=%zz", "Content-Type: application/x-www-form-urlencoded", "Cookie: session="+ada, "Origin: "+f.url), 400},
	} {
		if c.answer.status != c.status {
			t.Errorf("%s: answered %d: %s", c.name, c.answer.status, c.body)
		}
	}
	if u, err := f.database.UserBySubject(t.Context(), ada); err != nil || u.DisplayName != "Ada Marsh" || u.Version != 1 {
		t.Errorf("afterwards %+v, %v", u, err)
	}

	limited := newFixture(t, databasetest.SQLite(t), func(c *profile.Config) { c.WriteRate, c.WriteBurst = rate.Limit(0.001), 1 })
	for _, want := range []int{303, 429} {
		if a := limited.submit(t, "/@ada/edit", ada, url.Values{"display_name": {"Ada"}}); a.status != want {
			t.Errorf("answered %d, want %d", a.status, want)
		}
	}
}

func TestPages(t *testing.T) {
	f := newFixture(t, databasetest.SQLite(t), nil)
	evil := `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	if a := f.post(t, "/api/profile/update", ada, `{"display_name": "</title><script>", "bio": "`+strings.ReplaceAll(evil, `"`, `\"`)+`"}`); a.status != 200 {
		t.Fatalf("answered %d %s", a.status, a.body)
	}
	for _, c := range []struct {
		path     string
		headers  []string
		status   int
		location string
		has, not string
	}{
		{"/", nil, 200, "", "/@ada", "/@sol"},
		{"/", []string{"Cookie: session=" + bo}, 200, "", "Bo Lindqvist", "/signin"},
		{"/@ada", nil, 200, "", "&lt;script&gt;", "<script>alert"}, // J10
		{"/@ADA", nil, 200, "", "@ada", "/@ada/edit"},
		{"/@ada", []string{"Cookie: session=" + bo}, 200, "", "@ada", "/@ada/edit"},
		{"/@ada", []string{"Cookie: session=" + ada}, 200, "", `action="/@ada/edit"`, "<script>alert"},
		{"/@bo", nil, 200, "", "48 Cruds", ""},
		{"/@ada/edit", nil, 303, "/signin?return_to=%2F%40ada%2Fedit", "", ""},
		{"/@ada/edit", []string{"Cookie: session=" + bo}, 303, "/@ada", "", ""},
		{"/@ada/edit", []string{"Cookie: session=" + ada}, 200, "", `aria-labelledby="edit-title" open`, ""},
		{"/@ada/edit?x", []string{"Cookie: session=" + ada}, 200, "", `aria-labelledby="edit-title" open`, ""},
		{"/@nobody/edit", []string{"Cookie: session=" + ada}, 303, "/@nobody", "", ""},
		{"/ada/edit", nil, 404, "", "404", ""},
		{"/@nobody", nil, 404, "", "404", ""},
		{"/ada", nil, 404, "", "404", ""},
		{"/@ada/", nil, 404, "", "404", ""},
		{"/@<script>", nil, 404, "", "404", "<script>"},
		{"/me", nil, 303, "/signin", "", ""},
		{"/me", []string{"Cookie: session=" + ada}, 303, "/@ada", "", ""},
	} {
		a := f.get(t, c.path, c.headers...)
		if a.status != c.status || a.header.Get("Location") != c.location || !strings.Contains(a.body, c.has) || c.not != "" && strings.Contains(a.body, c.not) {
			t.Errorf("%s %q: answered %d to %q, with %q and without %q:\n%s", c.path, c.headers, a.status, a.header.Get("Location"), c.has, c.not, a.body)
		}
		h := a.header
		if h.Get("Content-Security-Policy") != page.Policy("https://s3.example", "https://cdn.example", "https://auth.example") ||
			h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: headers %v", c.path, h)
		}
	}
}
