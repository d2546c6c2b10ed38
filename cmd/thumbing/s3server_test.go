package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/uuid"

	locals3 "github.com/thumbing/thumbing/internal/localcloud/s3"
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
	line, err := bufio.NewReader(ready).ReadString('\n')
	if err != nil {
		t.Fatalf("S3 server: %v", err)
	}
	endpoint := strings.TrimSpace(line)
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
// started it is over. It writes its URL to the pipe that the test gave it.
func s3Server() {
	server, err := locals3.Start(context.Background(), locals3.Config{
		Listen: "127.0.0.1:0", Dir: os.Args[1], AccessKey: testAccessKey, SecretKey: testSecretKey,
	})
	if err == nil {
		ready := os.NewFile(3, "ready")
		_, err = fmt.Fprintln(ready, server.URL())
		err = cmp.Or(err, ready.Close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	io.Copy(io.Discard, os.Stdin)
}
