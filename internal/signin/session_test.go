package signin_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/cognito"
)

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// tokensOf signs somebody in, and gives what the pool answered.
func (w *world) tokensOf(b *browser) map[string]any {
	w.t.Helper()
	var got map[string]any
	w.change(func() { w.rewrite = func(_ string, a map[string]any) string { got = a; return toJSON(a) } })
	b.signIn(andrew, "")
	w.change(func() { w.rewrite = nil })
	return got
}

func bearer(scheme string, token any) http.Header {
	return http.Header{"Authorization": {scheme + token.(string)}}
}

func TestBearerAndSession(t *testing.T) { // J1, S13
	w := newWorld(t)
	b := w.newBrowser()
	andrews := w.tokensOf(b)
	program := w.newBrowser() // without cookies
	const byToken = "11111111-1111-4111-8111-111111111111 andrew false"
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER "} {
		if p := program.send(http.MethodGet, w.site.URL+"/who", "", bearer(scheme, andrews["access_token"])); p.body != byToken {
			t.Errorf("%q: %s %s", scheme, p.Status, p.body)
		}
		// The token wins over the session.
		if p := b.send(http.MethodPost, w.site.URL+"/who", "", bearer(scheme, andrews["access_token"])); p.body != byToken {
			t.Errorf("%q in a session: %s %s", scheme, p.Status, p.body)
		}
	}
	// A header that is wrong is not made good by a session.
	for _, header := range []http.Header{
		bearer("", andrews["access_token"]), bearer("Bearer ", andrews["id_token"]), bearer("Bearer ", andrews["refresh_token"]), bearer("Bearer ", ""),
		bearer("Basic ", "YTpi"), bearer("Bearer ", b.cookie("thumbing_session")), {"Authorization": {""}},
		{"Authorization": {"Bearer " + andrews["access_token"].(string), "Bearer " + andrews["access_token"].(string)}},
	} {
		for _, who := range []*browser{b, program} {
			p := who.send(http.MethodGet, w.site.URL+"/who", "", header)
			if p.StatusCode != http.StatusUnauthorized || p.body != "{\"errors\":[\"unauthorized\"]}\n" || p.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%v: %s %s", header, p.Status, p.body)
			}
		}
	}
	// A token in the place of a session is none.
	for _, name := range []string{"thumbing_session", "access_token", "Authorization"} {
		program.setCookies(&http.Cookie{Name: name, Value: andrews["access_token"].(string)})
	}
	if who := program.who(); who != "" {
		t.Errorf("by a token in a cookie: %s", who)
	}
}

func TestForgedSessions(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	b.get("/signin")
	begun := b.cookie("thumbing_signin")
	b.signIn(andrew, "")
	good := b.cookie("thumbing_session")
	plain := toJSON(map[string]any{"sub": andrew.Subject, "username": "andrew", "fresh": time.Now().Add(time.Hour), "ends": time.Now().Add(time.Hour)})
	forged := map[string]string{
		"nothing": "", "not base64": "!", "short": "AAAA", "plain": plain, "plain in base64": base64.RawURLEncoding.EncodeToString([]byte(plain)),
		"a sign-in that has begun": begun, "cut": good[:len(good)-1], "longer": good + "AAAA", "twice": good + good,
	}
	for i := 0; i < len(good); i += 41 {
		c := byte('A')
		if good[i] == c {
			c = 'B'
		}
		forged["changed at "+strings.Repeat("i", i)] = good[:i] + string(c) + good[i+1:]
	}
	for what, value := range forged {
		thief := w.newBrowser()
		thief.setCookies(&http.Cookie{Name: "thumbing_session", Value: value})
		if who := thief.who(); who != "" {
			t.Errorf("%s: taken for %s", what, who)
		}
	}
	two := w.newBrowser()
	if p := two.send(http.MethodGet, w.site.URL+"/who", "", http.Header{"Cookie": {"thumbing_session=" + good + "; thumbing_session=x"}}); p.StatusCode != http.StatusUnauthorized {
		t.Errorf("two cookies of the name: %s", p.Status)
	}
}

// A new key is put before the old one, whose sessions go on; once the old one is left out they are over.
func TestSessionKeysRotate(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	b.signIn(andrew, "")
	fresh := []byte("fedcba9876543210fedcba9876543210")
	w.signin = w.service(w.site.URL, fresh, sessionKey)
	if who := b.who(); who != session(andrew) {
		t.Errorf("with both keys: %q", who)
	}
	w.signin = w.service(w.site.URL, fresh)
	if who := b.who(); who != "" {
		t.Errorf("without the old key: %q", who)
	}
}

func TestSessionIsRenewed(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	b.signIn(andrew, "")
	first, before := b.cookie("thumbing_session"), w.requests("/oauth2/token")
	w.pass(59 * time.Minute)
	if who := b.who(); who != session(andrew) || b.cookie("thumbing_session") != first || w.requests("/oauth2/token") != before {
		t.Errorf("within the hour: %q, %d requests", who, w.requests("/oauth2/token")-before)
	}
	w.pass(time.Minute)
	p := b.get("/who")
	if p.body != session(andrew) || b.cookie("thumbing_session") == first || w.requests("/oauth2/token") != before+1 || p.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("after the hour: %s %s, %d requests", p.Status, p.body, w.requests("/oauth2/token")-before)
	}
	if who := b.who(); who != session(andrew) || w.requests("/oauth2/token") != before+1 {
		t.Errorf("once more: %q, %d requests", who, w.requests("/oauth2/token")-before)
	}
	// Requests that come together share the answer.
	w.pass(time.Hour)
	var wait, arrived sync.WaitGroup
	arrived.Add(10)
	w.change(func() {
		w.meddle = func(*http.Request) *http.Response { arrived.Wait(); return nil }
		w.arrived = arrived.Done
	})
	for range 10 {
		wait.Go(func() {
			if who := b.who(); who != session(andrew) {
				t.Errorf("together with others: %q", who)
			}
		})
	}
	wait.Wait()
	w.change(func() { w.meddle, w.arrived = nil, nil })
	if n := w.requests("/oauth2/token") - before - 1; n < 1 || n > 9 {
		t.Errorf("%d requests for ten", n)
	}
	// However often it is renewed, it ends 30 days after the sign-in.
	for range 29 {
		w.pass(24 * time.Hour)
		if who := b.who(); who != session(andrew) {
			t.Fatalf("within the 30 days: %q", who)
		}
	}
	w.pass(24 * time.Hour)
	before = w.requests("/oauth2/token")
	if who := b.who(); who != "" || w.requests("/oauth2/token") != before {
		t.Errorf("after 30 days: %q, %d requests", who, w.requests("/oauth2/token")-before)
	}
}

// What the pool has ended counts until the access token would have ended, and not longer.
func TestRevokedUsers(t *testing.T) { // J14
	w := newWorld(t)
	b := w.newBrowser()
	tokens := w.tokensOf(b)
	if p := w.newBrowser().send(http.MethodPost, w.site.URL+"/cognito/oauth2/revoke",
		"client_id=1thumbing0local0app0client&token="+tokens["refresh_token"].(string),
		http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}); p.StatusCode != http.StatusOK {
		t.Fatal(p.Status)
	}
	program := w.newBrowser()
	byToken := func() int {
		return program.send(http.MethodGet, w.site.URL+"/who", "", bearer("Bearer ", tokens["access_token"])).StatusCode
	}
	w.pass(59 * time.Minute)
	if who := b.who(); who != session(andrew) || byToken() != http.StatusOK {
		t.Errorf("within the token's life: session %q, token %d", who, byToken())
	}
	w.pass(time.Minute)
	if who := b.who(); who != "" || byToken() != http.StatusUnauthorized {
		t.Errorf("after the token's life: session %q, token %d", who, byToken())
	}
	if b.cookie("thumbing_session") != "" {
		t.Error("the cookie of a session that is over stays")
	}
}

// A copy of the cookie outlives a sign-out by no more than the access token's life.
func TestSignOutRevokes(t *testing.T) {
	w := newWorld(t)
	b, thief := w.newBrowser(), w.newBrowser()
	b.signIn(andrew, "")
	thief.setCookies(&http.Cookie{Name: "thumbing_session", Value: b.cookie("thumbing_session")})
	b.send(http.MethodPost, w.site.URL+"/signout", "", nil)
	if w.requests("/oauth2/revoke") != 1 {
		t.Errorf("%d revocations", w.requests("/oauth2/revoke"))
	}
	w.pass(time.Hour)
	if who := thief.who(); who != "" {
		t.Errorf("an hour after the sign-out a copy of the cookie is taken for %s", who)
	}
	// A pool that is down keeps nobody in.
	b.signIn(andrew, "")
	w.change(func() { w.meddle = func(*http.Request) *http.Response { return answerWith(500, "") } })
	b.send(http.MethodPost, w.site.URL+"/signout", "", nil)
	if who := b.who(); who != "" {
		t.Errorf("signed out while the pool is down, and taken for %s", who)
	}
}

// While the pool is down a session that is due is neither in nor out, and the pool is not asked by every request.
func TestSessionWhileThePoolIsDown(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	b.signIn(andrew, "")
	w.pass(time.Hour)
	for what, answer := range map[string]func() *http.Response{
		"down":           func() *http.Response { return answerWith(502, "") },
		"overrun":        func() *http.Response { return answerWith(429, "") },
		"wrongly set up": func() *http.Response { return answerWith(401, `{"error":"invalid_client"}`) },
	} {
		w.change(func() { w.meddle = func(*http.Request) *http.Response { return answer() } })
		before := w.requests("/oauth2/token")
		for range 5 {
			if p := b.get("/who"); p.StatusCode != http.StatusServiceUnavailable || p.body != "{\"errors\":[\"unavailable\"]}\n" {
				t.Errorf("%s: %s %s", what, p.Status, p.body)
			}
		}
		if n := w.requests("/oauth2/token") - before; n != 1 {
			t.Errorf("%s: %d requests to the pool", what, n)
		}
		w.pass(5 * time.Second)
	}
	w.change(func() { w.meddle = nil })
	if who := b.who(); who != session(andrew) {
		t.Errorf("when it is up again: %q", who)
	}
	// Another person's token renews nothing.
	other := w.newBrowser()
	other.signIn(bayko, "")
	w.pass(time.Hour)
	var baykos map[string]any
	w.change(func() { w.rewrite = func(_ string, a map[string]any) string { baykos = a; return toJSON(a) } })
	other.who() // renewed
	w.change(func() { w.rewrite = func(string, map[string]any) string { return toJSON(baykos) } })
	if who := b.who(); who != "" {
		t.Errorf("by another person's token: %q", who)
	}
}

// A refresh token of a pool that gives a new one each time is followed; one that is too large for a cookie is left out.
func TestRefreshTokens(t *testing.T) {
	w := newWorld(t)
	b := w.newBrowser()
	real := ""
	w.rewrite = func(_ string, a map[string]any) string {
		if token, ok := a["refresh_token"].(string); ok {
			real = token
		}
		a["refresh_token"] = "rotated"
		return toJSON(a)
	}
	b.signIn(andrew, "")
	var sent []string
	w.change(func() {
		w.meddle = func(r *http.Request) *http.Response {
			if !strings.HasSuffix(r.URL.Path, "/oauth2/token") {
				return nil
			}
			if err := r.ParseForm(); err != nil {
				t.Error(err)
			}
			sent = append(sent, r.PostForm.Get("refresh_token"))
			r.PostForm.Set("refresh_token", real)
			form := r.PostForm.Encode()
			fresh, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), strings.NewReader(form))
			if err != nil {
				t.Error(err)
			}
			fresh.Header = r.Header
			fresh.Header.Del("Content-Length")
			resp, err := http.DefaultTransport.RoundTrip(fresh)
			if err != nil {
				t.Error(err)
			}
			return resp
		}
	})
	w.pass(time.Hour)
	if who := b.who(); who != session(andrew) || len(sent) != 1 || sent[0] != "rotated" {
		t.Errorf("renewed as %q by %q", who, sent)
	}
	w.change(func() {
		w.meddle = nil
		w.rewrite = func(_ string, a map[string]any) string {
			a["refresh_token"] = strings.Repeat("r", 3000)
			return toJSON(a)
		}
	})
	large := w.newBrowser()
	if p := large.signIn(andrew, ""); p.body != session(andrew) || len(large.cookie("thumbing_session")) > 1000 {
		t.Errorf("a large token: %s, cookie of %d bytes", p.Status, len(large.cookie("thumbing_session")))
	}
	w.pass(time.Hour)
	if who := large.who(); who != "" {
		t.Errorf("a session that cannot be renewed: %q", who)
	}
	// AWS's are of about 1800 bytes, which fit.
	w.change(func() {
		w.rewrite = func(_ string, a map[string]any) string {
			a["refresh_token"] = strings.Repeat("r", 1900)
			return toJSON(a)
		}
	})
	usual := w.newBrowser()
	usual.signIn(andrew, "")
	if n := len(usual.cookie("thumbing_session")); n < 2000 || n > 4000 {
		t.Errorf("a token of the usual size: cookie of %d bytes", n)
	}
}

// The keys of the pool cannot be had: nobody is let in, and nobody is told that they are not who they say.
func TestTokensWhileTheKeysAreDown(t *testing.T) { // J7
	w := newWorld(t)
	tokens := w.tokensOf(w.newBrowser())
	v, err := cognito.NewVerifier(cognito.Config{Issuer: w.site.URL + "/cognito/us-east-1_Thumbing", ClientIDs: []string{"1thumbing0local0app0client"}, Now: w.clock, Transport: w})
	if err != nil {
		t.Fatal(err)
	}
	w.verifier = v // a cold one
	w.signin = w.service(w.site.URL, sessionKey)
	w.change(func() { w.meddle = func(*http.Request) *http.Response { return answerWith(500, "") } })
	if p := w.newBrowser().send(http.MethodGet, w.site.URL+"/who", "", bearer("Bearer ", tokens["access_token"])); p.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%s %s", p.Status, p.body)
	}
}
