package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/thumbing/thumbing/internal/localcloud/cognito"
	"github.com/thumbing/thumbing/internal/profile"
	"github.com/thumbing/thumbing/internal/profile/database/databasetest"
)

// TestServe runs the profile service as it is deployed, with the local cloud in place of AWS: its pool to sign in
// with, its S3 to upload to, its topic to hear from. On SQLite, then on PostgreSQL.
func TestServe(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	site := "http://" + address
	c := startDev(t, t.TempDir(), "THUMBING_WEBHOOK_URL="+site+webhookPath)
	env := []string{
		"PUBLIC_URL=" + site, "ASSETS_URL=" + c.avatars, "COGNITO_ISSUER=" + c.page + cognitoPath + "/" + cognito.PoolID,
		"COGNITO_CLIENT_ID=" + cognito.ClientID, "COGNITO_DOMAIN=" + c.page + cognitoPath,
		"SESSION_KEY=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "UPLOADS_BUCKET_NAME=" + devUploads, "ASSETS_BUCKET_NAME=" + devAssets,
		"TOPIC_ARN=arn:aws:sns:us-east-1:000000000000:cruddur-webhook-avatar", "THUMBING_LOCAL_SNS=" + c.page + snsPath,
		"AWS_ENDPOINT_URL=" + c.endpoint, "AWS_ACCESS_KEY_ID=" + devAccessKey, "AWS_SECRET_ACCESS_KEY=" + devSecretKey, "AWS_REGION=" + devRegion,
	}
	databasetest.Each(t, func(t *testing.T, location string) {
		env := env
		if strings.HasPrefix(location, "postgres:") {
			env = append(env, "DATABASE_URL="+location)
		}
		data := t.TempDir()
		add := thumbing(t, "seed", "--data", data)
		add.Dir, add.Env = t.TempDir(), append(add.Environ(), env...)
		if out, err := add.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		s := startServe(t, env, "--listen", address, "--data", data)
		waitFor(t, "the subscription", func() bool {
			return s.log.contains("subscription confirmed") || c.log.contains("the subscription is confirmed")
		})
		ada := signIn(t, site, profile.Seeds()[0])
		avatarAppears(t, c, ada)

		resp, err := http.Get(site + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("ready: %s", resp.Status)
		}
		// A stream that is open does not keep the service from ending, nor is it cut off.
		stream := ada.events(t)
		s.stop(t)
		if e, open := <-stream; open {
			t.Errorf("heard %s", e)
		}
		s.check(t)
	})
}

// server is a "thumbing serve" of a test's own.
type server struct {
	cmd   *exec.Cmd
	log   *logLines
	ended chan struct{}
}

// startServe starts one, and returns when it serves.
func startServe(t *testing.T, env []string, args ...string) *server {
	t.Helper()
	s := &server{cmd: thumbing(t, append([]string{"serve"}, args...)...), log: &logLines{}, ended: make(chan struct{})}
	s.cmd.Dir, s.cmd.Env, s.cmd.Stderr = t.TempDir(), append(s.cmd.Environ(), env...), os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.ended)
		lines := bufio.NewScanner(io.Reader(out))
		for lines.Scan() {
			s.log.add(lines.Text())
		}
	}()
	t.Cleanup(func() {
		s.stop(t)
		if t.Failed() {
			t.Logf("thumbing serve said:\n%s", strings.Join(s.log.lines, "\n"))
		}
	})
	waitFor(t, "thumbing serve", func() bool {
		select {
		case <-s.ended:
			t.Fatal("thumbing serve ended before it served")
		default:
		}
		return s.log.contains(`"msg":"serving"`)
	})
	return s
}

// stop ends it as an orchestrator does.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if s.cmd.ProcessState != nil {
		return
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	<-s.ended
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("thumbing serve did not end cleanly: %v", err)
	}
}

// check holds that every line of the log is one JSON object, and that nothing went wrong.
func (s *server) check(t *testing.T) {
	t.Helper()
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	for _, line := range s.log.lines {
		var l struct{ Level, Msg string }
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Level == "ERROR" {
			t.Errorf("logged %s, %v", line, err)
		}
	}
}
