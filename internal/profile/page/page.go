// Package page renders what people see of the profile service. It knows nothing of requests and databases:
// it is given plain values, and answers HTML, with the style sheets and scripts that go with it.
package page

import (
	"embed"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Profile is a person's page.
type Profile struct {
	Handle      string // without the "@"
	DisplayName string
	Bio         string
	AvatarURL   string // "" where there is no avatar
	Cruds       int    // how many activities there are, of which the newest are shown
	Activities  []Activity

	SignedIn *Viewer // who looks; nil for a stranger
	Own      bool    // who looks is whose page it is
	// EventsURL is the stream of server-sent events that tell of the person's avatar, from what this page
	// shows on: "ready" with {"avatar_url"}, and "rejected" with {"code", "reason"}. "" unless Own.
	EventsURL string
	Form      Form // of one's own page
}

// Person is whose page it is.
func (p Profile) Person() Viewer { return Viewer{p.Handle, p.DisplayName, p.AvatarURL} }

// URL is where the page is.
func (p Profile) URL() string { return "/@" + p.Handle }

// Activity is something that a person said.
type Activity struct {
	Message                 string
	CreatedAt, ExpiresAt    time.Time // ExpiresAt is zero where it stays
	Likes, Replies, Reposts int
}

// Viewer is who looks at a page.
type Viewer struct {
	Handle, DisplayName, AvatarURL string
}

// Form is the form that changes a profile. Without JavaScript it is posted to /@{handle}/edit, as
// display_name, bio and version; the page is answered again with Open where that failed.
type Form struct {
	Open             bool     // it is to be shown at once
	DisplayName, Bio string   // what was typed
	Version          int64    // of the profile that it was filled from
	Errors           []string // codes, such as "display_name_blank"
	Saved            bool     // it has just been saved
}

// The longest texts of a profile, in characters (Unicode code points).
const (
	MaxDisplayName = 50
	MaxBio         = 500
)

// Problems are what is wrong with a field, in words; with the form as a whole, where field is "".
func (f Form) Problems(field string) []string {
	var all []string
	for _, code := range f.Errors {
		if fieldOf(code) == field {
			all = append(all, Sentence(code))
		}
	}
	return all
}

func fieldOf(code string) string {
	for _, field := range []string{"display_name", "bio"} {
		if strings.HasPrefix(code, field+"_") {
			return field
		}
	}
	return ""
}

// Home is the page at "/".
type Home struct {
	SignedIn *Viewer
	Seeded   []Viewer // people to look at and to sign in as; none where they are real
	Upload   string   // a command that tries the pipeline without the page; "" where there is none
}

// URL is where the page is; "" as nobody needs to be led back to it.
func (Home) URL() string { return "" }

// Problem is the page of a request that cannot be answered otherwise.
type Problem struct {
	Status   int // of HTTP
	SignedIn *Viewer
}

// URL is "": nobody is led back to a problem.
func (Problem) URL() string { return "" }

//go:embed templates
var files embed.FS

// templates are parsed when the first page is written: most verbs of the command line write none.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"asset": assetURL, "initials": initials, "hue": hue, "ago": ago, "left": left, "explain": explain,
		"maxDisplayName": func() int { return MaxDisplayName }, "maxBio": func() int { return MaxBio },
	}).ParseFS(files, "templates/*.html"))
})

// WriteProfile writes a person's page.
func WriteProfile(w io.Writer, p Profile) error {
	return templates().ExecuteTemplate(w, "profile.html", p)
}

// WriteHome writes the page at "/".
func WriteHome(w io.Writer, h Home) error { return templates().ExecuteTemplate(w, "home.html", h) }

// WriteProblem writes the page of a request that cannot be answered otherwise.
func WriteProblem(w io.Writer, p Problem) error {
	return templates().ExecuteTemplate(w, "problem.html", p)
}

// Policy is the Content-Security-Policy of every page. Pictures are uploaded to the first URL's origin and shown
// from the second's; signing out leads to the third's. Source: W3C Content Security Policy Level 3.
func Policy(uploads, avatars, signIn string) string {
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'",
		"img-src 'self' blob:" + origin(avatars), // blob: for the preview of a chosen picture
		"connect-src 'self'" + origin(uploads), "form-action 'self'" + origin(signIn),
		"frame-ancestors 'none'", "base-uri 'none'",
		"require-trusted-types-for 'script'", "trusted-types 'none'", // the scripts make no HTML of text
	}, "; ")
}

// origin is the origin of a URL with a space before it; a path in a policy would have to match exactly.
func origin(of string) string {
	u, err := url.Parse(of)
	if err != nil || u.Host == "" {
		return ""
	}
	return " " + u.Scheme + "://" + u.Host
}

// explanation is what a problem page says.
type explanation struct{ Title, Text string }

var explanations = map[int]explanation{
	http.StatusNotFound:              {"There is nobody here", "No page has this address. It may have been mistyped, or the person may have gone."},
	http.StatusForbidden:             {"This is not yours to change", "A profile can be changed by its owner alone, from this site."},
	http.StatusBadRequest:            {"That did not arrive whole", "The form could not be read. Go back, and send it again."},
	http.StatusRequestEntityTooLarge: {"That is too much text", "Go back, shorten it, and send it again."},
	http.StatusTooManyRequests:       {"That was a little fast", "Wait a second, go back, and send it again."},
}

// explain says what a status means for a person.
func explain(status int) explanation {
	if e, ok := explanations[status]; ok {
		return e
	}
	return explanation{"This did not work", "Something is wrong here, not with you. It has been noted; try again in a moment."}
}
