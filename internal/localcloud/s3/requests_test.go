package s3_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/thumbing/thumbing/internal/localcloud/s3"
)

// signedPut gives a signed request for an upload.
func signedPut(t *testing.T, url, body string) *http.Request {
	t.Helper()
	return signedAt(t, url, body, hash(body), secretKey, time.Now())
}

func signedAt(t *testing.T, url, body, payload, secret string, at time.Time) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "PUT", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Content-Sha256", payload)
	who := aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), who, r, payload, "s3", region, at); err != nil {
		t.Fatal(err)
	}
	return r
}

func hash(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// headers writes out a request's headers.
func headers(r *http.Request) string {
	var b strings.Builder
	for name := range r.Header {
		fmt.Fprintf(&b, "%s: %s\r\n", name, r.Header.Get(name))
	}
	return b.String()
}

// postForm gives the form that a browser would upload a file with.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html.
func postForm(t *testing.T, bucket, key, file string) (body, boundary string) {
	t.Helper()
	now := time.Now().UTC()
	day, date := now.Format("20060102"), now.Format("20060102T150405Z")
	credential := accessKey + "/" + day + "/" + region + "/s3/aws4_request"
	policy := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"expiration": %q, "conditions": [
		{"bucket": %q}, {"key": %q}, {"x-amz-credential": %q}, {"x-amz-algorithm": "AWS4-HMAC-SHA256"}, {"x-amz-date": %q}]}`,
		now.Add(time.Hour).Format("2006-01-02T15:04:05Z"), bucket, key, credential, date))
	sign := []byte("AWS4" + secretKey)
	for _, text := range []string{day, region, "s3", "aws4_request", policy} {
		m := hmac.New(sha256.New, sign)
		m.Write([]byte(text))
		sign = m.Sum(nil)
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, field := range [][2]string{{"key", key}, {"policy", policy}, {"x-amz-algorithm", "AWS4-HMAC-SHA256"},
		{"x-amz-credential", credential}, {"x-amz-date", date}, {"x-amz-signature", hex.EncodeToString(sign)}} {
		if err := w.WriteField(field[0], field[1]); err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.CreateFormFile("file", "me.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(file)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.Boundary()
}

// L2
func TestUnsignedAndForgedRequests(t *testing.T) {
	s := start(t)
	s.put(t, "uploads", "k", "old")
	s.next(t)
	url, now := s.URL()+"/uploads/k", time.Now()
	changed := signedPut(t, url, "new")
	changed.Header.Set("X-Amz-Date", now.Add(-time.Minute).UTC().Format("20060102T150405Z"))
	moved := signedPut(t, url, "new")
	moved.URL.RawQuery = "tagging="
	unsigned, err := http.NewRequest("PUT", url, strings.NewReader("new"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		r    *http.Request
		want string
	}{
		"unsigned":          {unsigned, "AccessDenied"},
		"unsigned read":     {request(t, "GET", s.URL(), "/uploads/k", ""), "AccessDenied"},
		"unsigned list":     {request(t, "GET", s.URL(), "/uploads", ""), "AccessDenied"},
		"wrong secret":      {signedAt(t, url, "new", hash("new"), "wrong", now), "SignatureDoesNotMatch"},
		"changed header":    {changed, "SignatureDoesNotMatch"},
		"changed query":     {moved, "SignatureDoesNotMatch"},
		"clock 16 min slow": {signedAt(t, url, "new", hash("new"), secretKey, now.Add(-16*time.Minute)), "RequestTimeTooSkewed"},
		"clock 16 min fast": {signedAt(t, url, "new", hash("new"), secretKey, now.Add(16*time.Minute)), "RequestTimeTooSkewed"},
	} {
		resp, body := do(t, c.r)
		if resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "<Code>"+c.want+"</Code>") {
			t.Errorf("%s: %s, %s", name, resp.Status, body)
		}
	}
	if body, _ := s.get(t, "uploads", "k"); body != "old" {
		t.Errorf("now it is %q", body)
	}
	s.none(t)
}

// L2
func TestPresignedURLs(t *testing.T) {
	s := start(t)
	key := "from browser/é+1.jpg"
	put := s.presign(t, "PUT", "uploads", key)
	if resp, body := do(t, request(t, "PUT", s.URL(), strings.TrimPrefix(put, s.URL()), "picture")); resp.StatusCode != 200 {
		t.Fatalf("%s, %s", resp.Status, body)
	}
	if _, o := object(t, s.next(t)); decoded(t, o.Key) != key || o.Size != 7 {
		t.Errorf("the event is of %+v", o)
	}
	get := s.presign(t, "GET", "uploads", key)
	resp, body := do(t, request(t, "GET", s.URL(), strings.TrimPrefix(get, s.URL()), ""))
	if resp.StatusCode != 200 || body != "picture" || resp.Header.Get("X-Content-Type-Options") != "nosniff" { // L8
		t.Errorf("%s %q %v", resp.Status, body, resp.Header)
	}
	expired, err := awss3.NewPresignClient(s.client).PresignPutObject(t.Context(), &awss3.PutObjectInput{Bucket: ptr("uploads"), Key: &key},
		awss3.WithPresignExpires(time.Second), func(o *awss3.PresignOptions) { o.Presigner = signedBefore{time.Minute} })
	if err != nil {
		t.Fatal(err)
	}
	for name, url := range map[string]string{
		"other key":    strings.Replace(put, "%2B1.jpg", "%2B2.jpg", 1),
		"other method": get,
		"other expiry": strings.Replace(put, "X-Amz-Expires=900", "X-Amz-Expires=90000", 1),
		"expired":      expired.URL,
	} {
		resp, body := do(t, request(t, "PUT", s.URL(), strings.TrimPrefix(url, s.URL()), "forged"))
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s, %s", name, resp.Status, body)
		}
	}
	if body, _ := s.get(t, "uploads", key); body != "picture" {
		t.Errorf("now it is %q", body)
	}
}

// L8: what somebody stored comes back as they named it, and runs nothing when a browser opens it.
func TestStoredPages(t *testing.T) {
	s := start(t)
	for contentType, body := range map[string]string{
		"text/html":     "<script>alert(document.domain)</script>",
		"image/svg+xml": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
		"text/xml":      `<x xmlns:h="http://www.w3.org/1999/xhtml"><h:script>alert(1)</h:script></x>`,
		"":              "<html><script>alert(1)</script>", // sniffed, it would be a page
	} {
		in := &awss3.PutObjectInput{Bucket: ptr("uploads"), Key: ptr("page"), Body: strings.NewReader(body)}
		if contentType != "" {
			in.ContentType = &contentType
		}
		if _, err := s.client.PutObject(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		url := s.presign(t, "GET", "uploads", "page")
		resp, got := do(t, request(t, "GET", s.URL(), strings.TrimPrefix(url, s.URL()), ""))
		if got != body || contentType != "" && resp.Header.Get("Content-Type") != contentType || strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") != (contentType == "text/html") {
			t.Errorf("%s came back as %s: %s", contentType, resp.Header.Get("Content-Type"), got)
		}
		policy := resp.Header.Get("Content-Security-Policy")
		if resp.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "sandbox") || strings.Contains(policy, "allow-scripts") {
			t.Errorf("%s: %v", contentType, resp.Header)
		}
	}
	// Neither does what an error repeats.
	resp, body := do(t, request(t, "GET", s.URL(), "/uploads/%3Cscript%3Ealert(1)%3C/script%3E", ""))
	if strings.Contains(body, "<script>") || resp.Header.Get("Content-Type") != "application/xml" || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v, %s", resp.Header, body)
	}
}

// signedBefore signs as if it were earlier.
type signedBefore struct{ by time.Duration }

func (b signedBefore) PresignHTTP(ctx context.Context, c aws.Credentials, r *http.Request, payload, service, region string, at time.Time, o ...func(*v4.SignerOptions)) (string, http.Header, error) {
	return v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).PresignHTTP(ctx, c, r, payload, service, region, at.Add(-b.by), o...)
}

// L3
func TestDamagedPayloads(t *testing.T) {
	s := start(t)
	url := s.URL() + "/uploads/k"
	mismatch := signedAt(t, url, "these bytes", hash("other bytes"), secretKey, time.Now())
	chunked := signedAt(t, url, "", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", secretKey, time.Now())
	badChunk := "5;chunk-signature=" + strings.Repeat("0", 64) + "\r\nhello\r\n0;chunk-signature=" + strings.Repeat("0", 64) + "\r\n\r\n"
	badTrailer := "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
	trailer := signedAt(t, url, "", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", secretKey, time.Now())
	trailer.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32")
	for name, c := range map[string]struct {
		r    *http.Request
		body string
	}{
		"hash":    {mismatch, "these bytes"},
		"chunk":   {chunked, badChunk},
		"trailer": {trailer, badTrailer},
	} {
		r := c.r.Clone(t.Context())
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(c.body)), int64(len(c.body))
		if name != "hash" {
			r.Header.Set("X-Amz-Decoded-Content-Length", "5")
			r.Header.Set("Content-Encoding", "aws-chunked")
		}
		resp, body := do(t, r)
		if resp.StatusCode < 400 || resp.StatusCode > 403 {
			t.Errorf("%s: %s, %s", name, resp.Status, body)
		}
	}
	if _, ok := s.get(t, "uploads", "k"); ok {
		t.Error("a damaged upload was stored")
	}
	s.none(t)
}

// L6
func TestHostNames(t *testing.T) {
	s := start(t)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for host, ok := range map[string]bool{
		"127.0.0.1:" + port: true, "localhost:" + port: true, "LOCALHOST": true, "[::1]:" + port: true,
		"s3.localhost:" + port: true, "uploads.s3.localhost:" + port: true, "localhost.": true,
		"evil.example": false, "evil.example:" + port: false, "127.0.0.1.evil.example": false, "localhost.evil.example": false,
		"192.168.1.1:" + port: false, "notlocalhost": false, "uploads.s3.localhost.evil.example:" + port: false,
	} {
		r := request(t, "GET", s.URL(), "/uploads", "")
		r.Host = host
		resp, body := do(t, r)
		if refused := strings.Contains(body, "for this machine alone"); refused == ok || resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s, %s", host, resp.Status, body)
		}
	}
}

// Buckets are also at their own host name.
func TestVirtualHosts(t *testing.T) {
	s := start(t)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.URL(), "http://"))
	dial := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
	}}
	defer dial.CloseIdleConnections()
	c := client("http://s3.localhost:"+port, secretKey, dial)
	virtual := awss3.New(c.Options(), func(o *awss3.Options) { o.UsePathStyle = false })
	for _, key := range []string{"k", "a b/é+.png"} {
		if _, err := virtual.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: ptr("uploads"), Key: &key, Body: strings.NewReader("by name")}); err != nil {
			t.Fatal(err)
		}
		if body, _ := s.get(t, "uploads", key); body != "by name" {
			t.Errorf("%q has %q", key, body)
		}
	}
}

// T11, J13
func TestCORS(t *testing.T) {
	s := start(t)
	preflight := func(from, method, bucket string) *http.Response {
		r := request(t, "OPTIONS", s.URL(), "/"+bucket+"/k", "")
		r.Header.Set("Origin", from)
		r.Header.Set("Access-Control-Request-Method", method)
		r.Header.Set("Access-Control-Request-Headers", "content-type,x-amz-date")
		resp, _ := do(t, r)
		return resp
	}
	resp := preflight(origin, "PUT", "uploads")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":  origin,
		"Access-Control-Allow-Methods": "PUT",
		"Access-Control-Allow-Headers": "content-type, x-amz-date",
		"Access-Control-Max-Age":       "3000",
	} {
		if got := resp.Header.Get(name); resp.StatusCode != 200 || got != want {
			t.Errorf("%s: %s: %q, want %q", resp.Status, name, got, want)
		}
	}
	for _, c := range [][3]string{{"http://evil.example", "PUT", "uploads"}, {origin, "DELETE", "uploads"}, {origin, "PUT", "versioned"}} {
		if resp := preflight(c[0], c[1], c[2]); resp.StatusCode != http.StatusForbidden || resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%v: %s, %v", c, resp.Status, resp.Header)
		}
	}
	put := request(t, "PUT", s.URL(), strings.TrimPrefix(s.presign(t, "PUT", "uploads", "k"), s.URL()), "x")
	put.Header.Set("Origin", origin)
	if resp, body := do(t, put); resp.StatusCode != 200 || resp.Header.Get("Access-Control-Allow-Origin") != origin || !strings.Contains(resp.Header.Get("Access-Control-Expose-Headers"), "ETag") {
		t.Errorf("%s, %v, %s", resp.Status, resp.Header, body)
	}
}

// L6
func TestMalformedRequests(t *testing.T) {
	s := start(t)
	address := strings.TrimPrefix(s.URL(), "http://")
	for name, c := range map[string]struct{ request, want string }{
		"garbage":          {"\x16\x03\x01\x02\x00\r\n\r\n", "400"},
		"no host":          {"GET /uploads HTTP/1.0\r\n\r\n", "403"},
		"huge header":      {"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 100_000) + "\r\n\r\n", "RequestHeaderSectionTooLarge"},
		"bad length":       {"PUT /uploads/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n", "400"},
		"bad percent":      {"GET /uploads/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", "InvalidURI"},
		"body that breaks": {"PUT " + strings.TrimPrefix(s.presign(t, "PUT", "uploads", "k"), s.URL()) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf", "IncompleteBody"},
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, c.request); err != nil {
			t.Fatal(err)
		}
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Log(name, err) // it was refused already
		}
		answer, err := io.ReadAll(conn)
		if status, _, _ := strings.Cut(string(answer), "\r\n"); !strings.HasPrefix(status, "HTTP/1.1 4") || !strings.Contains(string(answer), c.want) {
			t.Errorf("%s: %s, %v", name, answer, err)
		}
	}
	s.none(t)
}

// From a picture in a client's hands to its event in the target's.
func BenchmarkPutToDelivery(b *testing.B) {
	delivered := make(chan time.Time, 1)
	c := config(b.TempDir(), "127.0.0.1:0", func(context.Context, []byte) error {
		delivered <- time.Now()
		return nil
	})
	s, err := s3.Start(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close(context.Background())
	client := client(s.URL(), secretKey, http.DefaultTransport)
	body := strings.Repeat("x", 100_000)
	var put, after time.Duration
	for i := 0; b.Loop(); i++ {
		begin := time.Now()
		key := fmt.Sprint("k", i)
		if _, err := client.PutObject(b.Context(), &awss3.PutObjectInput{Bucket: ptr("uploads"), Key: &key, Body: strings.NewReader(body)}); err != nil {
			b.Fatal(err)
		}
		answered := time.Now()
		put += answered.Sub(begin)
		after += (<-delivered).Sub(answered)
	}
	b.ReportMetric(float64(put.Microseconds())/float64(b.N), "µs/put")
	b.ReportMetric(float64(after.Microseconds())/float64(b.N), "µs-from-answer-to-delivery")
}
