// Package signin lets people sign in with a browser through the hosted pages of an Amazon Cognito user pool, and
// tells who makes a request: by the bearer token of a program, or else by the session of a browser.
//
//	GET  /signin            begins; "return_to" is a path of this site to come back to
//	GET  /signin/callback   where the pool sends the browser back to
//	POST /signout           ends the session, here and with the pool
//
// # Mounting
//
// [Service.Handler] is put around the whole site:
//
//	s, err := signin.New(signin.Config{...})
//	site := s.Handler(app) // app calls s.Authenticate
//
// The app client of the pool must allow PUBLIC_URL/signin/callback as a callback URL and PUBLIC_URL/ as a sign-out
// URL, the authorization code grant, and the scopes openid, email and profile.
//
// # Sign-in
//
// It is the authorization code flow with PKCE (RFC 6749, RFC 7636, RFC 9700; OpenID Connect Core, section 3.1). What
// it began with (state, nonce, code verifier) waits in an encrypted cookie for ten minutes, so that it can only be
// ended by the browser that began it.
//
// # Sessions
//
// A session is an encrypted cookie (AES-256-GCM) and nothing else: there is no table. It holds who signed in, until when
// that counts, and the refresh token. It counts as long as the access token of the sign-in would, an hour by
// default; then the pool is asked for a new one, and so hears of people who were disabled, deleted or signed out
// elsewhere: their session is over. It ends for good 30 days after the sign-in. While the pool cannot be reached, a
// session that would have to be renewed is neither in nor out: requests are answered with 503, and the cookie stays.
//
// /signout revokes the refresh token. A copy of the cookie that somebody made before counts until the access token
// would have ended.
//
// Browsers send the cookie unasked. It is SameSite=Lax, and an app must check the origin of requests that change
// something where [Identity] says Session.
package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/thumbing/thumbing/internal/cognito"
)

const (
	signInLife  = 10 * time.Minute    // how long somebody may take on the pool's pages
	sessionLife = 30 * 24 * time.Hour // from the sign-in
	poolTimeout = 5 * time.Second     // for one request to the pool
	poolPause   = 5 * time.Second     // after one that failed, before another session is renewed
)

// Verifier verifies the pool's tokens.
type Verifier interface {
	Verify(ctx context.Context, token string) (cognito.Claims, error)
	VerifyID(ctx context.Context, token, nonce string) (cognito.Claims, error)
}

// Config says where the pool and this site are.
type Config struct {
	Verifier     Verifier // of the pool, for the app client
	Domain       string   // of the pool's pages: "https://NAME.auth.REGION.amazoncognito.com"
	ClientID     string   // of the app client
	ClientSecret string   // "" for an app client without one

	PublicURL string   // where browsers find this site: "https://www.example.com"; cookies are Secure under https
	Home      string   // path to come to after a sign-in that names no other; "" means "/"
	Keys      [][]byte // at least one, each of 32 bytes or more: the first encrypts cookies, all decrypt them

	Log       *slog.Logger      // nil discards
	Transport http.RoundTripper // to the pool; nil means http.DefaultTransport
	Now       func() time.Time  // nil means time.Now
}

// Service signs people in and knows them. It is safe for concurrent use.
type Service struct {
	config  Config
	log     *slog.Logger
	now     func() time.Time
	oauth   *oauth2.Config
	client  *http.Client
	public  *url.URL
	session cookie
	pending cookie
	csrf    *http.CrossOriginProtection

	renewals singleflight.Group
	paused   atomic.Int64 // until when no session is renewed, in Unix nanoseconds
}

// New checks c and returns a service.
func New(c Config) (*Service, error) {
	for what, u := range map[string]string{"the pool's domain": c.Domain, "the public URL": c.PublicURL} {
		if p, err := url.Parse(u); err != nil || p.Scheme != "https" && p.Scheme != "http" || p.Host == "" || strings.HasSuffix(u, "/") || strings.ContainsAny(u, "?#") {
			return nil, fmt.Errorf("sign-in: %s %q is not of the form https://HOST", what, u)
		}
	}
	public, err := url.Parse(c.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("sign-in: the public URL: %w", err)
	}
	if public.Path != "" {
		return nil, fmt.Errorf("sign-in: the public URL %q has a path", c.PublicURL)
	}
	seal, err := newSealer(c.Keys)
	if err != nil {
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	s := &Service{config: c, log: c.Log, now: c.Now, public: public, csrf: http.NewCrossOriginProtection()}
	if err := s.csrf.AddTrustedOrigin(c.PublicURL); err != nil {
		return nil, fmt.Errorf("sign-in: the public URL: %w", err)
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.config.Home == "" {
		s.config.Home = "/"
	}
	secure := public.Scheme == "https"
	s.session, s.pending = newCookie("thumbing_session", secure, seal), newCookie("thumbing_signin", secure, seal)
	style := oauth2.AuthStyleInParams
	if c.ClientSecret != "" {
		style = oauth2.AuthStyleInHeader
	}
	s.oauth = &oauth2.Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret, RedirectURL: c.PublicURL + "/signin/callback",
		Scopes:   []string{"openid", "email", "profile"},
		Endpoint: oauth2.Endpoint{AuthURL: c.Domain + "/oauth2/authorize", TokenURL: c.Domain + "/oauth2/token", AuthStyle: style},
	}
	s.client = &http.Client{
		Transport:     c.Transport,
		Timeout:       poolTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s, nil
}

// Handler serves the routes of this package, and hands all else to app.
func (s *Service) Handler(app http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /signin", s.begin)
	mux.HandleFunc("GET /signin/callback", s.end)
	mux.Handle("POST /signout", s.csrf.Handler(http.HandlerFunc(s.signOut)))
	mux.Handle("/", s.remember(app))
	return mux
}

// pending is a sign-in that has begun.
type pending struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	ReturnTo string    `json:"return_to"`
	Ends     time.Time `json:"ends"`
}

// begin sends the browser to the pool.
func (s *Service) begin(w http.ResponseWriter, r *http.Request) {
	unkept(w)
	if s.elsewhere(r) {
		http.Redirect(w, r, s.config.PublicURL+"/signin?"+r.URL.RawQuery, http.StatusFound)
		return
	}
	p := pending{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		ReturnTo: s.returnTo(r.URL.Query().Get("return_to")), Ends: s.now().Add(signInLife)}
	if err := s.pending.set(w, p, signInLife); err != nil {
		s.log.Error("sign-in cannot begin", "error", err)
		s.fail(w, http.StatusInternalServerError, "")
		return
	}
	http.Redirect(w, r, s.oauth.AuthCodeURL(p.State, oauth2.S256ChallengeOption(p.Verifier), oauth2.SetAuthURLParam("nonce", p.Nonce)), http.StatusFound)
}

// end takes the browser back, and begins its session.
func (s *Service) end(w http.ResponseWriter, r *http.Request) {
	unkept(w)
	q := r.URL.Query()
	var p pending
	err := s.pending.get(r, &p)
	switch {
	case err != nil:
	case !s.now().Before(p.Ends):
		err = errors.New("it began too long ago")
	case subtle.ConstantTimeCompare([]byte(p.State), []byte(q.Get("state"))) != 1:
		err = errors.New("the state is not that of this browser's sign-in")
	case !q.Has("code") && !q.Has("error"):
		err = errors.New("it came back with neither a code nor an error")
	}
	if err != nil {
		s.log.Info("sign-in refused", "error", err)
		s.fail(w, http.StatusBadRequest, "")
		return
	}
	s.pending.clear(w)
	if code := q.Get("error"); code != "" {
		s.log.Info("sign-in refused by the pool", "error", code, "description", q.Get("error_description"))
		s.fail(w, http.StatusBadRequest, p.ReturnTo)
		return
	}
	session, err := s.trade(r.Context(), q.Get("code"), p)
	if err == nil {
		err = s.keep(w, session)
	}
	if err != nil {
		s.log.Info("sign-in failed", "error", err)
		s.fail(w, statusOf(err), p.ReturnTo)
		return
	}
	s.log.Info("signed in", "subject", session.Subject)
	// With the site's own origin before it, a path leads nowhere else.
	http.Redirect(w, r, s.config.PublicURL+p.ReturnTo, http.StatusSeeOther)
}

// trade gets the tokens for a code, and makes a session of them. Both must be of the same person, and the ID token of
// this very sign-in.
func (s *Service) trade(ctx context.Context, code string, p pending) (session, error) {
	t, err := s.oauth.Exchange(s.pool(ctx), code, oauth2.VerifierOption(p.Verifier))
	if err != nil {
		return session{}, err
	}
	idToken, _ := t.Extra("id_token").(string)
	id, err := s.config.Verifier.VerifyID(ctx, idToken, p.Nonce)
	if err != nil {
		return session{}, fmt.Errorf("the ID token: %w", err)
	}
	access, err := s.config.Verifier.Verify(ctx, t.AccessToken)
	if err != nil {
		return session{}, fmt.Errorf("the access token: %w", err)
	}
	if id.Subject != access.Subject {
		return session{}, fmt.Errorf("%w: the ID token and the access token are of two people", errOver)
	}
	return session{Subject: access.Subject, Username: access.Username, Fresh: access.Expires, Ends: s.now().Add(sessionLife), Refresh: t.RefreshToken}, nil
}

// signOut ends the session here, the refresh token, and the browser's session with the pool.
func (s *Service) signOut(w http.ResponseWriter, r *http.Request) {
	unkept(w)
	var old session
	if err := s.session.get(r, &old); err == nil && old.Refresh != "" {
		if err := s.revoke(r.Context(), old.Refresh); err != nil {
			s.log.Warn("the refresh token of a session is not revoked", "subject", old.Subject, "error", err)
		}
	}
	s.session.clear(w)
	q := url.Values{"client_id": {s.config.ClientID}, "logout_uri": {s.config.PublicURL + "/"}}
	http.Redirect(w, r, s.config.Domain+"/logout?"+q.Encode(), http.StatusSeeOther)
}

// pool is a context whose requests to the pool go through the service's own client.
func (s *Service) pool(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, s.client)
}
