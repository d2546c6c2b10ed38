// Command chaos uploads pictures through a local cloud in which much goes wrong, and counts what became of them:
// at the end, and after one "thumbing redrive", every key must show the avatar of its newest acceptable upload,
// and of every rejected upload somebody must have heard.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"time"

	"github.com/thumbing/thumbing/internal/bench/devcloud"
	"github.com/thumbing/thumbing/internal/bench/workload"
)

type options struct {
	binary, photo, faults  string
	uploads, keys, clients int
	seed                   uint64
	patience               time.Duration
	log                    string
}

func main() {
	var o options
	flag.StringVar(&o.binary, "thumbing", "bin/thumbing", "the binary to run")
	flag.StringVar(&o.photo, "photo", "testdata/pictures/astronaut.jpg", "the photograph that the uploads are made of")
	flag.StringVar(&o.faults, "faults", "duplicate=0.2,reorder=0.2,delay=2s,drop-response=0.05,s3-503=0.1,crash=0.05,outage=0.01", "what goes wrong, as thumbing dev --chaos takes it")
	flag.IntVar(&o.uploads, "uploads", 2000, "how many files to upload")
	flag.IntVar(&o.keys, "keys", 200, "to how many keys")
	flag.IntVar(&o.clients, "clients", 8, "by how many clients at a time")
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano())%1_000_000+1, "of the uploads and the faults")
	flag.DurationVar(&o.patience, "patience", 10*time.Minute, "how long the cloud may take to become quiet")
	flag.StringVar(&o.log, "log", "", "file for what thumbing dev says")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, o options) (err error) {
	log := io.Writer(io.Discard)
	if o.log != "" {
		f, err := os.Create(o.log)
		if err != nil {
			return err
		}
		defer f.Close()
		log = f
	}
	hook, err := newWebhook()
	if err != nil {
		return err
	}
	defer hook.Close()
	faults := fmt.Sprintf("%s,seed=%d", o.faults, o.seed)
	cloud, err := devcloud.Boot(ctx, devcloud.Options{Binary: o.binary, Args: []string{"--chaos", faults}, Env: []string{"THUMBING_WEBHOOK_URL=" + hook.URL}, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cloud.End()) }()
	if err := hook.trust(cloud); err != nil {
		return err
	}
	fmt.Fprintf(w, "faults: %s\n", faults)

	pictures, err := workload.Pictures(o.photo)
	if err != nil {
		return err
	}
	if err := hook.confirmed(ctx); err != nil {
		return err
	}
	started := time.Now()
	made, err := workload.Put(ctx, retrying(cloud), devcloud.Uploads, pictures, o.uploads, o.keys, o.clients, o.seed)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d uploads to %d keys in %.0f s\n", o.uploads, len(made), time.Since(started).Seconds())
	if err := cloud.Quiet(ctx, o.patience); err != nil {
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
		if err := redrive(ctx, w, o.binary, cloud); err != nil {
			return err
		}
		if err := cloud.Quiet(ctx, o.patience); err != nil {
			return err
		}
	}
	after, err := look(ctx, cloud, hook, made)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "after one redrive:  %s\n", after)
	if after.failing() > 0 || after.Letters > 0 {
		return fmt.Errorf("it did not come out as it should; the seed was %d", o.seed)
	}
	return nil
}

// redrive replays the dead letters as a user does.
func redrive(ctx context.Context, w io.Writer, binary string, cloud *devcloud.Cloud) error {
	cmd := exec.CommandContext(ctx, binary, "redrive")
	cmd.Env = append(cmd.Environ(), cloud.Env()...)
	out, err := cmd.CombinedOutput()
	fmt.Fprintf(w, "thumbing redrive:\n%s", out)
	if err != nil {
		return fmt.Errorf("thumbing redrive: %w", err)
	}
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
