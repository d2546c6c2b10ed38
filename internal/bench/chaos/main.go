// Command chaos counts what becomes of uploads through a local cloud in which much goes wrong: see package survival.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/thumbing/thumbing/internal/bench/devcloud"
	"github.com/thumbing/thumbing/internal/bench/survival"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var o survival.Options
	binary := flag.String("thumbing", "bin/thumbing", "the binary to run")
	log := flag.String("log", os.DevNull, "file for what thumbing dev says")
	flag.StringVar(&o.Photo, "photo", "testdata/pictures/astronaut.jpg", "the photograph that the uploads are made of")
	flag.StringVar(&o.Faults, "faults", "duplicate=0.2,reorder=0.2,delay=2s,drop-response=0.05,s3-503=0.1,crash=0.05,outage=0.01", "what goes wrong, as thumbing dev --chaos takes it")
	flag.IntVar(&o.Uploads, "uploads", 2000, "how many files to upload")
	flag.IntVar(&o.Keys, "keys", 200, "to how many keys")
	flag.IntVar(&o.Clients, "clients", 8, "by how many clients at a time")
	flag.Uint64Var(&o.Seed, "seed", uint64(time.Now().UnixNano())%1_000_000+1, "of the uploads and the faults")
	flag.DurationVar(&o.Patience, "patience", 10*time.Minute, "how long the cloud may take to become quiet")
	flag.Parse()
	f, err := os.Create(*log)
	if err != nil {
		return err
	}
	defer f.Close()
	o.Thumbing, o.Log = devcloud.Binary(*binary), f
	return survival.Run(ctx, os.Stdout, o)
}
