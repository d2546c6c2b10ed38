package main

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud/lambdaruntime"
	"github.com/thumbing/thumbing/internal/settings"
)

// function measures a Lambda function's first answer: from the start of its process to its answer through the
// Runtime API, with the upload read from and the avatar written to an HTTP server beside it.
func function(ctx context.Context, o options, photos []string, dir string) error {
	theirs := filepath.Join(dir, "sharp-bootstrap")
	code, err := filepath.Abs("internal/bench/sharp/function.js")
	if err != nil {
		return err
	}
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' '%s'\n", o.node, code)
	if err := os.WriteFile(theirs, []byte(script), 0o755); err != nil {
		return err
	}
	binaries := [2]string{theirs, filepath.Join(dir, "bootstrap")}
	fmt.Println()
	fmt.Println("The function: from the start of its process to its first answer through the Runtime API.")
	fmt.Println()
	fmt.Println("| photograph | node with sharp, ms | ours | ratio |")
	fmt.Println("|---|---|---|---|")
	for _, p := range photos {
		var m measurements
		for range o.rounds {
			for side, binary := range binaries {
				took, err := firstAnswer(ctx, binary, p)
				if err != nil {
					return fmt.Errorf("%s: %w", p, err)
				}
				m.add(side, 1, took.Seconds()*1000)
			}
		}
		var c comparison
		m.summarize(&c)
		fmt.Printf("| %s | %.0f | %.0f | **%.2f** |\n", filepath.Base(p), c.wall[0], c.wall[1], c.wallRatio)
	}
	return nil
}

func firstAnswer(ctx context.Context, binary, photo string) (time.Duration, error) {
	picture, err := os.ReadFile(photo)
	if err != nil {
		return 0, err
	}
	sum := md5.Sum(picture)
	etag := hex.EncodeToString(sum[:])
	written := 0
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPut:
			n, err := io.Copy(io.Discard, r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			written = int(n)
			w.Header().Set("ETag", `"written"`)
		case strings.HasPrefix(r.URL.Path, "/uploads/"):
			w.Header().Set("ETag", `"`+etag+`"`)
			w.Header().Set("Content-Length", fmt.Sprint(len(picture)))
			_, _ = w.Write(picture) // a client that has gone fails by itself
		default:
			http.NotFound(w, r)
		}
	}))
	defer store.Close()
	done := make(chan lambdaruntime.Result, 1)
	set := settings.Function{SourceBucket: "uploads", DestBucket: "assets", FolderOutput: "avatar/processed/",
		Width: settings.DefaultWidth, Height: settings.DefaultHeight, Limits: settings.DefaultLimits()}
	r, err := lambdaruntime.Start(ctx, lambdaruntime.Function{Name: "bench", Binary: binary, Env: set.Variables(),
		Timeout: time.Minute, Concurrency: 1}, lambdaruntime.Options{
		Env:         map[string]string{"AWS_ENDPOINT_URL_S3": store.URL},
		Credentials: lambdaruntime.Credentials{AccessKeyID: "bench", SecretAccessKey: "bench"},
		OnResult:    func(r lambdaruntime.Result) error { done <- r; return nil },
	})
	if err != nil {
		return 0, err
	}
	defer r.Close(ctx)
	event := fmt.Sprintf(`{"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": "2026-01-02T03:04:05.000Z",
	  "s3": {"bucket": {"name": "uploads"}, "object": {"key": "photo.jpg", "size": %d, "eTag": "%s", "sequencer": "01"}}}]}`, len(picture), etag)
	if _, err := r.Invoke(ctx, []byte(event)); err != nil {
		return 0, err
	}
	select {
	case result := <-done:
		if result.Err == nil && written == 0 {
			return 0, errors.New("the function wrote nothing")
		}
		return result.Duration, result.Err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
