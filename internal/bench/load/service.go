package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/thumbing/thumbing/internal/localcloud/cognito"
	"github.com/thumbing/thumbing/internal/profile"
)

// service is a thumbing serve with a user pool.
type service struct {
	url     string
	dir     string
	pool    *http.Server
	command *exec.Cmd
	tokens  []string // of the seeded people, and of one more
	handles []string
}

// boot starts one on a PostgreSQL database, or on a SQLite file where there is no URL.
func boot(ctx context.Context, o options, location string) (s *service, err error) {
	s = &service{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "load"); err != nil {
		return s, err
	}
	issuer, err := s.startPool()
	if err != nil {
		return s, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return s, err
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		return s, err
	}
	s.url = "http://" + address
	env := []string{"DATABASE_URL=" + location, "PUBLIC_URL=" + s.url, "ASSETS_URL=http://127.0.0.1", "COGNITO_ISSUER=" + issuer,
		"COGNITO_CLIENT_ID=" + cognito.ClientID, "COGNITO_DOMAIN=" + issuer, "SESSION_KEY=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"UPLOADS_BUCKET_NAME=load-uploads", "ASSETS_BUCKET_NAME=load-assets", "TOPIC_ARN=arn:aws:sns:us-east-1:000000000000:load",
		"AWS_ENDPOINT_URL=http://127.0.0.1", "AWS_ACCESS_KEY_ID=load", "AWS_SECRET_ACCESS_KEY=load", "AWS_REGION=us-east-1", "WRITE_RATE=1000000"}
	seed := exec.CommandContext(ctx, o.binary, "seed", "--data", s.dir)
	seed.Dir, seed.Stderr = s.dir, os.Stderr
	seed.Env = append(seed.Environ(), env...)
	if err := seed.Run(); err != nil {
		return s, fmt.Errorf("thumbing seed: %w", err)
	}
	s.command = exec.Command(o.binary, "serve", "--data", s.dir, "--listen", address)
	s.command.Dir, s.command.Stderr = s.dir, os.Stderr
	s.command.Env = append(s.command.Environ(), env...)
	if err := s.command.Start(); err != nil {
		return s, err
	}
	return s, s.wait(ctx)
}

// startPool serves a user pool with the seeded people in it, and one more.
func (s *service) startPool() (issuer string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	dir := filepath.Join(s.dir, "cognito")
	c := cognito.Config{URL: "http://" + listener.Addr().String() + "/cognito", Dir: dir,
		Users: []cognito.User{{Subject: "00000000-0000-4000-8000-000000000001", Username: "load", Name: "Load"}}}
	for _, p := range profile.Seeds() {
		c.Users = append(c.Users, cognito.User{Subject: p.Subject, Username: p.Handle, Name: p.DisplayName})
	}
	pool, err := cognito.New(c)
	if err != nil {
		return "", errors.Join(err, listener.Close())
	}
	for _, u := range c.Users {
		token, err := cognito.AccessToken(dir, u.Username)
		if err != nil {
			return "", errors.Join(err, listener.Close())
		}
		s.tokens, s.handles = append(s.tokens, token), append(s.handles, u.Username)
	}
	s.pool = &http.Server{Handler: pool.Handler(), ReadHeaderTimeout: time.Minute}
	go s.pool.Serve(listener)
	return pool.Issuer(), nil
}

// wait returns when the service is ready.
func (s *service) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		resp, err := http.Get(s.url + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the service is not ready: %w", errors.Join(err, ctx.Err()))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *service) stop() (err error) {
	if s.command != nil && s.command.Process != nil {
		err = errors.Join(s.command.Process.Signal(syscall.SIGTERM), s.command.Wait())
	}
	if s.pool != nil {
		err = errors.Join(err, s.pool.Close())
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// read lets the readers at the service.
func (s *service) read(o options, m *vegeta.Metrics) {
	workers := uint64(o.readers)
	attacker := vegeta.NewAttacker(vegeta.Workers(workers), vegeta.MaxWorkers(workers), vegeta.Connections(o.readers), vegeta.KeepAlive(true))
	targets := vegeta.NewStaticTargeter(
		vegeta.Target{Method: http.MethodGet, URL: s.url + "/@bo"},
		vegeta.Target{Method: http.MethodGet, URL: s.url + "/api/users/@ada/short"},
		vegeta.Target{Method: http.MethodGet, URL: s.url + "/api/activities/@bo"},
	)
	for r := range attacker.Attack(targets, vegeta.Rate{}, o.duration, "readers") {
		m.Add(r)
	}
	m.Close()
}
