package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/thumbing/thumbing/internal/avatar"
)

func newClearCommand() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "clear KEY...",
		Short: "Remove an upload and what was made from it",
		Long: `Remove uploads and the processed pictures made from them.

KEY is the whole key of an upload, input prefix included, as thumbing ls shows
it. What is not there is no error, so clear can be run again. A processed
picture that another upload made, such as a.png's when clearing a.jpg, stays.

The upload goes first, so that an event still under way finds nothing to
process. A function that has read the upload already can still write its
picture: clear again removes it. A bucket with versioning keeps what was
removed as an earlier version, until its lifecycle rules end it.`,
		Example: `  thumbing clear photo.jpg
  thumbing clear --dry-run users/7/me.jpg users/8/me.jpg`,
		Args:              someOperands("KEY"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, keys []string) error {
			s, err := openStore(cmd.Context())
			if err != nil {
				return within("clear", err)
			}
			return cleaner{s, cmd.OutOrStdout(), dryRun}.clear(cmd.Context(), keys)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be removed")
	return cmd
}

// A cleaner removes uploads with their processed pictures, and says what it did.
type cleaner struct {
	*store
	stdout io.Writer
	dryRun bool
}

// clear removes what belongs to each key. A wrong key is found before anything is removed.
func (c cleaner) clear(ctx context.Context, keys []string) error {
	processed := make([]string, len(keys))
	for i, key := range keys {
		var err error
		processed[i], err = c.keys.Processed(key)
		switch {
		case errors.Is(err, avatar.ErrOutsideInput):
			return &usageError{withHint(fmt.Errorf("clear %s: %w", key, err), "the whole key may be %s", c.keys.Input+key)}
		case errors.Is(err, avatar.ErrFolder), key == "":
			return &usageError{withHint(fmt.Errorf("clear %s: a folder, not an upload", key), "thumbing ls shows the keys")}
		}
		// A key that no picture can be made from is still one that can be removed.
	}
	if err := c.checkBuckets(ctx); err != nil {
		return within("clear", err)
	}
	var failures []error
	for i, key := range keys {
		err := c.upload(ctx, key)
		if err == nil && processed[i] != "" {
			err = c.processed(ctx, key, processed[i])
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("clear %s: %w", key, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failures...)
}

// upload removes the upload itself, whatever it is by now.
func (c cleaner) upload(ctx context.Context, key string) error {
	return c.untilUnchanged(func() error {
		etag, _, err := c.head(ctx, c.uploads, key)
		if err != nil {
			return err
		}
		return c.removeAndSay(ctx, c.uploads, key, etag)
	})
}

// processed removes a processed picture, unless it was made from another upload than source.
func (c cleaner) processed(ctx context.Context, source, key string) error {
	return c.untilUnchanged(func() error {
		etag, metadata, err := c.head(ctx, c.assets, key)
		if err != nil {
			return err
		}
		// A picture that does not say what it was made from goes by its key.
		if from, ok := avatar.ParseProvenance(metadata); ok && from.Key != source {
			return c.say("kept", c.assets, key, fmt.Sprintf(" (made from %s)", from.Key))
		}
		return c.removeAndSay(ctx, c.assets, key, etag)
	})
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
	_, err := fmt.Fprintf(c.stdout, "%s s3://%s/%s%s\n", what, bucket, oneLine(key), oneLine(remark))
	return err
}
