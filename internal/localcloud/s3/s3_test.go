package s3_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/thumbing/thumbing/internal/localcloud/s3"
)

const (
	accessKey = "thumbing"
	secretKey = "thumbing-local"
	region    = "us-east-1"
	origin    = "http://127.0.0.1:8080"
)

var (
	serveDir    = flag.String("serve", "", "run a server in this folder instead of tests")
	serveListen = flag.String("listen", "127.0.0.1:0", "address of that server")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *serveDir != "" {
		if err := serve(*serveDir, *serveListen); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serve runs a server as another process, for tests and for people to try. It prints its URL, and then a line an
// event, unless there is a file "hold" in its folder: then it delivers none.
func serve(dir, listen string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	deliver := func(_ context.Context, event []byte) error {
		_, err := os.Stat(filepath.Join(dir, "hold"))
		if err == nil {
			return errors.New("held")
		}
		_, err = fmt.Printf("%s\n", event)
		return err
	}
	s, err := s3.Start(ctx, config(dir, listen, deliver))
	if err != nil {
		return err
	}
	fmt.Println(s.URL())
	<-ctx.Done()
	closing, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return s.Close(closing)
}

func config(dir, listen string, deliver func(context.Context, []byte) error) s3.Config {
	all := []s3.Rule{{ID: "all", Events: []string{"s3:ObjectCreated:*", "s3:ObjectRemoved:*"}, Target: "arn:t", Deliver: deliver}}
	return s3.Config{
		Listen: listen, Dir: dir, AccessKey: accessKey, SecretKey: secretKey,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError + 1})),
		Buckets: []s3.Bucket{
			{Name: "uploads", Rules: all, CORS: []s3.CORSRule{{
				AllowedOrigins: []string{origin}, AllowedMethods: []string{"PUT"}, AllowedHeaders: []string{"*"},
				ExposedHeaders: []string{"ETag"}, MaxAge: 3000,
			}}},
			{Name: "versioned", Rules: all, Versioned: true},
		},
	}
}

// server is a running server with a client and the events that it delivered.
type server struct {
	*s3.Server
	client *awss3.Client
	mu     sync.Mutex
	events []string
	wake   chan struct{}
}

func start(t *testing.T) *server {
	t.Helper()
	return startIn(t, t.TempDir())
}

func startIn(t *testing.T, dir string) *server {
	t.Helper()
	s := &server{wake: make(chan struct{}, 1000)}
	var err error
	if s.Server, err = s3.Start(t.Context(), config(dir, "127.0.0.1:0", s.deliver)); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	s.client = client(s.URL(), secretKey, transport)
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func client(endpoint, secret string, transport http.RoundTripper) *awss3.Client {
	return awss3.New(awss3.Options{
		BaseEndpoint: &endpoint, UsePathStyle: true, Region: region, HTTPClient: &http.Client{Transport: transport},
		Credentials:      credentials.NewStaticCredentialsProvider(accessKey, secret, ""),
		RetryMaxAttempts: 1,
	})
}

// presign gives the URL of a request that needs no more signing.
func (s *server) presign(t *testing.T, method, bucket, key string) string {
	t.Helper()
	p := awss3.NewPresignClient(s.client)
	var out *v4.PresignedHTTPRequest
	var err error
	if method == "PUT" {
		out, err = p.PresignPutObject(t.Context(), &awss3.PutObjectInput{Bucket: &bucket, Key: &key})
	} else {
		out, err = p.PresignGetObject(t.Context(), &awss3.GetObjectInput{Bucket: &bucket, Key: &key})
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.URL
}

func (s *server) deliver(_ context.Context, event []byte) error {
	s.mu.Lock()
	s.events = append(s.events, string(event))
	s.mu.Unlock()
	s.wake <- struct{}{}
	return nil
}

// next waits for the next event that no earlier call has returned.
func (s *server) next(t *testing.T) string {
	t.Helper()
	select {
	case <-s.wake:
	case <-time.After(10 * time.Second):
		t.Fatal("no event came")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	event := s.events[0]
	s.events = s.events[1:]
	return event
}

// none asserts that no event is on its way: one of a marker object would come behind it.
func (s *server) none(t *testing.T) {
	t.Helper()
	s.put(t, "uploads", "marker", "")
	if event := s.next(t); !strings.Contains(event, `"key":"marker"`) {
		t.Errorf("an event came: %s", event)
	}
}

func (s *server) put(t *testing.T, bucket, key, body string) *awss3.PutObjectOutput {
	t.Helper()
	out, err := s.client.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// get reads an object; ok is false when there is none.
func (s *server) get(t *testing.T, bucket, key string) (body string, ok bool) {
	t.Helper()
	out, err := s.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: &bucket, Key: &key})
	if code(err) == "NoSuchKey" {
		return "", false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), true
}

// code gives the code of an error of S3's.
func code(err error) string {
	var known smithy.APIError
	if errors.As(err, &known) {
		return known.ErrorCode()
	}
	return ""
}

// do sends a request and gives its answer.
func do(t *testing.T, r *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// request makes a request whose path is sent as it is.
func request(t *testing.T, method, base, path, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, base, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Opaque = path
	return r
}

// record gives the one record of an event.
func record(t *testing.T, event string) map[string]any {
	t.Helper()
	var e struct{ Records []map[string]any }
	if err := json.Unmarshal([]byte(event), &e); err != nil || len(e.Records) != 1 {
		t.Fatalf("not an event with one record: %s", event)
	}
	return e.Records[0]
}

// object gives what an event says of its object.
func object(t *testing.T, event string) (name string, o struct {
	Key, ETag, VersionID, Sequencer string
	Size                            int64
}) {
	t.Helper()
	var e struct {
		Records []struct {
			EventName string
			S3        struct{ Object json.RawMessage }
		}
	}
	if err := json.Unmarshal([]byte(event), &e); err != nil || len(e.Records) != 1 {
		t.Fatalf("not an event with one record: %s", event)
	}
	if err := json.Unmarshal(e.Records[0].S3.Object, &o); err != nil {
		t.Fatal(err)
	}
	return e.Records[0].EventName, o
}

// decoded undoes the form encoding of a key.
func decoded(t *testing.T, key string) string {
	t.Helper()
	plain, err := url.QueryUnescape(key)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func ptr(s string) *string { return aws.String(s) }
