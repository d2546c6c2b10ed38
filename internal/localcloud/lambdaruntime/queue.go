package lambdaruntime

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// event is one invocation, as the journal keeps it if it is asynchronous.
type event struct {
	RequestID string `json:"requestId"`
	Payload   []byte `json:"payload"` // kept to the byte
	TraceID   string `json:"traceId"`
	Attempts  int    `json:"attempts"` // that have failed

	queued time.Time    // by this process
	answer chan outcome // of one, to a caller that waits; nil when the event is asynchronous
	result *Result      // that nobody took yet; nil when there is none
	told   int          // how often it was not taken
}

// queue holds the events that wait. Its workers sleep on it.
type queue struct {
	mu      sync.Mutex
	changed *sync.Cond
	ready   []*event
	delayed map[*event]*time.Timer // before a retry
	idle    int                    // workers that wait for an event
	running int                    // workers there are
	closed  bool
}

func (q *queue) init() {
	q.changed = sync.NewCond(&q.mu)
	q.delayed = map[*event]*time.Timer{}
}

// put appends an event, and calls start for one more worker if none is free and there are fewer than
// limit. It tells whether the event will be worked on: not once the queue is closed.
func (q *queue) put(e *event, limit int, start func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ready = append(q.ready, e)
	if q.closed {
		return false
	}
	q.changed.Signal()
	if q.idle < len(q.ready) && q.running < limit {
		q.running++
		start()
	}
	return true
}

// putLater calls then for an event after a while, in which the event counts as waiting.
func (q *queue) putLater(e *event, wait time.Duration, then func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		q.ready = append(q.ready, e)
		return
	}
	q.delayed[e] = time.AfterFunc(wait, func() {
		q.mu.Lock()
		_, waits := q.delayed[e]
		delete(q.delayed, e)
		q.mu.Unlock()
		if waits { // else close has made it ready meanwhile
			then()
		}
	})
}

// take waits for an event. It returns nil when the queue is closed.
func (q *queue) take() *event {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.idle++
	for len(q.ready) == 0 && !q.closed {
		q.changed.Wait()
	}
	q.idle--
	if q.closed {
		q.running--
		return nil
	}
	e := q.ready[0]
	q.ready[0] = nil
	if q.ready = q.ready[1:]; len(q.ready) == 0 {
		q.ready = nil // let go of the memory of a long queue
	}
	return e
}

// close lets the workers go, and closes the channel. Every event that waits is ready then.
func (q *queue) close(also chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		close(also)
	}
	for e, t := range q.delayed {
		t.Stop()
		delete(q.delayed, e)
		q.ready = append(q.ready, e)
	}
	q.changed.Broadcast()
}

func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.ready) + len(q.delayed)
}

// enqueue makes an event ready for the next free worker. It tells whether there will be one.
func (r *Runtime) enqueue(e *event) bool {
	return r.queue.put(e, r.function.Concurrency, func() { r.workers.Go(r.work) })
}

// work serves events in one environment until the runtime closes.
func (r *Runtime) work() {
	w := &worker{runtime: r}
	defer w.stop()
	for e := r.queue.take(); e != nil; e = r.queue.take() {
		if e.result != nil {
			r.finish(e, *e.result)
			continue
		}
		if time.Since(e.queued) > r.function.MaxEventAge {
			r.finish(e, Result{Condition: EventAgeExceeded, Err: fmt.Errorf("the event waited longer than %s", r.function.MaxEventAge)})
			continue
		}
		started := time.Now()
		response, err := w.invoke(e)
		r.settle(e, response, err, time.Since(started))
	}
}

// settle decides what becomes of an event after an attempt.
func (r *Runtime) settle(e *event, response []byte, err error, took time.Duration) {
	log := r.log.With("request_id", e.RequestID, "attempt", e.Attempts+1, "ms", took.Milliseconds())
	switch {
	case e.answer != nil:
		if isAborted(err) {
			err = fmt.Errorf("invoke %s: %w", r.function.Name, ErrClosed)
		}
		e.answer <- outcome{response, err}
	case err == nil:
		log.Debug("invocation succeeded")
		e.Attempts++
		r.finish(e, Result{Condition: Success, Response: response, Duration: took})
	case isAborted(err):
		log.Info("invocation ended by the shutdown")
		r.enqueue(e) // the queue is closed by now: it only waits there
	case e.Attempts < r.function.MaxRetries:
		e.Attempts++
		wait := r.options.Backoff(e.Attempts)
		log.Warn("invocation failed and will be retried", "error", err, "retry_in", wait)
		if err := r.keep(e); err != nil {
			log.Error("the journal does not know of the failed attempt", "error", err)
		}
		r.queue.putLater(e, wait, func() { r.enqueue(e) })
	default:
		e.Attempts++
		log.Error("invocation failed for the last time", "error", err)
		r.finish(e, Result{Condition: RetriesExhausted, Err: err, Duration: took})
	}
}

// finish tells the result and forgets the event, in this order: an event is never forgotten before its
// failure has reached somebody.
func (r *Runtime) finish(e *event, res Result) {
	res.RequestID, res.Payload, res.Attempts = e.RequestID, e.Payload, e.Attempts
	if err := r.options.OnResult(res); err != nil {
		r.log.Error("the event is kept, as its result reaches nobody", "request_id", e.RequestID, "error", err)
		e.result = &res
		e.told++
		r.queue.putLater(e, r.options.Backoff(e.told), func() { r.enqueue(e) })
		return
	}
	if r.options.Journal == nil {
		return
	}
	if err := r.options.Journal.Delete(e.RequestID); err != nil {
		r.log.Error("the journal keeps an event that is done, so it will run again", "request_id", e.RequestID, "error", err)
	}
}

// keep writes an event to the journal.
func (r *Runtime) keep(e *event) error {
	if r.options.Journal == nil {
		return nil
	}
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("keep the event: %w", err)
	}
	return r.options.Journal.Put(e.RequestID, data)
}

// resume queues what the journal holds.
func (r *Runtime) resume() error {
	if r.options.Journal == nil {
		return nil
	}
	items, err := r.options.Journal.Items()
	if err != nil {
		return err
	}
	for _, item := range items {
		e := &event{queued: time.Now()}
		if err := json.Unmarshal(item.Data, e); err != nil || e.RequestID != item.ID {
			r.log.Error("the journal holds something that is not an event; it is left there", "id", item.ID, "error", err)
			continue
		}
		r.enqueue(e)
	}
	return nil
}
