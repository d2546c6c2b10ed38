package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/avatar"
)

// TestStore has what a script cannot show: what happens between two requests, and much of a thing.
func TestStore(t *testing.T) {
	server := startS3(t)
	tests := map[string]func(*testing.T, *s3TestServer){
		"multipart":           testMultipart,
		"interrupted":         testInterruptedUpload,
		"long listing":        testLongListing,
		"clear order":         testClearOrder,
		"clear while changed": testClearWhileChanged,
		"clear under way":     testClearUnderWay,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, server) })
	}
}

// S5: a big file goes in parts, and the progress ends at its size, though an attempt failed.
func testMultipart(t *testing.T, server *s3TestServer) {
	const size = 20_000_000
	var failed atomic.Bool
	s := server.store(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.URL.Query().Get("partNumber") == "2" && !failed.Swap(true) {
			io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
	var progress, lowered atomic.Int64
	err := s.put(t.Context(), "big.jpg", bytes.NewReader(make([]byte, size)), "image/jpeg", func(n int64) {
		progress.Add(n)
		if n < 0 {
			lowered.Add(-n)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if progress.Load() < size || progress.Load() > size+size/100 {
		t.Errorf("progress ends at %d of %d bytes", progress.Load(), size)
	}
	if lowered.Load() == 0 {
		t.Error("the failed attempt was not taken back")
	}
	out, err := s.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &s.uploads, Key: new("big.jpg")})
	if err != nil {
		t.Fatal(err)
	}
	if *out.ContentLength != size || *out.ContentType != "image/jpeg" || !strings.Contains(*out.ETag, "-") {
		t.Errorf("stored %d bytes of %s with ETag %s", *out.ContentLength, *out.ContentType, *out.ETag)
	}
}

// An interrupted upload leaves no parts behind.
func testInterruptedUpload(t *testing.T, server *s3TestServer) {
	ctx, cancel := context.WithCancel(t.Context())
	s := server.store(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.URL.Query().Has("partNumber") {
			cancel()
		}
		next.ServeHTTP(w, r)
	})
	err := s.put(ctx, "big.jpg", bytes.NewReader(make([]byte, 20_000_000)), "image/jpeg", func(int64) {})
	if err == nil || err.Error() != "interrupted" {
		t.Errorf("got %v", err)
	}
	out, err := s.client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &s.uploads})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Uploads) > 0 {
		t.Errorf("%d uploads are left half done", len(out.Uploads))
	}
}

func testLongListing(t *testing.T, server *s3TestServer) {
	s := server.store(t, nil)
	const count = 1003 // more than a page of 1000
	var group sync.WaitGroup
	failures := make(chan error, count)
	for w := range 8 {
		group.Go(func() {
			for i := w; i < count; i += 8 {
				_, err := s.client.PutObject(t.Context(), &s3.PutObjectInput{
					Bucket: &s.uploads, Key: new(fmt.Sprintf("%04d.jpg", i)), Body: strings.NewReader("x"),
				})
				if err != nil {
					failures <- err
				}
			}
		})
	}
	group.Wait()
	close(failures)
	for err := range failures {
		t.Fatal(err)
	}
	rows, err := s.rows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != count || rows[count-1].Key != "1002.jpg" || rows[count-1].State != stateWaiting {
		t.Errorf("%d rows, not %d", len(rows), count)
	}
}

// An event may still be under way: with the upload gone first, it finds nothing to process.
func testClearOrder(t *testing.T, server *s3TestServer) {
	var mu sync.Mutex
	var deleted []string
	s := server.store(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodDelete {
			mu.Lock()
			_, key, _ := strings.Cut(r.URL.Path[1:], "/")
			deleted = append(deleted, key)
			mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
	putObject(t, s, s.uploads, "a.jpg", "")
	putObject(t, s, s.assets, "avatar/processed/a.png", "a.jpg")
	if err := (cleaner{s, io.Discard, io.Discard, false, 0}).clear(t.Context(), []string{"a.jpg"}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"a.jpg", "avatar/processed/a.png"}; !slices.Equal(deleted, want) {
		t.Errorf("deleted %q, not %q", deleted, want)
	}
}

// C4: between the look at the processed picture and its removal, another upload's takes its place. It stays.
func testClearWhileChanged(t *testing.T, server *s3TestServer) {
	var once sync.Once
	direct := server.store(t, nil)
	s := server.store(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodDelete && strings.HasSuffix(r.URL.Path, ".png") {
			once.Do(func() { putObject(t, direct, direct.assets, "avatar/processed/a.png", "a.gif") })
		}
		next.ServeHTTP(w, r)
	})
	direct.uploads, direct.assets = s.uploads, s.assets
	putObject(t, direct, s.assets, "avatar/processed/a.png", "a.jpg")
	var out strings.Builder
	if err := (cleaner{s, &out, io.Discard, false, 0}).clear(t.Context(), []string{"a.jpg"}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(out.String(), "kept s3://"+s.assets+"/avatar/processed/a.png (made from a.gif)\n") {
		t.Errorf("said %q", out.String())
	}
	if picture, err := s.head(t.Context(), s.assets, "avatar/processed/a.png"); err != nil || picture.etag == "" {
		t.Errorf("the newer picture is gone (%v)", err)
	}
}

// A function that read the upload before it was removed writes its picture afterwards. That goes too.
func testClearUnderWay(t *testing.T, server *s3TestServer) {
	direct := server.store(t, nil)
	putObject(t, direct, direct.uploads, "a.jpg", "")
	upload, err := direct.head(t.Context(), direct.uploads, "a.jpg")
	if err != nil {
		t.Fatal(err)
	}
	var looks atomic.Int32
	s := server.store(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodHead && strings.HasSuffix(r.URL.Path, ".png") && looks.Add(1) == 2 {
			_, err := direct.client.PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: &direct.assets, Key: new("avatar/processed/a.png"), Body: strings.NewReader("picture"),
				Metadata: provenance("a.jpg", strings.Trim(upload.etag, `"`)),
			})
			if err != nil {
				t.Error(err)
			}
		}
		next.ServeHTTP(w, r)
	})
	s.uploads, s.assets = direct.uploads, direct.assets
	if err := (cleaner{s, io.Discard, io.Discard, false, time.Hour}).clear(t.Context(), []string{"a.jpg"}); err != nil {
		t.Fatal(err)
	}
	rows, err := s.rows(t.Context())
	if err != nil || len(rows) > 0 {
		t.Errorf("left %v (%v)", rows, err)
	}
}

// TestListedKey shows that any key survives a listing. K5
func TestListedKey(t *testing.T) {
	for encoded, want := range map[string]string{
		"a/b.jpg":            "a/b.jpg",
		"a+b%2Bc%25.jpg":     "a b+c%.jpg",
		"line%0Abreak%01":    "line\nbreak\x01",
		"%E6%97%A5%E6%9C%AC": "日本",
	} {
		if got, err := listedKey("url", encoded); got != want || err != nil {
			t.Errorf("%q: %q, %v", encoded, got, err)
		}
	}
	if got, err := listedKey("", "a+b%2B"); got != "a+b%2B" || err != nil {
		t.Errorf("not encoded: %q, %v", got, err)
	}
	if _, err := listedKey("url", "%zz"); err == nil {
		t.Error("no error for what cannot be decoded")
	}
}

// TestExplain holds the words for what servers answer.
func TestExplain(t *testing.T) {
	for _, c := range []struct {
		status     int
		code       string
		want, hint string
	}{
		{403, "AccessDenied", "access to bucket b denied", "AWS_PROFILE"},
		{403, "InvalidAccessKeyId", "the access key or its secret is wrong", "thumbing-local"},
		{400, "ExpiredToken", "the credentials have expired", "aws sso login"},
		{301, "PermanentRedirect", "bucket b is in another region than us-east-1", "AWS_REGION"},
		{403, "RequestTimeTooSkewed", "the clock of this machine", "clock"},
		{404, "NoSuchBucket", "there is no bucket b", "thumbing dev"},
		{400, "EntityTooLarge", "EntityTooLarge: what S3 says", ""},
		{404, "", "the server answers 404 Not Found", "AWS_ENDPOINT_URL"},
		{404, "<html>", "the server answers 404 Not Found", "AWS_ENDPOINT_URL"},
		{200, "<html>", "the server answers 200 OK", "AWS_ENDPOINT_URL"},
	} {
		t.Run(fmt.Sprint(c.status, c.code), func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				switch c.code {
				case "":
				case "<html>":
					fmt.Fprint(w, "<!doctype html><p>a page")
				default:
					fmt.Fprintf(w, "<Error><Code>%s</Code><Message>what S3 says.</Message></Error>", c.code)
				}
			}))
			defer server.Close()
			s := testStore(server.URL)
			_, err := collect(s.list(t.Context(), "b", ""))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
			if !strings.Contains(failure.HintOf(err), c.hint) || c.hint == "" && failure.HintOf(err) != "" {
				t.Errorf("hint %q", failure.HintOf(err))
			}
		})
	}
}

func TestExplainOutsideAWS(t *testing.T) {
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	s := testStore(dead.URL)
	_, err := collect(s.list(t.Context(), "b", ""))
	if err == nil || !strings.HasSuffix(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := collect(s.list(ctx, "b", "")); err == nil || err.Error() != "interrupted" {
		t.Errorf("got %v", err)
	}
	if hint := failure.HintOf(explainCredentials(errors.New("no EC2 IMDS role found"), "")); !strings.Contains(hint, "AWS_PROFILE") {
		t.Errorf("hint %q", hint)
	}
}

// TestPair holds the states that need times to be as they are.
func TestPair(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 1, 2, 3, minute, 0, 0, time.UTC) }
	uploads := []object{
		{"fresh.jpg", 1, at(1)},
		{"overwritten.jpg", 1, at(5)},
		{"same.gif", 1, at(1)},
		{"same.jpg", 1, at(3)},
		{"same.png", 1, at(2)},
		{"unusable/../key.jpg", 1, at(1)},
	}
	pictures := []object{
		{"out/", 0, at(0)},
		{"out/fresh.png", 1, at(1)},
		{"out/orphan.png", 1, at(1)},
		{"out/overwritten.png", 1, at(4)},
		{"out/same.png", 1, at(4)},
	}
	var got []string
	for _, r := range pair(uploads, pictures, avatar.Keys{Output: "out/"}) {
		got = append(got, fmt.Sprint(r.Key, " ", r.ProcessedKey, " ", r.State))
	}
	want := []string{
		"fresh.jpg out/fresh.png processed",
		"overwritten.jpg out/overwritten.png waiting",
		"same.gif out/same.png replaced",
		"same.jpg out/same.png processed",
		"same.png out/same.png replaced",
		"unusable/../key.jpg  ignored",
		" out/orphan.png orphan",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// store is a store with buckets of its own. Its requests pass through the middleware, if there is one.
func (s *s3TestServer) store(t *testing.T, middleware func(http.ResponseWriter, *http.Request, http.Handler)) *store {
	t.Helper()
	endpoint := s.endpoint
	if middleware != nil {
		target, err := url.Parse(s.endpoint)
		if err != nil {
			t.Fatal(err)
		}
		proxy := &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(target)
				r.Out.Host = r.In.Host // the signature covers it
			},
			ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		}
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { middleware(w, r, proxy) }))
		t.Cleanup(front.Close)
		endpoint = front.URL
	}
	st := testStore(endpoint)
	for _, bucket := range []*string{&st.uploads, &st.assets} {
		var err error
		if *bucket, err = s.newBucket(); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

func testStore(endpoint string) *store {
	return &store{
		client: newClient(aws.Config{
			BaseEndpoint: &endpoint,
			Credentials:  credentials.NewStaticCredentialsProvider(testAccessKey, testSecretKey, ""),
		}),
		keys: avatar.Keys{Output: "avatar/processed/"},
	}
}

func putObject(t *testing.T, s *store, bucket, key, source string) {
	t.Helper()
	_, err := s.client.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: strings.NewReader("from " + source), Metadata: provenance(source, "0123456789abcdef"),
	})
	if err != nil {
		t.Error(err)
	}
}
