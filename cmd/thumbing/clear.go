package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/avatar"
)

func newClearCommand() *cobra.Command {
	var dryRun bool
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "clear KEY...",
		Short: "Remove an upload and what was made from it",
		Long: `Remove uploads and the processed pictures made from them.

KEY is the whole key of an upload, input prefix included, as thumbing ls shows
it. What is not there is no error, so clear can be run again. A processed
picture that another upload made, such as a.png's when clearing a.jpg, stays.

The uploads go first, so that an event still under way finds nothing to
process. A function may have read an upload already: when that came within the
last minute, clear waits for its picture, and --wait says how long. A bucket
with versioning keeps what was removed as an earlier version, until its
lifecycle rules end it.`,
		Example: `  thumbing clear photo.jpg
  thumbing clear --dry-run users/7/me.jpg users/8/me.jpg`,
		Args:              someOperands("KEY"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, keys []string) error {
			s, err := openStore(cmd.Context())
			if err != nil {
				return failure.Within("clear", err)
			}
			return cleaner{s, cmd.OutOrStdout(), cmd.ErrOrStderr(), dryRun, wait}.clear(cmd.Context(), keys)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be removed")
	cmd.Flags().DurationVar(&wait, "wait", 5*time.Second, "how long a function that has read an upload may take")
	return cmd
}

// A cleaner removes uploads with their processed pictures, and says what it did.
type cleaner struct {
	*store
	stdout io.Writer
	stderr io.Writer
	dryRun bool
	wait   time.Duration // how long a function that has read an upload may take
}

// A removal is what is known of one key that is being cleared.
type removal struct {
	key       string
	processed string // key of the picture; empty where none can be made
	upload    state  // as it was
	err       error
}

// clear removes what belongs to each key. A wrong key is found before anything is removed.
func (c cleaner) clear(ctx context.Context, keys []string) error {
	removals, err := c.plan(keys)
	if err != nil {
		return err
	}
	if err := c.checkBuckets(ctx); err != nil {
		return failure.Within("clear", err)
	}
	for i := range removals {
		r := &removals[i]
		r.upload, r.err = c.upload(ctx, r.key)
	}
	deadline := time.Now().Add(c.wait)
	for i := range removals {
		r := &removals[i]
		if r.err == nil && r.processed != "" {
			r.err = c.picture(ctx, *r, deadline)
		}
	}
	if ctx.Err() != nil {
		return failure.Within("clear", failure.Reason(ctx.Err()))
	}
	var failures []error
	for _, r := range removals {
		if r.err != nil {
			failures = append(failures, fmt.Errorf("clear %s: %w", r.key, r.err))
		}
	}
	return errors.Join(failures...)
}

func (c cleaner) plan(keys []string) ([]removal, error) {
	removals := make([]removal, len(keys))
	for i, key := range keys {
		processed, err := c.keys.Processed(key)
		switch {
		case errors.Is(err, avatar.ErrOutsideInput):
			return nil, failure.Usage(failure.WithHint(fmt.Errorf("clear %s: %w", key, err), "the whole key may be %s", c.keys.Input+key))
		case errors.Is(err, avatar.ErrFolder):
			return nil, failure.Usage(failure.WithHint(fmt.Errorf("clear %s: a folder, not an upload", key), "thumbing ls shows the keys"))
		}
		// A key that no picture can be made from is still one that can be removed.
		removals[i] = removal{key: key, processed: processed}
	}
	return removals, nil
}

// fresh is the age up to which an upload is likely to have a function at work on it.
const fresh = time.Minute

// upload removes the upload itself, whatever it is by now, and answers what it was.
func (c cleaner) upload(ctx context.Context, key string) (removed state, err error) {
	err = c.untilUnchanged(func() error {
		if removed, err = c.head(ctx, c.uploads, key); err != nil {
			return err
		}
		return c.removeAndSay(ctx, c.uploads, key, removed.etag)
	})
	return removed, err
}

// picture removes the processed picture of an upload that was removed, after it came if it may still come.
func (c cleaner) picture(ctx context.Context, r removal, deadline time.Time) error {
	if !c.dryRun && r.upload.size > 0 && time.Since(r.upload.modified) < fresh {
		if err := c.awaitPicture(ctx, r, deadline); err != nil {
			return err
		}
	}
	return c.untilUnchanged(func() error {
		picture, err := c.head(ctx, c.assets, r.processed)
		if err != nil {
			return err
		}
		// A picture that does not say what it was made from goes by its key.
		if from, ok := avatar.ParseProvenance(picture.metadata); ok && from.Key != r.key {
			return c.say("kept", c.assets, r.processed, fmt.Sprintf(" (made from %s)", from.Key))
		}
		return c.removeAndSay(ctx, c.assets, r.processed, picture.etag)
	})
}

// awaitPicture waits for the picture of an upload that a function may have read before it was removed. What was
// rejected, or was not read in time, is waited for in vain.
func (c cleaner) awaitPicture(ctx context.Context, r removal, deadline time.Time) error {
	const pause = 200 * time.Millisecond
	for look := 1; time.Now().Before(deadline); look++ {
		picture, err := c.head(ctx, c.assets, r.processed)
		if err != nil {
			return err
		}
		from, ok := avatar.ParseProvenance(picture.metadata)
		mine := from.Key == r.key && from.ETag == strings.Trim(r.upload.etag, `"`)
		newer := from.Time.After(r.upload.modified) // which mine will not replace
		if ok && (mine || newer) {
			return nil
		}
		if look == 2 {
			fmt.Fprintf(c.stderr, "thumbing: clear %s: it came just now: waiting for its picture\n", failure.OneLine(r.key))
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return failure.Reason(ctx.Err())
		}
	}
	return nil
}

// untilUnchanged tries again what met an object that was replaced between the look and the removal.
func (c cleaner) untilUnchanged(try func() error) error {
	const attempts = 5
	var err error
	for range attempts {
		if err = try(); !errors.Is(err, errChanged) {
			return err
		}
	}
	return err
}

func (c cleaner) removeAndSay(ctx context.Context, bucket, key, etag string) error {
	switch {
	case etag == "":
		return c.say("not there", bucket, key, "")
	case c.dryRun:
		return c.say("would remove", bucket, key, "")
	}
	if err := c.remove(ctx, bucket, key, etag); err != nil {
		return err
	}
	return c.say("removed", bucket, key, "")
}

func (c cleaner) say(what, bucket, key, remark string) error {
	_, err := fmt.Fprintf(c.stdout, "%s s3://%s/%s%s\n", what, bucket, failure.OneLine(key), failure.OneLine(remark))
	return err
}
