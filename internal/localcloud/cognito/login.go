package cognito

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

//go:embed login.html login.css
var pages embed.FS

var loginPage = template.Must(template.New("login.html").Funcs(template.FuncMap{"initials": initials}).ParseFS(pages, "login.html"))

// browserCookie is AWS's name for it.
const browserCookie = "cognito"

// showLogin shows the page on which a user is picked.
func (p *Pool) showLogin(w http.ResponseWriter, r *http.Request) {
	req, err := p.readRequest(r.URL.Query())
	if err != nil {
		refuseRequest(w, r, req, err)
		return
	}
	show(w, http.StatusOK, req.redirect, page{Users: p.config.Users, Action: p.base + "/login?" + r.URL.RawQuery, App: host(req.redirect)})
}

// login takes the user that was picked.
func (p *Pool) login(w http.ResponseWriter, r *http.Request) {
	req, err := p.readRequest(r.URL.Query())
	if err != nil {
		refuseRequest(w, r, req, err)
		return
	}
	u, err := p.user(r.PostFormValue("user"))
	if err != nil {
		showProblem(w, http.StatusBadRequest, err)
		return
	}
	p.setBrowser(w, p.browser.add(u), int(browserLife.Seconds()))
	p.log.Info("signed in", "user", u.Username)
	p.sendCode(w, r, req, u)
}

// logout ends the browser's session, and sends it on to one of the app's sign-out URLs, or to the page to sign in.
func (p *Pool) logout(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	to := q.Get("logout_uri")
	switch {
	case q.Get("client_id") != ClientID:
		showProblem(w, http.StatusBadRequest, errors.New("the client_id is not the pool's app client"))
		return
	case to == "" && q.Get("redirect_uri") != "":
		to = p.base + "/login?" + r.URL.RawQuery
	case !slices.Contains(p.config.SignOuts, to):
		showProblem(w, http.StatusBadRequest, errors.New("the logout_uri is not one of the app client's: "+strings.Join(p.config.SignOuts, ", ")))
		return
	}
	if c, err := r.Cookie(browserCookie); err == nil {
		if u, ok := p.browser.take(c.Value); ok {
			p.log.Info("signed out", "user", u.Username)
		}
	}
	p.setBrowser(w, "", -1)
	http.Redirect(w, r, to, http.StatusFound)
}

func (p *Pool) setBrowser(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: browserCookie, Value: value, Path: p.base + "/", MaxAge: seconds,
		HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// page is what login.html shows: users to pick from, or a problem.
type page struct {
	Users   []User
	Action  string // where the form goes
	App     string // who asks
	Problem string
}

func showProblem(w http.ResponseWriter, status int, err error) {
	show(w, status, "", page{Problem: err.Error()})
}

// show answers with the page. Its form leads on to the callback, which browsers hold to be a target of the form too.
func show(w http.ResponseWriter, status int, callback string, p page) {
	var b bytes.Buffer
	if err := loginPage.Execute(&b, p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	target := ""
	if u, err := url.Parse(callback); err == nil && u.Host != "" {
		target = " " + u.Scheme + "://" + u.Host
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'"+target+"; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the client has gone; nobody is left to tell
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// initials are the first letters of the first and the last word of a name.
func initials(name string) string {
	words := strings.Fields(name)
	if len(words) > 2 {
		words = []string{words[0], words[len(words)-1]}
	}
	var letters []rune
	for _, w := range words {
		letters = append(letters, unicode.ToUpper([]rune(w)[0]))
	}
	return string(letters)
}
