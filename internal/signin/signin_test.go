package signin_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/signin"
)

func TestSignInAndOut(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	if who := b.who(); who != "" {
		t.Fatalf("a stranger is taken for %s", who)
	}
	if p := b.signIn(andrew, "?return_to=/@andrew%3Ftab%3D1"); p.Request.URL.String() != w.site.URL+"/@andrew?tab=1" || p.body != session(andrew) {
		t.Fatalf("signed in at %s: %s %s", p.Request.URL, p.Status, p.body)
	}
	if who := b.who(); who != session(andrew) {
		t.Errorf("taken for %q", who)
	}
	if b.cookie("thumbing_signin") != "" {
		t.Error("what the sign-in began with is still there")
	}
	// The pool knows the browser: no page comes.
	if p := b.get("/signin"); p.Request.URL.Path != "/home" {
		t.Errorf("signed in again at %s", p.Request.URL)
	}
	// Signed out of both.
	b.trail = nil
	if p := b.send(http.MethodPost, w.site.URL+"/signout", "", nil); p.Request.URL.String() != w.site.URL+"/" || len(b.trail) != 2 || !strings.HasPrefix(b.trail[0], w.site.URL+"/cognito/logout?") {
		t.Errorf("signed out at %s by %q", p.Request.URL, b.trail)
	}
	if who := b.who(); who != "" || b.cookie("thumbing_session") != "" {
		t.Errorf("signed out, and taken for %q", who)
	}
	if p := b.get("/signin"); p.Request.URL.Path != "/cognito/login" {
		t.Errorf("after signing out, signing in leads to %s", p.Request.URL)
	}
	if p := b.signIn(bayko, ""); p.Request.URL.Path != "/home" || p.body != session(bayko) {
		t.Errorf("as another: %s %s", p.Request.URL, p.body)
	}
}

func TestAuthorizationRequest(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	b.get("/signin")
	u, err := url.Parse(b.trail[0])
	if err != nil || u.Path != "/cognito/oauth2/authorize" {
		t.Fatalf("sent to %v, error %v", u, err)
	}
	q := u.Query()
	if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("state")) < 22 || len(q.Get("nonce")) < 22 ||
		q.Get("response_type") != "code" || q.Get("redirect_uri") != w.site.URL+"/signin/callback" || !strings.Contains(q.Get("scope"), "openid") {
		t.Errorf("the request is %v", q)
	}
	for _, secret := range []string{q.Get("state"), q.Get("nonce")} {
		if strings.Contains(b.cookie("thumbing_signin"), secret) {
			t.Error("the cookie shows what it keeps")
		}
	}
	again := w.newBrowser()
	again.get("/signin")
	if again.trail[0] == b.trail[0] {
		t.Error("two sign-ins begin alike")
	}
}

// failed fails the test unless a sign-in ended with a page that says so, and with nobody signed in.
func failed(t *testing.T, what string, b *browser, p page, status int) {
	t.Helper()
	if p.StatusCode != status || !strings.Contains(p.body, "Sign-in did not work") || p.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: %s at %s", what, p.Status, p.Request.URL)
	}
	if who := b.who(); who != "" {
		t.Errorf("%s: signed in as %s", what, who)
	}
}

// A callback counts only in the browser that began, with its state, once, in time.
func TestForeignCallbacksChangeNothing(t *testing.T) {
	w := newWorld(t)
	edit := func(address string, nameValues ...string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		for i := 0; i < len(nameValues); i += 2 {
			q.Set(nameValues[i], nameValues[i+1])
		}
		u.RawQuery = q.Encode()
		return u.String()
	}
	param := func(address, name string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return u.Query().Get(name)
	}

	victim := w.newBrowser()
	failed(t, "nothing began", victim, victim.get("/signin/callback?code=x&state=y"), http.StatusBadRequest)
	failed(t, "nothing at all", victim, victim.get("/signin/callback"), http.StatusBadRequest)

	attacker := w.newBrowser()
	theirs := attacker.toCallback(bayko)
	failed(t, "another browser's sign-in", victim, victim.get(theirs), http.StatusBadRequest)

	mine := victim.toCallback(andrew)
	failed(t, "a forged state", victim, victim.get(edit(mine, "state", "forged")), http.StatusBadRequest)
	failed(t, "no state", victim, victim.get(edit(mine, "state", "")), http.StatusBadRequest)
	failed(t, "another browser's code and state", victim, victim.get(theirs), http.StatusBadRequest)
	// None of that has ended the victim's own sign-in, but this does: the code is of another challenge.
	failed(t, "another browser's code", victim, victim.get(edit(mine, "code", param(theirs, "code"))), http.StatusBadRequest)
	failed(t, "one's own code afterwards", victim, victim.get(mine), http.StatusBadRequest)

	mine = victim.toCallback(andrew)
	kept := victim.cookies()
	if p := victim.get(mine); p.StatusCode != http.StatusOK || victim.who() != session(andrew) {
		t.Fatalf("the sign-in itself: %s", p.Status)
	}
	thief := w.newBrowser()
	failed(t, "replayed in another browser", thief, thief.get(mine), http.StatusBadRequest)
	for _, c := range kept {
		if c.Name == "thumbing_signin" { // the pool has forgotten nothing, but the code is spent
			thief.setCookies(c)
		}
	}
	failed(t, "replayed with the cookie", thief, thief.get(mine), http.StatusBadRequest)

	late := w.newBrowser()
	address := late.toCallback(andrew)
	w.pass(10 * time.Minute)
	before := w.requests("/oauth2/token")
	failed(t, "after ten minutes", late, late.get(address), http.StatusBadRequest)
	if w.requests("/oauth2/token") != before {
		t.Error("the code of a sign-in that began too long ago is tried")
	}

	denied := w.newBrowser()
	address = denied.toCallback(andrew)
	p := denied.get("/signin/callback?error=access_denied&error_description=%3Cscript%3E&state=" + param(address, "state"))
	failed(t, "the pool says no", denied, p, http.StatusBadRequest)
	if strings.Contains(p.body, "script") || strings.Contains(p.body, "access_denied") {
		t.Errorf("the page shows what the address says:\n%s", p.body)
	}
	empty := w.newBrowser()
	address = empty.toCallback(andrew)
	failed(t, "neither code nor error", empty, empty.get("/signin/callback?state="+param(address, "state")), http.StatusBadRequest)
}

// Tokens that are not of this sign-in begin no session, even when the pool's own address gives them.
func TestForeignTokensChangeNothing(t *testing.T) { // J4
	w := newWorld(t)
	other := map[string]any{} // the answer to another sign-in
	w.rewrite = func(_ string, answer map[string]any) string { other = answer; return toJSON(answer) }
	if p := w.newBrowser().signIn(bayko, ""); p.body != session(bayko) {
		t.Fatalf("%s %s", p.Status, p.body)
	}
	// A token of this sign-in with one letter of its claims changed.
	changed := func(token any) string {
		b := []byte(token.(string))
		i := strings.IndexByte(string(b), '.') + 20
		b[i] ^= 1
		return string(b)
	}
	for what, rewrite := range map[string]func(answer map[string]any){
		"no ID token":                    func(a map[string]any) { delete(a, "id_token") },
		"ID token of another sign-in":    func(a map[string]any) { a["id_token"] = other["id_token"] },
		"all tokens of another sign-in":  func(a map[string]any) { a["id_token"], a["access_token"] = other["id_token"], other["access_token"] },
		"access token of another person": func(a map[string]any) { a["access_token"] = other["access_token"] },
		"changed ID token":               func(a map[string]any) { a["id_token"] = changed(a["id_token"]) },
		"changed access token":           func(a map[string]any) { a["access_token"] = changed(a["access_token"]) },
		"the two changed about":          func(a map[string]any) { a["id_token"], a["access_token"] = a["access_token"], a["id_token"] },
		"ID token in another data type":  func(a map[string]any) { a["id_token"] = 7 },
	} {
		w.change(func() { w.rewrite = func(_ string, a map[string]any) string { rewrite(a); return toJSON(a) } })
		b := w.newBrowser()
		failed(t, what, b, b.signIn(andrew, ""), http.StatusBadRequest)
	}
	// What is wrong with the pool rather than with the sign-in says so.
	w.change(func() { w.rewrite = nil })
	for what, answer := range map[string]func(*http.Request) *http.Response{
		"down":           func(*http.Request) *http.Response { return answerWith(502, "bad gateway") },
		"wrongly set up": func(*http.Request) *http.Response { return answerWith(400, `{"error":"invalid_client"}`) },
		"sends it away": func(*http.Request) *http.Response {
			r := answerWith(302, "")
			r.Header.Set("Location", w.site.URL+"/who")
			return r
		},
		"answers no JSON":   func(*http.Request) *http.Response { return answerWith(200, "<html>") },
		"answers no tokens": func(*http.Request) *http.Response { return answerWith(200, "{}") },
	} {
		w.change(func() { w.meddle = answer })
		b := w.newBrowser()
		failed(t, "a pool that "+what, b, b.signIn(andrew, ""), http.StatusServiceUnavailable)
	}
}

func TestReturnTo(t *testing.T) {
	w := newWorld(t)
	for asked, want := range map[string]string{
		"/": "/", "/@andrew": "/@andrew", "/a/b?c=d&e=/f": "/a/b?c=d&e=/f", "/@andrew#bio": "/@andrew#bio", "/%2F%2Fevil.example": "/%2F%2Fevil.example",
		"/..//evil.example": "/evil.example", "/:@evil.example": "/:@evil.example", "/?u=https://evil.example": "/?u=https://evil.example",
		"": "/home", "home": "/home", "//evil.example": "/home", "///evil.example": "/home", `/\evil.example`: "/home", `\/evil.example`: "/home",
		`/a\..\..\evil`: "/home", "/\t/evil.example": "/home", "/\n/evil.example": "/home", "/\r\nSet-Cookie: a=b": "/home", " /": "/home", "/ ": "/home",
		"https://evil.example/": "/home", "https:evil.example": "/home", "javascript:alert(1)": "/home", "data:text/html,x": "/home", "@evil.example": "/home",
		".evil.example": "/home", "/\x00": "/home", "/ü": "/home", "/%zz": "/home", "/" + strings.Repeat("a", 2000): "/home",
		"/signin": "/home", "/signin/callback?code=x": "/home", "/signin?return_to=/": "/home",
	} {
		b := w.newBrowser()
		b.signIn(andrew, "?"+url.Values{"return_to": {asked}}.Encode())
		if got := b.trail[len(b.trail)-1]; got != w.site.URL+want {
			t.Errorf("asked to return to %q: sent to %q, want %q", asked, got, w.site.URL+want)
		}
	}
}

// A failed sign-in offers another, which leads to the same place.
func TestProblemPage(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	b.stop = func(u *url.URL) bool { return u.Path == "/signin/callback" }
	address := b.signIn(andrew, "?return_to=/@andrew").Header.Get("Location")
	b.stop = nil
	w.change(func() { w.meddle = func(*http.Request) *http.Response { return answerWith(503, "") } })
	p := b.get(address)
	failed(t, "down", b, p, http.StatusServiceUnavailable)
	if !strings.Contains(p.body, `href="/signin?return_to=%2F%40andrew"`) {
		t.Errorf("the page does not lead on:\n%s", p.body)
	}
	_, rest, _ := strings.Cut(p.body, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	if policy := p.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the policy %q does not fit the page", policy)
	}
}

// The pool sends browsers back to the public URL, where cookies of another name of this machine are not.
func TestOtherNamesOfThisMachine(t *testing.T) {
	w := newWorld(t)
	port := w.site.URL[strings.LastIndexByte(w.site.URL, ':'):]
	for host, want := range map[string]string{
		"localhost" + port:              w.site.URL + "/signin?return_to=/x",
		"[::1]" + port:                  w.site.URL + "/signin?return_to=/x",
		"127.0.0.1" + port:              "", // its own
		"site.example":                  "", // a proxy's, perhaps
		"localhost.evil.example" + port: "",
	} {
		b := w.newBrowser()
		b.stop = func(*url.URL) bool { return true }
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.site.URL+"/signin?return_to=/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := b.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		got := resp.Header.Get("Location")
		if want == "" && !strings.HasPrefix(got, w.site.URL+"/cognito/oauth2/authorize?") || want != "" && got != want {
			t.Errorf("at %s: sent to %s, want %s", host, got, want)
		}
	}
}

func TestSignOutByOtherSitesIsRefused(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	b.signIn(andrew, "")
	for _, header := range []http.Header{{"Origin": {"https://evil.example"}}, {"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}} {
		if p := b.send(http.MethodPost, w.site.URL+"/signout", "", header); p.StatusCode != http.StatusForbidden || b.who() != session(andrew) {
			t.Errorf("%v: %s", header, p.Status)
		}
	}
	if p := b.get("/signout"); b.who() != session(andrew) { // the app's, which has no such page
		t.Errorf("by a link: %s", p.Status)
	}
	if p := b.send(http.MethodPost, w.site.URL+"/signout", "", http.Header{"Origin": {w.site.URL}, "Sec-Fetch-Site": {"same-origin"}}); p.StatusCode != http.StatusUnauthorized || b.who() != "" {
		t.Errorf("by its own page: %s", p.Status)
	}
}

func TestCookieAttributes(t *testing.T) {
	w := newWorld(t)
	for public, want := range map[string]string{
		"https://www.example.com": "__Host-thumbing_signin",
		"http://127.0.0.1:8080":   "thumbing_signin",
	} {
		site := w.service(public, sessionKey).Handler(http.NotFoundHandler())
		rec := httptest.NewRecorder()
		site.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, public+"/signin", nil))
		all := rec.Result().Cookies()
		if len(all) != 1 {
			t.Fatalf("%s: cookies %v", public, all)
		}
		c := all[0]
		if c.Name != want || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 600 ||
			c.Secure != strings.HasPrefix(public, "https:") {
			t.Errorf("%s: cookie %v", public, c)
		}
		rec = httptest.NewRecorder()
		site.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, public+"/signout", nil))
		if c := rec.Result().Cookies()[0]; c.MaxAge != -1 || c.Secure != strings.HasPrefix(public, "https:") || !strings.HasSuffix(c.Name, "thumbing_session") {
			t.Errorf("%s: the end of the session is %v", public, c)
		}
	}
}

func TestNewRefusesConfigurations(t *testing.T) {
	good := signin.Config{Domain: "https://x.auth.us-east-1.amazoncognito.com", PublicURL: "https://www.example.com", Keys: [][]byte{sessionKey}}
	if _, err := signin.New(good); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*signin.Config){
		"no domain":         func(c *signin.Config) { c.Domain = "" },
		"domain with slash": func(c *signin.Config) { c.Domain += "/" },
		"a bare name":       func(c *signin.Config) { c.Domain = "x.auth.us-east-1.amazoncognito.com" },
		"no public URL":     func(c *signin.Config) { c.PublicURL = "" },
		"path":              func(c *signin.Config) { c.PublicURL += "/app" },
		"no key":            func(c *signin.Config) { c.Keys = nil },
		"a short key":       func(c *signin.Config) { c.Keys = [][]byte{sessionKey, sessionKey[:31]} },
	} {
		c := good
		change(&c)
		if _, err := signin.New(c); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}
