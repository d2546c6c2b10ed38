// Package cognito is an Amazon Cognito user pool on this machine, as far as signing in needs it: OpenID discovery, the
// keys, the authorization code grant with PKCE, refresh and revocation of tokens, and sign-out, at the paths and with
// the claims that AWS has. In place of a form for a password there is a page to pick one of the pool's users.
//
// # Endpoints, below the pool's URL
//
//	GET  /POOL_ID/.well-known/openid-configuration   OpenID Connect Discovery 1.0
//	GET  /POOL_ID/.well-known/jwks.json              the public key (RFC 7517)
//	GET  /oauth2/authorize                           code flow with PKCE S256 (RFC 6749, RFC 7636)
//	GET  /login, POST /login                         the page, and the user that was picked
//	POST /oauth2/token                               authorization_code and refresh_token
//	POST /oauth2/revoke                              ends a refresh token (RFC 7009)
//	GET  /logout                                     ends the browser's session with the pool
//
// There is one app client, [ClientID], without a secret. A code is good once, for five minutes, for the callback and
// the challenge that it was asked with; one that comes again ends the tokens that it was traded for. A browser that
// has signed in is given codes without the page for an hour, until /logout. Where AWS lets a public client leave PKCE
// out, this pool does not.
//
// The signing key stays in the data folder, so tokens outlive a restart; codes, refresh tokens and browsers' sessions
// end with the process. Requests under any name but this machine's are refused.
//
// Source: Amazon Cognito Developer Guide, "Managed login endpoints reference" and "Understanding user pool JSON web
// tokens".
package cognito

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud/loopback"
)

// What AWS would give the pool and its app client for names.
const (
	PoolID   = "us-east-1_Thumbing"
	ClientID = "1thumbing0local0app0client"
)

const (
	codeLife    = 5 * time.Minute
	refreshLife = 30 * 24 * time.Hour
	browserLife = time.Hour
	tokenLife   = time.Hour

	maxForm = 64 << 10 // bytes of a request's body
)

// User is one of the pool.
type User struct {
	Subject  string `json:"sub"`      // a UUID in lower case, which never changes
	Username string `json:"username"` // unique in the pool
	Name     string `json:"name"`
	Email    string `json:"email"`
}

// Config says where a pool stands and who is in it.
type Config struct {
	URL   string // where Handler is served, "http://127.0.0.1:8080/cognito": what is a domain in AWS
	Dir   string // keeps the signing key
	Users []User

	Callbacks []string // URLs that codes may be sent to, exactly as they are asked for
	SignOuts  []string // URLs that /logout may lead to

	Log *slog.Logger     // nil discards
	Now func() time.Time // nil means time.Now
}

// Pool is a user pool. It is safe for concurrent use.
type Pool struct {
	config  Config
	base    string // the path of the URL
	log     *slog.Logger
	tokens  issuer
	codes   *shelf[grant]
	spent   *shelf[string] // the sign-ins whose codes were traded, by the code
	refresh *shelf[grant]
	browser *shelf[User]
}

// New opens a pool. It makes the signing key when there is none in the folder yet.
func New(c Config) (*Pool, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, fmt.Errorf("open user pool: %w", err)
	}
	if u.Scheme != "http" || !loopback.IsHost(u.Host) || strings.HasSuffix(c.URL, "/") || strings.ContainsAny(c.URL, "?#") {
		return nil, fmt.Errorf("open user pool: %q is not of the form http://127.0.0.1:PORT/PATH", c.URL)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	key, err := openKey(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("open user pool: %w", err)
	}
	p := &Pool{
		config: c, base: u.Path, log: log,
		codes: newShelf[grant](codeLife, c.Now), spent: newShelf[string](codeLife, c.Now),
		refresh: newShelf[grant](refreshLife, c.Now), browser: newShelf[User](browserLife, c.Now),
	}
	p.tokens = issuer{url: p.Issuer(), key: key, now: c.Now}
	if err := writeRecord(c.Dir, record{Issuer: p.Issuer(), Users: c.Users}); err != nil {
		return nil, fmt.Errorf("open user pool: %w", err)
	}
	return p, nil
}

// Issuer is the iss of the pool's tokens.
func (p *Pool) Issuer() string { return p.config.URL + "/" + PoolID }

// Handler serves the pool at the path of its URL and below.
func (p *Pool) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+p.base+"/"+PoolID+"/.well-known/openid-configuration", p.serveDiscovery)
	mux.HandleFunc("GET "+p.base+"/"+PoolID+"/.well-known/jwks.json", p.serveKeys)
	mux.HandleFunc("GET "+p.base+"/oauth2/authorize", p.authorize)
	mux.HandleFunc("GET "+p.base+"/login", p.showLogin)
	mux.HandleFunc("POST "+p.base+"/login", p.login)
	mux.HandleFunc("GET "+p.base+"/login.css", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, pages, "login.css") })
	mux.HandleFunc("POST "+p.base+"/oauth2/token", p.token)
	mux.HandleFunc("POST "+p.base+"/oauth2/revoke", p.revoke)
	mux.HandleFunc("GET "+p.base+"/logout", p.logout)
	// A page of another site must not press the page's buttons.
	protected := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback.IsHost(r.Host) {
			http.Error(w, "this address is for this machine alone: use localhost or 127.0.0.1", http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		protected.ServeHTTP(w, r)
	})
}

func (p *Pool) user(subject string) (User, error) {
	i := slices.IndexFunc(p.config.Users, func(u User) bool { return u.Subject == subject })
	if i < 0 {
		return User{}, errors.New("there is no such user in the pool")
	}
	return p.config.Users[i], nil
}
