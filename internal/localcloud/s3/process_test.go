package s3_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/thumbing/thumbing/internal/localcloud/s3"
)

// process is a server in a process of its own.
type process struct {
	*server
	command *exec.Cmd
	url     string
	lines   chan string // that it printed
	stderr  bytes.Buffer
}

func startProcess(t *testing.T, dir string) *process {
	t.Helper()
	p := &process{command: exec.Command(os.Args[0], "-serve", dir), lines: make(chan string, 10_000)}
	p.command.Stderr = &p.stderr
	out, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	t.Cleanup(func() { p.end(t, os.Kill) })
	p.url = p.line(t)
	p.server = &server{client: client(p.url, secretKey, http.DefaultTransport)}
	return p
}

// line waits for the next line that the process prints.
func (p *process) line(t *testing.T) string {
	t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			t.Fatalf("the server ended: %s", p.stderr.String())
		}
		return line
	case <-time.After(20 * time.Second):
		t.Fatal("the server printed nothing")
	}
	return ""
}

// end ends the process and gives what it ended with.
func (p *process) end(t *testing.T, how os.Signal) error {
	t.Helper()
	if p.command.ProcessState != nil {
		return nil
	}
	if err := p.command.Process.Signal(how); err != nil {
		t.Error(err)
	}
	for range p.lines {
	}
	return p.command.Wait()
}

// L4: a server that is killed at any moment loses no object that it acknowledged, and no event of one, and leaves
// no object that is not whole.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	hold := filepath.Join(dir, "hold")
	if err := os.WriteFile(hold, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	p := startProcess(t, dir)
	var (
		mu    sync.Mutex
		acked = map[string]string{} // the tag of the last body that was acknowledged
		count = 0
		group sync.WaitGroup
		ready = make(chan struct{})
	)
	for w := range 4 {
		group.Go(func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("w%d/k%d", w, i%3)
				body := bytes.Repeat([]byte{byte(i)}, 200_000+rand.IntN(300_000))
				_, err := p.client.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: ptr("uploads"), Key: &key, Body: bytes.NewReader(body)})
				if err != nil {
					return
				}
				sum := md5.Sum(body)
				mu.Lock()
				acked[key] = hex.EncodeToString(sum[:])
				if count++; count == 40 {
					close(ready)
				}
				mu.Unlock()
			}
		})
	}
	<-ready
	if err := p.end(t, os.Kill); err == nil {
		t.Fatal("it was not killed")
	}
	group.Wait()
	if err := os.Remove(hold); err != nil {
		t.Fatal(err)
	}

	p = startProcess(t, dir)
	stored := map[string]string{}
	list, err := p.client.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: ptr("uploads")})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list.Contents {
		body, _ := p.get(t, "uploads", *o.Key)
		sum := md5.Sum([]byte(body))
		stored[*o.Key] = hex.EncodeToString(sum[:])
		if `"`+stored[*o.Key]+`"` != *o.ETag {
			t.Errorf("%s is torn: %s is not %s", *o.Key, stored[*o.Key], *o.ETag)
		}
	}
	// The last upload of each worker may have been stored without an answer.
	differ := 0
	for key, tag := range acked {
		if stored[key] == "" {
			t.Errorf("%s is lost", key)
		} else if stored[key] != tag {
			differ++
		}
	}
	if differ > 4 {
		t.Errorf("%d objects are not what was acknowledged", differ)
	}
	// Every event comes now, at least of those that were acknowledged.
	last := map[string]string{}
	for range count {
		_, o := object(t, p.line(t))
		last[o.Key] = o.ETag
	}
	for key, tag := range acked {
		if last[key] == "" {
			t.Errorf("no event of %s came, which has %s", key, tag)
		}
	}
	if err := p.end(t, os.Interrupt); err != nil {
		t.Errorf("the server ended with %v: %s", err, p.stderr.String())
	}
}

// A multipart upload that was being completed when the server was killed can be completed again.
func TestKillDuringCompletion(t *testing.T) {
	dir := t.TempDir()
	s := startIn(t, dir)
	created, err := s.client.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: ptr("uploads"), Key: ptr("k")})
	if err != nil {
		t.Fatal(err)
	}
	part, err := s.client.UploadPart(t.Context(), &awss3.UploadPartInput{Bucket: ptr("uploads"), Key: ptr("k"), UploadId: created.UploadId,
		PartNumber: new(int32(1)), Body: strings.NewReader("part")})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	// What the storage leaves behind at that moment: the upload under another name, and temporary files.
	uploads, err := filepath.Glob(filepath.Join(dir, "buckets/uploads/.sgwtmp/multipart/*/"+*created.UploadId))
	if err != nil || len(uploads) != 1 {
		t.Fatal(uploads, err)
	}
	if err := os.Rename(uploads[0], uploads[0]+".0123-1.inprogress"); err != nil {
		t.Fatal(err)
	}
	junk := []string{"buckets/uploads/.sgwtmp/half", "buckets/uploads/.k.sgwtmp.1234567"}
	for _, name := range junk {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s = startIn(t, dir)
	for _, name := range junk {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
	_, err = s.client.CompleteMultipartUpload(t.Context(), &awss3.CompleteMultipartUploadInput{Bucket: ptr("uploads"), Key: ptr("k"), UploadId: created.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: new(int32(1)), ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32}}}})
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := s.get(t, "uploads", "k"); body != "part" {
		t.Errorf("it is %q", body)
	}
	s.next(t)
}

// Nothing of the storage's or the gateway's own talk reaches the terminal, whatever clients do.
func TestQuiet(t *testing.T) {
	p := startProcess(t, t.TempDir())
	for _, path := range []string{"/", "/uploads/%zz", "/nobucket/k", "/uploads?policy", "/uploads/" + strings.Repeat("k", 2000)} {
		do(t, request(t, "GET", p.url, path, ""))
	}
	p.put(t, "uploads", "k", "x")
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\nhalf", strings.TrimPrefix(p.presign(t, "PUT", "uploads", "k"), p.url)); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Fatal(err)
	}
	if line := p.line(t); !strings.Contains(line, `"key":"k"`) {
		t.Errorf("it printed %s", line)
	}
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for line := range p.lines {
		t.Errorf("it printed %s", line)
	}
	if err := p.command.Wait(); err != nil || p.stderr.Len() > 0 {
		t.Errorf("it ended with %v and printed %s", err, p.stderr.String())
	}
}

func TestStartErrors(t *testing.T) {
	s := start(t)
	good := func(change func(*s3.Config)) s3.Config {
		c := config(t.TempDir(), "127.0.0.1:0", s.deliver)
		change(&c)
		return c
	}
	for _, c := range []struct {
		config s3.Config
		want   string
	}{
		{good(func(c *s3.Config) { c.Listen = strings.TrimPrefix(s.URL(), "http://") }), "is taken: stop the program that uses it, or choose another address"},
		{good(func(c *s3.Config) { c.Listen = "0.0.0.0:0" }), "not on this machine alone"},
		{good(func(c *s3.Config) { c.Listen = "192.0.2.1:0" }), "not on this machine alone"},
		{good(func(c *s3.Config) { c.Listen = "9000" }), "listen address"},
		{good(func(c *s3.Config) { c.Dir = "relative" }), "not absolute"},
		{good(func(c *s3.Config) { c.SecretKey = "" }), "secret key"},
		{good(func(c *s3.Config) { c.Buckets[0].Name = "Not_A_Bucket" }), `bucket "Not_A_Bucket"`},
		{good(func(c *s3.Config) { c.Buckets[0].Rules[0].Deliver = nil }), "goes nowhere"},
		{good(func(c *s3.Config) { c.Buckets[0].CORS[0].AllowedMethods = []string{"PATCH"} }), "CORS rule"},
		{good(func(*s3.Config) {}), "one S3 server at a time"},
	} {
		other, err := s3.Start(t.Context(), c.config)
		if err == nil {
			other.Close(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	// None of them got in the way of the server that runs.
	s.put(t, "uploads", "k", "x")
	if body, _ := s.get(t, "uploads", "k"); body != "x" {
		t.Errorf("now it is %q", body)
	}
}

// Two processes do not work on one folder.
func TestFolderInUse(t *testing.T) {
	dir := t.TempDir()
	startProcess(t, dir)
	if _, err := s3.Start(t.Context(), config(dir, "127.0.0.1:0", func(context.Context, []byte) error { return nil })); err == nil || !strings.Contains(err.Error(), "is in use") {
		t.Errorf("got %v", err)
	}
}

// A server can be closed before it has done anything.
func TestCloseAtOnce(t *testing.T) {
	for range 20 {
		s, err := s3.Start(t.Context(), config(t.TempDir(), "127.0.0.1:0", func(context.Context, []byte) error { return nil }))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// A closed server leaves nothing behind: no goroutine, no open port, the working directory as it was; and what it
// stored is there for the next, with the configuration that the next is given.
func TestCloseAndStartAgain(t *testing.T) {
	dir := t.TempDir()
	workdir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		c := config(dir, "127.0.0.1:0", func(context.Context, []byte) error { return nil })
		c.Buckets[1].Versioned = i < 2
		c.Log = slog.New(slog.DiscardHandler)
		s, err := s3.Start(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		transport := &http.Transport{}
		run := &server{Server: s, client: client(s.URL(), secretKey, transport)}
		if body, ok := run.get(t, "uploads", "k"); i > 0 && body != fmt.Sprint(i-1) {
			t.Errorf("run %d: %q, %t", i, body, ok)
		}
		run.put(t, "uploads", "k", fmt.Sprint(i))
		if out := run.put(t, "versioned", "v", fmt.Sprint(i)); (out.VersionId != nil) != (i < 2) {
			t.Errorf("run %d: version %v", i, out.VersionId)
		}
		transport.CloseIdleConnections()
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if now, err := os.Getwd(); err != nil || now != workdir {
			t.Errorf("now in %s, %v", now, err)
		}
		if _, err := http.Get(s.URL()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("it still answers: %v", err)
		}
	}
	// The HTTP library's own housekeeping sleeps on for some seconds; nothing else is left.
	stacks := make([]byte, 1<<20)
	for range 100 { // connections end a little later
		stacks = stacks[:runtime.Stack(stacks[:cap(stacks)], true)]
		if !bytes.Contains(stacks, []byte("localcloud/s3.")) && !bytes.Contains(stacks, []byte("versitygw")) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("still running:\n%s", stacks)
}
