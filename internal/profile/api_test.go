package profile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"golang.org/x/time/rate"

	"github.com/thumbing/thumbing/internal/profile"
)

// S12: the changed user is answered, and saving again works.
func TestUpdate(t *testing.T) {
	each(t, nil, func(t *testing.T, f *fixture) {
		user, err := f.database.UserBySubject(t.Context(), ada)
		if err != nil {
			t.Fatal(err)
		}
		want := func(name, bio string, version int) string {
			return fmt.Sprintf(`{"uuid":%q,"handle":"ada","display_name":%q,"avatar_url":null,"bio":%q,"version":%d}`, user.UUID, name, bio, version)
		}
		f.post(t, "/api/profile/update", ada, `{"display_name": " Ada L. ", "bio": "one\r\ntwo\n"}`).expect(t, "first", 200, want("Ada L.", "one\ntwo", 2))
		f.post(t, "/api/profile/update", ada, `{"display_name": "Ada L.", "bio": "one\ntwo"}`).expect(t, "the same again", 200, want("Ada L.", "one\ntwo", 3))
		f.post(t, "/api/profile/update", ada, `{"display_name": "Ada"}`).expect(t, "without a bio", 200, want("Ada", "one\ntwo", 4))
		f.post(t, "/api/profile/update", ada, `{"display_name": "A", "bio": "", "version": 4}`).expect(t, "of the version that is there", 200, want("A", "", 5))
		f.post(t, "/api/profile/update", ada, `{"display_name": "B", "bio": "", "version": 4}`).expect(t, "of an old version", 409, `{"errors":["profile_changed"]}`)
		f.get(t, "/api/users/@ada/short").expect(t, "afterwards", 200, fmt.Sprintf(`{"uuid":%q,"handle":"ada","display_name":"A","avatar_url":null}`, user.UUID))

		// J11: who it is says the token alone.
		f.post(t, "/api/profile/update", ada, `{"display_name": "Mine", "bio": "", "uuid": "x", "handle": "bo", "avatar_url": null, "cognito_user_id": "`+bo+`"}`).
			expect(t, "in the name of another", 200, want("Mine", "", 6))
		if got, err := f.database.UserBySubject(t.Context(), bo); err != nil || got.DisplayName != "Bo Lindqvist" || got.Version != 1 {
			t.Errorf("another's profile is %+v, %v", got, err)
		}
	})
}

func TestUpdateChecks(t *testing.T) {
	f := newFixture(t, t.TempDir()+"/p.db", nil)
	long := func(n int) string { return strings.Repeat("é", n) }
	for _, c := range []struct{ name, bio, want string }{
		{"", "", "422 display_name_blank"},
		{" \t ", "", "422 display_name_blank"},
		{"\u200b\u00ad\u3164\u2800", "", "422 display_name_blank"},
		{long(51), "", "422 display_name_too_long"},
		{"a", long(501), "422 bio_too_long"},
		{"", long(501), "422 display_name_blank,bio_too_long"},
		{long(50), long(500), "200"},
		{"نور حداد", "שלום\n\tעולם", "200"},
		{"👩🏽‍🚀 José", "हिन्दी தமிழ் ไทย Tiếng Việt", "200"},
		{"a\x00b", "", "400 display_name_invalid"},
		{"a\nb", "", "400 display_name_invalid"},
		{"a", "b\x00", "400 bio_invalid"},
		{"", "\x1b[2J", "400 display_name_blank,bio_invalid"},
		{"\u202egnp.exe", "", "400 display_name_invalid"},
		{"a", "b\u2066c", "400 bio_invalid"},
		{"z" + strings.Repeat("\u0335", 20), "", "400 display_name_invalid"},
	} {
		body, err := json.Marshal(map[string]string{"display_name": c.name, "bio": c.bio})
		if err != nil {
			t.Fatal(err)
		}
		a := f.post(t, "/api/profile/update", ada, string(body))
		var got struct{ Errors []string }
		if err := json.Unmarshal([]byte(a.body), &got); err != nil {
			t.Fatal(err)
		}
		if said := strings.TrimSpace(fmt.Sprint(a.status, " ", strings.Join(got.Errors, ","))); said != c.want {
			t.Errorf("%q, %q: %s, want %s", c.name, c.bio, said, c.want)
		}
	}
}

// J10: a body is one JSON object of known members, or it changes nothing.
func TestBodies(t *testing.T) {
	f := newFixture(t, t.TempDir()+"/p.db", nil)
	for _, c := range []struct {
		name, kind, body string
		status           int
		code             string
	}{
		{"no JSON", "application/json", "hello", 400, "json_invalid"},
		{"nothing", "application/json", "", 400, "json_invalid"},
		{"null", "application/json", " null ", 400, "json_invalid"},
		{"a list", "application/json", `[{"display_name": "x"}]`, 400, "json_invalid"},
		{"two documents", "application/json", `{"display_name": "x"}{"display_name": "y"}`, 400, "json_invalid"},
		{"a member twice", "application/json", `{"display_name": "x", "display_name": "y"}`, 400, "json_invalid"},
		{"another case", "application/json", `{"Display_Name": "x"}`, 400, "field_unknown"},
		{"unknown", "application/json", `{"display_name": "x", "admin": true}`, 400, "field_unknown"},
		{"a number", "application/json", `{"display_name": 1}`, 400, "json_invalid"},
		{"no UTF-8", "application/json", "{\"display_name\": \"\xff\"}", 400, "json_invalid"},
		{"half a surrogate", "application/json", `{"display_name": "\ud800"}`, 400, "json_invalid"},
		{"a NUL", "application/json", "{\"display_name\": \"a\x00\"}", 400, "json_invalid"},
		{"a NUL that is escaped", "application/json", `{"display_name": "a\u0000"}`, 400, "display_name_invalid"},
		{"deep", "application/json", `{"uuid": ` + strings.Repeat("[", 8000) + `}`, 400, "json_invalid"},
		{"1 MB", "application/json", `{"display_name": "x", "bio": "` + strings.Repeat("a", 1<<20) + `"}`, 413, "body_too_large"},
		{"a form", "application/x-www-form-urlencoded", "display_name=x", 415, "content_type_unsupported"},
		{"text", "text/plain", `{"display_name": "x"}`, 415, "content_type_unsupported"},
		{"no type", "", `{"display_name": "x"}`, 415, "content_type_unsupported"},
		{"another charset", "application/json; charset=utf-16", `{"display_name": "x"}`, 415, "content_type_unsupported"},
	} {
		for _, path := range []string{"/api/profile/update", "/api/avatar/upload"} {
			if path == "/api/avatar/upload" && strings.HasPrefix(c.code, "display_name") {
				continue
			}
			a := f.ask(t, http.MethodPost, path, c.body, "Authorization: Bearer "+ada, "Content-Type: "+c.kind)
			if path == "/api/avatar/upload" && c.status == 400 && a.status == 400 {
				continue // display_name is unknown there
			}
			a.expect(t, path+": "+c.name, c.status, `{"errors":["`+c.code+`"]}`)
		}
	}
	a := f.ask(t, http.MethodPost, "/api/profile/update", `{"display_name": "x"}`, "Authorization: Bearer "+ada, "Content-Type: application/json; charset=UTF-8")
	if a.status != 200 {
		t.Errorf("with a charset: %d %s", a.status, a.body)
	}
	if u, err := f.database.UserBySubject(t.Context(), ada); err != nil || u.Version != 2 {
		t.Errorf("after one good body: %+v, %v", u, err)
	}
}

// S13, J1: a token of any spelling of Bearer is taken, nothing else is, and no token is logged.
func TestWhoMayWrite(t *testing.T) {
	f := newFixture(t, t.TempDir()+"/p.db", nil)
	for _, c := range []struct {
		headers []string
		status  int
	}{
		{nil, 401},
		{[]string{"Authorization: " + ada}, 401},
		{[]string{"Authorization: Bearer"}, 401},
		{[]string{"Authorization: Basic " + ada}, 401},
		{[]string{"Authorization: Bearer " + ada, "Authorization: Bearer " + bo}, 401},
		{[]string{"Authorization: bearer " + ada}, 200},
		{[]string{"Authorization: BEARER " + ada}, 200},
		{[]string{"Cookie: session=" + ada, "Sec-Fetch-Site: same-origin"}, 200},
		{[]string{"Cookie: session=" + ada, "Sec-Fetch-Site: cross-site"}, 403},
		{[]string{"Cookie: session=" + ada, "Sec-Fetch-Site: same-site"}, 403},
		{[]string{"Cookie: session=" + ada, "Origin: https://evil.example"}, 403},
		{[]string{"Cookie: session=" + ada, "Origin: " + f.url}, 200},
		{[]string{"Authorization: Bearer " + ada, "Origin: https://app.example", "Sec-Fetch-Site: cross-site"}, 200},
	} {
		a := f.ask(t, http.MethodPost, "/api/profile/update", `{"display_name": "Ada"}`, append(c.headers, "Content-Type: application/json")...)
		if a.status != c.status {
			t.Errorf("%q: answered %d %s, want %d", c.headers, a.status, a.body, c.status)
		}
		if c.status == 401 {
			a.expect(t, "unauthorized", 401, `{"errors":["unauthorized"]}`)
			if a.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%q: WWW-Authenticate %q", c.headers, a.header.Get("WWW-Authenticate"))
			}
		}
	}
	if strings.Contains(f.log.String(), ada) {
		t.Errorf("the log holds the token:\n%s", f.log)
	}
}

func TestReads(t *testing.T) {
	each(t, nil, func(t *testing.T, f *fixture) {
		a := f.get(t, "/api/activities/@BO")
		var got struct {
			Profile struct {
				UUID, Handle, Bio string
				DisplayName       string  `json:"display_name"`
				Cruds             int     `json:"cruds_count"`
				AvatarURL         *string `json:"avatar_url"`
			}
			Activities []struct {
				UUID, Message string
				Likes         *int    `json:"likes_count"`
				CreatedAt     string  `json:"created_at"`
				ExpiresAt     *string `json:"expires_at"`
			}
		}
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != 200 {
			t.Fatalf("%d, %v: %s", a.status, err, a.body)
		}
		if p := got.Profile; p.Handle != "bo" || p.DisplayName != "Bo Lindqvist" || p.Cruds != 48 || p.AvatarURL != nil || p.UUID == "" {
			t.Errorf("profile %+v", p)
		}
		if len(got.Activities) != 40 || got.Activities[0].Message != "3 wrens this morning." || got.Activities[0].ExpiresAt != nil {
			t.Errorf("%d activities: %+v", len(got.Activities), got.Activities)
		}
		for i, activity := range got.Activities {
			if i > 0 && activity.CreatedAt >= got.Activities[i-1].CreatedAt {
				t.Errorf("activity %d is not older than the one above", i)
			}
		}
		f.get(t, "/api/activities/@sol").expect(t, "nothing said", 200, f.get(t, "/api/activities/@sol").body)
		if body := f.get(t, "/api/activities/@sol").body; !strings.HasSuffix(body, `"cruds_count":0},"activities":[]}`) {
			t.Errorf("nothing said: %s", body)
		}
		// S12: who is not there, in any spelling.
		for _, handle := range []string{"@nobody", "ada", "@", "@a%00b", "@ada%2f..", "@" + strings.Repeat("a", 31), "@ada'--", "@%c3%a9"} {
			for _, path := range []string{"/api/users/" + handle + "/short", "/api/activities/" + handle} {
				f.get(t, path).expect(t, path, 404, `{"errors":["user_not_found"]}`)
			}
		}
		f.get(t, "/api/other").expect(t, "no such thing", 404, `{"errors":["not_found"]}`)
		if strings.Contains(a.body, "example.com") || strings.Contains(a.body, bo) {
			t.Errorf("mail address or subject are shown: %s", a.body)
		}
	})
}

// C5: a hundred changes at once are all made.
func TestUpdatesTogether(t *testing.T) {
	each(t, nil, func(t *testing.T, f *fixture) {
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				a := f.post(t, "/api/profile/update", ada, fmt.Sprintf(`{"display_name": "Ada %d", "bio": "%d"}`, i, i))
				var got struct {
					DisplayName string `json:"display_name"`
					Bio         string
				}
				if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != 200 || got.DisplayName != "Ada "+got.Bio || got.Bio != fmt.Sprint(i) {
					t.Errorf("answered %d %s, %v", a.status, a.body, err)
				}
			})
		}
		all.Wait()
		if u, err := f.database.UserBySubject(t.Context(), ada); err != nil || u.Version != 101 || u.DisplayName != "Ada "+u.Bio {
			t.Errorf("afterwards %+v, %v", u, err)
		}
	})
}

// Whoever comes for the first time is made a user, once.
func TestFirstVisit(t *testing.T) {
	each(t, nil, func(t *testing.T, f *fixture) {
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if a := f.post(t, "/api/profile/update", stranger, `{"display_name": "New"}`); a.status != 200 || !strings.Contains(a.body, `"handle":"new_person_1"`) {
					t.Errorf("answered %d %s", a.status, a.body)
				}
			})
		}
		all.Wait()
		// Another of the same name gets a handle beside it.
		other := strings.Replace(stranger, "f", "e", 1)
		if a := f.post(t, "/api/profile/update", other, `{"display_name": "Also"}`); a.status != 200 || !strings.Contains(a.body, `"handle":"new_person_1_`) {
			t.Errorf("answered %d %s", a.status, a.body)
		}
	})
}

// K6: whose avatar it is says the token; another's key is refused.
func TestUpload(t *testing.T) {
	f := newFixture(t, t.TempDir()+"/p.db", nil)
	granted := fmt.Sprintf(`{"url":"https://s3.example/uploads","fields":{"Content-Type":"image/jpeg","key":"in/%s.jpg"},"key":"in/%s.jpg","expires_at":"1970-01-01T00:00:00Z","max_bytes":9}`, ada, ada)
	const path = "/api/avatar/upload"
	f.post(t, path, ada, `{"content_type": "image/jpeg"}`).expect(t, "a picture", 200, granted)
	f.post(t, path, ada, `{"content_type": "image/jpeg", "key": "in/`+ada+`.jpg"}`).expect(t, "by its key", 200, granted)
	for _, key := range []string{"in/" + bo + ".jpg", ada + ".jpg", "in/" + ada + ".png", "in/../in/" + ada + ".jpg", "in/x/" + ada + ".jpg"} {
		f.post(t, path, ada, `{"content_type": "image/jpeg", "key": "`+key+`"}`).expect(t, key, 403, `{"errors":["key_forbidden"]}`)
	}
	for _, kind := range []string{"", "text/html", "image/svg+xml", "image/jpeg; x=y", "IMAGE/JPEG"} {
		f.post(t, path, ada, `{"content_type": "`+kind+`"}`).expect(t, kind, 422, `{"errors":["content_type_unsupported"]}`)
	}
	f.ask(t, http.MethodPost, path, `{"content_type": "image/jpeg"}`, "Content-Type: application/json").expect(t, "a stranger", 401, `{"errors":["unauthorized"]}`)

	away := newFixture(t, t.TempDir()+"/p.db", func(c *profile.Config) { c.Uploads = forms{errors.New("no credentials: secret")} })
	away.post(t, path, ada, `{"content_type": "image/jpeg"}`).expect(t, "S3 away", 500, `{"errors":["internal"]}`) // J12
}

func TestWritesAreLimited(t *testing.T) {
	f := newFixture(t, t.TempDir()+"/p.db", func(c *profile.Config) { c.WriteRate, c.WriteBurst = rate.Limit(0.001), 3 })
	for i, want := range []int{200, 200, 200, 429, 429} {
		a := f.post(t, "/api/profile/update", ada, `{"display_name": "Ada"}`)
		if a.status != want || want == 429 && (a.header.Get("Retry-After") == "" || a.body != `{"errors":["too_many_requests"]}`) {
			t.Errorf("change %d: answered %d %s, want %d", i, a.status, a.body, want)
		}
	}
	if a := f.post(t, "/api/profile/update", bo, `{"display_name": "Bo"}`); a.status != 200 {
		t.Errorf("another person: answered %d %s", a.status, a.body)
	}
}

// J13, S12: pages of the allowed origins may call, and of no others.
func TestCORS(t *testing.T) {
	f := newFixture(t, t.TempDir()+"/p.db", nil)
	closed := newFixture(t, t.TempDir()+"/p.db", func(c *profile.Config) { c.AllowedOrigins = nil })
	preflight := func(f *fixture, origin, method, headers string) http.Header {
		return f.ask(t, http.MethodOptions, "/api/profile/update", "", "Origin: "+origin, "Access-Control-Request-Method: "+method,
			"Access-Control-Request-Headers: "+headers).header
	}
	const allow = "Access-Control-Allow-Origin"
	h := preflight(f, "https://app.example", "POST", "authorization,content-type")
	if h.Get(allow) != "https://app.example" || h.Get("Access-Control-Allow-Methods") != "POST" || h.Get("Access-Control-Allow-Headers") != "authorization,content-type" || h.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: %v", h)
	}
	for _, c := range []struct{ origin, method, headers string }{
		{"https://evil.example", "POST", "content-type"}, {"null", "POST", "content-type"}, {"http://app.example", "POST", "content-type"},
		{"https://app.example.evil.example", "POST", "content-type"}, {"https://app.example", "DELETE", "content-type"},
		{"https://app.example", "POST", "x-evil"},
	} {
		if h := preflight(f, c.origin, c.method, c.headers); h.Get(allow) != "" {
			t.Errorf("%+v is allowed: %v", c, h)
		}
	}
	for origin, want := range map[string]string{"https://app.example": "https://app.example", "https://evil.example": "", "": ""} {
		for _, a := range []answer{f.get(t, "/api/users/@ada/short", "Origin: "+origin), f.post(t, "/api/profile/update", ada, `{"display_name": "Ada"}`, "Origin: "+origin)} {
			if a.status != 200 || a.header.Get(allow) != want {
				t.Errorf("origin %q: %d, %s %q", origin, a.status, allow, a.header.Get(allow))
			}
		}
	}
	if h := preflight(closed, "https://app.example", "POST", "content-type"); h.Get(allow) != "" {
		t.Errorf("without allowed origins: %v", h)
	}
	if h := f.ask(t, http.MethodOptions, "/webhooks/avatar", "", "Origin: https://app.example", "Access-Control-Request-Method: POST").header; h.Get(allow) != "" {
		t.Errorf("the webhook: %v", h)
	}
}
