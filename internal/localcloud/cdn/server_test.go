package cdn_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/thumbing/thumbing/internal/localcloud/cdn"
	"github.com/thumbing/thumbing/internal/localcloud/s3"
)

// What was put into the local S3 server is served as it was put there.
func TestOfS3Server(t *testing.T) {
	server, err := s3.Start(t.Context(), s3.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), AccessKey: "me", SecretKey: "secret",
		Buckets: []s3.Bucket{{Name: "assets"}}})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	client := awss3.New(awss3.Options{BaseEndpoint: new(server.URL()), UsePathStyle: true, Region: "us-east-1",
		HTTPClient: &http.Client{Transport: transport}, Credentials: credentials.NewStaticCredentialsProvider("me", "secret", "")})
	put, err := client.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: new("assets"), Key: new("avatar/processed/a b+é.png"),
		Body: strings.NewReader("picture"), ContentType: new("image/png"), CacheControl: new("max-age=60")})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(cdn.Handler(server.Bucket("assets"), cdn.Config{}, slog.New(slog.DiscardHandler)))
	defer front.Close()
	get := func(path string) (*http.Response, string) {
		resp, err := front.Client().Get(front.URL + path)
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
	resp, body := get("/avatar/processed/a%20b+%C3%A9.png?v=2")
	if resp.StatusCode != 200 || body != "picture" || resp.Header.Get("ETag") != *put.ETag ||
		resp.Header.Get("Content-Type") != "image/png" || resp.Header.Get("Cache-Control") != "max-age=60" || resp.Header.Get("Last-Modified") == "" {
		t.Errorf("%s %q %v", resp.Status, body, resp.Header)
	}
	// L1
	for _, path := range []string{"/avatar", "/avatar/", "/avatar/processed/../processed/a%20b+%C3%A9.png", "/..%2f..%2fevents.jsonl", "/%2e%2e/lock", "/.sgwtmp", "/a%00b", "/" + strings.Repeat("k", 2000)} {
		if resp, body := get(path); resp.StatusCode != 404 {
			t.Errorf("%s: %s %q", path, resp.Status, body)
		}
	}
}
