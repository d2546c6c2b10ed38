package s3store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/awsretry"
	"github.com/thumbing/thumbing/internal/localcloud/s3"
)

func config(endpoint string) aws.Config {
	return aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: &endpoint,
		Credentials:  credentials.NewStaticCredentialsProvider("thumbing", "thumbing-local", ""),
	}
}

// TestS3 goes through a real S3 server.
func TestS3(t *testing.T) {
	server, err := s3.Start(t.Context(), s3.Config{
		Listen: "127.0.0.1:0", Dir: t.TempDir(), AccessKey: "thumbing", SecretKey: "thumbing-local",
		Buckets: []s3.Bucket{{Name: "plain"}, {Name: "versioned", Versioned: true}},
		Log:     slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	store := New(config(server.URL()))
	for _, name := range []string{"plain", "versioned"} {
		t.Run(name, func(t *testing.T) {
			b := store.Bucket(name)
			ctx := t.Context()
			const key = "avatar/processed/a b+é.png"
			metadata := avatar.Provenance{Key: "a b+é.jpg", ETag: "abc", Time: time.UnixMilli(1).UTC()}.Metadata()

			_, err := b.Head(ctx, key)
			wants(t, "head of what is absent", err, avatar.ErrNotFound)
			_, err = b.Get(ctx, key, avatar.Pin{ETag: "abc"}, 10)
			wants(t, "get of what is absent", err, avatar.ErrNotFound)
			err = b.Put(ctx, key, []byte("one"), metadata, avatar.Condition{ETag: "0123456789abcdef0123456789abcdef"})
			wants(t, "put over what is absent", err, avatar.ErrNotFound)

			wants(t, "put", b.Put(ctx, key, []byte("one"), metadata, avatar.Condition{}), nil)
			err = b.Put(ctx, key, []byte("two"), metadata, avatar.Condition{}) // L5
			wants(t, "put of what is there", err, avatar.ErrPrecondition)

			state, err := b.Head(ctx, key)
			wants(t, "head", err, nil)
			p, ok := avatar.ParseProvenance(state.Metadata)
			if !ok || p.Key != "a b+é.jpg" || p.ETag != "abc" {
				t.Errorf("the metadata came back as %v", state.Metadata)
			}

			upload, err := b.Get(ctx, key, avatar.Pin{ETag: state.ETag}, 3)
			wants(t, "get", err, nil)
			if string(upload.Body) != "one" || time.Since(upload.LastModified).Abs() > time.Hour {
				t.Errorf("got %+v", upload)
			}
			_, err = b.Get(ctx, key, avatar.Pin{ETag: state.ETag}, 2) // I15
			wants(t, "get beyond the limit", err, avatar.ErrTooLarge)

			wants(t, "put over it", b.Put(ctx, key, []byte("two"), metadata, avatar.Condition{ETag: state.ETag}), nil)
			err = b.Put(ctx, key, []byte("three"), metadata, avatar.Condition{ETag: state.ETag})
			wants(t, "put over another", err, avatar.ErrPrecondition)
			_, err = b.Get(ctx, key, avatar.Pin{ETag: state.ETag}, 10) // C4
			wants(t, "get of what was overwritten", err, avatar.ErrPrecondition)
		})
	}
	_, err = store.Bucket("nowhere").Get(t.Context(), "k", avatar.Pin{ETag: "e"}, 1) // A5
	if err == nil || errors.Is(err, avatar.ErrNotFound) {
		t.Errorf("get from no bucket: %v", err)
	}
}

func wants(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) || (want == nil) != (got == nil) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// fake answers requests as S3 would in states that are hard to bring a real one into.
func fake(t *testing.T, handler http.HandlerFunc) *Bucket {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	store := New(config(server.URL))
	store.wait = func(int) time.Duration { return 0 }
	return store.Bucket("bucket")
}

type noWait struct{}

func (noWait) BackoffDelay(int, error) (time.Duration, error) { return 0, nil }

func answer(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, message)
}

func TestErrors(t *testing.T) {
	const role = "User: arn:aws:sts::111122223333:assumed-role/thumbing/thumbing is not authorized to perform: "
	for _, c := range []struct {
		status        int
		code, message string
		want          error
	}{
		{404, "NoSuchKey", "The specified key does not exist.", avatar.ErrNotFound},
		{412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", avatar.ErrPrecondition},
		{409, "ConditionalRequestConflict", "The conditional request cannot succeed due to a conflicting operation against this resource.", avatar.ErrConflict},
		{403, "AccessDenied", "Access Denied", avatar.ErrDenied}, // A5
		{403, "AccessDenied", role + `s3:GetObject on resource: "arn:aws:s3:::bucket/k"`, avatar.ErrDenied},
		{403, "AccessDenied", role + `s3:ListBucket on resource: "arn:aws:s3:::bucket"`, avatar.ErrNotFound}, // E5
	} {
		var requests atomic.Int32
		b := fake(t, func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			answer(w, c.status, c.code, c.message)
		})
		_, err := b.Get(t.Context(), "k", avatar.Pin{ETag: "e"}, 10)
		if !errors.Is(err, c.want) {
			t.Errorf("%s %q: got %v", c.code, c.message, err)
		}
		if n := requests.Load(); n != 1 {
			t.Errorf("%s: %d attempts, want 1", c.code, n)
		}
	}
	for status, want := range map[int]error{403: avatar.ErrDenied, 404: avatar.ErrNotFound} {
		b := fake(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		if _, err := b.Head(t.Context(), "k"); !errors.Is(err, want) {
			t.Errorf("head: %d gave %v", status, err)
		}
	}
	for _, code := range []string{"NoSuchBucket", "KMS.DisabledException"} { // A5
		b := fake(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 404, code, "") })
		_, err := b.Get(t.Context(), "k", avatar.Pin{ETag: "e"}, 10)
		if err == nil || errors.Is(err, avatar.ErrNotFound) || !strings.Contains(err.Error(), code) {
			t.Errorf("%s: got %v", code, err)
		}
	}
}

func TestRequests(t *testing.T) {
	var got http.Header
	var path string
	b := fake(t, func(w http.ResponseWriter, r *http.Request) {
		got, path = r.Header.Clone(), r.URL.Path
		w.Header().Set("ETag", `"x"`)
	})
	if err := b.Put(t.Context(), "a b.png", []byte("png"), map[string]string{"source-key": "a"}, avatar.Condition{}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Cache-Control": "public, max-age=60, must-revalidate",
		"If-None-Match": "*", "If-Match": "", "X-Amz-Meta-Source-Key": "a",
	} {
		if got.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Get(name), want)
		}
	}
	if path != "/bucket/a b.png" { // the bucket is in the path
		t.Errorf("the path is %q", path)
	}
	if err := b.Put(t.Context(), "k", nil, nil, avatar.Condition{ETag: "e"}); err != nil {
		t.Fatal(err)
	}
	if got.Get("If-Match") != `"e"` || got.Get("If-None-Match") != "" {
		t.Errorf("the condition is %q, %q", got.Get("If-Match"), got.Get("If-None-Match"))
	}
}

func TestBucketNameBeforeTheHost(t *testing.T) { // as AWS wants it, where no endpoint of one's own is set
	c := config("")
	c.BaseEndpoint = nil
	if New(c).client.Options().UsePathStyle {
		t.Error("path style without an endpoint")
	}
}

func TestFaultsThatPass(t *testing.T) {
	body := strings.Repeat("p", 1000)
	whole := func(w http.ResponseWriter) { fmt.Fprint(w, body) }
	for _, c := range []struct {
		name  string
		fault func(w http.ResponseWriter)
	}{
		{"slow down", func(w http.ResponseWriter) { answer(w, 503, "SlowDown", "Please reduce your request rate.") }}, // A1
		{"internal error", func(w http.ResponseWriter) { answer(w, 500, "InternalError", "Please try again.") }},      // A1
		{"reset within the body", func(w http.ResponseWriter) { // A3
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, body[:500])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}},
		{"wrong checksum", func(w http.ResponseWriter) { // A3
			w.Header().Set("x-amz-checksum-crc32", "AAAAAA==")
			whole(w)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var requests atomic.Int32
			b := fake(t, func(w http.ResponseWriter, _ *http.Request) {
				if requests.Add(1) <= 2 {
					c.fault(w)
					return
				}
				whole(w)
			})
			b.store.client = quick(b.store)
			got, err := b.Get(t.Context(), "k", avatar.Pin{ETag: "e"}, 1000)
			if err != nil || string(got.Body) != body {
				t.Errorf("after %d requests: %d bytes, %v", requests.Load(), len(got.Body), err)
			}
		})
		t.Run(c.name+" for ever", func(t *testing.T) { // A2
			var requests atomic.Int32
			b := fake(t, func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				c.fault(w)
			})
			b.store.client = quick(b.store)
			got, err := b.Get(t.Context(), "k", avatar.Pin{ETag: "e"}, 1000)
			if err == nil || requests.Load() != awsretry.Attempts {
				t.Errorf("after %d requests: %q, %v", requests.Load(), got.Body, err)
			}
		})
	}
}

func TestLengthThatLies(t *testing.T) { // I15: a body without a length is counted as it comes
	b := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 10 {
			fmt.Fprint(w, strings.Repeat("x", 100))
			w.(http.Flusher).Flush()
		}
	})
	if _, err := b.Get(t.Context(), "k", avatar.Pin{ETag: "e"}, 999); !errors.Is(err, avatar.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	got, err := b.Get(t.Context(), "k", avatar.Pin{ETag: "e"}, 1000)
	if err != nil || len(got.Body) != 1000 {
		t.Errorf("got %d bytes, %v", len(got.Body), err)
	}
	var n atomic.Int32
	b = fake(t, func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		w.Header().Set("Content-Length", strconv.Itoa(1<<40))
		w.WriteHeader(200)
	})
	if _, err := b.Get(t.Context(), "k", avatar.Pin{ETag: "e"}, 1000); !errors.Is(err, avatar.ErrTooLarge) || n.Load() != 1 {
		t.Errorf("got %v after %d requests", err, n.Load())
	}
}

// A8: a clock that is wrong is set by the server's, and the request signed again.
func TestClockThatIsWrong(t *testing.T) {
	const ahead = 20 * time.Minute
	var requests atomic.Int32
	b := fake(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		now := time.Now().Add(ahead)
		w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
		signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err != nil {
			t.Error(err)
		}
		if now.Sub(signed).Abs() > 15*time.Minute {
			answer(w, 403, "RequestTimeTooSkewed", "The difference between the request time and the server's time is too large.")
			return
		}
		fmt.Fprint(w, "body")
	})
	got, err := b.Get(t.Context(), "k", avatar.Pin{ETag: "e"}, 1000)
	if err != nil || string(got.Body) != "body" || requests.Load() != 2 {
		t.Errorf("after %d requests: %q, %v", requests.Load(), got.Body, err)
	}
}

// A8: credentials that have expired are fetched anew.
func TestCredentialsThatExpire(t *testing.T) {
	var fetched atomic.Int32
	c := config("")
	c.Credentials = aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		n := fetched.Add(1)
		return aws.Credentials{AccessKeyID: fmt.Sprintf("KEY%d", n), SecretAccessKey: "s", CanExpire: true, Expires: time.Now().Add(-time.Second)}, nil
	}))
	var keys []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Authorization"))
		fmt.Fprint(w, "body")
	}))
	defer server.Close()
	c.BaseEndpoint = &server.URL
	b := New(c).Bucket("bucket")
	for range 2 {
		if _, err := b.Get(t.Context(), "k", avatar.Pin{ETag: "e"}, 1000); err != nil {
			t.Fatal(err)
		}
	}
	if len(keys) != 2 || !strings.Contains(keys[0], "KEY1/") || !strings.Contains(keys[1], "KEY2/") {
		t.Errorf("signed with %q", keys)
	}
}
