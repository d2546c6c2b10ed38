package lambdaruntime

import (
	"fmt"
	"time"
)

// worker is one execution environment: a place for one process at a time.
type worker struct {
	runtime  *Runtime
	process  *process // nil when none runs
	failures int      // inits in a row that failed
}

// invoke runs one attempt of an event, in the process of the last one or in a new one.
func (w *worker) invoke(e *event) (response []byte, err error) {
	if w.process != nil && w.process.hasExited() {
		w.stop()
	}
	if w.process == nil {
		if err := w.start(e); err != nil {
			return nil, err
		}
	}
	r := w.runtime
	deadline := time.Now().Add(r.function.Timeout)
	timeout := time.NewTimer(r.function.Timeout)
	defer timeout.Stop()
	inv := &invocation{event: e, deadline: deadline, outcome: make(chan outcome, 1)}
	select {
	case w.process.api.deliver <- inv:
	case <-w.process.exited:
		return nil, w.crashed(e)
	case <-r.aborted.Done():
		w.stop()
		return nil, errAborted
	}
	var crash <-chan time.Time
	if after, crashes := r.options.Crash(e.RequestID, e.Payload); crashes {
		crash = time.After(after)
	}
	select {
	case out := <-inv.outcome:
		w.rest(timeout)
		return out.response, out.err
	case <-crash:
		w.process.kill()
		return nil, w.crashed(e)
	case <-w.process.exited:
		select { // the answer may have come just before the end
		case out := <-inv.outcome:
			w.stop()
			return out.response, out.err
		default:
			return nil, w.crashed(e)
		}
	case <-timeout.C:
		w.stop()
		return nil, failed(e.RequestID, ErrorTimeout, "Task timed out after %.2f seconds", r.function.Timeout.Seconds())
	case <-r.aborted.Done():
		w.stop()
		return nil, errAborted
	}
}

// rest waits until the process asks for the next event, as Lambda does: an invocation is over only then.
// A process that does not before the timeout is replaced.
func (w *worker) rest(timeout *time.Timer) {
	select {
	case <-w.process.api.ready:
	case <-w.process.exited:
		w.stop()
	case <-timeout.C:
		w.runtime.log.Warn("the function answered but did not ask for the next event before its timeout; its process is replaced")
		w.stop()
	case <-w.runtime.aborted.Done():
		w.stop()
	}
}

// start runs a new process until it asks for its first event. After failures it pauses before it tries
// again.
func (w *worker) start(e *event) error {
	r := w.runtime
	if w.failures > 0 {
		pause := time.NewTimer(min(r.options.Backoff(w.failures), maxInitPause))
		defer pause.Stop()
		select {
		case <-pause.C:
		case <-r.closed:
			return errAborted
		}
	}
	err := w.init(e)
	if err == nil {
		w.failures = 0
	} else if !isAborted(err) {
		w.failures++
	}
	return err
}

func (w *worker) init(e *event) error {
	r := w.runtime
	p, err := startProcess(r.function, r.environ, r.output, r.log)
	if err != nil {
		return failed(e.RequestID, ErrorEntrypoint, "%v", err)
	}
	w.process = p
	limit := time.NewTimer(r.options.InitTimeout)
	defer limit.Stop()
	select {
	case <-p.api.ready:
		return nil
	case <-p.exited:
		if err := p.api.initError(); err != nil {
			w.stop()
			return fmt.Errorf("init: %w", err)
		}
		return fmt.Errorf("init: %w", w.crashed(e))
	case <-limit.C:
		w.stop()
		return failed(e.RequestID, ErrorInitTimeout, "the function did not ask for an event within %s of its start; does it call lambda.Start?", r.options.InitTimeout)
	case <-r.aborted.Done():
		w.stop()
		return errAborted
	}
}

// crashed tells how the process ended, and clears up after it.
func (w *worker) crashed(e *event) error {
	end := w.process.end()
	w.stop()
	if end == nil {
		return failed(e.RequestID, ErrorExit, "Runtime exited without providing a reason")
	}
	return failed(e.RequestID, ErrorExit, "Runtime exited with error: %v", end)
}

// stop ends the process, if there is one, and whatever it has started.
func (w *worker) stop() {
	if w.process != nil {
		w.process.stop()
		w.process = nil
	}
}
