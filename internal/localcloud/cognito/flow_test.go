package cognito_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	verify "github.com/thumbing/thumbing/internal/cognito"
	"github.com/thumbing/thumbing/internal/localcloud/cognito"
)

func TestDiscovery(t *testing.T) {
	w := newWorld(t)
	resp, body := w.get(w.issuer() + "/.well-known/openid-configuration")
	var got struct {
		Issuer, JWKS string
		Authorize    string `json:"authorization_endpoint"`
		Token        string `json:"token_endpoint"`
		Keys         string `json:"jwks_uri"`
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v", resp.Status, err)
	}
	if got.Issuer != w.issuer() || got.Authorize != w.url+"/oauth2/authorize" || got.Token != w.url+"/oauth2/token" ||
		got.Keys != w.issuer()+"/.well-known/jwks.json" {
		t.Errorf("got %+v", got)
	}
}

func TestSignIn(t *testing.T) {
	w := newWorld(t)
	status, got := w.tradeCode(w.pick(users[0]), verifier)
	if status != http.StatusOK || got.Type != "Bearer" || got.ExpiresIn != 3600 || got.Refresh == "" {
		t.Fatalf("status %d: %+v", status, got)
	}
	now := float64(w.clock().Unix())
	access, id := w.open(got.Access), w.open(got.ID)
	half := sha256.Sum256([]byte(got.Access))
	for what, test := range map[string]struct{ got, want map[string]any }{
		"access": {access, map[string]any{
			"sub": users[0].Subject, "iss": w.issuer(), "client_id": cognito.ClientID, "token_use": "access", "username": "andrew",
			"scope": "openid email profile", "version": 2.0, "auth_time": now, "iat": now, "exp": now + 3600,
		}},
		"id": {id, map[string]any{
			"sub": users[0].Subject, "iss": w.issuer(), "aud": cognito.ClientID, "token_use": "id", "cognito:username": "andrew",
			"email": "andrew@example.com", "email_verified": true, "name": "Andrew Brown", "nonce": "n-1",
			"at_hash": base64.RawURLEncoding.EncodeToString(half[:16]), "auth_time": now, "iat": now, "exp": now + 3600,
		}},
	} {
		for _, name := range []string{"jti", "origin_jti", "event_id"} {
			if test.got[name] == "" || test.got[name] == nil {
				t.Errorf("%s: no %s", what, name)
			}
			delete(test.got, name)
		}
		if !maps.Equal(test.got, test.want) {
			t.Errorf("%s token:\n%v, want\n%v", what, test.got, test.want)
		}
	}
	// The service's verifier takes both, each for its own use.
	v, err := verify.NewVerifier(verify.Config{Issuer: w.issuer(), ClientIDs: []string{cognito.ClientID}})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := v.Verify(t.Context(), got.Access); err != nil || c.Subject != users[0].Subject || c.Username != "andrew" {
		t.Errorf("claims %+v, error %v", c, err)
	}
	if c, err := v.VerifyID(t.Context(), got.ID, "n-1"); err != nil || c.Subject != users[0].Subject || c.Username != "andrew" {
		t.Errorf("claims %+v, error %v", c, err)
	}
	if _, err := v.Verify(t.Context(), got.ID); err == nil {
		t.Error("the ID token is taken for an access token")
	}
}

func TestRefresh(t *testing.T) {
	w := newWorld(t)
	_, first := w.tradeCode(w.pick(users[0]), verifier)
	w.pass(2 * time.Hour)
	status, second := w.trade("grant_type", "refresh_token", "refresh_token", first.Refresh)
	if status != http.StatusOK || second.Refresh != "" {
		t.Fatalf("status %d: %+v", status, second)
	}
	before, after := w.open(first.Access), w.open(second.Access)
	if after["exp"].(float64)-before["exp"].(float64) != 7200 || after["auth_time"] != before["auth_time"] ||
		after["origin_jti"] != before["origin_jti"] || after["jti"] == before["jti"] || after["sub"] != before["sub"] {
		t.Errorf("before %v, after %v", before, after)
	}
	if _, ok := w.open(second.ID)["nonce"]; ok {
		t.Error("the nonce comes again")
	}
	// RFC 7009: revoked, and the same answer for what never was.
	for _, token := range []string{first.Refresh, "unknown"} {
		if resp, body := w.post(w.url+"/oauth2/revoke", url.Values{"client_id": {cognito.ClientID}, "token": {token}}); resp.StatusCode != http.StatusOK || body != "" {
			t.Errorf("revoke: %s %s", resp.Status, body)
		}
	}
	if status, got := w.trade("grant_type", "refresh_token", "refresh_token", first.Refresh); status != http.StatusBadRequest || got.Error != "invalid_grant" {
		t.Errorf("a revoked token: status %d, %+v", status, got)
	}
	_, third := w.tradeCode(w.pickAgain(users[1]), verifier)
	w.pass(30 * 24 * time.Hour)
	if status, got := w.trade("grant_type", "refresh_token", "refresh_token", third.Refresh); status != http.StatusBadRequest || got.Error != "invalid_grant" {
		t.Errorf("a token of 30 days: status %d, %+v", status, got)
	}
}

// pickAgain is pick in a browser of its own.
func (w *world) pickAgain(user cognito.User) string {
	w.browser = w.newBrowser()
	return w.pick(user)
}

// A code is good once, in time, and for who asked for it.
func TestCodesAreBound(t *testing.T) {
	w := newWorld(t)
	other := strings.Repeat("v", 43)
	form := func(code string, nameValues ...string) []string {
		all := []string{"grant_type", "authorization_code", "code", code, "redirect_uri", w.callback, "code_verifier", verifier}
		for pair := range slices.Chunk(nameValues, 2) {
			all[slices.Index(all, pair[0])+1] = pair[1]
		}
		return all
	}
	for what, change := range map[string][]string{
		"another callback":      {"redirect_uri", "http://localhost:3000/done?app=1"},
		"no callback":           {"redirect_uri", ""},
		"another verifier":      {"code_verifier", other},
		"no verifier":           {"code_verifier", ""},
		"the challenge itself":  {"code_verifier", challenge},
		"a made up code":        {"code", "made-up"},
		"an empty code":         {"code", ""},
		"a refresh":             {"grant_type", "refresh_token"},
		"another grant":         {"grant_type", "password"},
		"a machine's own grant": {"grant_type", "client_credentials"},
	} {
		code := w.pickAgain(users[0])
		if status, got := w.trade(form(code, change...)...); status != http.StatusBadRequest || got.Access != "" || got.Error == "" {
			t.Errorf("%s: status %d, %+v", what, status, got)
		}
		// Whoever tried a code wrongly has spent it.
		spent := change[0] == "redirect_uri" || change[0] == "code_verifier"
		if status, got := w.trade(form(code)...); (status == http.StatusOK) == spent {
			t.Errorf("%s, then the right one: status %d, %+v", what, status, got)
		}
	}
	code := w.pickAgain(users[0])
	if status, got := w.trade(append(form(code), "code", code)...); status != http.StatusBadRequest || got.Error != "invalid_request" {
		t.Errorf("a parameter twice: status %d, %+v", status, got)
	}
	if resp, _ := w.post(w.url+"/oauth2/token?"+url.Values{"client_id": {cognito.ClientID}, "grant_type": {"authorization_code"}, "code": {code},
		"redirect_uri": {w.callback}, "code_verifier": {verifier}}.Encode(), nil); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("parameters in the URL: %s", resp.Status)
	}
	if resp, body := w.post(w.url+"/oauth2/token", url.Values{"client_id": {"other"}, "grant_type": {"authorization_code"}, "code": {code},
		"redirect_uri": {w.callback}, "code_verifier": {verifier}}); resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, "invalid_client") {
		t.Errorf("another client: %s %s", resp.Status, body)
	}
	w.pass(5 * time.Minute)
	if status, got := w.trade(form(code)...); status != http.StatusBadRequest || got.Error != "invalid_grant" {
		t.Errorf("a code of five minutes: status %d, %+v", status, got)
	}
}

func TestReplayedCodeEndsItsTokens(t *testing.T) {
	w := newWorld(t)
	code := w.pick(users[0])
	_, first := w.tradeCode(code, verifier)
	_, other := w.tradeCode(w.pickAgain(users[0]), verifier)
	if status, got := w.tradeCode(code, verifier); status != http.StatusBadRequest || got.Error != "invalid_grant" || got.Access != "" {
		t.Errorf("a replayed code: status %d, %+v", status, got)
	}
	if status, _ := w.trade("grant_type", "refresh_token", "refresh_token", first.Refresh); status != http.StatusBadRequest {
		t.Errorf("the refresh token of a code that was replayed: status %d", status)
	}
	if status, _ := w.trade("grant_type", "refresh_token", "refresh_token", other.Refresh); status != http.StatusOK {
		t.Errorf("the refresh token of another sign-in: status %d", status)
	}
}

// What may not be told to the callback is shown; the rest is told (RFC 6749, section 4.1.2.1).
func TestAuthorizationRequestsAreChecked(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/oauth2/authorize", "/login"} {
		for what, change := range map[string][]string{
			"another client":      {"client_id", "other"},
			"no client":           {"client_id", ""},
			"another callback":    {"redirect_uri", "https://evil.example/callback"},
			"no callback":         {"redirect_uri", ""},
			"callback and more":   {"redirect_uri", w.callback + "/../x"},
			"callback with query": {"redirect_uri", w.callback + "?x"},
			"callback in upper":   {"redirect_uri", strings.ToUpper(w.callback)},
		} {
			resp, body := w.get(w.url + path + w.query(change...))
			if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("Location") != "" || !strings.Contains(body, "cannot go on") {
				t.Errorf("%s: %s: %s, location %q", path, what, resp.Status, resp.Header.Get("Location"))
			}
		}
		for what, test := range map[string]struct{ name, value, code string }{
			"implicit flow":     {"response_type", "token", "unsupported_response_type"},
			"no flow":           {"response_type", "", "unsupported_response_type"},
			"no challenge":      {"code_challenge", "", "invalid_request"},
			"a short challenge": {"code_challenge", "abc", "invalid_request"},
			"plain challenge":   {"code_challenge_method", "plain", "invalid_request"},
			"no method":         {"code_challenge_method", "", "invalid_request"},
			"another scope":     {"scope", "openid admin", "invalid_scope"},
		} {
			resp, _ := w.get(w.url + path + w.query(test.name, test.value))
			if q := w.sent(resp); q.Get("error") != test.code || q.Get("state") != "s&t=1" || q.Get("code") != "" {
				t.Errorf("%s: %s: the callback is sent %v", path, what, q)
			}
		}
		resp, _ := w.get(w.url + path + w.query() + "&state=2")
		if q := w.sent(resp); q.Get("error") != "invalid_request" {
			t.Errorf("%s: state twice: the callback is sent %v", path, q)
		}
	}
	// A callback with a query of its own keeps it.
	resp, _ := w.post(w.url+"/login"+w.query("redirect_uri", "http://localhost:3000/done?app=1"), url.Values{"user": {users[0].Subject}})
	if to := resp.Header.Get("Location"); !strings.HasPrefix(to, "http://localhost:3000/done?app=1&code=") {
		t.Errorf("the browser is sent to %s", to)
	}
	// Without openid there is no ID token; without a scope there are all.
	if _, got := w.tradeCode(w.pickWith(users[0], "scope", "email"), verifier); got.ID != "" || got.Access == "" {
		t.Errorf("without openid: %+v", got)
	}
	if _, got := w.tradeCode(w.pickWith(users[0], "scope", ""), verifier); got.ID == "" || w.open(got.Access)["scope"] != "openid email phone profile" {
		t.Errorf("without a scope: %+v", got)
	}
}

func (w *world) pickWith(user cognito.User, nameValues ...string) string {
	w.browser = w.newBrowser()
	return w.pick(user, nameValues...)
}

func TestLoginPage(t *testing.T) {
	w := newWorld(t)
	resp, body := w.get(w.url + "/login" + w.query())
	csp := resp.Header.Get("Content-Security-Policy")
	if resp.StatusCode != http.StatusOK || !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "form-action 'self' "+w.site.URL+";") {
		t.Errorf("%s, policy %q", resp.Status, csp)
	}
	for _, want := range []string{"Andrew Brown", "@andrew", "andrew@example.com", "Andrew &#34;Bayko&#34; &lt;b&gt;", `value="` + users[1].Subject, `lang="en"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if strings.Contains(body, "<script") || strings.Contains(body, "ZgotmplZ") || strings.Contains(body, "style=") {
		t.Errorf("the page is not what it should be:\n%s", body)
	}
	if resp, css := w.get(w.url + "/login.css"); resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Content-Type"), "text/css") || !strings.Contains(css, "dark") {
		t.Errorf("the style sheet: %s", resp.Status)
	}
	// The form's target is what the page says, however the address was written.
	raw := w.url + "/login?client_id=" + cognito.ClientID + "&response_type=code&redirect_uri=" + w.callback +
		"&code_challenge_method=S256&code_challenge=" + challenge + `&state="><script>`
	_, body = w.get(strings.ReplaceAll(raw, `"><`, "%22%3E<"))
	_, rest, _ := strings.Cut(body, `action="`)
	action, _, _ := strings.Cut(rest, `"`)
	resp, _ = w.post(w.site.URL+strings.ReplaceAll(action, "&amp;", "&"), url.Values{"user": {users[0].Subject}})
	if q := w.sent(resp); q.Get("state") != `"><script>` || q.Get("code") == "" {
		t.Errorf("from %s the callback is sent %v", action, q)
	}
	if resp, body := w.post(w.url+"/login"+w.query(), url.Values{"user": {"nobody"}}); resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, "no such user") {
		t.Errorf("nobody: %s", resp.Status)
	}
}

// A page of another site can neither press the buttons nor come by another name.
func TestOtherSitesAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, header := range []http.Header{{"Origin": {"https://evil.example"}}, {"Sec-Fetch-Site": {"cross-site"}}, {"Origin": {"null"}}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/login"+w.query(), strings.NewReader("user="+users[0].Subject))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = header
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if resp, _ := w.do(req); resp.StatusCode != http.StatusForbidden || resp.Header.Get("Location") != "" {
			t.Errorf("%v: %s", header, resp.Status)
		}
	}
	for _, path := range []string{"/login" + w.query(), "/" + cognito.PoolID + "/.well-known/jwks.json"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "rebound.example:8080"
		if resp, _ := w.do(req); resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s by another name: %s", path, resp.Status)
		}
	}
}

// A browser that has signed in gets codes without the page, until it signs out or an hour has passed.
func TestBrowserSession(t *testing.T) {
	w := newWorld(t)
	signedIn := func() bool {
		t.Helper()
		resp, _ := w.get(w.url + "/oauth2/authorize" + w.query())
		return strings.HasPrefix(resp.Header.Get("Location"), w.callback+"?code=")
	}
	if signedIn() {
		t.Error("signed in before")
	}
	w.pick(users[0])
	if !signedIn() {
		t.Error("not signed in after the page")
	}
	q := url.Values{"client_id": {cognito.ClientID}, "logout_uri": {"https://evil.example/"}}
	if resp, _ := w.get(w.url + "/logout?" + q.Encode()); resp.StatusCode != http.StatusBadRequest || !signedIn() {
		t.Errorf("sign-out to elsewhere: %s", resp.Status)
	}
	q.Set("logout_uri", w.site.URL+"/")
	if resp, _ := w.get(w.url + "/logout?client_id=other&" + q.Encode()[len("client_id="+cognito.ClientID)+1:]); resp.StatusCode != http.StatusBadRequest || !signedIn() {
		t.Errorf("sign-out of another client: %s", resp.Status)
	}
	old := w.browser.Jar.Cookies(must(url.Parse(w.url + "/")))
	if resp, _ := w.get(w.url + "/logout?" + q.Encode()); resp.StatusCode != http.StatusFound || resp.Header.Get("Location") != w.site.URL+"/" {
		t.Errorf("sign-out: %s, %s", resp.Status, resp.Header.Get("Location"))
	}
	if signedIn() {
		t.Error("signed in after the sign-out")
	}
	w.browser.Jar.SetCookies(must(url.Parse(w.url+"/")), old)
	if signedIn() {
		t.Error("signed in by the cookie of a session that was ended")
	}
	w.browser = w.newBrowser()
	w.pick(users[0])
	resp, _ := w.get(w.url + "/logout" + w.query("logout_uri", ""))
	if to := resp.Header.Get("Location"); !strings.HasPrefix(to, "/cognito/login?") || signedIn() {
		t.Errorf("sign-out to sign in again leads to %s", to)
	}
	w.pick(users[0])
	w.pass(time.Hour)
	if signedIn() {
		t.Error("signed in after an hour")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestKeyStays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cognito")
	_, before := openWorld(t, dir).keys()
	_, after := openWorld(t, dir).keys()
	if before != after {
		t.Errorf("the keys were %s, and are %s after a restart", before, after)
	}
	if info, err := os.Stat(filepath.Join(dir, "key.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	if err := os.WriteFile(filepath.Join(dir, "key.pem"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := cognito.New(cognito.Config{URL: "http://127.0.0.1:1/cognito", Dir: dir}); err == nil || !strings.Contains(err.Error(), "remove the file") {
		t.Errorf("a damaged key: %v", err)
	}
}

func (w *world) keys() (*http.Response, string) { return w.get(w.issuer() + "/.well-known/jwks.json") }

func TestNewRefusesURLs(t *testing.T) {
	for _, u := range []string{"", "http://127.0.0.1:1/cognito/", "https://127.0.0.1/cognito", "http://example.com/cognito", "http://127.0.0.1/x?y", "\n"} {
		if _, err := cognito.New(cognito.Config{URL: u, Dir: t.TempDir()}); err == nil {
			t.Errorf("%q is taken", u)
		}
	}
}

func TestAccessToken(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cognito")
	if _, err := cognito.AccessToken(dir, "andrew"); !errors.Is(err, cognito.ErrNoPool) {
		t.Errorf("before a pool has run: %v", err)
	}
	w := openWorld(t, dir)
	v, err := verify.NewVerifier(verify.Config{Issuer: w.issuer(), ClientIDs: []string{cognito.ClientID}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bayko", "@bayko"} {
		token, err := cognito.AccessToken(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := v.Verify(t.Context(), token); err != nil || c.Subject != users[1].Subject || c.Username != "bayko" {
			t.Errorf("%s: claims %+v, error %v", name, c, err)
		}
	}
	_, err = cognito.AccessToken(dir, "eve")
	if unknown, ok := errors.AsType[*cognito.UnknownUserError](err); !ok || !slices.Equal(unknown.Known, []string{"andrew", "bayko"}) {
		t.Errorf("of nobody: %v", err)
	}
}
