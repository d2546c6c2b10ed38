// Package database keeps the profile service's users, their activities, and what the webhook has told of
// their avatars, in PostgreSQL or, where there is none, in a SQLite file.
//
// Both run the same migrations and the same statements, which stand in .sql files beside this code. They
// hold no sequences, foreign keys or extensions, every transaction that another one got in the way of is
// run again, and the schema changes one statement at a time: all that Amazon Aurora DSQL asks for.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"
	"github.com/sethvargo/go-retry"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

const (
	// Connections kept to PostgreSQL. A machine with many processes of the service multiplies them.
	maxConnections = 16
	// Readers of a SQLite file; there is one writer.
	maxReaders = 8
	// How often a transaction is run again that others got in the way of, and how long that takes together.
	maxRetries   = 20
	firstRetry   = 2 * time.Millisecond
	longestRetry = 250 * time.Millisecond
)

// Errors that callers tell apart.
var (
	// ErrNotFound: there is no such user.
	ErrNotFound = errors.New("no such user")
	// ErrTaken: another user has the handle.
	ErrTaken = errors.New("the handle is taken")
	// ErrChanged: the row is no longer the one that was looked at.
	ErrChanged = errors.New("changed in the meantime")
)

// Database is an open database. It is safe for concurrent use.
type Database struct {
	read, write *sql.DB // the same for PostgreSQL; SQLite has one writer at a time
	dialect     goose.Dialect
	place       string // for people: without a password
}

// Open opens the database at a PostgreSQL URL ("postgres://user@host/name"), or the SQLite file at a path,
// which is made if it is not there. It connects to neither: Ping does.
func Open(location string) (*Database, error) {
	if strings.HasPrefix(location, "postgres://") || strings.HasPrefix(location, "postgresql://") {
		return openPostgres(location)
	}
	return openSQLite(location)
}

func openPostgres(location string) (*Database, error) {
	u, err := url.Parse(location)
	if err != nil {
		return nil, errors.New("the database's URL cannot be parsed") // without the URL, which may hold a password
	}
	pool, err := sql.Open("pgx", location)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", u.Redacted(), err)
	}
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	pool.SetConnMaxLifetime(50 * time.Minute) // DSQL ends connections after an hour
	// The dialect of DSQL keeps the schema's version without a sequence.
	return &Database{read: pool, write: pool, dialect: goose.DialectAuroraDSQL, place: u.Redacted()}, nil
}

func openSQLite(path string) (*Database, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	dsn := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: url.Values{
		"_pragma":      {"busy_timeout(10000)", "journal_mode(wal)", "synchronous(normal)"},
		"_txlock":      {"immediate"}, // a transaction that began to read could not always begin to write
		"_time_format": {"sqlite"},
	}.Encode()}).String()
	d := &Database{dialect: goose.DialectSQLite3, place: path}
	for pool, connections := range map[**sql.DB]int{&d.read: maxReaders, &d.write: 1} {
		opened, err := sql.Open("sqlite", dsn)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
		opened.SetMaxOpenConns(connections)
		opened.SetMaxIdleConns(connections)
		*pool = opened
	}
	return d, nil
}

// String says where the database is, without a password.
func (d *Database) String() string { return d.place }

// Close ends all connections.
func (d *Database) Close() error {
	if d.read == d.write {
		return d.read.Close()
	}
	return errors.Join(d.read.Close(), d.write.Close())
}

// Ping connects.
func (d *Database) Ping(ctx context.Context) error {
	if err := d.read.PingContext(ctx); err != nil {
		return fmt.Errorf("the database %s does not answer: %w", d.place, err)
	}
	return nil
}

// transact runs do in a transaction, again and again while others get in its way. It may run more than
// once, so it must set everything that it answers.
func (d *Database) transact(ctx context.Context, do func(tx *sql.Tx) error) error {
	return again(ctx, func(ctx context.Context) error {
		tx, err := d.write.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := do(tx); err != nil {
			return errors.Join(err, ignoreDone(tx.Rollback()))
		}
		return tx.Commit()
	})
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// again runs do until it succeeds, fails for a reason of its own, or others got in its way too often.
func again(ctx context.Context, do func(context.Context) error) error {
	backoff := retry.WithMaxRetries(maxRetries, retry.WithCappedDuration(longestRetry,
		retry.WithJitterPercent(50, retry.NewExponential(firstRetry))))
	return retry.Do(ctx, backoff, func(ctx context.Context) error {
		err := do(ctx)
		if isConflict(err) {
			return retry.RetryableError(err)
		}
		return err
	})
}

// isConflict tells a transaction that can succeed when it is run again. Source: PostgreSQL documentation,
// appendix A: 40001 serialization_failure (which DSQL's optimistic transactions end with),
// 40P01 deadlock_detected.
func isConflict(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// moment reads a time that PostgreSQL has as such and SQLite as text.
type moment struct{ to *time.Time }

func (m moment) Scan(value any) (err error) {
	switch v := value.(type) {
	case nil:
		*m.to = time.Time{}
	case time.Time:
		*m.to = v.UTC()
	case string:
		*m.to, err = time.Parse("2006-01-02 15:04:05.999999999-07:00", v)
		*m.to = m.to.UTC()
	default:
		return fmt.Errorf("a %T is no time", value)
	}
	return err
}

// stored is a time as a database keeps it: to the microsecond, and none for the zero time.
func stored(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Truncate(time.Microsecond)
}
