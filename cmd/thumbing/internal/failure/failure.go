// Package failure carries an error to the person at the command line: in words, with a hint where one helps, and
// as an exit code.
package failure

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

// A hinted is an error together with what its reader can do about it.
type hinted struct {
	error
	hint string
}

func (e *hinted) Unwrap() error { return e.error }

// Hint says what to do about the error.
func (e *hinted) Hint() string { return e.hint }

// WithHint gives an error a hint.
func WithHint(err error, format string, args ...any) error {
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// A usageError says that the command line was wrong, so that nothing was tried.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// Usage makes an error one about the command line.
func Usage(err error) error { return &usageError{err} }

// ExitCode is the exit code that an error stands for.
func ExitCode(err error) int {
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

// Report writes each of the joined errors on a line of its own, with its hint below. A hint that helps with
// several errors in a row comes once, below the last.
func Report(w io.Writer, err error) {
	all := Unjoin(err)
	for i, e := range all {
		fmt.Fprintf(w, "thumbing: %s\n", OneLine(e.Error()))
		hint := HintOf(e)
		if hint != "" && (i+1 == len(all) || HintOf(all[i+1]) != hint) {
			fmt.Fprintf(w, "hint: %s\n", OneLine(hint))
		}
	}
}

// HintOf is the outermost hint of an error, be it of this package or of another; "" when there is none.
func HintOf(err error) string {
	type hinter interface {
		error
		Hint() string
	}
	if h, ok := errors.AsType[hinter](err); ok {
		return h.Hint()
	}
	return ""
}

// Unjoin returns the errors that errors.Join put together, or the error itself.
func Unjoin(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, Unjoin(e)...)
	}
	return all
}

// Within puts what was tried in front of an error, and in front of each of joined ones.
func Within(what string, err error) error {
	var all []error
	for _, e := range Unjoin(err) {
		all = append(all, fmt.Errorf("%s: %w", what, e))
	}
	return errors.Join(all...)
}

// Reason is an error without what the message around it says already: the path and the system call of a file
// error, and the library's words for a run that was interrupted.
func Reason(err error) error {
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted")
	}
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// OneLine escapes whatever would break a line or steer a terminal.
func OneLine(s string) string {
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
