package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/thumbing/thumbing/internal/profile"
)

// visitor is a browser without a screen: it keeps cookies, and says where its requests come from.
type visitor struct {
	site   string
	client *http.Client
}

// signIn signs a seeded person in through the pool's page.
func signIn(t *testing.T, site string, who profile.Seeded) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{site: site, client: &http.Client{Jar: jar}}
	resp, err := v.client.Get(site + "/signin")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !strings.Contains(resp.Request.URL.Path, "/login") {
		t.Fatalf("signing in leads to %s, %s", resp.Request.URL, resp.Status)
	}
	if resp, err = v.client.PostForm(resp.Request.URL.String(), url.Values{"user": {who.Subject}}); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Request.URL.Path != "/@"+who.Handle {
		t.Fatalf("signed in, %s is at %s, %s", who.Handle, resp.Request.URL, resp.Status)
	}
	return v
}

// post posts JSON as the site's own script does.
func (v *visitor) post(t *testing.T, path, body string, answer any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.site+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", v.site)
	v.decode(t, req, answer)
}

func (v *visitor) get(t *testing.T, path string, answer any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.site+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	v.decode(t, req, answer)
}

func (v *visitor) decode(t *testing.T, req *http.Request, answer any) {
	t.Helper()
	resp, err := v.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s\n%s", req.Method, req.URL, resp.Status, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatalf("%s %s: %v\n%s", req.Method, req.URL, err, text)
	}
}

// upload gets a form for the person's avatar, and posts a picture to S3 with it, changed by change. The status is 0
// when S3 hangs up.
func (v *visitor) upload(t *testing.T, contentType string, picture []byte, change func(fields map[string]string)) (status int, said string) {
	t.Helper()
	var form profile.Form
	v.post(t, "/api/avatar/upload", fmt.Sprintf(`{"content_type": %q}`, contentType), &form)
	if change != nil {
		change(form.Fields)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range form.Fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "picture")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(picture); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(form.URL, w.FormDataContentType(), &body)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

// events opens the person's stream, and answers what comes from it as "event: data".
func (v *visitor) events(t *testing.T) <-chan string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.site+"/api/avatar/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := v.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("the stream is %q", kind)
	}
	lines := bufio.NewScanner(resp.Body)
	if !lines.Scan() || lines.Text() != ": listening" {
		t.Fatalf("the stream begins with %q", lines.Text())
	}
	heard := make(chan string, 100)
	go func() {
		defer close(heard)
		event := ""
		for lines.Scan() {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				event = name
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				heard <- event + ": " + data
			}
		}
	}()
	return heard
}

// next waits for the next event.
func next(t *testing.T, events <-chan string) (event string) {
	t.Helper()
	waitFor(t, "an event", func() bool {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatal("the stream has ended")
			}
			event = e
			return true
		default:
			return false
		}
	})
	return event
}

// TestProfileOfDev takes a person from signing in to their new avatar, through the whole local cloud.
func TestProfileOfDev(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	c := startDev(t, data)
	ada := signIn(t, c.page, profile.Seeds()[0])
	avatarAppears(t, c, ada)
	// A session and what was uploaded outlive a restart.
	c.stop(t)
	c.await(t, c.launch(t))
	var short struct {
		AvatarURL string `json:"avatar_url"`
	}
	ada.get(t, "/api/users/@ada/short", &short)
	if short.AvatarURL == "" {
		t.Error("the avatar is gone")
	}
	var user struct{ Handle string }
	if ada.post(t, "/api/profile/update", `{"display_name": "Ada again"}`, &user); user.Handle != "ada" {
		t.Errorf("changed %q", user.Handle)
	}
	bearerCounts(t, c, data)
}

// bearerCounts changes somebody's profile as a script does, by a token of "thumbing token".
func bearerCounts(t *testing.T, c *devCloud, data string) {
	t.Helper()
	token, err := thumbing(t, "token", "--data", data, "@bo").Output()
	if err != nil {
		t.Fatal(err)
	}
	for authorization, want := range map[string]int{ // S13
		"Bearer " + strings.TrimSpace(string(token)): http.StatusOK,
		"bearer " + strings.TrimSpace(string(token)): http.StatusOK,
		strings.TrimSpace(string(token)):             http.StatusUnauthorized,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.page+"/api/profile/update", strings.NewReader(`{"display_name": "Bo by script"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", authorization)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%.7s...: %s, want %d", authorization, resp.Status, want)
		}
	}
	for part := range strings.SplitSeq(strings.TrimSpace(string(token)), ".") {
		if c.log.contains(part) {
			t.Error("the log holds a part of the token")
		}
	}
}

// avatarAppears uploads pictures as ada, who hears of each, and whose avatar is the newest at once.
func avatarAppears(t *testing.T, c *devCloud, ada *visitor) {
	t.Helper()
	subject := profile.Seeds()[0].Subject
	one, two := ada.events(t), ada.events(t)
	seen := map[string]bool{}
	for _, kind := range []string{"image/jpeg", "image/png", "image/jpeg"} {
		picture := transparentPNG(t)
		if kind == "image/jpeg" {
			picture = phonePhoto(t, 640+len(seen), 480, 6)
		}
		if status, said := ada.upload(t, kind, picture, nil); status/100 != 2 {
			t.Fatalf("S3 answers %d: %s", status, said)
		}
		ready := next(t, one)
		if also := next(t, two); also != ready {
			t.Errorf("the other tab heard %s, not %s", also, ready)
		}
		var short struct {
			AvatarURL string `json:"avatar_url"`
		}
		ada.get(t, "/api/users/@ada/short", &short) // S9: at once
		if ready != `ready: {"avatar_url":"`+short.AvatarURL+`"}` || !strings.Contains(short.AvatarURL, "/avatar/processed/"+subject+".png?v=") || seen[short.AvatarURL] {
			t.Errorf("heard %s, and the avatar is %s", ready, short.AvatarURL)
		}
		seen[short.AvatarURL] = true
		resp, err := http.Get(short.AvatarURL)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "image/png" {
			t.Errorf("%s: %s, %q", short.AvatarURL, resp.Status, resp.Header.Get("Content-Type"))
		}
	}

	// What is no picture is told, and the old avatar stays.
	if status, said := ada.upload(t, "image/png", []byte("not a picture at all"), nil); status/100 != 2 {
		t.Fatalf("S3 answers %d: %s", status, said)
	}
	for _, tab := range []<-chan string{one, two} {
		if rejected := next(t, tab); !strings.HasPrefix(rejected, `rejected: {"code":"unsupported-format","reason":"`) {
			t.Errorf("heard %s", rejected)
		}
	}

	// K6: S3 itself refuses what the form was not signed for.
	bo := profile.Seeds()[1].Subject
	for name, change := range map[string]func(map[string]string){
		"another's key":        func(f map[string]string) { f["key"] = strings.ReplaceAll(f["key"], subject, bo) },
		"another content type": func(f map[string]string) { f["Content-Type"] = "text/html" },
		"no policy":            func(f map[string]string) { delete(f, "policy") },
		"another signature":    func(f map[string]string) { f["X-Amz-Signature"] = strings.Repeat("0", 64) },
	} {
		if status, said := ada.upload(t, "image/png", transparentPNG(t), change); status != http.StatusForbidden && status != http.StatusBadRequest {
			t.Errorf("%s: S3 answers %d: %s", name, status, said)
		}
	}
	if status, said := ada.upload(t, "image/png", nil, nil); status != http.StatusBadRequest || !strings.Contains(said, "EntityTooSmall") {
		t.Errorf("an empty picture: S3 answers %d: %s", status, said)
	}
	if status, said := ada.upload(t, "image/png", make([]byte, 32<<20+1), nil); status != 0 && status != http.StatusBadRequest {
		t.Errorf("a picture of more than 32 MB: S3 answers %d: %s", status, said)
	}
	for _, subject := range []string{subject, bo} {
		key := subject + ".png"
		was, err := c.s3.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(devUploads), Key: &key})
		if size := sizeOf(was); subject != bo && (err != nil || size > 1<<20) || subject == bo && err == nil {
			t.Errorf("%s has %d bytes, %v", key, size, err)
		}
	}
	select {
	case e := <-one:
		t.Errorf("heard %s of what was refused", e)
	default:
	}
}

// sizeOf is 0 for an object that is not there.
func sizeOf(o *s3.HeadObjectOutput) int64 {
	if o == nil {
		return 0
	}
	return aws.ToInt64(o.ContentLength)
}
