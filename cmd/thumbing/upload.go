package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/thumbnail"
)

func newUploadCommand() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "upload FILE...",
		Short: "Send pictures to the uploads bucket",
		Long: `Send pictures to the uploads bucket, and say where their avatars will be.

The key of a picture is the input prefix, THUMBING_FOLDER_INPUT, and the name
of the file. --key gives the whole key instead, for one file. All files are
tried; when one fails the exit code is 1.`,
		Example: `  thumbing upload photo.jpg
  thumbing upload *.jpg
  thumbing upload photo.jpg --key users/7/me.jpg

  # to the pipeline that thumbing dev runs here
  export AWS_ENDPOINT_URL=http://127.0.0.1:9000 AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=thumbing AWS_SECRET_ACCESS_KEY=thumbing-local
  thumbing upload photo.jpg`,
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("key") && len(args) > 1 {
				return errors.New("--key is for one file only")
			}
			return someOperands("FILE")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, files []string) error {
			s, err := openStore(cmd.Context())
			if err != nil {
				return failure.Within("upload", err)
			}
			u := uploader{store: s, stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr()}
			if cmd.Flags().Changed("key") {
				if err := u.checkKey(files[0], key); err != nil {
					return err
				}
				return u.upload(cmd.Context(), []upload{{files[0], key}})
			}
			uploads, err := plan(files, s.keys.Input)
			if err != nil {
				return err
			}
			return u.upload(cmd.Context(), uploads)
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the whole key of the upload, for one file")
	if err := cmd.RegisterFlagCompletionFunc("key", cobra.NoFileCompletions); err != nil {
		panic(err) // the flag is defined on the line above
	}
	return cmd
}

// An upload is a file and the key that it gets.
type upload struct{ file, key string }

// plan gives every file its key. It refuses two files that would get the same one: the second would take the
// place of the first.
func plan(files []string, prefix string) ([]upload, error) {
	uploads := make([]upload, len(files))
	owner := make(map[string]string, len(files))
	for i, file := range files {
		key := prefix + filepath.Base(file)
		if other, taken := owner[key]; taken {
			return nil, failure.Usage(failure.WithHint(fmt.Errorf("upload: %s and %s would both become %s", other, file, key),
				"upload them one at a time, with --key"))
		}
		owner[key] = file
		uploads[i] = upload{file, key}
	}
	return uploads, nil
}

// An uploader sends files one after the other and says what became of each.
type uploader struct {
	*store
	stdout, stderr io.Writer
}

func (u uploader) upload(ctx context.Context, uploads []upload) error {
	var failures []error
	for _, up := range uploads {
		if err := u.one(ctx, up); err != nil {
			failures = append(failures, fmt.Errorf("upload %s: %w", up.file, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failures...)
}

func (u uploader) one(ctx context.Context, up upload) error {
	f, err := os.Open(up.file)
	if err != nil {
		return failure.Reason(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return failure.Reason(err)
	}
	if !info.Mode().IsRegular() {
		return errors.New("not a regular file")
	}
	processed, err := u.keys.Processed(up.key)
	if err != nil {
		return fmt.Errorf("key %s: %w", up.key, err)
	}
	head, err := peek(f)
	if err != nil {
		return failure.Reason(err)
	}
	if err := doubtful(head, info.Size()); err != nil {
		fmt.Fprintf(u.stderr, "thumbing: upload %s: warning: will be rejected: %s\n", failure.OneLine(up.file), failure.OneLine(err.Error()))
	}
	contentType := mediaType(head, up.file)

	sent, done := u.showProgress(up.file, info.Size())
	err = u.put(ctx, up.key, f, contentType, sent)
	done()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(u.stdout, "%s -> s3://%s/%s (%s, %s)\n  avatar: s3://%s/%s\n",
		failure.OneLine(up.file), u.uploads, failure.OneLine(up.key), humanSize(info.Size()), contentType, u.assets, failure.OneLine(processed))
	return err
}

// checkKey refuses a key that nothing would be made from.
func (u uploader) checkKey(file, key string) error {
	_, err := u.keys.Processed(key)
	if errors.Is(err, avatar.ErrOutsideInput) {
		err = failure.WithHint(err, "--key %s", u.keys.Input+key)
	}
	if err != nil {
		return failure.Usage(fmt.Errorf("upload %s: no avatar would be made of the key %s: %w", file, key, err))
	}
	return nil
}

// peek reads the beginning of a file, enough to know what it is, and leaves the file at its beginning.
func peek(f io.ReadSeeker) ([]byte, error) {
	const enough = 512 // http.DetectContentType looks at no more
	head := make([]byte, enough)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	_, err = f.Seek(0, io.SeekStart)
	return head[:n], err
}

// doubtful says why the pipeline will reject a file, as far as its beginning and its size tell. The file is
// uploaded all the same: what counts is the function, which may have been deployed with other limits.
func doubtful(head []byte, size int64) error {
	if size == 0 {
		return errors.New("the file is empty")
	}
	if limit := int64(thumbnail.DefaultMaxBytes); size > limit {
		return thumbnail.TooManyBytes(size, limit)
	}
	_, err := thumbnail.Sniff(head)
	return err
}

// mediaType tells the media type of a file from its first bytes and, where they do not say, from its name.
func mediaType(head []byte, name string) string {
	if format, err := thumbnail.Sniff(head); err == nil {
		return "image/" + strings.ToLower(string(format))
	}
	const unknown = "application/octet-stream"
	sniffed := unknown
	if len(head) > 0 {
		sniffed = http.DetectContentType(head)
	}
	if sniffed == unknown {
		return cmp.Or(typesByName[strings.ToLower(filepath.Ext(name))], unknown)
	}
	return sniffed
}

// typesByName has the media types of pictures whose bytes neither package knows.
var typesByName = map[string]string{
	".avif": "image/avif",
	".heic": "image/heic",
	".heif": "image/heif",
	".jxl":  "image/jxl",
}

// showProgress draws a bar on a terminal, and nothing elsewhere. It returns what tells the bar of bytes sent,
// and what takes it away.
func (u uploader) showProgress(file string, size int64) (sent func(int64), done func()) {
	if size == 0 || !isTerminal(u.stderr) {
		return func(int64) {}, func() {}
	}
	bar := progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(u.stderr),
		progressbar.OptionSetDescription(failure.OneLine(file)),
		progressbar.OptionShowBytes(true),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(50*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
	var mu sync.Mutex
	var total int64
	sent = func(n int64) {
		mu.Lock()
		defer mu.Unlock()
		total += n
		// A body may carry more than the file, such as checksums. The bar ends when the server has answered.
		// What a terminal does not show is no reason to fail.
		_ = bar.Set64(min(max(total, 0), size-1))
	}
	return sent, func() { _ = bar.Finish() }
}

// humanSize is a size in bytes as people write it.
func humanSize(size int64) string {
	const unit = 1024
	if size < unit {
		return strconv.FormatInt(size, 10) + " B"
	}
	value, prefix := float64(size)/unit, 0
	for value >= unit-0.05 {
		value, prefix = value/unit, prefix+1
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTPE"[prefix])
}
