// Command throughput measures how many pictures a second go through the local cloud: from the first PUT until
// nothing is under way any more, with the function at concurrency 1 and 2. With -events it also watches the memory
// of the local cloud and of its function over many more.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/thumbing/thumbing/internal/bench/devcloud"
	"github.com/thumbing/thumbing/internal/bench/workload"
)

type options struct {
	binary, photo         string
	uploads, keys, events int
	clients               int
}

func main() {
	var o options
	flag.StringVar(&o.binary, "thumbing", "bin/thumbing", "the binary to run")
	flag.StringVar(&o.photo, "photo", "testdata/pictures/astronaut.jpg", "the photograph that the uploads are made of")
	flag.IntVar(&o.uploads, "uploads", 2000, "how many files to upload")
	flag.IntVar(&o.keys, "keys", 200, "to how many keys")
	flag.IntVar(&o.clients, "clients", 8, "by how many clients at a time")
	flag.IntVar(&o.events, "events", 10_000, "over how many uploads to watch the memory; 0 for not")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "throughput:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, o options) error {
	pictures, err := workload.Pictures(o.photo)
	if err != nil {
		return err
	}
	for concurrency := 1; concurrency <= 2; concurrency++ {
		err := with(ctx, o, concurrency, func(cloud *devcloud.Cloud) error {
			took, err := send(ctx, cloud, pictures, o, 1)
			if err == nil {
				fmt.Fprintf(w, "concurrency %d: %d uploads in %.1f s, %.0f a second\n", concurrency, o.uploads, took.Seconds(), float64(o.uploads)/took.Seconds())
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if o.events == 0 {
		return nil
	}
	return with(ctx, o, 2, func(cloud *devcloud.Cloud) error { return watch(ctx, w, cloud, pictures, o) })
}

// with calls f with a cloud whose function has that concurrency.
func with(ctx context.Context, o options, concurrency int, f func(*devcloud.Cloud) error) error {
	cloud, err := devcloud.Boot(ctx, devcloud.Options{Thumbing: devcloud.Binary(o.binary), Env: []string{"THUMBING_CONCURRENCY=" + strconv.Itoa(concurrency)}})
	if err != nil {
		return err
	}
	return errors.Join(f(cloud), cloud.End())
}

// send uploads, and returns how long it took until all was done.
func send(ctx context.Context, cloud *devcloud.Cloud, pictures []workload.Picture, o options, seed uint64) (time.Duration, error) {
	started := time.Now()
	if _, err := workload.Put(ctx, cloud.S3, devcloud.Uploads, pictures, o.uploads, o.keys, o.clients, seed); err != nil {
		return 0, err
	}
	err := cloud.Quiet(ctx, 10*time.Minute)
	return time.Since(started), err
}

// watch prints the memory after each round of uploads.
func watch(ctx context.Context, w io.Writer, cloud *devcloud.Cloud, pictures []workload.Picture, o options) error {
	for sent := 0; sent < o.events; sent += o.uploads {
		if _, err := send(ctx, cloud, pictures, o, uint64(sent)); err != nil {
			return err
		}
		dev, functions, err := memory(cloud.PID())
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "after %5d uploads: thumbing dev %d MiB; the function's processes %s MiB\n", sent+o.uploads, dev, strings.Join(functions, ", "))
	}
	return nil
}

// memory tells the resident memory, in MiB, of a process and of those that it has started. Linux alone tells it
// this way: proc(5).
func memory(pid int) (own int, children []string, err error) {
	if own, err = resident(pid); err != nil {
		return 0, nil, err
	}
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return 0, nil, err
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // the thread has ended
		}
		for child := range strings.FieldsSeq(string(text)) {
			pid, err := strconv.Atoi(child)
			if err != nil {
				return 0, nil, err
			}
			n, err := resident(pid)
			if err != nil {
				return 0, nil, err
			}
			children = append(children, strconv.Itoa(n))
		}
	}
	return own, children, nil
}

func resident(pid int) (mebibytes int, err error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			kib, err := strconv.Atoi(strings.Fields(text)[0])
			return kib >> 10, err
		}
	}
	return 0, fmt.Errorf("process %d has no memory", pid)
}
