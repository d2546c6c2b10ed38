package main

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
	"runtime/debug"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/thumbing/thumbing/internal/settings"
	"github.com/thumbing/thumbing/internal/thumbnail"
)

func newProcessCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "process IN OUT",
		Short: "Turn one picture into one PNG",
		Long: `Turn the picture IN into the 512x512 PNG that the pipeline would make of it,
and write it to OUT.

IN may be - for standard input, and OUT may be - for standard output. What the
bytes are decides the format, not the name. When the picture is rejected the
exit code is 3, and OUT stays as it was.`,
		Example: `  thumbing process photo.jpg avatar.png
  thumbing process - - <photo.jpg >avatar.png`,
		Args:              operands("IN", "OUT"),
		ValidArgsFunction: completeTwoFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			in, out := args[0], args[1]
			if err := process(cmd.Context(), in, out, cmd.InOrStdin(), cmd.OutOrStdout()); err != nil {
				return fmt.Errorf("process %s: %w", streamName(in, "standard input"), err)
			}
			return nil
		},
	}
}

func process(ctx context.Context, in, out string, stdin io.Reader, stdout io.Writer) error {
	if out == "-" && isTerminal(stdout) {
		return &usageError{withHint(errors.New("the PNG would go to the terminal"),
			"name a file, or send standard output to one")}
	}
	collectLate()
	options := pipelineOptions()
	src, err := readPicture(ctx, in, stdin, options.MaxBytes)
	if err != nil {
		return reason(err)
	}
	result, err := thumbnail.Make(src, options)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return reason(err)
	}
	if out == "-" {
		_, err = stdout.Write(result.PNG)
	} else {
		err = writeFile(out, result.PNG)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", streamName(out, "standard output"), reason(err))
	}
	return nil
}

// collectLate leaves the memory of one small picture to the end of the process, which is near: to collect it
// would take longer than to make the thumbnail. A large picture's is collected once it gets to be much.
func collectLate() {
	const much = 40 << 20
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(much)
}

// pipelineOptions are the size and the limits of a function that is deployed with none of its own.
func pipelineOptions() thumbnail.Options {
	limits := settings.DefaultLimits()
	return thumbnail.Options{
		Width: settings.DefaultWidth, Height: settings.DefaultHeight,
		MaxBytes: limits.Bytes, MaxPixels: limits.Pixels, MaxJPEGPixels: limits.JPEGPixels,
	}
}

// readPicture reads a picture, and never more than a byte beyond the limit: enough for the thumbnail to be
// refused, however long the source is.
func readPicture(ctx context.Context, name string, stdin io.Reader, limit int64) ([]byte, error) {
	read := func() ([]byte, error) {
		var data bytes.Buffer
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
				data.Grow(int(info.Size()) + bytes.MinRead) // at once, not by doubling
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

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// streamName is the name of a file as a message shows it.
func streamName(name, dash string) string {
	if name == "-" {
		return dash
	}
	return name
}

func completeTwoFiles(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) < 2 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}
