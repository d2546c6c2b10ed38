package s3

import (
	"cmp"
	"container/heap"
	"context"
	"log/slog"
	"sync"
	"time"
)

// queue delivers the events of one rule, each when it is due, and again later while it fails.
type queue struct {
	name   string // "bucket/rule"
	bucket string
	rule   Rule
	log    *slog.Logger
	done   func(id uint64) error

	mu       sync.Mutex
	waiting  deliveries
	finished bool          // ends when nothing is due any more
	wake     chan struct{} // that one of the above has changed

	ctx     context.Context // of the deliveries
	cancel  context.CancelFunc
	stopped chan struct{} // closed when run returns, nil before it is called
}

// delivery is an event on its way.
type delivery struct {
	id       uint64
	event    []byte
	due      time.Time
	failures int
}

// How long an event that failed waits before it comes again: doubled each time.
const (
	minBackoff = 100 * time.Millisecond
	maxBackoff = 30 * time.Second
)

func newQueue(bucket string, r Rule, log *slog.Logger, j *journal) *queue {
	q := &queue{name: bucket + "/" + r.ID, bucket: bucket, rule: r, log: log, done: j.done,
		wake: make(chan struct{}, 1), stopped: make(chan struct{})}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	return q
}

// push adds an event. It never blocks.
func (q *queue) push(d *delivery) {
	q.mu.Lock()
	heap.Push(&q.waiting, d)
	q.mu.Unlock()
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default: // it is awake
	}
}

// run delivers until finish is called and nothing is due, or the context ends.
func (q *queue) run() {
	defer close(q.stopped)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for q.ctx.Err() == nil {
		d, wait, finished := q.next()
		switch {
		case d != nil:
			q.deliver(d)
			continue
		case finished:
			return
		case wait > 0:
			timer.Reset(wait)
		}
		select {
		case <-q.wake:
		case <-timer.C:
		case <-q.ctx.Done():
		}
	}
}

// next takes the event that is due, or tells how long it is until one is; 0 when none waits.
func (q *queue) next() (d *delivery, wait time.Duration, finished bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return nil, 0, q.finished
	}
	if wait = time.Until(q.waiting[0].due); wait > 0 {
		return nil, wait, q.finished
	}
	return heap.Pop(&q.waiting).(*delivery), 0, false
}

func (q *queue) deliver(d *delivery) {
	err := q.rule.Deliver(q.ctx, d.event)
	if err == nil {
		if err := q.done(d.id); err != nil {
			q.log.Error("event will be delivered again after a restart", "notification", q.name, "error", err)
		}
		return
	}
	if q.ctx.Err() != nil {
		return // the journal keeps it
	}
	backoff := min(minBackoff<<min(d.failures, 16), maxBackoff)
	d.failures++
	d.due = time.Now().Add(backoff)
	q.log.Warn("event not delivered", "notification", q.name, "target", q.rule.Target, "failures", d.failures,
		"again in", backoff, "error", err)
	q.push(d)
}

// finish lets run return when nothing is due any more.
func (q *queue) finish() {
	q.mu.Lock()
	q.finished = true
	q.mu.Unlock()
	q.signal()
}

// wait waits for run to return, and breaks it off when the context ends.
func (q *queue) wait(ctx context.Context) {
	select {
	case <-q.stopped:
	case <-ctx.Done():
	}
	q.cancel()
	<-q.stopped
}

// deliveries is a heap: those due first come first, and of those the oldest.
type deliveries []*delivery

func (d deliveries) Len() int { return len(d) }
func (d deliveries) Less(i, j int) bool {
	return cmp.Or(d[i].due.Compare(d[j].due), cmp.Compare(d[i].id, d[j].id)) < 0
}
func (d deliveries) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *deliveries) Push(x any)   { *d = append(*d, x.(*delivery)) }
func (d *deliveries) Pop() any {
	last := len(*d) - 1
	x := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	return x
}
