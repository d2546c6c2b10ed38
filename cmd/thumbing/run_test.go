package main

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/thumbing/thumbing/internal/settings"
	"github.com/thumbing/thumbing/internal/thumbnail"
)

// An interrupted run ends though its input does not.
func TestProcessInterrupted(t *testing.T) {
	stdin, never := io.Pipe()
	defer never.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"process", "-", "-"}, stdin, &stdout, &stderr); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if got := stderr.String(); got != "thumbing: process standard input: interrupted\n" {
		t.Errorf("stderr %q", got)
	}
	if stdout.Len() > 0 {
		t.Errorf("wrote %d bytes", stdout.Len())
	}
}

func TestHumanSize(t *testing.T) {
	for size, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1<<20 - 1: "1.0 MiB", 32 << 20: "32.0 MiB", 5 << 40: "5.0 TiB",
	} {
		if got := humanSize(size); got != want {
			t.Errorf("%d: %s, not %s", size, got, want)
		}
	}
}

// What process says of a picture is what a function with no limits of its own does.
func TestProcessAsDeployed(t *testing.T) {
	limits := settings.Limits{Bytes: thumbnail.DefaultMaxBytes, Pixels: thumbnail.DefaultMaxPixels, JPEGPixels: thumbnail.DefaultMaxJPEGPixels}
	if limits != settings.DefaultLimits() {
		t.Errorf("limits %+v, and the function's are %+v", limits, settings.DefaultLimits())
	}
	if thumbnail.DefaultWidth != settings.DefaultWidth || thumbnail.DefaultHeight != settings.DefaultHeight {
		t.Errorf("the size is %dx%d, and the function's %dx%d",
			thumbnail.DefaultWidth, thumbnail.DefaultHeight, settings.DefaultWidth, settings.DefaultHeight)
	}
}
