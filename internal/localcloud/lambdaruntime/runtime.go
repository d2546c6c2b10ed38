// Package lambdaruntime runs a function's real binary behind the Lambda Runtime API, version 2018-06-01,
// and invokes it asynchronously as AWS Lambda does.
//
// # Environments
//
// An execution environment is one process with a Runtime API of its own, at an address that only it is
// told. It serves one invocation at a time and is kept warm for the next. A queued event takes an idle
// environment, else a new one as long as there are fewer than [Function.Concurrency], else it waits. A
// process that crashes, or that overruns the timeout and is killed, is replaced at the next event. It sees
// the function's environment variables and those that Lambda sets, none of this process's own. Memory is
// not limited.
//
// # Asynchronous invocation
//
// [Runtime.Invoke] queues an event and returns. An event that fails is tried again [Function.MaxRetries]
// times with the same request ID and payload, then its last error goes to [Options.OnResult], and
// [Result.Record] is what AWS would send to the function's on-failure destination. The queue
// drops nothing. With [Options.Journal] it also outlives the process: what was waiting or running comes
// again at the next Start, so events are delivered at least once, as in AWS. An event's age counts only
// while a runtime runs. [Runtime.Call] invokes synchronously, in turn with what is queued.
//
// Sources: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes", "Understanding
// the Lambda execution environment lifecycle", "How Lambda handles errors and retries with asynchronous
// invocation"; OpenAPI description of the Runtime API.
package lambdaruntime

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	goruntime "runtime"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/thumbing/thumbing/internal/localcloud/spool"
)

// AWS's limits and defaults.
const (
	maxPayload         = 1 << 20 // bytes of an asynchronous event
	maxCallPayload     = 6 << 20 // bytes of a synchronous one
	defaultTimeout     = 3 * time.Second
	defaultMemoryMB    = 128
	defaultMaxEventAge = 6 * time.Hour
	defaultInitTimeout = 10 * time.Second
	maxInitPause       = 30 * time.Second // this package's own
)

// Function is what a template says of a function, and the binary that runs here.
type Function struct {
	Name     string
	ARN      string
	LogGroup string            // name; empty means /aws/lambda/NAME
	Binary   string            // path of the executable for this machine
	Env      map[string]string // as the template has it

	MemoryMB    int           // told to the function; 0 means 128
	Timeout     time.Duration // of one invocation; 0 means 3 s
	Concurrency int           // environments at once; 0 means one a CPU
	MaxRetries  int           // after a failure; 0 means none, AWS's default is 2
	MaxEventAge time.Duration // older events are given up; 0 means 6 hours
}

// Options are the function's surroundings.
type Options struct {
	Log *slog.Logger // nil discards

	// Output receives what the function writes to stdout and stderr: one call of Write for each line. Nil
	// discards.
	Output io.Writer

	Region      string            // empty means us-east-1
	Credentials Credentials       // of the function's role
	Env         map[string]string // what this cloud adds, such as AWS_ENDPOINT_URL; wins over the template

	// Backoff is how long to wait before retry number n, from 1. AWS waits one minute, then two; nil means
	// one second, then two. A result that OnResult does not take waits as long, each time longer.
	Backoff func(retry int) time.Duration

	InitTimeout time.Duration // until the process first asks for an event; 0 means 10 s

	// Crash decides whether the process is killed in an attempt of an event, and after what time. Nil lets every
	// attempt go on.
	Crash func(requestID string, payload []byte) (after time.Duration, crash bool)

	// OnResult hears of each event once, when it has succeeded or is given up, before the event is forgotten. An
	// error keeps the event, and the result is told again later. With a journal it may be told again after
	// a crash as well. Calls come from several goroutines; while one runs, its environment waits.
	OnResult func(Result) error

	// Journal keeps the queue, so that it outlives the process. Nil keeps it in memory only.
	Journal *spool.Spool
}

// Credentials are an access key for the function.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
}

// Why an event is not taken.
var (
	ErrClosed   = errors.New("the function's runtime is closed")
	ErrTooLarge = errors.New("the event is too large")
	ErrNotJSON  = errors.New("the event is not JSON")
)

// Runtime runs one function. It is safe for concurrent use.
type Runtime struct {
	function Function
	options  Options
	log      *slog.Logger
	output   *lineWriter
	environ  []string // of every process, but for its Runtime API's address

	aborted context.Context // done when running invocations must end, too
	abort   context.CancelFunc
	closed  chan struct{} // closed when no more events are to be taken
	workers sync.WaitGroup
	queue   queue
}

// Start checks the function and takes up what its journal holds. Processes start with the first event.
// The runtime lives until Close, whatever becomes of ctx.
func Start(ctx context.Context, f Function, o Options) (*Runtime, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.withDefaults()
	o.withDefaults()
	if err := checkBinary(f.Binary); err != nil {
		return nil, fmt.Errorf("function %s: %w", f.Name, err)
	}
	environ, err := environment(f, o)
	if err != nil {
		return nil, fmt.Errorf("function %s: %w", f.Name, err)
	}
	r := &Runtime{function: f, options: o, log: o.Log.With("function", f.Name), output: &lineWriter{to: o.Output}, environ: environ, closed: make(chan struct{})}
	r.aborted, r.abort = context.WithCancel(context.WithoutCancel(ctx))
	r.queue.init()
	if err := r.resume(); err != nil {
		r.abort()
		return nil, fmt.Errorf("function %s: %w", f.Name, err)
	}
	return r, nil
}

func (f *Function) withDefaults() {
	f.LogGroup = cmp.Or(f.LogGroup, "/aws/lambda/"+f.Name)
	f.MemoryMB = orDefault(f.MemoryMB, defaultMemoryMB)
	f.Timeout = orDefault(f.Timeout, defaultTimeout)
	f.Concurrency = orDefault(f.Concurrency, goruntime.NumCPU())
	f.MaxEventAge = orDefault(f.MaxEventAge, defaultMaxEventAge)
	f.MaxRetries = max(f.MaxRetries, 0)
}

func (o *Options) withDefaults() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Output == nil {
		o.Output = io.Discard
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Backoff == nil {
		o.Backoff = func(retry int) time.Duration { return time.Duration(retry) * time.Second }
	}
	if o.OnResult == nil {
		o.OnResult = func(Result) error { return nil }
	}
	if o.Crash == nil {
		o.Crash = func(string, []byte) (time.Duration, bool) { return 0, false }
	}
	o.InitTimeout = orDefault(o.InitTimeout, defaultInitTimeout)
}

func orDefault[T int | time.Duration](v, fallback T) T {
	if v <= 0 {
		return fallback
	}
	return v
}

func checkBinary(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("its binary cannot be run: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return fmt.Errorf("its binary %s is not an executable file", path)
	}
	if !filepath.IsAbs(path) {
		return fmt.Errorf("its binary %s is not an absolute path", path)
	}
	return nil
}

// Invoke queues an event, a JSON document of up to 1 MB, and returns its request ID.
func (r *Runtime) Invoke(ctx context.Context, payload []byte) (requestID string, err error) {
	e, err := r.newEvent(ctx, payload, maxPayload)
	if err != nil {
		return "", fmt.Errorf("invoke %s: %w", r.function.Name, err)
	}
	if err := r.keep(e); err != nil {
		return "", fmt.Errorf("invoke %s: %w", r.function.Name, err)
	}
	if !r.enqueue(e) && r.options.Journal == nil {
		return "", fmt.Errorf("invoke %s: %w", r.function.Name, ErrClosed)
	}
	return e.RequestID, nil
}

// Call invokes the function with an event, a JSON document of up to 6 MB, and waits for its response. What the
// function itself fails with is a [*FunctionError]; it is not tried again.
func (r *Runtime) Call(ctx context.Context, payload []byte) (response []byte, err error) {
	e, err := r.newEvent(ctx, payload, maxCallPayload)
	if err != nil {
		return nil, fmt.Errorf("invoke %s: %w", r.function.Name, err)
	}
	e.answer = make(chan outcome, 1)
	if !r.enqueue(e) {
		return nil, fmt.Errorf("invoke %s: %w", r.function.Name, ErrClosed)
	}
	select {
	case out := <-e.answer:
		return out.response, out.err
	case <-ctx.Done():
		return nil, ctx.Err() // the function runs on, as in AWS
	case <-r.aborted.Done():
		return nil, fmt.Errorf("invoke %s: %w", r.function.Name, ErrClosed)
	}
}

// newEvent makes an event of a payload that is as it must be.
func (r *Runtime) newEvent(ctx context.Context, payload []byte, most int) (*event, error) {
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case len(payload) > most:
		return nil, fmt.Errorf("%w: it has %d bytes, and Lambda takes %d", ErrTooLarge, len(payload), most)
	case !json.Valid(payload):
		return nil, ErrNotJSON
	case r.isClosed():
		return nil, ErrClosed
	}
	now := time.Now()
	return &event{RequestID: uuid.NewString(), Payload: bytes.Clone(payload), TraceID: newTraceID(now), queued: now}, nil
}

// Waiting is how many events are queued or wait for a retry.
func (r *Runtime) Waiting() int { return r.queue.waiting() }

// Pending is how many events are not done with: those that wait and those under way. Without a journal it is
// how many wait.
func (r *Runtime) Pending() int {
	if r.options.Journal == nil {
		return r.Waiting()
	}
	return r.options.Journal.Len()
}

// Close takes no more events, waits for the running invocations, and kills them when ctx is done. When it
// returns, no process and no goroutine of the runtime is left. What has not been done stays in the
// journal.
func (r *Runtime) Close(ctx context.Context) error {
	r.queue.close(r.closed)
	done := make(chan struct{})
	go func() {
		r.workers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		r.abort()
		<-done
	}
	r.abort()
	if left := r.queue.waiting(); left > 0 {
		if r.options.Journal == nil {
			r.log.Warn("events are lost: no journal keeps them", "events", left)
		} else {
			r.log.Info("events wait for the next start", "events", left)
		}
	}
	return nil
}

func (r *Runtime) isClosed() bool {
	select {
	case <-r.closed:
		return true
	default:
		return false
	}
}
