package cognito_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud/cognito"
)

var users = []cognito.User{
	{Subject: "11111111-1111-4111-8111-111111111111", Username: "andrew", Name: "Andrew Brown", Email: "andrew@example.com"},
	{Subject: "22222222-2222-4222-8222-222222222222", Username: "bayko", Name: "Andrew \"Bayko\" <b>", Email: "bayko@example.com"},
}

const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// world is a pool that is served, and a browser.
type world struct {
	t        *testing.T
	site     *httptest.Server
	url      string // the pool's
	callback string
	browser  *http.Client
	mu       sync.Mutex
	now      time.Time
}

func newWorld(t *testing.T) *world { return openWorld(t, t.TempDir()) }

func openWorld(t *testing.T, dir string) *world {
	t.Helper()
	w := &world{t: t, now: time.Now()}
	var handler http.Handler
	w.site = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r) }))
	t.Cleanup(w.site.Close)
	w.url, w.callback = w.site.URL+"/cognito", w.site.URL+"/signin/callback"
	p, err := cognito.New(cognito.Config{URL: w.url, Dir: dir, Users: users, Now: w.clock,
		Callbacks: []string{w.callback, "http://localhost:3000/done?app=1"}, SignOuts: []string{w.site.URL + "/"}})
	if err != nil {
		t.Fatal(err)
	}
	if p.Issuer() != w.issuer() {
		t.Fatalf("the issuer is %s", p.Issuer())
	}
	handler = p.Handler()
	w.browser = w.newBrowser()
	return w
}

func (w *world) issuer() string { return w.url + "/" + cognito.PoolID }

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// newBrowser is one that keeps cookies and follows no redirect.
func (w *world) newBrowser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// do sends a request and reads the answer.
func (w *world) do(req *http.Request) (*http.Response, string) {
	w.t.Helper()
	resp, err := w.browser.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp, string(body)
}

func (w *world) get(address string) (*http.Response, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.do(req)
}

func (w *world) post(address string, form url.Values) (*http.Response, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(req)
}

// query is a good authorization request, with some parameters changed; empty ones are left out.
func (w *world) query(nameValues ...string) string {
	q := url.Values{"client_id": {cognito.ClientID}, "response_type": {"code"}, "redirect_uri": {w.callback}, "state": {"s&t=1"},
		"nonce": {"n-1"}, "scope": {"openid email profile"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"}}
	for pair := range slices.Chunk(nameValues, 2) {
		if q.Set(pair[0], pair[1]); pair[1] == "" {
			q.Del(pair[0])
		}
	}
	return "?" + q.Encode()
}

// sent gives what the browser is sent to the callback with.
func (w *world) sent(resp *http.Response) url.Values {
	w.t.Helper()
	to, err := resp.Location()
	if err != nil || resp.StatusCode != http.StatusFound {
		w.t.Fatalf("%s, location %v, error %v", resp.Status, to, err)
	}
	q := to.Query()
	if to.RawQuery = ""; to.String() != w.callback {
		w.t.Fatalf("the browser is sent to %s", to)
	}
	return q
}

// pick goes through the page as a person does, and gives the code.
func (w *world) pick(user cognito.User, nameValues ...string) string {
	w.t.Helper()
	resp, _ := w.get(w.url + "/oauth2/authorize" + w.query(nameValues...))
	login, err := resp.Location()
	if err != nil || login.Path != "/cognito/login" {
		w.t.Fatalf("authorize leads to %v (%v)", login, err)
	}
	resp, _ = w.post(login.String(), url.Values{"user": {user.Subject}})
	q := w.sent(resp)
	if q.Get("state") != "s&t=1" || q.Get("code") == "" {
		w.t.Fatalf("the callback is sent %v", q)
	}
	return q.Get("code")
}

// tokens are the token endpoint's answer.
type tokens struct {
	ID        string `json:"id_token"`
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ExpiresIn int    `json:"expires_in"`
	Type      string `json:"token_type"`
	Error     string `json:"error"`
}

func (w *world) trade(nameValues ...string) (int, tokens) {
	w.t.Helper()
	form := url.Values{"client_id": {cognito.ClientID}}
	for pair := range slices.Chunk(nameValues, 2) {
		form.Add(pair[0], pair[1])
	}
	resp, body := w.post(w.url+"/oauth2/token", form)
	var got tokens
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		w.t.Fatalf("%s: %q: %v", resp.Status, body, err)
	}
	if resp.Header.Get("Cache-Control") != "no-store" {
		w.t.Error("tokens may be cached") // RFC 6749, section 5.1
	}
	return resp.StatusCode, got
}

func (w *world) tradeCode(code, verifier string) (int, tokens) {
	w.t.Helper()
	return w.trade("grant_type", "authorization_code", "code", code, "redirect_uri", w.callback, "code_verifier", verifier)
}

// open verifies a token by crypto/rsa alone, with the key that the pool publishes, and gives its claims.
func (w *world) open(token string) map[string]any {
	w.t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		w.t.Fatalf("the token has %d parts", len(parts))
	}
	decode := func(s string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			w.t.Fatal(err)
		}
		return b
	}
	var header map[string]string
	if err := json.Unmarshal(decode(parts[0]), &header); err != nil {
		w.t.Fatal(err)
	}
	_, body := w.get(w.issuer() + "/.well-known/jwks.json")
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal([]byte(body), &set); err != nil || len(set.Keys) != 1 {
		w.t.Fatalf("%s: %v", body, err)
	}
	key := set.Keys[0]
	if want := map[string]string{"kid": key["kid"], "alg": "RS256"}; !maps.Equal(header, want) {
		w.t.Fatalf("header %v, want %v", header, want)
	}
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(decode(key["n"])), E: int(new(big.Int).SetBytes(decode(key["e"])).Int64())}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], decode(parts[2])); err != nil {
		w.t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(decode(parts[1]), &claims); err != nil {
		w.t.Fatal(err)
	}
	return claims
}
