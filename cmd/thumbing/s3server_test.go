package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/uuid"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

const (
	testAccessKey = "thumbing"
	testSecretKey = "thumbing-local"

	// s3ServerCommand is the name under which the test binary is an S3 server: it has a process of its own,
	// since it changes its working directory.
	s3ServerCommand = "s3-server"
)

type s3TestServer struct {
	endpoint string
	client   *s3.Client
}

// startS3 starts a real S3 server for as long as the test runs.
func startS3(t *testing.T) *s3TestServer {
	t.Helper()
	cmd := exec.Command(os.Args[0], t.TempDir())
	cmd.Args[0] = s3ServerCommand
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	ready, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Close()
	cmd.ExtraFiles = []*os.File{theirs}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("S3 server: %v", err)
		}
	})
	address, err := bufio.NewReader(ready).ReadString('\n')
	if err != nil {
		t.Fatalf("S3 server: %v", err)
	}
	endpoint := "http://" + strings.TrimSpace(address)
	return &s3TestServer{endpoint: endpoint, client: newClient(aws.Config{
		BaseEndpoint: &endpoint,
		Credentials:  credentials.NewStaticCredentialsProvider(testAccessKey, testSecretKey, ""),
	})}
}

func (s *s3TestServer) newBucket() (string, error) {
	name := "test-" + uuid.NewString()
	_, err := s.client.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: &name})
	return name, err
}

// s3Server serves S3 from the given directory until standard input ends, which it does when the test that
// started it is over. It writes its address to the pipe that the test gave it.
func s3Server() {
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if err := serveS3(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serveS3(ctx context.Context, dir string) error {
	objects, side := filepath.Join(dir, "objects"), filepath.Join(dir, "side")
	os.MkdirAll(objects, 0o755)
	os.MkdirAll(side, 0o755)
	m, err := meta.NewSideCar(side)
	if err != nil {
		return err
	}
	be, err := posix.New(objects, m, posix.PosixOpts{SideCarDir: side})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := l.Addr().String()
	l.Close()
	go func() {
		for {
			c, err := net.Dial("tcp", addr)
			if err == nil {
				c.Close()
				break
			}
		}
		fmt.Fprintln(os.NewFile(3, "ready"), addr)
	}()
	return embedgw.RunVersityGW(ctx, be, &embedgw.Config{RootUserAccess: testAccessKey, RootUserSecret: testSecretKey, Region: "us-east-1",
		Ports: []string{addr}, MaxConnections: 1000, MaxRequests: 500, MultipartMaxParts: 10000, Quiet: true, KeepAlive: true})
}
