package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/bench/survival"
)

// TestChaos sends uploads through a local cloud in which everything goes wrong that can, and finds none lost and
// none stale. "make chaos" sends more.
func TestChaos(t *testing.T) { // E1, E2, E7, E8, C4, A1, A4, L9
	t.Parallel()
	photo, err := filepath.Abs("../../testdata/pictures/astronaut.jpg")
	if err != nil {
		t.Fatal(err)
	}
	dir := projectWithFunction(t)
	var out, log bytes.Buffer
	err = survival.Run(t.Context(), &out, survival.Options{
		Thumbing: func(ctx context.Context, args ...string) *exec.Cmd {
			cmd := exec.CommandContext(ctx, os.Args[0], args...)
			cmd.Args[0], cmd.Dir = "thumbing", dir
			return cmd
		},
		Photo: photo, Faults: "duplicate=0.2,reorder=0.2,delay=500ms,drop-response=0.05,s3-503=0.1,crash=0.05,outage=0.05",
		Uploads: 120, Keys: 24, Clients: 8, Seed: uint64(time.Now().UnixNano()), Patience: patience, Log: &log,
	})
	t.Log(out.String())
	if err != nil {
		t.Fatalf("%v; thumbing dev said:\n%s", err, log.String())
	}
}
