package s3

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/versity/versitygw/s3api/utils"

	"github.com/thumbing/thumbing/internal/localcloud/atomicfile"
)

// notifier makes events of changes and has them delivered, rule by rule.
type notifier struct {
	region, owner string
	log           *slog.Logger
	delays        func(Rule, []byte) []time.Duration
	journal       *journal
	applied       string              // file of the rules that targets have been told of
	queues        map[string][]*queue // by bucket
	started       bool
}

func newNotifier(c Config, f *folder) (*notifier, error) {
	j, err := openJournal(f.journal)
	if err != nil {
		return nil, err
	}
	n := &notifier{region: c.Region, owner: c.AccessKey, log: c.Log, delays: c.Delays, journal: j,
		applied: f.applied, queues: map[string][]*queue{}}
	if n.delays == nil {
		atOnce := []time.Duration{0}
		n.delays = func(Rule, []byte) []time.Duration { return atOnce }
	}
	for _, b := range c.Buckets {
		for _, r := range b.Rules {
			n.queues[b.Name] = append(n.queues[b.Name], newQueue(b.Name, r, c.Log, j))
		}
	}
	return n, nil
}

// start begins to deliver: first what an earlier run left behind, then test events to targets that are new.
func (n *notifier) start() error {
	queues := map[string]*queue{}
	for q := range n.all {
		queues[q.name] = q
	}
	for _, e := range n.journal.all() {
		q, ok := queues[e.Rule]
		if ok {
			q.push(&delivery{id: e.ID, event: e.Event})
			continue
		}
		n.log.Warn("event dropped: its notification is gone", "notification", e.Rule)
		if err := n.journal.done(e.ID); err != nil {
			return err
		}
	}
	if err := n.test(); err != nil {
		return err
	}
	n.started = true
	for q := range n.all {
		go q.run()
	}
	return nil
}

// publish makes the events of a change. The caller holds the key's lock.
func (n *notifier) publish(c change) {
	var sequence uint64 // the same in the events of all rules
	for _, q := range n.queues[c.Bucket] {
		if !q.rule.matches(c.Name, formKey(c.Key)) {
			continue
		}
		if sequence == 0 {
			sequence = n.journal.next()
		}
		event, err := c.event(n.region, n.owner, q.rule.ID, time.Now(), sequence)
		if err != nil {
			n.log.Error("event lost", "notification", q.name, "key", c.Key, "error", err)
			continue
		}
		n.enqueue(q, event)
	}
}

// enqueue has an event delivered, as often and as late as the configuration says.
func (n *notifier) enqueue(q *queue, event []byte) {
	for _, delay := range n.delays(q.rule, event) {
		d := &delivery{id: n.journal.next(), event: event, due: time.Now().Add(delay)}
		if err := n.journal.add(entry{ID: d.id, Rule: q.name, Event: event}); err != nil {
			n.log.Error("event would not survive a restart", "notification", q.name, "error", err)
		}
		q.push(d)
	}
}

// test sends s3:TestEvent to the rules that want it and are not as they were, and remembers all rules.
func (n *notifier) test() error {
	before := map[string]string{}
	text, err := os.ReadFile(n.applied)
	if err == nil {
		err = json.Unmarshal(text, &before)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read which notifications are known: %w (remove %s to have their targets tested again)", err, n.applied)
	}
	now := map[string]string{}
	for q := range n.all {
		r := q.rule
		now[q.name] = strings.Join([]string{r.Target, strings.Join(r.Events, ","), r.Prefix, r.Suffix}, "\n")
		if !r.Test || now[q.name] == before[q.name] {
			continue
		}
		event, err := testEvent(q.bucket, time.Now(), utils.NewS3RequestID(), utils.NewS3HostID())
		if err != nil {
			return err
		}
		n.enqueue(q, event)
	}
	if maps.Equal(now, before) {
		return nil
	}
	if text, err = json.MarshalIndent(now, "", "\t"); err != nil {
		return err
	}
	return atomicfile.Write(n.applied, text)
}

// close delivers what is due, as long as the context lasts, and ends the delivering.
func (n *notifier) close(ctx context.Context) error {
	for q := range n.all {
		q.finish()
	}
	for q := range n.all {
		if n.started {
			q.wait(ctx)
		}
	}
	return n.journal.close()
}

// all yields every queue, in a fixed order.
func (n *notifier) all(yield func(*queue) bool) {
	for _, bucket := range slices.Sorted(maps.Keys(n.queues)) {
		for _, q := range n.queues[bucket] {
			if !yield(q) {
				return
			}
		}
	}
}
