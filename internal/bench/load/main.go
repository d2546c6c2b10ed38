// Command load measures the profile service: 200 readers and 20 writers at once, for 30 seconds each on SQLite and
// on PostgreSQL. It boots bin/thumbing serve on loopback with a user pool and a database of its own, and fails when
// a request fails or an update is lost.
//
// Readers ask for a page, a short user and activities in turn, as fast as they are answered. Writers count: each reads
// one of five shared profiles, and writes the number in its bio, one higher, on the condition that nobody else has
// meanwhile; who lost that race reads again. In the end the numbers must add up to the writes that were answered with
// success.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"text/tabwriter"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/thumbing/thumbing/internal/profile/database/databasetest"
)

type options struct {
	binary           string
	readers, writers int
	duration         time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.binary, "thumbing", "bin/thumbing", "the binary to measure")
	flag.IntVar(&o.readers, "readers", 200, "readers at once")
	flag.IntVar(&o.writers, "writers", 20, "writers at once")
	flag.DurationVar(&o.duration, "duration", 30*time.Second, "how long, on each database")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, o options) error {
	var err error
	if o.binary, err = filepath.Abs(o.binary); err != nil {
		return err
	}
	location, stop, err := databasetest.StartPostgres()
	if err != nil {
		return err
	}
	defer stop()
	fmt.Fprintf(w, "%d readers and %d writers for %s\n\n", o.readers, o.writers, o.duration)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "database\twho\trequests\ta second\tp50\tp99\tmax\terrors\traces lost\tupdates lost\n")
	var failed error
	for _, database := range []struct{ name, location string }{{"SQLite", ""}, {"PostgreSQL", location}} {
		r, err := measure(ctx, o, database.location)
		if err != nil {
			return fmt.Errorf("%s: %w", database.name, err)
		}
		row(table, database.name, "readers", &r.reads, "", "")
		row(table, "", "writers", &r.writes, fmt.Sprint(r.races), fmt.Sprint(r.lost))
		if errors := len(r.reads.Errors) + len(r.writes.Errors); errors > 0 || r.lost != 0 {
			failed = fmt.Errorf("%s: %d updates were lost, and requests failed: %q %q", database.name, r.lost, r.reads.Errors, r.writes.Errors)
		}
	}
	return errors.Join(table.Flush(), failed)
}

func row(w io.Writer, database, who string, m *vegeta.Metrics, races, lost string) {
	failures := m.Requests - uint64(float64(m.Requests)*m.Success+0.5)
	fmt.Fprintf(w, "%s\t%s\t%d\t%.0f\t%s\t%s\t%s\t%d\t%s\t%s\n", database, who, m.Requests, m.Throughput, milliseconds(m.Latencies.P50),
		milliseconds(m.Latencies.P99), milliseconds(m.Latencies.Max), failures, races, lost)
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }

// result is what one database did.
type result struct {
	reads, writes vegeta.Metrics
	races, lost   int
}

// measure boots the service on a database, and lets everybody at it.
func measure(ctx context.Context, o options, location string) (r *result, err error) {
	s, err := boot(ctx, o, location)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	r = &result{}
	var all sync.WaitGroup
	all.Go(func() { s.read(o, &r.reads) })
	c := s.newCounting(o)
	all.Go(func() { c.write(ctx) })
	all.Wait()
	r.writes, r.races = c.metrics, c.races
	r.lost, err = c.check()
	return r, err
}
