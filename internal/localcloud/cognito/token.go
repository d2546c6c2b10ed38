package cognito

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
)

// verifierRE is the form of a code verifier (RFC 7636, section 4.1).
var verifierRE = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

// oauthError is an error answer (RFC 6749, sections 4.1.2.1 and 5.2).
type oauthError struct {
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// Error is the code and what it means here.
func (e *oauthError) Error() string { return e.Code + ": " + e.Description }

// token trades a code or a refresh token for tokens.
func (p *Pool) token(w http.ResponseWriter, r *http.Request) {
	form, problem := readForm(r)
	if problem != nil {
		writeJSON(w, http.StatusBadRequest, problem)
		return
	}
	var set tokenSet
	var err error
	switch form.Get("grant_type") {
	case "authorization_code":
		set, err = p.tradeCode(form)
	case "refresh_token":
		set, err = p.tradeRefresh(form.Get("refresh_token"))
	default:
		err = &oauthError{"unsupported_grant_type", "the grant_type must be authorization_code or refresh_token"}
	}
	switch e, ok := err.(*oauthError); {
	case ok:
		writeJSON(w, http.StatusBadRequest, e)
	case err != nil:
		p.log.Error("tokens cannot be made", "error", err)
		http.Error(w, "the tokens cannot be made", http.StatusInternalServerError)
	default:
		writeJSON(w, http.StatusOK, set)
	}
}

// readForm reads the body of a request of the app client.
func readForm(r *http.Request) (url.Values, *oauthError) {
	if err := r.ParseForm(); err != nil {
		return nil, &oauthError{"invalid_request", "the body is not a form: " + err.Error()}
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			return nil, &oauthError{"invalid_request", name + " comes more than once"}
		}
	}
	if _, _, ok := r.BasicAuth(); ok || r.PostForm.Get("client_id") != ClientID {
		return nil, &oauthError{"invalid_client", "the client_id of the pool's app client is " + ClientID + ", in the body and without a secret"}
	}
	return r.PostForm, nil
}

// tradeCode takes a code, whatever comes of it. One that comes again was stolen, so what was had for it ends (RFC 6749,
// section 4.1.2).
func (p *Pool) tradeCode(form url.Values) (tokenSet, error) {
	code := form.Get("code")
	g, ok := p.codes.take(code)
	if !ok {
		if origin, spent := p.spent.get(code); spent {
			p.refresh.dropIf(func(g grant) bool { return g.origin == origin })
		}
		return tokenSet{}, &oauthError{"invalid_grant", "the code is unknown, spent or too old"}
	}
	p.spent.put(code, g.origin)
	verifier := form.Get("code_verifier")
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	switch {
	case form.Get("redirect_uri") != g.request.redirect:
		return tokenSet{}, &oauthError{"invalid_grant", "the redirect_uri is not the one that the code was sent to"}
	case !verifierRE.MatchString(verifier) || subtle.ConstantTimeCompare([]byte(challenge), []byte(g.request.challenge)) != 1:
		return tokenSet{}, &oauthError{"invalid_grant", "the code_verifier does not belong to the code_challenge"}
	}
	set, err := p.tokens.issue(g)
	if err == nil {
		set.Refresh = p.refresh.add(g)
	}
	return set, err
}

// tradeRefresh makes new tokens of an old sign-in. The refresh token stays good, as with AWS by default.
func (p *Pool) tradeRefresh(token string) (tokenSet, error) {
	g, ok := p.refresh.get(token)
	if !ok {
		return tokenSet{}, &oauthError{"invalid_grant", "the refresh token is unknown, revoked or too old"}
	}
	g.request.nonce = "" // it belongs to the sign-in
	return p.tokens.issue(g)
}

// revoke ends a refresh token. Whether there was one is not told (RFC 7009, section 2.2).
func (p *Pool) revoke(w http.ResponseWriter, r *http.Request) {
	form, problem := readForm(r)
	if problem != nil {
		writeJSON(w, http.StatusBadRequest, problem)
		return
	}
	p.refresh.drop(form.Get("token"))
	w.WriteHeader(http.StatusOK)
}
