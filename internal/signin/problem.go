package signin

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
)

var (
	//go:embed problem.html
	problemHTML string
	//go:embed problem.css
	problemCSS string

	problemPage = template.Must(template.New("problem").Parse(problemHTML))

	// problemPolicy allows the page its own style sheet, and nothing else (Content Security Policy Level 3).
	problemPolicy = func() string {
		sum := sha256.Sum256([]byte(problemCSS))
		return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	}()
)

// fail says that a sign-in did not work, and offers another. The reason is for the log.
func (s *Service) fail(w http.ResponseWriter, status int, returnTo string) {
	again := "/signin"
	if returnTo != "" {
		again += "?" + url.Values{"return_to": {returnTo}}.Encode()
	}
	var b bytes.Buffer
	err := problemPage.Execute(&b, struct {
		CSS         template.CSS
		Again       string
		Unavailable bool
	}{template.CSS(problemCSS), again, status >= 500})
	if err != nil {
		http.Error(w, http.StatusText(status), status)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", problemPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the browser has gone; nobody is left to tell
}
