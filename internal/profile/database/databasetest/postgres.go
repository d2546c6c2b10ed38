package databasetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// startTimeout is how long PostgreSQL may take to start on a busy machine.
const startTimeout = time.Minute

// errNoPostgres says that there is nothing to start.
var errNoPostgres = errors.New("PostgreSQL is not installed: install it, or name a server with TEST_DATABASE_URL")

// cluster is a PostgreSQL server of this process's own, reached by a Unix socket in its folder alone.
type cluster struct {
	url   *url.URL
	dir   string
	guard *exec.Cmd
	alive io.Closer // the server ends when this is closed, even if this process is killed
}

// StartPostgres starts a PostgreSQL server for this process, for programs that are no tests, and answers the URL of an
// empty database.
func StartPostgres() (location string, stop func() error, err error) {
	c, err := startCluster()
	if err != nil {
		return "", nil, err
	}
	return c.url.String(), c.stop, nil
}

// startCluster makes and starts one.
func startCluster() (c *cluster, err error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		return nil, err
	}
	c = &cluster{dir: dir, url: &url.URL{Scheme: "postgres", User: url.User("thumbing"), Path: "/postgres",
		RawQuery: url.Values{"host": {dir}}.Encode()}}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.stop())
		}
	}()
	attributes, err := account(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata", data, "--username", "thumbing", "--auth", "trust",
		"--encoding", "UTF8", "--locale", "C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, attributes
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	// The shell ends the server when its standard input ends, which it does with this process at the latest.
	c.guard = exec.Command("sh", "-c", `"$@" </dev/null & pid=$!; read -r _; kill -INT $pid; wait $pid`, "sh",
		filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "log_min_messages=fatal", "-c", "logging_collector=off", "-c", "max_connections=200")
	c.guard.Dir, c.guard.SysProcAttr = dir, attributes
	if c.alive, err = c.guard.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.guard.Start(); err != nil {
		return nil, err
	}
	return c, c.wait()
}

// wait returns when the server answers.
func (c *cluster) wait() error {
	db, err := sql.Open("pgx", c.url.String())
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not start: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (c *cluster) stop() error {
	if c.guard != nil && c.guard.Process != nil {
		c.alive.Close()
		_ = c.guard.Wait() // how a server ends that is thrown away is nobody's concern
	}
	return os.RemoveAll(c.dir)
}

// binaries is the folder of the newest PostgreSQL server on this machine.
func binaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	// Where Debian keeps them, beside the PATH.
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", errNoPostgres
	}
	return filepath.Dir(slices.Max(found)), nil
}

// account makes the folder one of the account "postgres" where this process is root's, whom PostgreSQL
// refuses to run for.
func account(dir string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run for root: %w", err)
	}
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(dir, int(uid), int(gid))
}
