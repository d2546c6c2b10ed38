package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/thumbing/thumbing/internal/avatar"
)

var killSeed = flag.Uint64("kill.seed", 0, "choose the moments of TestKillLosesNothing again; 0 chooses others each time")

const (
	kills   = 12
	writers = 3
)

// L4: a kill -9 at any moment loses no object that was acknowledged: it is there, whole, in the version that the
// answer named, and its avatar is made.
func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("again with -kill.seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	data := t.TempDir()
	c := newDev(t, data)
	var args []string // the first run synthesizes
	sent := &load{random: rand.New(rand.NewPCG(seed, 1)), newest: map[string]newest{}}
	for range kills {
		ready := c.launch(t, args...)
		if random.IntN(4) == 0 && args != nil { // while it boots and takes up what was left
			select {
			case <-c.ended:
				t.Fatal("thumbing dev ended by itself")
			case <-time.After(time.Duration(random.Int64N(int64(time.Second)))):
			}
			c.kill(t)
			continue
		}
		args = []string{"--assembly", filepath.Join(data, "cdk.out")}
		c.await(t, ready)
		acknowledged, stop := sent.begin(t, c)
		select {
		case <-acknowledged:
		case <-time.After(patience):
			t.Fatal("no upload was acknowledged")
		}
		time.Sleep(time.Duration(random.Int64N(int64(time.Second)))) // no wait for anything: the moment is the point
		c.kill(t)
		stop()
	}
	c.await(t, c.launch(t, args...))
	t.Logf("%d uploads acknowledged, %d not", len(sent.acknowledged), sent.lost)

	for _, u := range sent.acknowledged {
		out, err := c.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(devUploads), Key: &u.key, VersionId: u.version})
		if err != nil {
			t.Errorf("%s, version %s: %v", u.key, *u.version, err)
			continue
		}
		body, err := io.ReadAll(out.Body)
		if err := errors.Join(err, out.Body.Close()); err != nil || !bytes.Equal(body, u.body) {
			t.Errorf("%s, version %s, is not what was acknowledged: %d bytes, %v", u.key, *u.version, len(body), err)
		}
	}
	for key, n := range sent.newest {
		if n.acknowledged == "" {
			continue
		}
		// An upload without an answer may have been stored or not.
		waitFor(t, "the avatar of "+key, func() bool {
			out, err := c.s3.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(devAssets), Key: aws.String("avatar/processed/" + key + ".png")})
			if err != nil {
				return false
			}
			p, ok := avatar.ParseProvenance(out.Metadata)
			return ok && n.has(p.ETag)
		})
		c.avatar(t, "/avatar/processed/"+key+".png")
	}
	if c.log.contains("AccessDenied") {
		t.Error("something was denied")
	}
}

// kill ends the cloud as kill -9 does.
func (c *devCloud) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-c.ended
	if err := c.cmd.Wait(); err == nil {
		t.Fatal("thumbing dev was not killed")
	}
}

// load is what clients send, and what was answered.
type load struct {
	mu           sync.Mutex
	random       *rand.Rand
	acknowledged []stored
	newest       map[string]newest // by key without its extension
	lost         int               // without an answer
}

type stored struct {
	key     string
	version *string
	body    []byte
}

// newest are the ETags of a key's last uploads: the last that was acknowledged, and those that were sent since.
type newest struct {
	acknowledged string
	attempted    []string
}

func (n newest) has(etag string) bool {
	return etag == n.acknowledged || slices.Contains(n.attempted, etag)
}

// begin has clients upload until stop is called, each to keys of its own and one picture after the other. The
// first answer closes acknowledged.
func (l *load) begin(t *testing.T, c *devCloud) (acknowledged <-chan struct{}, stop func()) {
	first := make(chan struct{})
	once := sync.OnceFunc(func() { close(first) })
	ctx, cancel := context.WithCancel(t.Context())
	client := s3.New(s3.Options{BaseEndpoint: &c.endpoint, UsePathStyle: true, Region: devRegion, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(devAccessKey, devSecretKey, "")})
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if l.send(ctx, t, client, fmt.Sprintf("writer%d/%d", w, i%4)) {
					once()
				}
			}
		})
	}
	return first, func() {
		cancel()
		group.Wait()
	}
}

// send uploads a picture that nobody has sent before, and tells whether that was acknowledged.
func (l *load) send(ctx context.Context, t *testing.T, client *s3.Client, name string) bool {
	l.mu.Lock()
	body := noise(t, l.random)
	n := l.newest[name]
	n.attempted = append(n.attempted, etagOf(body))
	l.newest[name] = n
	l.mu.Unlock()
	key := name + ".png"
	out, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(devUploads), Key: &key, Body: bytes.NewReader(body)})
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.lost++
		return false
	}
	l.newest[name] = newest{acknowledged: etagOf(body)}
	l.acknowledged = append(l.acknowledged, stored{key, out.VersionId, body})
	return true
}

func etagOf(body []byte) string { return fmt.Sprintf("%x", md5.Sum(body)) }

// noise is a picture like no other.
func noise(t *testing.T, random *rand.Rand) []byte {
	img := image.NewGray(image.Rect(0, 0, 200, 200))
	for i := range img.Pix {
		img.Pix[i] = byte(random.Uint32())
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Error(err)
	}
	return b.Bytes()
}
