package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
)

// patience is how long a test waits for what must come. It is no measure of speed.
const patience = time.Minute

// devCloud is a "thumbing dev" of a test's own.
type devCloud struct {
	page, avatars, endpoint string
	args, env               []string
	dir                     string // where it runs
	s3                      *s3.Client
	cmd                     *exec.Cmd       // nil before it was launched
	ended                   <-chan struct{} // closed when it prints no more
	log                     *logLines
}

// logLines collects what the cloud prints.
type logLines struct {
	mu    sync.Mutex
	lines []string
}

func (l *logLines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

func (l *logLines) contains(words ...string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			return true
		}
	}
	return false
}

// startDev boots the stack of the project's own CDK app with the given environment, and returns when it is
// ready.
func startDev(t *testing.T, data string, env ...string) *devCloud {
	t.Helper()
	c := newDev(t, data, env...)
	c.await(t, c.launch(t))
	return c
}

// newDev prepares a "thumbing dev" with addresses of its own, which keeps what it stores in data.
func newDev(t *testing.T, data string, env ...string) *devCloud {
	t.Helper()
	var address [3]string
	for i := range address {
		address[i] = freeAddress(t)
	}
	c := &devCloud{page: "http://" + address[0], avatars: "http://" + address[1], endpoint: "http://" + address[2],
		args: []string{"dev", "--data", data, "--listen", address[0], "--cdn-listen", address[1], "--s3-listen", address[2]},
		dir:  projectWithFunction(t), env: env, log: &logLines{}}
	c.s3 = newClient(aws.Config{BaseEndpoint: &c.endpoint, Region: devRegion,
		Credentials: credentials.NewStaticCredentialsProvider(devAccessKey, devSecretKey, "")})
	t.Cleanup(func() {
		c.stop(t)
		if t.Failed() {
			t.Logf("thumbing dev said:\n%s", strings.Join(c.log.lines, "\n"))
		}
	})
	return c
}

// launch starts the process, and says when it is ready.
func (c *devCloud) launch(t *testing.T, args ...string) (ready <-chan struct{}) {
	t.Helper()
	c.cmd = thumbing(t, append(slices.Clone(c.args), args...)...)
	c.cmd.Dir = c.dir
	c.cmd.Env = append(c.cmd.Environ(), c.env...)
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	booted, ended := make(chan struct{}), make(chan struct{})
	c.ended = ended
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			c.log.add(lines.Text())
			if strings.HasPrefix(lines.Text(), "ready in ") {
				close(booted)
			}
		}
	}()
	return booted
}

// await returns when the process is ready.
func (c *devCloud) await(t *testing.T, ready <-chan struct{}) {
	t.Helper()
	select {
	case <-ready:
	case <-c.ended:
		t.Fatal("thumbing dev ended before it was ready")
	case <-time.After(patience):
		t.Fatal("thumbing dev is not ready")
	}
}

// stop ends the cloud as Ctrl-C does, and fails the test when that is no clean end.
func (c *devCloud) stop(t *testing.T) {
	t.Helper()
	if c.cmd == nil || c.cmd.ProcessState != nil {
		return
	}
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("thumbing dev did not end cleanly: %v", err)
	}
}

// thumbing is the real command line, in a process of its own.
func thumbing(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], args...)
	cmd.Args[0] = "thumbing"
	return cmd
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// buildFunction compiles the function to a file of that name, which it returns.
func buildFunction(t *testing.T, path string, env ...string) string {
	t.Helper()
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc,nethttpomithttp2", "-o", path, "../../lambdas/thumbnail")
	cmd.Env = append(append(cmd.Environ(), "CGO_ENABLED=0"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the function: %v\n%s", err, out)
	}
	return path
}

// projectWithFunction is a folder like the project's after make build, as far as synth looks at it.
func projectWithFunction(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	link := func(from, to string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, to)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(from, filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	link(filepath.Join(root, "cdk.json"), "cdk.json")
	link(filepath.Join(root, "node_modules"), "node_modules")
	buildFunction(t, filepath.Join(dir, "build", "thumbnail", "bootstrap"), "GOOS=linux", "GOARCH=arm64")
	buildFunction(t, filepath.Join(dir, "build", "host", "bootstrap"))
	return dir
}

// waitFor returns when happened does, and fails the test when that takes too long.
func waitFor(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}

// avatar waits for the avatar of a key in the assets bucket and decodes it.
func (c *devCloud) avatar(t *testing.T, path string) image.Image {
	t.Helper()
	var body []byte
	waitFor(t, "the avatar "+path, func() bool {
		resp, err := http.Get(c.avatars + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err = io.ReadAll(resp.Body); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode == http.StatusOK
	})
	img, err := png.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if img.Bounds() != image.Rect(0, 0, 512, 512) {
		t.Errorf("%s is %v", path, img.Bounds())
	}
	return img
}

// TestDev sends uploads of every kind through the whole chain: real S3 clients, the real S3 server, the real
// function, signed notifications to a receiver with a verifier of its own.
func TestDev(t *testing.T) {
	t.Parallel()
	hook := newReceiver(t)
	data := t.TempDir()
	c := startDev(t, data, "THUMBING_WEBHOOK_URL="+hook.url)
	ctx := t.Context()
	put := func(key string, body []byte) {
		t.Helper()
		if _, err := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(devUploads), Key: &key, Body: bytes.NewReader(body)}); err != nil {
			t.Fatal(err)
		}
	}

	// S7: a phone photo lies on its side, and EXIF says so.
	phone := phonePhoto(t, 4000, 3000, 6)
	put("photo.jpg", phone)
	upright(t, c.avatar(t, "/avatar/processed/photo.png"))

	// S3: keys as people have them.
	put("a b+é.png", transparentPNG(t))
	put("me", phone)
	put("users/7/Photo.JPEG", phone)
	put("wave.gif", animatedGIF(t))
	transparent(t, c.avatar(t, "/avatar/processed/a%20b+%C3%A9.png")) // S8
	upright(t, c.avatar(t, "/avatar/processed/me.png"))
	upright(t, c.avatar(t, "/avatar/processed/users/7/Photo.png"))
	c.avatar(t, "/avatar/processed/wave.png")

	// S5: a large upload goes in parts.
	large := append(phonePhoto(t, 4000, 3000, 1), make([]byte, 20<<20)...)
	_, err := transfermanager.New(c.s3).UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket: aws.String(devUploads), Key: aws.String("large.jpg"), Body: bytes.NewReader(large)})
	if err != nil {
		t.Fatal(err)
	}
	c.avatar(t, "/avatar/processed/large.png")

	// What is no picture has no avatar, and the log says why.
	put("text.jpg", []byte("not a picture at all"))
	put("empty.jpg", nil)
	waitFor(t, "the refusal of text.jpg", func() bool { return c.log.contains("text.jpg", "unsupported-format") })
	waitFor(t, "the refusal of empty.jpg", func() bool { return c.log.contains("empty.jpg", "empty") })

	// Each avatar is told of once, each refusal too, and nothing else.
	want := []string{"avatar/processed/a+b%2B%C3%A9.png", "avatar/processed/large.png", "avatar/processed/me.png",
		"avatar/processed/photo.png", "avatar/processed/users/7/Photo.png", "avatar/processed/wave.png"}
	waitFor(t, "the notifications", func() bool { return len(hook.keys()) >= len(want) })
	for _, key := range want {
		if n := hook.keys()[key]; n != 1 {
			t.Errorf("%d notifications of %s, want 1", n, key)
		}
	}
	waitFor(t, "the notifications of refusals", func() bool { return len(hook.refused()) >= 2 })
	if d := cmp.Diff(map[string]string{"text.jpg": "unsupported-format", "empty.jpg": "empty"}, hook.refused()); d != "" {
		t.Errorf("refusals told of (-want +got):\n%s", d)
	}
	if !hook.confirmed() {
		t.Error("the subscription was not confirmed")
	}

	// A restart keeps what was stored, and does not make it again.
	c.stop(t)
	again := startDev(t, data, "THUMBING_WEBHOOK_URL="+hook.url)
	upright(t, again.avatar(t, "/avatar/processed/photo.png"))
	if n := len(hook.keys()); n != len(want) {
		t.Errorf("%d avatars told of after the restart, want %d", n, len(want))
	}
}

// receiver is a webhook that verifies signatures by the words of the SNS Developer Guide, with nothing of this
// project.
type receiver struct {
	url string

	mu       sync.Mutex
	subbed   bool
	received map[string]int    // notifications of avatars by form-encoded key
	rejected map[string]string // codes of refusals by key
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{received: map[string]int{}, rejected: map[string]string{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if err := r.take(req); err != nil {
			t.Errorf("webhook: %v", err)
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	}))
	t.Cleanup(server.Close)
	r.url = server.URL + "/hook"
	return r
}

func (r *receiver) keys() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.received)
}

func (r *receiver) refused() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.rejected)
}

func (r *receiver) confirmed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.subbed
}

func (r *receiver) take(req *http.Request) error {
	var members map[string]any
	if err := json.NewDecoder(req.Body).Decode(&members); err != nil {
		return err
	}
	m := map[string]string{} // what is signed is text
	for name, value := range members {
		if text, ok := value.(string); ok {
			m[name] = text
		}
	}
	if err := verify(m); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch kind := req.Header.Get("x-amz-sns-message-type"); kind {
	case "SubscriptionConfirmation":
		resp, err := http.Get(m["SubscribeURL"])
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		r.subbed = resp.StatusCode == http.StatusOK
		return nil
	case "Notification":
		var event struct {
			Event, Key, Code string

			Records []struct {
				S3 struct{ Object struct{ Key string } }
			}
		}
		if err := json.Unmarshal([]byte(m["Message"]), &event); err != nil {
			return err
		}
		if event.Event == "avatar.rejected" && m["Subject"] == event.Event {
			r.rejected[event.Key] = event.Code
			return nil
		}
		if len(event.Records) == 0 && event.Event != "s3:TestEvent" {
			return fmt.Errorf("a notification without records: %s", m["Message"])
		}
		for _, record := range event.Records {
			r.received[record.S3.Object.Key]++
		}
		return nil
	default:
		return fmt.Errorf("a message of type %q", kind)
	}
}

func verify(m map[string]string) error {
	names := []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	if m["Type"] != "Notification" {
		names = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	var text strings.Builder
	for _, name := range names {
		if value, there := m[name]; there {
			text.WriteString(name + "\n" + value + "\n")
		}
	}
	if m["SignatureVersion"] != "2" {
		return fmt.Errorf("signature version %q", m["SignatureVersion"])
	}
	resp, err := http.Get(m["SigningCertURL"])
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	block, _ := pem.Decode(body)
	if block == nil {
		return fmt.Errorf("no certificate at %s", m["SigningCertURL"])
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(m["Signature"])
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(text.String()))
	return rsa.VerifyPKCS1v15(certificate.PublicKey.(*rsa.PublicKey), crypto.SHA256, digest[:], signature)
}
