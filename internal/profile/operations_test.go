package profile_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/thumbing/thumbing/internal/cognito"
	"github.com/thumbing/thumbing/internal/profile"
	"github.com/thumbing/thumbing/internal/profile/database/databasetest"
)

func TestHealth(t *testing.T) {
	each(t, nil, func(t *testing.T, f *fixture) {
		f.get(t, "/healthz").expect(t, "alive", 200, `{"status":"ok"}`)
		f.get(t, "/readyz").expect(t, "ready", 200, `{"status":"ready"}`)
		if err := f.database.Close(); err != nil {
			t.Fatal(err)
		}
		f.get(t, "/healthz").expect(t, "still alive", 200, `{"status":"ok"}`)
		f.get(t, "/readyz").expect(t, "not ready", 503, `{"errors":["database_unavailable"]}`)
		// J12: what is wrong is for the log.
		for _, a := range []answer{f.get(t, "/api/users/@ada/short"), f.get(t, "/api/activities/@ada"), f.post(t, "/api/profile/update", ada, `{"display_name": "A"}`)} {
			a.expect(t, "without a database", 500, `{"errors":["internal"]}`)
		}
		if a := f.get(t, "/@ada"); a.status != 500 || strings.Contains(a.body, "sql") {
			t.Errorf("the page without a database: %d %s", a.status, a.body)
		}
		if !strings.Contains(f.log.String(), "database is closed") {
			t.Errorf("the log does not tell why:\n%s", f.log)
		}
	})
}

func TestRequestsAreLogged(t *testing.T) {
	f := newFixture(t, databasetest.SQLite(t), nil)
	a := f.get(t, "/api/users/@ada/short?token=secret", "X-Request-Id: from-proxy.1")
	if got := a.header.Get("X-Request-Id"); got != "from-proxy.1" {
		t.Errorf("the request's id is %q", got)
	}
	b := f.get(t, "/api/users/@nobody/short", "X-Request-Id: two\twords")
	if got := b.header.Get("X-Request-Id"); len(got) != 36 {
		t.Errorf("the request's id is %q", got)
	}
	var lines []map[string]any
	for scan := bufio.NewScanner(strings.NewReader(f.log.String())); scan.Scan(); {
		var line map[string]any
		if err := json.Unmarshal(scan.Bytes(), &line); err != nil {
			t.Fatalf("%v: %s", err, scan.Text())
		}
		if line["msg"] == "request" {
			lines = append(lines, line)
		}
	}
	if len(lines) != 2 {
		t.Fatalf("%d requests are logged:\n%s", len(lines), f.log)
	}
	if l := lines[0]; l["request_id"] != "from-proxy.1" || l["method"] != "GET" || l["path"] != "/api/users/@ada/short" || l["status"] != 200.0 || l["bytes"].(float64) < 50 || l["ms"].(float64) <= 0 {
		t.Errorf("logged %v", l)
	}
	if l := lines[1]; l["request_id"] != b.header.Get("X-Request-Id") || l["status"] != 404.0 {
		t.Errorf("logged %v", l)
	}
	if strings.Contains(f.log.String(), "secret") {
		t.Errorf("the query is logged:\n%s", f.log)
	}
}

// panicking panics at whom it knows.
type panicking struct{ tokens }

func (panicking) Authenticate(*http.Request) (profile.Identity, error) { panic("on purpose") }

func TestPanicsEndOneRequest(t *testing.T) {
	f := newFixture(t, databasetest.SQLite(t), func(c *profile.Config) { c.Auth = panicking{} })
	f.post(t, "/api/profile/update", ada, `{"display_name": "A"}`).expect(t, "a panic", 500, `{"errors":["internal"]}`)
	f.get(t, "/healthz").expect(t, "afterwards", 200, `{"status":"ok"}`)
	if !strings.Contains(f.log.String(), "on purpose") || !strings.Contains(f.log.String(), `"status":500`) {
		t.Errorf("logged:\n%s", f.log)
	}
}

// unavailable cannot tell who anybody is.
type unavailable struct{ tokens }

func (unavailable) Authenticate(*http.Request) (profile.Identity, error) {
	return profile.Identity{}, &cognito.Error{Unavailable: true, Err: errors.New("keys away")}
}

// J7: while tokens cannot be verified, pages can be read and nothing can be changed.
func TestWithoutKeys(t *testing.T) {
	f := newFixture(t, databasetest.SQLite(t), func(c *profile.Config) { c.Auth = unavailable{} })
	f.post(t, "/api/profile/update", ada, `{"display_name": "A"}`).expect(t, "a change", 503, `{"errors":["unavailable"]}`)
	if a := f.get(t, "/@ada"); a.status != 200 {
		t.Errorf("a page: %d", a.status)
	}
}

func TestMethods(t *testing.T) {
	f := newFixture(t, databasetest.SQLite(t), nil)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/api/profile/update", 405}, {"DELETE", "/api/users/@ada/short", 405}, {"GET", "/webhooks/avatar", 404},
		{"POST", "/@ada", 404}, {"PUT", "/", 404}, {"HEAD", "/@ada", 200}, {"POST", "/healthz", 404},
	} {
		if a := f.ask(t, c.method, c.path, ""); a.status != c.status {
			t.Errorf("%s %s: answered %d %s, want %d", c.method, c.path, a.status, a.body, c.status)
		}
	}
}
