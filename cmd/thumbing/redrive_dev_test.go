package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/thumbing/thumbing/internal/s3event"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

// moodyHook is a webhook that confirms, and takes notifications or not.
type moodyHook struct {
	*httptest.Server
	mu      sync.Mutex
	refuses bool
	taken   map[string]bool // keys that it was told of
}

func newMoodyHook(t *testing.T) *moodyHook {
	h := &moodyHook{refuses: true, taken: map[string]bool{}}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, err := snsmessage.Read(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		if m.Type == snsmessage.SubscriptionConfirmation {
			resp, err := http.Get(m.SubscribeURL)
			if err != nil || resp.Body.Close() != nil {
				t.Error(err)
			}
			return
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.refuses {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		n, err := s3event.Parse([]byte(m.Message))
		if err != nil {
			t.Error(err)
		}
		for _, r := range n.Created {
			h.taken[r.Key] = true
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// letters tells how many letters wait in the cloud's queue.
func (c *devCloud) letters(t *testing.T) int {
	t.Helper()
	out, err := sqs.NewFromConfig(aws.Config{Region: devRegion, BaseEndpoint: &c.endpoint, HTTPClient: http.DefaultClient, // one for all calls
		Credentials: credentials.NewStaticCredentialsProvider(devAccessKey, devSecretKey, ""),
	}).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl:       aws.String(c.endpoint + "/" + devAccount + "/cruddur-webhook-avatar-dead-letters"),
		AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(out.Attributes["ApproximateNumberOfMessages"])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// run runs the command line with nothing set but the endpoint, the keys and the buckets.
func (c *devCloud) run(t *testing.T, args ...string) string {
	t.Helper()
	return c.runWith(t, nil, args...)
}

func (c *devCloud) runWith(t *testing.T, env []string, args ...string) string {
	t.Helper()
	cmd := thumbing(t, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(cmd.Environ(), "AWS_ENDPOINT_URL="+c.endpoint, "AWS_ACCESS_KEY_ID="+devAccessKey, "AWS_SECRET_ACCESS_KEY="+devSecretKey,
		"UPLOADS_BUCKET_NAME="+devUploads, "ASSETS_BUCKET_NAME="+devAssets)
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", args[0], err, out)
	}
	return string(out)
}

// TestRedriveInDev loses nothing: a broken function, a kill of everything, a webhook that refuses. One redrive cures
// each.
func TestRedriveInDev(t *testing.T) { // E8, S11
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	hook := newMoodyHook(t)
	c := newDev(t, t.TempDir(), "THUMBING_WEBHOOK_URL="+hook.URL)
	c.await(t, c.launch(t, "--function", broken))
	waitFor(t, "the webhook's confirmation", func() bool {
		return strings.Contains(c.run(t, "ls"), "webhook "+hook.URL+" has confirmed, and is told of avatars\n")
	})
	if said := c.runWith(t, []string{"THUMBING_WEBHOOK_URL=https://example.com/hook"}, "ls"); !strings.Contains(said, "webhook https://example.com/hook is not subscribed") {
		t.Errorf("with a webhook that the topic does not know, ls says\n%s", said)
	}
	photo := phonePhoto(t, 600, 400, 1)
	keys := []string{"a b+é.jpg", "users/7/me.jpg"}
	for _, key := range keys {
		if _, err := c.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(devUploads), Key: &key, Body: bytes.NewReader(photo)}); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "the dead letters of the function", func() bool { return c.letters(t) >= len(keys) })
	shown := c.run(t, "redrive", "--list")
	for _, key := range keys {
		if want := fmt.Sprintf("       3  s3://%s/%s: Runtime.ExitError: Runtime exited with error: exit status 1\n", devUploads, key); !strings.Contains(shown, want) {
			t.Errorf("--list shows\n%s, not %s", shown, want)
		}
	}

	c.kill(t)
	c.await(t, c.launch(t))
	if n := c.letters(t); n < len(keys) {
		t.Fatalf("%d letters have survived", n)
	}
	if said := c.run(t, "redrive"); !strings.Contains(said, "replayed  ") {
		t.Errorf("redrive says\n%s", said)
	}
	c.avatar(t, "/avatar/processed/a%20b+%C3%A9.png")
	c.avatar(t, "/avatar/processed/users/7/me.png")

	// The webhook has refused to hear of both.
	waitFor(t, "the dead letters of the webhook", func() bool { return c.letters(t) >= len(keys) })
	hook.mu.Lock()
	hook.refuses = false
	hook.mu.Unlock()
	c.run(t, "redrive")
	waitFor(t, "the notifications", func() bool {
		hook.mu.Lock()
		defer hook.mu.Unlock()
		return hook.taken["avatar/processed/a b+é.png"] && hook.taken["avatar/processed/users/7/me.png"]
	})
	if n := c.letters(t); n != 0 {
		t.Errorf("%d letters are left", n)
	}
}
