package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/settings"
)

func newRedriveCommand() *cobra.Command {
	var list, asJSON bool
	var queue string
	cmd := &cobra.Command{
		Use:   "redrive [LETTER...]",
		Short: "Replay dead letters",
		Long: `Replay what could not be done, and say of each dead letter when it came, how
often it was tried, what it is about and why it failed.

An event that the function failed on is sent to the function again. A
notification that a subscriber did not take is published to its topic again,
for all its subscribers. A letter leaves the queue when Lambda or SNS has taken
it; one that fails once more comes back as a new letter. What cannot be
replayed stays, and the exit code is 1.

LETTER is the ID of a letter, as --list shows it; without any, all are
replayed. Running it again, or twice at once, does no harm. Letters that were
held by a run that was killed are back after five minutes.

The queue's name is THUMBING_TOPIC_NAME with -dead-letters behind it.`,
		Example: `  thumbing redrive --list
  thumbing redrive
  thumbing redrive 55211df6-0d94-4769-b70e-3e074fa186cc
  thumbing redrive --list --json | jq -r 'select(.attempts == 3) | .objects[]'`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, ids []string) error {
			name, err := settings.LoadDeadLettersName(".")
			if err != nil {
				return failure.Within("redrive", err)
			}
			r, err := newRedriver(cmd.Context(), cmp.Or(queue, name))
			if err != nil {
				return failure.Within("redrive", err)
			}
			slices.Sort(ids)
			r.only, r.list, r.stderr = slices.Compact(ids), list, cmd.ErrOrStderr()
			r.rows = &letterRows{w: cmd.OutOrStdout(), asJSON: asJSON}
			return r.redrive(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&list, "list", false, "only show the letters")
	flags.BoolVar(&list, "dry-run", false, "the same")
	flags.BoolVar(&asJSON, "json", false, "print a JSON object a letter")
	flags.StringVar(&queue, "queue", "", "name or URL of the queue")
	if err := cmd.RegisterFlagCompletionFunc("queue", cobra.NoFileCompletions); err != nil {
		panic(err) // the flag is defined on the line above
	}
	return cmd
}

// A redriver replays the letters of a box.
type redriver struct {
	box    *letterBox
	replay *replayer
	only   []string // IDs of the letters that are meant; empty for all
	list   bool     // only show them
	rows   *letterRows
	stderr io.Writer

	seen     map[string]bool            // letters that were dealt with, by ID
	replayed map[[sha256.Size]byte]bool // what they asked for
	troubles []trouble
}

func newRedriver(ctx context.Context, queue string) (*redriver, error) {
	cfg, err := loadAWS(ctx)
	if err != nil {
		return nil, err
	}
	box, err := openLetterBox(ctx, cfg, queue)
	if err != nil {
		return nil, err
	}
	return &redriver{box: box, replay: newReplayer(cfg), seen: map[string]bool{}, replayed: map[[sha256.Size]byte]bool{}}, nil
}

// redrive deals with every letter that is meant, and puts back what it does not remove.
func (r *redriver) redrive(ctx context.Context) error {
	begin, err := r.box.look(ctx)
	if err != nil {
		return failure.Within("redrive", err)
	}
	if begin.inFlight > 0 {
		fmt.Fprintf(r.stderr, "thumbing: redrive: %s in flight: another run holds them, or one did that was killed; they are back within %.0f minutes\n",
			plural(begin.inFlight, "letter is", "letters are"), holdTime.Minutes())
	}
	r.replay.queueARN = begin.arn
	err = r.pages(ctx, begin.at)
	err = errors.Join(err, r.box.putBack(ctx))
	if ctx.Err() != nil {
		err = errors.Join(err, failure.Reason(ctx.Err()))
	}
	if err == nil {
		err = r.rows.end(r.box.name)
	}
	return errors.Join(failure.Within("redrive", err), r.failures(), r.missing(err))
}

// maxIdlePages is how many pages in a row may hold nothing to deal with before the queue counts as read: letters that
// fail again at once would otherwise be read for ever.
const maxIdlePages = 3

// pages reads the queue page by page, as it was at the beginning.
func (r *redriver) pages(ctx context.Context, begin time.Time) error {
	for idle := 0; idle < maxIdlePages && ctx.Err() == nil; {
		page, err := r.box.receive(ctx)
		if err != nil || len(page) == 0 {
			return err
		}
		page = slices.DeleteFunc(page, func(l letter) bool { return !r.isMeant(l, begin) })
		if idle++; len(page) > 0 {
			idle = 0
		}
		if err := r.deal(ctx, page); err != nil {
			return err
		}
		if len(r.only) > 0 && len(r.seen) == len(r.only) {
			return nil
		}
	}
	return nil
}

// clockSlack is how far from what its answer says the time at the server can be: its clock may show whole seconds, and
// not the last one.
const clockSlack = 3 * time.Second

// isMeant tells whether a letter is to be dealt with: once, and not replayed when it came after the beginning. About
// the beginning, what this run has replayed tells its own failures from older ones.
func (r *redriver) isMeant(l letter, begin time.Time) bool {
	isNew := l.sentAt.After(begin.Add(clockSlack)) || l.sentAt.After(begin.Add(-clockSlack)) && r.replayed[contentOf(l)]
	if r.seen[l.id] || isNew && !r.list || len(r.only) > 0 && !slices.Contains(r.only, l.id) {
		return false
	}
	r.seen[l.id] = true
	return true
}

// contentOf is a digest of what a letter asks for, which it shares with the letter that comes when its replay fails.
func contentOf(l letter) [sha256.Size]byte {
	content := l.Target() + "\n"
	switch {
	case l.Event != nil:
		content += string(l.Event.Payload)
	case l.Notification != nil:
		content += l.Notification.Message
	}
	return sha256.Sum256([]byte(content))
}

// deal replays a page of letters, removes those that were taken, and writes their rows. An error ends the run: it would
// meet every letter.
func (r *redriver) deal(ctx context.Context, page []letter) error {
	outcomes := make([]outcome, len(page))
	var group sync.WaitGroup
	for i, l := range page {
		group.Go(func() { outcomes[i] = r.one(ctx, l) })
	}
	group.Wait()
	var taken []string
	for i, o := range outcomes {
		if o.state == letterReplayed {
			taken = append(taken, page[i].id)
			r.replayed[contentOf(page[i])] = true
		}
	}
	kept := r.box.delete(ctx, taken)
	var fatal error
	for i, o := range outcomes {
		l := page[i]
		if f, ok := errors.AsType[*fatalError](o.err); ok {
			fatal = f.error
		}
		if fatal != nil && o.state == letterFailed || errors.Is(o.err, context.Canceled) {
			continue // the next run finds it as it was
		}
		if err := kept[l.id]; err != nil {
			o.err = failure.WithHint(fmt.Errorf("it was replayed, but is still in the queue: %w", err), "the next run replays it again, which does no harm")
		}
		if err := r.rows.write(l, o); err != nil {
			return err
		}
		if o.err != nil && !r.list {
			r.addTrouble(l.id, o.err)
		}
	}
	return fatal
}

// An outcome is what became of a letter, and why no more.
type outcome struct {
	state letterState
	err   error
}

// one replays a letter, unless it is only to be shown.
func (r *redriver) one(ctx context.Context, l letter) outcome {
	if err := r.replay.check(l); err != nil {
		return outcome{letterLeft, err}
	}
	if r.list {
		return outcome{letterWaiting, nil}
	}
	if err := r.replay.letter(ctx, l); err != nil {
		return outcome{letterFailed, err}
	}
	return outcome{letterReplayed, nil}
}

// A trouble is an error that one or more letters have met.
type trouble struct {
	err   error
	first string // ID of a letter
	count int
}

func (r *redriver) addTrouble(id string, err error) {
	for i := range r.troubles {
		if t := &r.troubles[i]; t.err.Error() == err.Error() {
			t.count++
			return
		}
	}
	r.troubles = append(r.troubles, trouble{err, id, 1})
}

// failures tells of each trouble once, whoever had it.
func (r *redriver) failures() error {
	var all []error
	for _, t := range r.troubles {
		what := "redrive " + t.first
		if t.count > 1 {
			what += fmt.Sprintf(" and %s", plural(t.count-1, "other letter", "other letters"))
		}
		all = append(all, fmt.Errorf("%s: %w", what, t.err))
	}
	return errors.Join(all...)
}

// missing tells of letters that were asked for and are not there. Nothing is known of them when the run broke off.
func (r *redriver) missing(brokeOff error) error {
	if brokeOff != nil {
		return nil
	}
	var all []error
	for _, id := range r.only {
		if !r.seen[id] {
			all = append(all, failure.WithHint(fmt.Errorf("redrive %s: there is no such letter in queue %s", id, r.box.name), "thumbing redrive --list shows the letters"))
		}
	}
	return errors.Join(all...)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
