package main

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"
)

// newTerminalHandler writes log records as lines for people: the time of day, what happened, and its values;
// in colour on a terminal.
func newTerminalHandler(w io.Writer) slog.Handler {
	return tint.NewTextHandler(w, &tint.Options{
		TimeFormat: time.TimeOnly,
		NoColor:    !isTerminal(w),
	})
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
