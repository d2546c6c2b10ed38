package sqs

import (
	"container/heap"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/thumbing/thumbing/internal/localcloud/spool"
)

// Queue is a queue. Service.CreateQueue makes one. It is safe for concurrent use.
type Queue struct {
	name, arn, url string
	attributes     Attributes
	spool          *spool.Spool
	log            *slog.Logger
	closing        context.Context

	mu       sync.Mutex
	messages map[string]*message // by ID
	order    order               // the same
	came     uint64              // how many there have been
	changed  chan struct{}       // closed, and replaced, when one may have become visible
}

// ARN is the queue's Amazon Resource Name.
func (q *Queue) ARN() string { return q.arn }

// URL is what the API calls the queue.
func (q *Queue) URL() string { return q.url }

// load reads what an earlier run has left.
func (q *Queue) load() error {
	items, err := q.spool.Items()
	if err != nil {
		return err
	}
	for _, item := range items {
		m := &message{}
		if err := json.Unmarshal(item.Data, m); err != nil || m.ID != item.ID {
			q.log.Error("the data folder holds something that is not a message; it is left there", "id", item.ID, "error", err)
			continue
		}
		q.insert(m)
	}
	return nil
}

func (q *Queue) insert(m *message) {
	q.came++
	m.number = q.came
	q.messages[m.ID] = m
	heap.Push(&q.order, m)
}

// Send keeps a message. When it returns without an error, the message outlives the process. Unlike the API it
// takes a body of any length: what it is given must not get lost.
func (q *Queue) Send(ctx context.Context, body string) (messageID string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	m := &message{Body: body}
	if err := q.send(m, q.attributes.Delay); err != nil {
		return "", fmt.Errorf("send to %s: %w", q.name, err)
	}
	return m.ID, nil
}

// send keeps a message that has what its sender says, and gives it the rest.
func (q *Queue) send(m *message, delay time.Duration) error {
	m.ID, m.Sent = uuid.NewString(), time.Now()
	m.Visible = m.Sent.Add(delay)
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.keep(m); err != nil {
		return err
	}
	q.insert(m)
	q.notify()
	return nil
}

// keep writes a message to the data folder.
func (q *Queue) keep(m *message) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return q.spool.Put(m.ID, data)
}

// notify wakes those who wait for messages. The queue is locked.
func (q *Queue) notify() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// receive takes up to most messages, each for as long as the visibility says. Where there is none, it waits. The
// messages are copies.
func (q *Queue) receive(ctx context.Context, most int, visibility, wait time.Duration) ([]message, error) {
	deadline := time.Now().Add(wait)
	for {
		taken, next, changed, err := q.take(most, visibility)
		left := time.Until(deadline)
		if err != nil || len(taken) > 0 || left <= 0 {
			return taken, err
		}
		timer := time.NewTimer(min(left, time.Until(next)))
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			left = 0
		case <-q.closing.Done():
			left = 0
		}
		timer.Stop()
		if left == 0 {
			return nil, nil
		}
	}
}

// take takes what is visible now. It says when the next message will be, and what tells of one before.
func (q *Queue) take(most int, visibility time.Duration) (taken []message, next time.Time, changed <-chan struct{}, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	next = now.Add(maxWait)
	var popped []*message // which go back at the end, so that one that stays visible is not taken twice
	for len(q.order) > 0 && len(taken) < most && err == nil {
		m := q.order[0]
		if m.Visible.After(now) {
			next = m.Visible
			break
		}
		if q.isExpired(m, now) {
			err = q.remove(m)
			continue
		}
		heap.Pop(&q.order)
		popped = append(popped, m)
		if m.Receives++; m.Receives == 1 {
			m.Received = now
		}
		m.Visible = now.Add(visibility)
		if err := q.keep(m); err != nil {
			q.log.Warn("after a restart a message does not know that it was received", "message_id", m.ID, "error", err)
		}
		taken = append(taken, *m)
	}
	for _, m := range popped {
		heap.Push(&q.order, m)
	}
	if len(taken) > 0 {
		err = nil // the next call meets it again
	}
	return taken, next, q.changed, err
}

func (q *Queue) isExpired(m *message, now time.Time) bool {
	return now.Sub(m.Sent) > q.attributes.Retention
}

// remove forgets a message. The queue is locked.
func (q *Queue) remove(m *message) error {
	if err := q.spool.Delete(m.ID); err != nil {
		return err
	}
	delete(q.messages, m.ID)
	heap.Remove(&q.order, m.place)
	return nil
}

// delete forgets the message of a receipt. That there is none, or that it has been received again since, is no
// error, as in AWS.
func (q *Queue) delete(handle string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	m, err := q.find(handle)
	if m == nil || err != nil {
		return err
	}
	return q.remove(m)
}

// find gives the message that a receipt is the latest of, or nil. The queue is locked.
func (q *Queue) find(handle string) (*message, error) {
	id, receives, ok := parseHandle(handle)
	if !ok {
		return nil, badHandle(handle)
	}
	m, ok := q.messages[id]
	if !ok || m.Receives != receives {
		return nil, nil
	}
	return m, nil
}

// hide sets the time for which the message of a receipt stays hidden, from now on.
func (q *Queue) hide(handle string, visibility time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	m, err := q.find(handle)
	if err != nil {
		return err
	}
	now := time.Now()
	if m == nil || !m.Visible.After(now) {
		return errNotInFlight
	}
	before := m.Visible
	m.Visible = now.Add(visibility)
	if err := q.keep(m); err != nil {
		m.Visible = before
		return err
	}
	heap.Fix(&q.order, m.place)
	q.notify()
	return nil
}

// purge forgets all messages.
func (q *Queue) purge() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.messages {
		if err := q.remove(m); err != nil {
			return err
		}
	}
	return nil
}

// counts are the messages that are visible, in flight, and delayed.
type counts struct{ visible, inFlight, delayed int }

func (q *Queue) count() (c counts, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for _, m := range q.messages {
		switch {
		case q.isExpired(m, now):
			if err := q.remove(m); err != nil {
				return c, err
			}
		case !m.Visible.After(now):
			c.visible++
		case m.Receives > 0:
			c.inFlight++
		default:
			c.delayed++
		}
	}
	return c, nil
}

// order is a heap of messages: the one that is visible first comes first, of equals the one that came first.
type order []*message

func (o order) Len() int { return len(o) }

func (o order) Less(i, j int) bool {
	if c := o[i].Visible.Compare(o[j].Visible); c != 0 {
		return c < 0
	}
	return o[i].number < o[j].number
}

func (o order) Swap(i, j int) {
	o[i], o[j] = o[j], o[i]
	o[i].place, o[j].place = i, j
}

func (o *order) Push(x any) {
	m := x.(*message)
	m.place = len(*o)
	*o = append(*o, m)
}

func (o *order) Pop() any {
	last := len(*o) - 1
	m := (*o)[last]
	(*o)[last] = nil
	*o = (*o)[:last]
	return m
}
