// Package devcloud runs "thumbing dev" for programs that measure it: on free ports, in a folder of its own.
package devcloud

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/thumbing/thumbing/internal/localcloud"
)

// The names and keys of the cloud.
const (
	Uploads   = "bench-uploads"
	Assets    = "bench-assets"
	Region    = "us-east-1"
	AccessKey = "thumbing"
	SecretKey = "thumbing-local"
)

// Options say how the cloud runs.
type Options struct {
	Thumbing func(ctx context.Context, args ...string) *exec.Cmd // the command line
	Args     []string                                            // more of them for "thumbing dev"
	Env      []string                                            // more of it: "NAME=value"
	Log      io.Writer                                           // takes what it says; nil for nobody
}

// Binary is the command line in a file.
func Binary(path string) func(ctx context.Context, args ...string) *exec.Cmd {
	return func(ctx context.Context, args ...string) *exec.Cmd { return exec.CommandContext(ctx, path, args...) }
}

// Cloud is a running "thumbing dev".
type Cloud struct {
	Page, Avatars, Endpoint string // URLs without a slash at the end
	Config                  aws.Config
	S3                      *s3.Client

	cmd *exec.Cmd
	dir string
}

// Boot starts "thumbing dev" and returns when it says that it is ready.
func Boot(ctx context.Context, o Options) (*Cloud, error) {
	dir, err := os.MkdirTemp("", "thumbing-bench-")
	if err != nil {
		return nil, err
	}
	var address [3]string
	for i := range address {
		if address[i], err = freeAddress(); err != nil {
			return nil, err
		}
	}
	c := &Cloud{Page: "http://" + address[0], Avatars: "http://" + address[1], Endpoint: "http://" + address[2], dir: dir}
	c.Config = aws.Config{BaseEndpoint: &c.Endpoint, Region: Region, Credentials: credentials.NewStaticCredentialsProvider(AccessKey, SecretKey, "")}
	c.S3 = s3.NewFromConfig(c.Config, func(o *s3.Options) { o.UsePathStyle = true })
	c.cmd = o.Thumbing(ctx, append([]string{"dev", "--data", dir,
		"--listen", address[0], "--cdn-listen", address[1], "--s3-listen", address[2]}, o.Args...)...)
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(os.Interrupt) }
	c.cmd.WaitDelay = 10 * time.Second
	c.cmd.Env = append(append(c.cmd.Environ(), "UPLOADS_BUCKET_NAME="+Uploads, "ASSETS_BUCKET_NAME="+Assets), o.Env...)
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	log := o.Log
	if log == nil {
		log = io.Discard
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, err := fmt.Fprintln(log, lines.Text()); err != nil {
			return nil, errors.Join(err, c.End())
		}
		if strings.HasPrefix(lines.Text(), "ready in ") {
			go func() { _, _ = io.Copy(log, out) }() // a full pipe would stop the cloud
			return c, nil
		}
	}
	return nil, errors.Join(errors.New("thumbing dev ended before it was ready"), c.End())
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// End ends the cloud and removes what it stored.
func (c *Cloud) End() error {
	err := c.cmd.Process.Signal(os.Interrupt)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	return errors.Join(err, c.cmd.Wait(), os.RemoveAll(c.dir))
}

// PID is the number of the process.
func (c *Cloud) PID() int { return c.cmd.Process.Pid }

// Env is what other commands need to reach the cloud.
func (c *Cloud) Env() []string {
	return []string{"AWS_ENDPOINT_URL=" + c.Endpoint, "AWS_REGION=" + Region, "AWS_ACCESS_KEY_ID=" + AccessKey, "AWS_SECRET_ACCESS_KEY=" + SecretKey,
		"UPLOADS_BUCKET_NAME=" + Uploads, "ASSETS_BUCKET_NAME=" + Assets}
}

// Status is what the cloud tells of itself, as far as it is used here.
type Status struct {
	Waiting localcloud.Waiting
	Chaos   *struct {
		Settings string
		Counts   map[string]int
	}
}

// Status asks the cloud how far it is.
func (c *Cloud) Status(ctx context.Context) (s Status, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Page+"/local/status", nil)
	if err != nil {
		return s, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return s, err
	}
	defer resp.Body.Close()
	return s, json.NewDecoder(resp.Body).Decode(&s)
}

// Quiet returns when nothing is under way any more, or an error when that takes longer than patience.
func (c *Cloud) Quiet(ctx context.Context, patience time.Duration) error {
	const every, times = 20 * time.Millisecond, 5 // an event may be between two of the services
	for deadline, quiet := time.Now().Add(patience), 0; quiet < times; time.Sleep(every) {
		s, err := c.Status(ctx)
		if err != nil {
			return err
		}
		if quiet++; s.Waiting != (localcloud.Waiting{}) {
			quiet = 0
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after %s there is still something under way: %+v", patience, s.Waiting)
		}
	}
	return nil
}
