package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/avatar"
)

func newListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List uploads beside their processed pictures",
		Long: `List the uploads, each beside the picture made from it, and what state it is
in:

  processed  the processed picture is there and not older than the upload
  waiting    it is not there yet. When that does not change, the picture was
             rejected: the function's log says why
  replaced   a newer upload, such as a.png for a.jpg, has the same picture
  ignored    no picture is made from such a key: a folder, for one
  orphan     a processed picture whose upload is gone

Below it stands whether the webhook has confirmed that it wants to be told.`,
		Example: `  thumbing ls
  thumbing ls --json | jq -r '.[] | select(.state == "waiting") | .key'`,
		Args:              operands(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := openStore(cmd.Context())
			if err != nil {
				return failure.Within("ls", err)
			}
			rows, err := s.rows(cmd.Context())
			if err != nil {
				return failure.Within("ls", err)
			}
			if asJSON {
				return failure.Within("ls", writeJSON(cmd.OutOrStdout(), rows))
			}
			if err := writeTable(cmd.OutOrStdout(), rows); err != nil {
				return failure.Within("ls", err)
			}
			s.topic.writeSubscriptions(cmd.Context(), cmd.ErrOrStderr())
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

// A progress is how far a picture is.
type progress string

const (
	stateProcessed progress = "processed"
	stateWaiting   progress = "waiting"
	stateReplaced  progress = "replaced"
	stateIgnored   progress = "ignored"
	stateOrphan    progress = "orphan"
)

// A row is an upload and the picture made from it; one of the two may be missing.
type row struct {
	Key          string     `json:"key,omitempty"`
	Size         *int64     `json:"size,omitempty"` // of the upload, in bytes
	UploadedAt   *time.Time `json:"uploaded_at,omitempty"`
	ProcessedKey string     `json:"processed_key,omitempty"`
	ProcessedAt  *time.Time `json:"processed_at,omitempty"`
	State        progress   `json:"state"`
}

// rows lists both buckets. The uploads come first, in the order of their keys, then the orphans.
func (s *store) rows(ctx context.Context) ([]row, error) {
	// The uploads are listed first: a picture that is made meanwhile is then found, not missed.
	uploads, err := collect(s.list(ctx, s.uploads, s.keys.Input))
	if err != nil {
		return nil, err
	}
	pictures, err := collect(s.list(ctx, s.assets, s.keys.Output))
	if err != nil {
		return nil, err
	}
	return pair(uploads, pictures, s.keys), nil
}

// pair puts every upload beside the picture that is made from it.
func pair(uploads, pictures []object, keys avatar.Keys) []row {
	made := make(map[string]object, len(pictures))
	for _, p := range pictures {
		made[p.key] = p
	}
	newest := make(map[string]object, len(uploads)) // by processed key
	for _, u := range uploads {
		key, err := keys.Processed(u.key)
		if other, ok := newest[key]; err == nil && (!ok || other.modified.Before(u.modified)) {
			newest[key] = u
		}
	}
	rows := make([]row, 0, len(uploads))
	for _, u := range uploads {
		r := row{Key: u.key, Size: &u.size, UploadedAt: &u.modified, State: stateIgnored}
		key, err := keys.Processed(u.key)
		if err == nil {
			p, ok := made[key]
			r.ProcessedKey = key
			if ok {
				r.ProcessedAt = &p.modified
			}
			switch {
			case newest[key].key != u.key:
				r.State = stateReplaced
			case !ok || p.modified.Before(u.modified): // what is older was made from what the upload replaced
				r.State = stateWaiting
			default:
				r.State = stateProcessed
			}
		}
		rows = append(rows, r)
	}
	for _, p := range pictures {
		if _, ok := newest[p.key]; !ok && !strings.HasSuffix(p.key, "/") {
			rows = append(rows, row{ProcessedKey: p.key, ProcessedAt: &p.modified, State: stateOrphan})
		}
	}
	return rows
}

func collect(objects iter.Seq2[object, error]) ([]object, error) {
	var all []object
	for o, err := range objects {
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

func writeJSON(w io.Writer, rows []row) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(rows)
}

// writeTable writes one line a row. The columns that may hold any character come last, so that a wide one moves
// nothing else out of line.
func writeTable(w io.Writer, rows []row) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "STATE\t%8s\tUPLOADED\tKEY\tPROCESSED\n", "SIZE")
	for _, r := range rows {
		size, uploaded := "-", "-"
		if r.Size != nil {
			size, uploaded = humanSize(*r.Size), r.UploadedAt.Local().Format(time.DateTime)
		}
		fmt.Fprintf(table, "%s\t%8s\t%s\t%s\t%s\n", r.State, size, uploaded,
			cmp.Or(failure.OneLine(r.Key), "-"), cmp.Or(failure.OneLine(r.ProcessedKey), "-"))
	}
	return table.Flush()
}
