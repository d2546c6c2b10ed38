// Package deploytest deploys the stack with the real CDK command line to moto, a stand-in for AWS, and asks
// through AWS's API what there is then. "make deploy-check" runs it where moto_server is installed.
package deploytest

import (
	"bytes"
	"context"
	"flag"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

var wanted = flag.Bool("moto", false, "deploy to moto_server")

const (
	region  = "us-east-1"
	account = "123456789012" // moto's
)

// cloud is a moto of a test's own, and a project to deploy to it.
type cloud struct {
	endpoint, project string
	env               []string
}

// start runs moto and makes a project of the compiled binaries, without anybody's .env.
func start(t *testing.T) *cloud {
	t.Helper()
	if !*wanted {
		t.Skip("make deploy-check runs this, where moto_server is installed")
	}
	moto, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto_server is not installed")
	}
	c := &cloud{endpoint: "http://" + freeAddress(t), project: t.TempDir()}
	server := exec.Command(moto, "--host", "127.0.0.1", "--port", c.endpoint[strings.LastIndex(c.endpoint, ":")+1:])
	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill() // it has nothing to keep
		_ = server.Wait()
		if t.Failed() {
			t.Logf("moto said:\n%s", &said)
		}
	})
	waitFor(t, c.endpoint+"/moto-api/")
	c.makeProject(t)
	return c
}

// freeAddress is a loopback address by name: the CDK puts bucket names before it, which an IP address cannot have.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("localhost", port)
}

func waitFor(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("moto does not answer: %v", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (c *cloud) makeProject(t *testing.T) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(root, "cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	// The app is the compiled one, and is not compiled again.
	text := strings.NewReplacer("bin/thumbing synth", filepath.Join(root, "bin", "thumbing")+" synth", "make build", "true").Replace(string(config))
	if err := os.WriteFile(filepath.Join(c.project, "cdk.json"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"node_modules", "build"} {
		if _, err := os.Stat(filepath.Join(root, part)); err != nil {
			t.Fatalf("run make setup build: %v", err)
		}
		if err := os.Symlink(filepath.Join(root, part), filepath.Join(c.project, part)); err != nil {
			t.Fatal(err)
		}
	}
	none := filepath.Join(c.project, "none")
	c.env = []string{
		"PATH=" + filepath.Join(root, "node_modules", ".bin") + ":" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + t.TempDir(),
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=" + region, "AWS_DEFAULT_REGION=" + region,
		"AWS_ENDPOINT_URL=" + c.endpoint, "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + none, "AWS_SHARED_CREDENTIALS_FILE=" + none,
		"CDK_DISABLE_CLI_TELEMETRY=true", "CDK_VALIDATION=false", // make synth validates
	}
}

// cdk runs the CDK command line in the project, and returns what it says.
func (c *cloud) cdk(t *testing.T, env []string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(c.project, "node_modules", ".bin", "cdk"), append(args, "--no-notices", "--ci")...)
	command.Dir = c.project
	command.Env = append(c.env, env...)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("cdk %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// config is that of AWS's SDK for moto.
func (c *cloud) config() aws.Config {
	return aws.Config{Region: region, BaseEndpoint: &c.endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
}
