// Package survival uploads pictures through a local cloud in which much goes wrong, and counts what became of
// them: at the end, and after one "thumbing redrive", every key must show the avatar of its newest acceptable
// upload, and of every rejected upload somebody must have heard.
package survival

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/thumbing/thumbing/internal/bench/devcloud"
	"github.com/thumbing/thumbing/internal/bench/workload"
)

// Options say what is uploaded, and what goes wrong.
type Options struct {
	Thumbing func(ctx context.Context, args ...string) *exec.Cmd // the command line
	Photo    string                                              // the photograph that the uploads are made of
	Faults   string                                              // as thumbing dev --chaos takes them
	Uploads  int
	Keys     int
	Clients  int // that upload at a time
	Seed     uint64
	Patience time.Duration // how long the cloud may take to become quiet
	Log      io.Writer     // takes what thumbing dev says; nil for nobody
}

// Run prints the counts, and returns an error when one is not as it should be.
func Run(ctx context.Context, w io.Writer, o Options) (err error) {
	hook := newWebhook()
	defer hook.Close()
	faults := fmt.Sprintf("%s,seed=%d", o.Faults, o.Seed)
	cloud, err := devcloud.Boot(ctx, devcloud.Options{Thumbing: o.Thumbing, Args: []string{"--chaos", faults}, Env: []string{"THUMBING_WEBHOOK_URL=" + hook.URL}, Log: o.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cloud.End()) }()
	if err := hook.trust(cloud); err != nil {
		return err
	}
	fmt.Fprintf(w, "faults: %s\n", faults)

	pictures, err := workload.Pictures(o.Photo)
	if err != nil {
		return err
	}
	if err := hook.confirmed(ctx); err != nil {
		return err
	}
	started := time.Now()
	made, err := workload.Put(ctx, retrying(cloud), devcloud.Uploads, pictures, o.Uploads, o.Keys, o.Clients, o.Seed)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d uploads to %d keys in %.0f s\n", o.Uploads, len(made), time.Since(started).Seconds())
	if err := cloud.Quiet(ctx, o.Patience); err != nil {
		return err
	}
	fmt.Fprintf(w, "quiet after %.0f s\n", time.Since(started).Seconds())
	if err := tellFaults(ctx, w, cloud); err != nil {
		return err
	}

	before, err := look(ctx, cloud, hook, made)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "before the redrive: %s\n", before)
	if before.failing() > before.Letters {
		return fmt.Errorf("%d results are missing, and only %d dead letters account for them", before.failing(), before.Letters)
	}
	if before.Letters > 0 {
		if err := redrive(ctx, w, o.Thumbing, cloud); err != nil {
			return err
		}
		if err := cloud.Quiet(ctx, o.Patience); err != nil {
			return err
		}
	}
	after, err := look(ctx, cloud, hook, made)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "after one redrive:  %s\n", after)
	if after.failing() > 0 || after.Letters > 0 {
		return fmt.Errorf("it did not come out as it should; the seed was %d", o.Seed)
	}
	return nil
}

// redrive replays the dead letters as a user does.
func redrive(ctx context.Context, w io.Writer, thumbing func(context.Context, ...string) *exec.Cmd, cloud *devcloud.Cloud) error {
	cmd := thumbing(ctx, "redrive")
	cmd.Env = append(cmd.Environ(), cloud.Env()...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("thumbing redrive: %w\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	fmt.Fprintf(w, "thumbing redrive: %s\n", lines[len(lines)-1]) // before it stands a line a letter
	return nil
}

func tellFaults(ctx context.Context, w io.Writer, cloud *devcloud.Cloud) error {
	s, err := cloud.Status(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "went wrong:")
	for _, name := range []string{"Duplicated", "HeldBack", "Dropped", "Unavailable", "Crashed", "Outages"} {
		fmt.Fprintf(w, " %s %d", name, s.Chaos.Counts[name])
	}
	fmt.Fprintln(w)
	return nil
}
