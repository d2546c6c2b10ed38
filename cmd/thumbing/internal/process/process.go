// Package process is the verb that turns one picture into one PNG. What it imports is little, for package shortcut.
package process

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/thumbnail"
)

// Run turns the picture in the file in into the PNG out, as the pipeline does it with its default settings. "-" is
// stdin or stdout. When the picture is rejected, with an error that is a *thumbnail.Rejection, out stays as it was.
func Run(ctx context.Context, in, out string, stdin io.Reader, stdout io.Writer) error {
	if err := run(ctx, in, out, stdin, stdout); err != nil {
		return fmt.Errorf("process %s: %w", streamName(in, "standard input"), err)
	}
	return nil
}

func run(ctx context.Context, in, out string, stdin io.Reader, stdout io.Writer) error {
	if f, ok := stdout.(*os.File); ok && out == "-" && term.IsTerminal(int(f.Fd())) {
		return failure.Usage(failure.WithHint(errors.New("the PNG would go to the terminal"),
			"name a file, or send standard output to one"))
	}
	src, err := readPicture(ctx, in, stdin, thumbnail.DefaultMaxBytes)
	if err != nil {
		return failure.Reason(err)
	}
	result, err := thumbnail.Make(src, thumbnail.Options{})
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return failure.Reason(err)
	}
	if out == "-" {
		_, err = stdout.Write(result.PNG)
	} else {
		err = writeFile(out, result.PNG)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", streamName(out, "standard output"), failure.Reason(err))
	}
	return nil
}

// readPicture reads a picture, and never more than a byte beyond the limit: enough for the thumbnail to be
// refused, however long the source is.
func readPicture(ctx context.Context, name string, stdin io.Reader, limit int64) ([]byte, error) {
	read := func() ([]byte, error) {
		data := new(bytes.Buffer)
		src := stdin
		if name != "-" {
			f, err := os.Open(name)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			if info, err := f.Stat(); err == nil {
				if info.Size() > limit {
					return nil, thumbnail.TooManyBytes(info.Size(), limit)
				}
				data = bytes.NewBuffer(reserve(int(info.Size()) + bytes.MinRead)) // at once, not by doubling
			}
			src = f
		}
		_, err := data.ReadFrom(io.LimitReader(src, limit+1))
		return data.Bytes(), err
	}
	type picture struct {
		data []byte
		err  error
	}
	// A pipe or a terminal may never end: reading is left behind when the run is interrupted.
	done := make(chan picture, 1)
	go func() {
		data, err := read()
		done <- picture{data, err}
	}()
	select {
	case p := <-done:
		return p.data, p.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// writeFile puts data in place of the named file at once: until all of it is written the old file stays. What
// is no regular file, such as /dev/null or a named pipe, is written to as it is.
func writeFile(name string, data []byte) error {
	mode := fs.FileMode(0o666)
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	switch info, err := os.Stat(name); {
	case err == nil && !info.Mode().IsRegular():
		return writeTo(name, os.O_WRONLY, mode, data)
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	beside := filepath.Join(filepath.Dir(name), ".thumbing-"+rand.Text())
	err := writeTo(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode, data)
	if err == nil {
		err = os.Rename(beside, name)
	}
	if err != nil {
		// It may never have come to be, and the first error is the one to tell.
		_ = os.Remove(beside)
	}
	return err
}

func writeTo(name string, flag int, mode fs.FileMode, data []byte) error {
	f, err := os.OpenFile(name, flag, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return cmp.Or(err, f.Close())
}

// streamName is the name of a file as a message shows it.
func streamName(name, dash string) string {
	if name == "-" {
		return dash
	}
	return name
}
