package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

// An interrupted run ends though its input does not.
func TestProcessInterrupted(t *testing.T) {
	stdin, never := io.Pipe()
	defer never.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"process", "-", "-"}, stdin, &stdout, &stderr); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if got := stderr.String(); got != "thumbing: process standard input: interrupted\n" {
		t.Errorf("stderr %q", got)
	}
	if stdout.Len() > 0 {
		t.Errorf("wrote %d bytes", stdout.Len())
	}
}

func TestReport(t *testing.T) {
	same := errors.New("same")
	err := within("verb", errors.Join(
		withHint(errors.New("one"), "first"),
		withHint(fmt.Errorf("two: %w", withHint(same, "not told")), "first"),
		same,
		withHint(errors.New("a\nb\x1b[31m"), "last"),
	))
	var out strings.Builder
	report(&out, err)
	want := `thumbing: verb: one
thumbing: verb: two: same
hint: first
thumbing: verb: same
thumbing: verb: a\nb\x1b[31m
hint: last
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
	out.Reset()
	report(&out, nil)
	if out.Len() > 0 {
		t.Errorf("no error is reported as %q", out.String())
	}
}

// K5: whatever is printed stays on its line and cannot steer a terminal; what was safe stays as it was.
func FuzzOneLine(f *testing.F) {
	for _, s := range []string{"photo.jpg", "日本 é+%20.png", "a\nb", "\x1b[2J", "\u009b2J", "\u202egpj.exe", "\xff\xfe", "\ufffd", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := oneLine(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, unsafeToPrint) {
			t.Errorf("%q becomes %q", s, got)
		}
		if utf8.ValidString(s) && !strings.ContainsFunc(s, unsafeToPrint) && got != s {
			t.Errorf("%q was safe and becomes %q", s, got)
		}
		if oneLine(got) != got {
			t.Errorf("%q changes again", got)
		}
	})
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
