// Command bench measures thumbnail.Make beside sharp, in alternation in one run, so that a noisy machine is
// equally noisy to both. For each photograph it prints CPU and wall time, their ratio, bytes, peak memory, and
// the likeness of both to a full decode; warm and as a process of its own.
//
//	go run ./internal/bench [-corpus DIR] [-rounds N] [-only TEXT]
//
// Without -corpus it makes its photographs out of one in testdata.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

type options struct {
	corpus, only string
	rounds       int
	node         string
}

func main() {
	var o options
	flag.StringVar(&o.corpus, "corpus", "", "folder of photographs")
	flag.StringVar(&o.only, "only", "", "only photographs whose name contains this")
	flag.IntVar(&o.rounds, "rounds", 7, "rounds of each measurement")
	flag.StringVar(&o.node, "node", "node_modules/.bin/node", "the Node that runs sharp")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, o options) (err error) {
	node, err := exec.LookPath(o.node)
	if err != nil {
		return err
	}
	if o.node, err = filepath.Abs(node); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ours := filepath.Join(dir, "worker")
	for _, build := range [][]string{{ours, "./internal/bench/worker"}, {filepath.Join(dir, "bootstrap"), "./lambdas/thumbnail"}} {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "lambda.norpc,nethttpomithttp2", "-ldflags", "-s -w", "-o", build[0], build[1])
		cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", build[1], err, out)
		}
	}
	photos, err := photographs(ctx, o, dir)
	if err != nil {
		return err
	}
	commands := [2][]string{{o.node, "internal/bench/sharp/worker.js"}, {ours}}
	cold := [2][]string{{o.node, "internal/bench/sharp/cold.js"}, {"bin/thumbing", "process"}}

	fmt.Println("Warm: one process, many pictures. CPU time of all threads.")
	fmt.Println()
	fmt.Println("| photograph | sharp, ms CPU | ours | ratio | wall ratio | sharp, KB | ours | sharp, MiB | ours | SSIM sharp | ours |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|")
	for _, p := range photos {
		w, err := warm(ctx, commands, p, o.rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		q, err := quality(ctx, commands, p, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		fmt.Printf("| %s | %.1f | %.1f | **%.2f** | %.2f | %d | %d | %d | %d | %.4f | %.4f |\n", filepath.Base(p),
			w.cpu[0], w.cpu[1], w.ratio, w.wallRatio, w.bytes[0]/1000, w.bytes[1]/1000, w.peak[0]>>10, w.peak[1]>>10, q[0], q[1])
	}
	fmt.Println()
	fmt.Println("Cold: a process for each picture, from its start to its end; CPU time of all threads, its own start included.")
	fmt.Println()
	fmt.Println("| photograph | sharp, ms CPU | ours | ratio | wall ratio | sharp, MiB | ours |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, p := range photos {
		c, err := processes(ctx, cold, p, filepath.Join(dir, "out.png"), o.rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		fmt.Printf("| %s | %.0f | %.0f | **%.2f** | %.2f | %d | %d |\n", filepath.Base(p), c.cpu[0], c.cpu[1], c.ratio, c.wallRatio, c.peak[0]>>10, c.peak[1]>>10)
	}
	return function(ctx, o, photos, dir)
}

// photographs lists the corpus, or makes one.
func photographs(ctx context.Context, o options, dir string) ([]string, error) {
	corpus := o.corpus
	if corpus == "" {
		corpus = filepath.Join(dir, "photos")
		if err := makePhotographs(ctx, o, corpus); err != nil {
			return nil, fmt.Errorf("make photographs: %w", err)
		}
	}
	entries, err := os.ReadDir(corpus)
	if err != nil {
		return nil, err
	}
	var photos []string
	for _, e := range entries {
		ext := strings.ToLower(filepath.Ext(e.Name()))
		if slices.Contains([]string{".jpg", ".jpeg", ".png", ".webp", ".gif", ".tiff", ".bmp"}, ext) && strings.Contains(e.Name(), o.only) {
			path, err := filepath.Abs(filepath.Join(corpus, e.Name()))
			if err != nil {
				return nil, err
			}
			photos = append(photos, path)
		}
	}
	if len(photos) == 0 {
		return nil, fmt.Errorf("no photographs in %s", corpus)
	}
	return photos, nil
}

// makePhotographs enlarges a photograph to the sizes that phones make, in the formats that people upload.
func makePhotographs(ctx context.Context, o options, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	w, err := startWorker(ctx, []string{o.node, "internal/bench/sharp/worker.js"})
	if err != nil {
		return err
	}
	defer w.end()
	source, err := filepath.Abs("testdata/pictures/astronaut.jpg")
	if err != nil {
		return err
	}
	for _, p := range []struct {
		name   string
		width  int
		height int
		format string
	}{
		{"1mp.jpg", 1152, 864, "jpeg"}, {"12mp.jpg", 4032, 3024, "jpeg"}, {"48mp.jpg", 8064, 6048, "jpeg"},
		{"12mp-progressive.jpg", 4032, 3024, "progressive"}, {"12mp-p3-orientation-6.jpg", 4032, 3024, "p3"},
		{"1mp.png", 1152, 864, "png"}, {"12mp.png", 4032, 3024, "png"},
		{"1mp.webp", 1152, 864, "webp"}, {"12mp.webp", 4032, 3024, "webp"},
	} {
		if !strings.Contains(p.name, o.only) {
			continue
		}
		if _, err := w.ask("MAKE", source, filepath.Join(dir, p.name), fmt.Sprint(p.width), fmt.Sprint(p.height), p.format); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}
