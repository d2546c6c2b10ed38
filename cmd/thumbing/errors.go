package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/thumbing/thumbing/internal/thumbnail"
)

// Exit codes.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitRejected = 3
)

// A hintedError is an error together with what its reader can do about it.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

// Hint says what to do about the error.
func (e *hintedError) Hint() string { return e.hint }

// withHint gives an error a hint.
func withHint(err error, format string, args ...any) error {
	return &hintedError{err, fmt.Sprintf(format, args...)}
}

// A usageError says that the command line was wrong, so that nothing was tried.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// exitCode is the exit code that an error stands for.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*thumbnail.Rejection](err); ok {
		return exitRejected
	}
	return exitFailed
}

// report writes each of the joined errors on a line of its own, with its hint below. A hint that helps with
// several errors in a row comes once, below the last.
func report(w io.Writer, err error) {
	all := unjoin(err)
	for i, e := range all {
		fmt.Fprintf(w, "thumbing: %s\n", oneLine(e.Error()))
		hint := hintOf(e)
		if hint != "" && (i+1 == len(all) || hintOf(all[i+1]) != hint) {
			fmt.Fprintf(w, "hint: %s\n", oneLine(hint))
		}
	}
}

// hintOf is the outermost hint of an error, be it of this package or of another; "" when there is none.
func hintOf(err error) string {
	type hinter interface {
		error
		Hint() string
	}
	if h, ok := errors.AsType[hinter](err); ok {
		return h.Hint()
	}
	return ""
}

// unjoin returns the errors that errors.Join put together, or the error itself.
func unjoin(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, unjoin(e)...)
	}
	return all
}

// within puts what was tried in front of an error, and in front of each of joined ones.
func within(what string, err error) error {
	var all []error
	for _, e := range unjoin(err) {
		all = append(all, fmt.Errorf("%s: %w", what, e))
	}
	return errors.Join(all...)
}

// reason is an error without what the message around it says already: the path and the system call of a file
// error, and the library's words for a run that was interrupted.
func reason(err error) error {
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted")
	}
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// oneLine escapes whatever would break a line or steer a terminal.
func oneLine(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, unsafeToPrint) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		_, width := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && width == 1: // no UTF-8
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unsafeToPrint(r):
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unsafeToPrint(r rune) bool { return !strconv.IsPrint(r) }
