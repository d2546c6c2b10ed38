// Package page renders what people see of the profile service. It knows nothing of requests and databases:
// it is given plain values, and answers HTML.
package page

import (
	"embed"
	"html/template"
	"io"
	"net/http"
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

// Home is the page at "/".
type Home struct {
	SignedIn *Viewer
	Seeded   []Viewer // people to look at and to sign in as; none where they are real
	Upload   string   // a command that tries the pipeline without the page; "" where there is none
}

// Problem is the page of a request that cannot be answered otherwise.
type Problem struct {
	Status   int // of HTTP
	SignedIn *Viewer
}

//go:embed *.html
var files embed.FS

// templates are parsed when the first page is written: most verbs of the command line write none.
var templates = sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(files, "*.html")) })

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

// Assets serves the style sheet and the script, below /assets/.
func Assets() http.Handler { return http.NotFoundHandler() }

// Policy is the Content-Security-Policy of every page. Pictures are uploaded to the one origin and shown
// from the other; signing out leads to the third.
func Policy(uploads, avatars, signIn string) string {
	return "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' blob: data: " + avatars +
		"; connect-src 'self' " + uploads + "; form-action 'self' " + signIn + "; frame-ancestors 'none'; base-uri 'none'"
}
