package cognito_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/thumbing/thumbing/internal/cognito"
)

func TestBearer(t *testing.T) { // J1, S13
	for _, test := range []struct {
		values []string
		token  string // "" where the header is refused
	}{
		{[]string{"Bearer a.b.c"}, "a.b.c"},
		{[]string{"bearer a.b.c"}, "a.b.c"},
		{[]string{"BEARER a.b.c"}, "a.b.c"},
		{[]string{"bEaReR   a.b.c "}, "a.b.c"},
		{[]string{""}, ""},
		{[]string{"Bearer"}, ""},
		{[]string{"Bearer "}, ""},
		{[]string{"a.b.c"}, ""},
		{[]string{"Bearer a.b.c d.e.f"}, ""},
		{[]string{"Bearer a.b.c, Bearer d.e.f"}, ""},
		{[]string{"Bearer a.b.c,Bearer"}, ""},
		{[]string{"Bearer\ta.b.c"}, ""},
		{[]string{"Bearer a.b.c", "Bearer a.b.c"}, ""},
		{[]string{"Basic YTpi"}, ""},
		{[]string{"Bearera.b.c"}, ""},
		{[]string{"DPoP a.b.c"}, ""},
	} {
		token, found, err := cognito.Bearer(http.Header{"Authorization": test.values})
		if !found || token != test.token || (err == nil) != (test.token != "") {
			t.Errorf("%q: token %q, found %v, error %v", test.values, token, found, err)
		}
		if err != nil {
			refused(t, strings.Join(test.values, " | "), err, false)
		}
	}
	if token, found, err := cognito.Bearer(http.Header{"Cookie": {"Authorization=Bearer a.b.c"}}); found || token != "" || err != nil {
		t.Errorf("without the header: token %q, found %v, error %v", token, found, err)
	}
}

// What is sent over HTTP: every cause of a 401 looks alike, and none is told.
func TestRefusalsLookAlike(t *testing.T) { // J1, J7
	p := newPool(t)
	v := p.verifier(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, found, err := cognito.Bearer(r.Header)
		if err == nil && !found {
			err = &cognito.Error{Err: errors.New("no token")}
		}
		if err == nil {
			_, err = v.Verify(r.Context(), token)
		}
		if err != nil {
			cognito.WriteError(w, err)
		}
	}))
	defer site.Close()
	ask := func(set func(http.Header)) *http.Response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		set(req.Header)
		resp, err := site.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Header.Del("Date")
		return resp
	}
	good := token(p.access())
	for _, scheme := range []string{"Bearer", "bearer", "BEARER"} {
		if resp := ask(func(h http.Header) { h.Set("Authorization", scheme+" "+good) }); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", scheme, resp.Status)
		}
	}
	answers := map[string]string{}
	for what, set := range map[string]func(http.Header){
		"no header":      func(http.Header) {},
		"no token":       func(h http.Header) { h.Set("Authorization", "Bearer") },
		"the bare token": func(h http.Header) { h.Set("Authorization", good) },
		"two tokens":     func(h http.Header) { h.Set("Authorization", "Bearer "+good+" "+good) },
		"two headers":    func(h http.Header) { h["Authorization"] = []string{"Bearer " + good, "Bearer " + good} },
		"a cookie":       func(h http.Header) { h.Set("Cookie", "access_token="+good+"; Authorization=Bearer "+good) },
		"expired":        func(h http.Header) { h.Set("Authorization", "Bearer "+token(with(p.access(), "exp", 1))) },
		"forged": func(h http.Header) {
			h.Set("Authorization", "Bearer "+sign(secondKey(), `{"kid":"one","alg":"RS256"}`, toJSON(p.access())))
		},
		"unknown key": func(h http.Header) {
			h.Set("Authorization", "Bearer "+sign(secondKey(), `{"kid":"two","alg":"RS256"}`, toJSON(p.access())))
		},
	} {
		resp := ask(set)
		if got := resp.Header.Get("WWW-Authenticate"); resp.StatusCode != http.StatusUnauthorized || got != "Bearer" {
			t.Errorf("%s: %s, WWW-Authenticate %q", what, resp.Status, got)
		}
		var text strings.Builder
		if err := resp.Write(&text); err != nil {
			t.Error(err)
		}
		answers[text.String()] = what
	}
	if len(answers) != 1 {
		t.Errorf("the answers differ: %q", answers)
	}
	p.change(func() { p.answer = down })
	v = p.verifier(t)
	resp := ask(func(h http.Header) { h.Set("Authorization", "Bearer "+good) })
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || resp.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("without keys: %s, %v", resp.Status, resp.Header)
	}
}
