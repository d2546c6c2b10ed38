package signin_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/cognito"
	localcognito "github.com/thumbing/thumbing/internal/localcloud/cognito"
	"github.com/thumbing/thumbing/internal/signin"
)

var (
	andrew = localcognito.User{Subject: "11111111-1111-4111-8111-111111111111", Username: "andrew", Name: "Andrew Brown", Email: "andrew@example.com"}
	bayko  = localcognito.User{Subject: "22222222-2222-4222-8222-222222222222", Username: "bayko", Name: "Bayko", Email: "bayko@example.com"}
)

var sessionKey = []byte("0123456789abcdef0123456789abcdef")

// world is a site that people sign in at, and the user pool, at one address as in thumbing dev.
type world struct {
	t        *testing.T
	site     *httptest.Server
	signin   *signin.Service
	verifier *cognito.Verifier

	mu      sync.Mutex
	now     time.Time
	asked   []string                                        // paths of the site's requests to the pool
	meddle  func(*http.Request) *http.Response              // answers for the pool; nil or a nil answer for the pool's own
	rewrite func(path string, answer map[string]any) string // changes what the pool answered; nil for nothing
	arrived func()                                          // hears of each request to the app; nil for nobody
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, now: time.Now()}
	mux := http.NewServeMux()
	w.site = httptest.NewServer(mux)
	t.Cleanup(w.site.Close)
	pool, err := localcognito.New(localcognito.Config{URL: w.site.URL + "/cognito", Dir: t.TempDir(), Users: []localcognito.User{andrew, bayko},
		Callbacks: []string{w.site.URL + "/signin/callback"}, SignOuts: []string{w.site.URL + "/"}, Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	w.verifier, err = cognito.NewVerifier(cognito.Config{Issuer: pool.Issuer(), ClientIDs: []string{localcognito.ClientID}, Now: w.clock, Transport: w})
	if err != nil {
		t.Fatal(err)
	}
	w.signin = w.service(w.site.URL, sessionKey)
	mux.Handle("/cognito/", pool.Handler())
	mux.Handle("/", w.signin.Handler(http.HandlerFunc(w.app)))
	return w
}

func (w *world) service(public string, keys ...[]byte) *signin.Service {
	w.t.Helper()
	s, err := signin.New(signin.Config{Verifier: w.verifier, Domain: w.site.URL + "/cognito", ClientID: localcognito.ClientID,
		PublicURL: public, Home: "/home", Keys: keys, Transport: w, Now: w.clock})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// app answers who asks, and has a page to sign out from.
func (w *world) app(rw http.ResponseWriter, r *http.Request) {
	var arrived func()
	if w.change(func() { arrived = w.arrived }); arrived != nil {
		arrived()
	}
	if r.URL.Path == "/page" {
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprint(rw, `<form method="post" action="/signout"><button>Sign out</button></form>`)
		return
	}
	id, err := w.signin.Authenticate(r)
	if err != nil {
		cognito.WriteError(rw, err)
		return
	}
	fmt.Fprintf(rw, "%s %s %v", id.Subject, id.Username, id.Session)
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

func (w *world) pass(d time.Duration) { w.change(func() { w.now = w.now.Add(d) }) }

// requests counts the site's requests to the pool for a path.
func (w *world) requests(path string) (n int) {
	w.change(func() {
		for _, p := range w.asked {
			if p == path {
				n++
			}
		}
	})
	return n
}

// RoundTrip is the way from the site to the pool.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	path := strings.TrimPrefix(r.URL.Path, "/cognito")
	w.mu.Lock()
	w.asked = append(w.asked, path)
	meddle, rewrite := w.meddle, w.rewrite
	w.mu.Unlock()
	if meddle != nil {
		if resp := meddle(r); resp != nil {
			return resp, nil
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || rewrite == nil || path != "/oauth2/token" {
		return resp, err
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	return answerWith(resp.StatusCode, rewrite(path, answer)), nil
}

func answerWith(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status), Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), ProtoMajor: 1, ProtoMinor: 1}
}

// browser keeps cookies and follows redirects, and says where it went.
type browser struct {
	*http.Client
	w     *world
	trail []string // URLs that it was sent to
	// stop ends the way before an address; nil for none.
	stop func(*url.URL) bool
}

func (w *world) newBrowser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	b := &browser{w: w}
	b.Client = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		b.trail = append(b.trail, r.URL.String())
		if b.stop != nil && b.stop(r.URL) || len(via) > 10 {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return b
}

// page is an answer, whole.
type page struct {
	*http.Response
	body string
}

func (b *browser) send(method, address, body string, header http.Header) page {
	b.w.t.Helper()
	req, err := http.NewRequestWithContext(b.w.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		b.w.t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := b.Do(req)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return page{resp, string(text)}
}

func (b *browser) get(path string) page {
	b.w.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.w.site.URL + path
	}
	return b.send(http.MethodGet, path, "", nil)
}

// submit presses a user's button on the pool's page.
func (b *browser) submit(login page, user localcognito.User) page {
	b.w.t.Helper()
	_, rest, ok := strings.Cut(login.body, `action="`)
	if !ok {
		b.w.t.Fatalf("no form on the page %s of %s:\n%s", login.Status, login.Request.URL, login.body)
	}
	action, _, _ := strings.Cut(rest, `"`)
	return b.send(http.MethodPost, b.w.site.URL+html.UnescapeString(action), url.Values{"user": {user.Subject}}.Encode(),
		http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
}

// signIn goes all the way, over the pool's page where that comes, and says where it ended.
func (b *browser) signIn(user localcognito.User, query string) page {
	b.w.t.Helper()
	p := b.get("/signin" + query)
	if p.Request.URL.Path == "/cognito/login" {
		p = b.submit(p, user)
	}
	return p
}

// toCallback goes until the browser would be sent to the callback, and gives that address.
func (b *browser) toCallback(user localcognito.User) string {
	b.w.t.Helper()
	b.stop = func(u *url.URL) bool { return u.Path == "/signin/callback" }
	defer func() { b.stop = nil }()
	return b.signIn(user, "").Header.Get("Location")
}

// who says whom the site takes the browser for; "" for a stranger.
func (b *browser) who() string {
	b.w.t.Helper()
	p := b.get("/who")
	switch p.StatusCode {
	case http.StatusOK:
		return p.body
	case http.StatusUnauthorized:
		return ""
	}
	return p.Status
}

func (b *browser) cookies() []*http.Cookie {
	u, err := url.Parse(b.w.site.URL)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return b.Jar.Cookies(u)
}

func (b *browser) setCookies(all ...*http.Cookie) {
	u, err := url.Parse(b.w.site.URL)
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.Jar.SetCookies(u, all)
}

// cookie gives the value of one; "" where there is none.
func (b *browser) cookie(name string) string {
	for _, c := range b.cookies() {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func session(of localcognito.User) string { return of.Subject + " " + of.Username + " true" }
