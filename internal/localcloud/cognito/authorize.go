package cognito

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// scopes are those that the app client may ask for.
var scopes = []string{"openid", "email", "phone", "profile"}

// challengeRE is the form of an S256 challenge (RFC 7636, section 4.2).
var challengeRE = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// request is an authorization request (RFC 6749, section 4.1.1).
type request struct {
	redirect, state, nonce, scope string
	challenge                     string
}

// errUntold is an error that must not be told to the callback, since there is none that can be trusted.
type errUntold struct{ error }

// readRequest reads and checks an authorization request. Its errors are an errUntold, or an *oauthError.
func (p *Pool) readRequest(q url.Values) (request, error) {
	r := request{
		redirect: q.Get("redirect_uri"), state: q.Get("state"), nonce: q.Get("nonce"),
		scope: strings.Join(strings.Fields(q.Get("scope")), " "), challenge: q.Get("code_challenge"),
	}
	switch {
	case q.Get("client_id") != ClientID:
		return r, errUntold{fmt.Errorf("the client_id is %q; the pool's app client is %s", q.Get("client_id"), ClientID)}
	case !slices.Contains(p.config.Callbacks, r.redirect):
		return r, errUntold{fmt.Errorf("the redirect_uri is %q, which is not one of the app client's: %s",
			r.redirect, strings.Join(p.config.Callbacks, ", "))}
	}
	if r.scope == "" {
		r.scope = strings.Join(scopes, " ")
	}
	for name, values := range q {
		if len(values) > 1 {
			return r, &oauthError{"invalid_request", name + " comes more than once"}
		}
	}
	for s := range strings.FieldsSeq(r.scope) {
		if !slices.Contains(scopes, s) {
			return r, &oauthError{"invalid_scope", fmt.Sprintf("the scope %q is not one of %s", s, strings.Join(scopes, ", "))}
		}
	}
	switch {
	case q.Get("response_type") != "code":
		return r, &oauthError{"unsupported_response_type", "the response_type must be code"}
	case q.Get("code_challenge_method") != "S256" || !challengeRE.MatchString(r.challenge):
		return r, &oauthError{"invalid_request", "a code_challenge with code_challenge_method=S256 is needed (PKCE)"}
	}
	return r, nil
}

// authorize sends the browser back with a code if it has signed in, else to the page.
func (p *Pool) authorize(w http.ResponseWriter, r *http.Request) {
	req, err := p.readRequest(r.URL.Query())
	if err != nil {
		refuseRequest(w, r, req, err)
		return
	}
	if c, err := r.Cookie(browserCookie); err == nil {
		if u, ok := p.browser.get(c.Value); ok {
			p.sendCode(w, r, req, u)
			return
		}
	}
	http.Redirect(w, r, p.base+"/login?"+r.URL.RawQuery, http.StatusFound)
}

// sendCode sends the browser to the app's callback.
func (p *Pool) sendCode(w http.ResponseWriter, r *http.Request, req request, u User) {
	code := p.codes.add(grant{user: u, request: req, origin: uuid.NewString(), signedIn: p.config.Now()})
	sendBack(w, r, req, url.Values{"code": {code}})
}

// refuseRequest tells what is wrong with an authorization request: the app by its callback where that is known to be
// the app's (RFC 6749, section 4.1.2.1), else the person in front of the browser.
func refuseRequest(w http.ResponseWriter, r *http.Request, req request, err error) {
	if e, ok := errors.AsType[*oauthError](err); ok {
		sendBack(w, r, req, url.Values{"error": {e.Code}, "error_description": {e.Description}})
		return
	}
	showProblem(w, http.StatusBadRequest, err)
}

func sendBack(w http.ResponseWriter, r *http.Request, req request, q url.Values) {
	if req.state != "" {
		q.Set("state", req.state)
	}
	to, sep := req.redirect, "?"
	if strings.Contains(to, "?") {
		sep = "&"
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to+sep+q.Encode(), http.StatusFound)
}
