// Package databasetest gives tests databases of their own: a SQLite file, and a database of a PostgreSQL
// server that it starts for the test binary, or that TEST_DATABASE_URL names.
//
// A package whose tests use it calls [Main] from its TestMain.
package databasetest

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/thumbing/thumbing/internal/profile/database"
	"github.com/thumbing/thumbing/internal/settings"
)

// Main runs the tests, and ends the server that they started.
func Main(m *testing.M) { os.Exit(Suite{m}.Run()) }

// Suite is what [Main] runs, for those who run tests in another way.
type Suite struct{ M *testing.M }

// Run runs the tests, ends the server that they started, and answers the exit code.
func (s Suite) Run() int {
	code := s.M.Run()
	if err := stopServer(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return code
}

// Each runs a test on both kinds of database, each empty and without a schema.
func Each(t *testing.T, test func(t *testing.T, location string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite is the path of a database that is not there yet.
func SQLite(t testing.TB) string { return filepath.Join(t.TempDir(), "profile #1?.db") }

// Postgres is the URL of a database that is empty. Without a server the test is skipped.
func Postgres(t testing.TB) string {
	t.Helper()
	server, err := serverURL()
	if errors.Is(err, errNoPostgres) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	admin, err := sql.Open("pgx", server.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close() })
	name := fmt.Sprintf("thumbing_test_%d_%d", os.Getpid(), count.Add(1))
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	own := *server
	own.Path = "/" + name
	return own.String()
}

// Serializable is the URL of a database in which transactions that get in each other's way fail, as those of Amazon Aurora
// DSQL do.
func Serializable(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("default_transaction_isolation", "serializable")
	u.RawQuery = q.Encode()
	return u.String()
}

// Open opens a database, and brings its schema up to date.
func Open(t testing.TB, location string) *database.Database {
	t.Helper()
	d, err := database.Open(location)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

var (
	count   atomic.Int64
	started *cluster // by this process; nil where there is none
)

// serverURL starts the server when it is first asked for.
var serverURL = sync.OnceValues(func() (*url.URL, error) {
	if given := settings.TestDatabase(); given != "" {
		return url.Parse(given)
	}
	c, err := startCluster()
	if err != nil {
		return nil, err
	}
	started = c
	return c.url, nil
})

func stopServer() error {
	if started == nil {
		return nil
	}
	return started.stop()
}
