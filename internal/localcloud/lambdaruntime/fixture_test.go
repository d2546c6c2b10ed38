package lambdaruntime_test

import (
	"context"
	"encoding/json"
	"os"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud/lambdaruntime"
)

const functionARN = "arn:aws:lambda:us-east-1:123456789012:function:Thumb"

// fixture is a runtime of the test's function, and what it says.
type fixture struct {
	*lambdaruntime.Runtime
	t       *testing.T
	results chan lambdaruntime.Result

	mu       sync.Mutex
	backoffs []int
	output   strings.Builder
}

func (f *fixture) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.output.Write(line)
}

func (f *fixture) printed() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.output.String()
}

func (f *fixture) waits() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.backoffs)
}

// start starts a runtime that waits for nothing between attempts. The change may set more.
func start(t *testing.T, change func(*lambdaruntime.Function, *lambdaruntime.Options)) *fixture {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, results: make(chan lambdaruntime.Result, 100)}
	fn := lambdaruntime.Function{Name: "Thumb", ARN: functionARN, Binary: self, Timeout: time.Minute, Concurrency: 1, MaxRetries: 2}
	o := lambdaruntime.Options{
		Output:   f,
		OnResult: func(r lambdaruntime.Result) error { f.results <- r; return nil },
		Backoff: func(n int) time.Duration {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.backoffs = append(f.backoffs, n)
			return 0
		},
	}
	if change != nil {
		change(&fn, &o)
	}
	if f.Runtime, err = lambdaruntime.Start(t.Context(), fn, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		now, cancel := context.WithCancel(context.Background())
		cancel()
		f.close(now)
	})
	return f
}

// close closes the runtime, and finds that nothing of it is left.
func (f *fixture) close(ctx context.Context) {
	f.t.Helper()
	if err := f.Close(ctx); err != nil {
		f.t.Error(err)
	}
	var left string
	for range 1000 {
		if left = leftover(); left == "" {
			return
		}
		goruntime.Gosched() // one may be on its very last instructions
	}
	f.t.Errorf("a goroutine is left:\n%s", left)
}

// leftover finds a goroutine that runs the package's code.
func leftover() string {
	stacks := make([]byte, 1<<20)
	for g := range strings.SplitSeq(string(stacks[:goruntime.Stack(stacks, true)]), "\n\n") {
		frames, _, _ := strings.Cut(g, "created by")
		if strings.Contains(frames, "lambdaruntime.(*") || strings.Contains(frames, "os/exec.(*Cmd)") {
			return g
		}
	}
	return ""
}

func (f *fixture) invoke(r request) (requestID string) {
	f.t.Helper()
	id, err := f.Invoke(f.t.Context(), r.json(f.t))
	if err != nil {
		f.t.Fatal(err)
	}
	return id
}

// result waits for the next result.
func (f *fixture) result() lambdaruntime.Result {
	f.t.Helper()
	select {
	case r := <-f.results:
		return r
	case <-time.After(time.Minute):
		f.t.Fatalf("no result; the function printed:\n%s", f.printed())
		return lambdaruntime.Result{}
	}
}

// reply waits for the next result, which is a success.
func (f *fixture) reply() reply {
	f.t.Helper()
	r := f.result()
	if r.Err != nil || r.Condition != lambdaruntime.Success {
		f.t.Fatalf("%s: %v", r.Condition, r.Err)
	}
	var out reply
	if err := json.Unmarshal(r.Response, &out); err != nil {
		f.t.Fatalf("%v in %.100q", err, r.Response)
	}
	return out
}
