package lambdaruntime_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/localcloud/lambdaruntime"
	"github.com/thumbing/thumbing/internal/localcloud/spool"
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
		OnResult: func(r lambdaruntime.Result) { f.results <- r },
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

func TestInvoke(t *testing.T) {
	f := start(t, nil)
	id := f.invoke(request{})
	got := f.reply()
	if got.RequestID != id || got.ARN != functionARN || !strings.HasPrefix(got.Trace, "Root=1-") {
		t.Errorf("the function saw %+v", got)
	}
	if got.Left <= 0 || got.Left > time.Minute {
		t.Errorf("the deadline is %s away", got.Left)
	}
	again := f.invoke(request{})
	if next := f.reply(); next.PID != got.PID {
		t.Errorf("process %d served the second event, not %d, which was idle", next.PID, got.PID)
	}
	if again == id {
		t.Error("two events have the same request ID")
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("DEVELOPERS_OWN", "secret")
	f := start(t, func(fn *lambdaruntime.Function, o *lambdaruntime.Options) {
		fn.MemoryMB = 512
		fn.Env = map[string]string{"DEST_BUCKET_NAME": "assets", "AWS_ENDPOINT_URL": "https://template", "TZ": "Europe/Paris"}
		o.Region = "eu-west-1"
		o.Credentials = lambdaruntime.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"}
		o.Env = map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:9000"}
	})
	f.invoke(request{})
	r := f.reply()
	got := map[string]string{}
	for line := range strings.SplitSeq(r.Environ, "\n") {
		name, value, _ := strings.Cut(line, "=")
		got[name] = value
	}
	if got["AWS_LAMBDA_RUNTIME_API"] == "" {
		t.Error("no runtime api")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	delete(got, "AWS_LAMBDA_RUNTIME_API")
	delete(got, "_X_AMZN_TRACE_ID") // set by aws-lambda-go itself
	want := map[string]string{
		"_HANDLER": filepath.Base(self), "LAMBDA_TASK_ROOT": filepath.Dir(self), "LAMBDA_RUNTIME_DIR": filepath.Dir(self),
		"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1",
		"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_LAMBDA_FUNCTION_NAME": "Thumb", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
		"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/Thumb", "AWS_LAMBDA_LOG_STREAM_NAME": "local",
		"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "en_US.UTF-8", "TZ": "Europe/Paris",
		"DEST_BUCKET_NAME": "assets", "AWS_ENDPOINT_URL": "http://127.0.0.1:9000",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r.Name != "Thumb" || r.Version != "$LATEST" || r.Group != "/aws/lambda/Thumb" || r.MemoryMB != 512 {
		t.Errorf("the function's context is %+v", r)
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(self)); err != nil || dir != r.Dir {
		t.Errorf("the function runs in %s, not in %s: %v", r.Dir, dir, err)
	}
}

// A handler that always fails is tried exactly three times, with one request ID and payload, and ends in
// one result that has both.
func TestRetries(t *testing.T) { // E8
	var mu sync.Mutex
	var seen []string
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r.FormValue("id")+" "+r.FormValue("text"))
	}))
	defer web.Close()
	f := start(t, nil)
	in := request{Do: "error", URL: web.URL, Text: "a+%2B"}
	id := f.invoke(in)
	r := f.result()
	want := lambdaruntime.Result{RequestID: id, Payload: in.json(t), Condition: lambdaruntime.RetriesExhausted, Attempts: 3, Duration: r.Duration, Err: r.Err}
	if diff := cmp.Diff(want, r, cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
		t.Error(diff)
	}
	if e, ok := errors.AsType[*lambdaruntime.FunctionError](r.Err); !ok || e.Type != "errorString" || e.Message != "it does not work" || !strings.Contains(string(e.Payload), `"errorMessage":"it does not work"`) {
		t.Errorf("the error is %#v", r.Err)
	}
	if diff := cmp.Diff([]string{id + " a+%2B", id + " a+%2B", id + " a+%2B"}, seen); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{1, 2}, f.waits()); diff != "" {
		t.Error(diff)
	}
	if n := f.Waiting(); n != 0 {
		t.Errorf("%d events still wait", n)
	}
}

func TestRetrySucceeds(t *testing.T) {
	f := start(t, nil)
	id := f.invoke(request{Do: "error-once"})
	if r := f.result(); r.Err != nil || r.Attempts != 2 || r.RequestID != id {
		t.Errorf("got %+v", r)
	}
}

func TestFailures(t *testing.T) {
	for do, want := range map[string]struct {
		kind, message string
		sameProcess   bool // whether the process lives on
	}{
		"error":        {"errorString", "it does not work", true},
		"panic":        {"string", "no way", false},
		"exit":         {lambdaruntime.ErrorExit, "Runtime exited with error: exit status 3", false},
		"exit-well":    {lambdaruntime.ErrorExit, "Runtime exited without providing a reason", false},
		"hang":         {lambdaruntime.ErrorTimeout, "Task timed out after 0.30 seconds", false},
		"big":          {lambdaruntime.ErrorResponseSize, "Response payload size exceeded maximum allowed payload size (6291456 bytes).", false},
		"stream-error": {"errorString", "the source has dried up", true},
	} {
		t.Run(do, func(t *testing.T) {
			f := start(t, func(fn *lambdaruntime.Function, _ *lambdaruntime.Options) {
				fn.MaxRetries = 0
				if do == "hang" {
					fn.Timeout = 300 * time.Millisecond
				}
			})
			before := 0
			if do != "hang" { // whose timeout is too short for anything else
				f.invoke(request{})
				before = f.reply().PID
			}
			f.invoke(request{Do: do})
			r := f.result()
			e, ok := errors.AsType[*lambdaruntime.FunctionError](r.Err)
			if !ok || e.Type != want.kind || e.Message != want.message || r.Condition != lambdaruntime.RetriesExhausted || r.Attempts != 1 {
				t.Fatalf("got %+v with %#v", r, r.Err)
			}
			if !json.Valid(e.Payload) {
				t.Errorf("the payload %q is not JSON", e.Payload)
			}
			if do == "hang" {
				return
			}
			f.invoke(request{})
			if after := f.reply().PID; (after == before) != want.sameProcess {
				t.Errorf("process %d before, %d after", before, after)
			}
		})
	}
}

// A process that ends between two events costs neither of them.
func TestProcessEndsWhileIdle(t *testing.T) {
	f := start(t, func(fn *lambdaruntime.Function, _ *lambdaruntime.Options) { fn.MaxRetries = 0 })
	f.invoke(request{Do: "exit-after"})
	f.invoke(request{})
	if r := f.result(); string(r.Response) != `"done"` || r.Err != nil {
		t.Errorf("got %q, %v", r.Response, r.Err)
	}
	f.reply()
}

func TestInitFailures(t *testing.T) {
	for how, want := range map[string]struct{ kind, message string }{
		"exit":  {lambdaruntime.ErrorExit, "Runtime exited with error: exit status 7"},
		"error": {"Config.Missing", "no bucket is set"},
		"hang":  {lambdaruntime.ErrorInitTimeout, "the function did not ask for an event within 200ms of its start; does it call lambda.Start?"},
	} {
		t.Run(how, func(t *testing.T) {
			f := start(t, func(fn *lambdaruntime.Function, o *lambdaruntime.Options) {
				fn.Env = map[string]string{"INIT": how}
				if how == "hang" {
					o.InitTimeout = 200 * time.Millisecond
				}
			})
			f.invoke(request{})
			r := f.result()
			e, ok := errors.AsType[*lambdaruntime.FunctionError](r.Err)
			if !ok || e.Type != want.kind || e.Message != want.message || r.Attempts != 3 {
				t.Errorf("got %+v: %v", r, r.Err)
			}
		})
	}
}

// A function that cannot begin is not started again and again without a pause, and works once it can.
func TestInitIsPaced(t *testing.T) {
	var mu sync.Mutex
	starts := 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if starts++; starts > 3 {
			w.Write([]byte("go on"))
		}
	}))
	defer web.Close()
	f := start(t, func(fn *lambdaruntime.Function, _ *lambdaruntime.Options) {
		fn.MaxRetries, fn.Env = 0, map[string]string{"INIT": web.URL}
	})
	for range 4 {
		f.invoke(request{})
	}
	for range 3 {
		if r := f.result(); r.Err == nil {
			t.Error("the function began")
		}
	}
	f.reply()
	if diff := cmp.Diff([]int{1, 2, 3}, f.waits()); diff != "" {
		t.Errorf("pauses before the starts:\n%s", diff)
	}
}

func TestBinaryOfAnotherMachine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(path, []byte("\x7fELF of some other machine"), 0o700); err != nil {
		t.Fatal(err)
	}
	f := start(t, func(fn *lambdaruntime.Function, _ *lambdaruntime.Options) { fn.Binary, fn.MaxRetries = path, 0 })
	f.invoke(request{})
	r := f.result()
	if e, ok := errors.AsType[*lambdaruntime.FunctionError](r.Err); !ok || e.Type != lambdaruntime.ErrorEntrypoint {
		t.Errorf("got %v", r.Err)
	}
}

func TestConcurrency(t *testing.T) {
	type call struct{ pid, text string }
	calls, release := make(chan call), make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		calls <- call{r.FormValue("pid"), r.FormValue("text")}
		<-release
	}))
	defer web.Close()
	f := start(t, func(fn *lambdaruntime.Function, _ *lambdaruntime.Options) { fn.Concurrency = 2 })
	for i := range 5 {
		f.invoke(request{URL: web.URL, Text: strconv.Itoa(i)})
	}
	// Two run at once, in a process each, and the others wait.
	first, second := <-calls, <-calls
	if first.pid == second.pid {
		t.Errorf("process %s serves two events at once", first.pid)
	}
	select {
	case c := <-calls:
		t.Errorf("a third runs at the same time: %v", c)
	default:
	}
	if n := f.Waiting(); n != 3 {
		t.Errorf("%d events wait, want 3", n)
	}
	pids := map[string]bool{first.pid: true, second.pid: true}
	texts := map[string]bool{first.text: true, second.text: true}
	apis := map[string]bool{}
	for range 3 {
		release <- struct{}{}
		c := <-calls
		pids[c.pid], texts[c.text] = true, true
	}
	close(release)
	for range 5 {
		for line := range strings.SplitSeq(f.reply().Environ, "\n") {
			if strings.HasPrefix(line, "AWS_LAMBDA_RUNTIME_API=") {
				apis[line] = true
			}
		}
	}
	if len(pids) != 2 || len(texts) != 5 || len(apis) != 2 {
		t.Errorf("processes %v served events %v at %v", slices.Sorted(maps.Keys(pids)), slices.Sorted(maps.Keys(texts)), slices.Sorted(maps.Keys(apis)))
	}
}

func TestOutput(t *testing.T) {
	f := start(t, nil)
	f.invoke(request{Do: "print", Text: "one\ntwo\nunfinished"})
	f.reply()
	f.close(t.Context())
	lines := strings.Split(f.printed(), "\n")
	slices.Sort(lines) // stdout and stderr come in any order
	if diff := cmp.Diff([]string{"", "one", "to stderr", "two", "unfinished"}, lines); diff != "" {
		t.Error(diff)
	}
}

func TestCloseWaits(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	defer web.Close()
	f := start(t, nil)
	id := f.invoke(request{URL: web.URL})
	<-arrived
	closed := make(chan struct{})
	go func() {
		f.close(t.Context())
		close(closed)
	}()
	for {
		if _, err := f.Invoke(t.Context(), []byte("{}")); errors.Is(err, lambdaruntime.ErrClosed) {
			break // Close has begun
		}
		goruntime.Gosched()
	}
	close(release)
	<-closed
	if r := f.result(); r.RequestID != id || r.Err != nil {
		t.Errorf("the running invocation ended with %+v", r)
	}
}

// A function that hangs is killed together with what it has started, although that holds its output open.
func TestCloseKillsTheGroup(t *testing.T) {
	held, gone := make(chan struct{}), make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		close(held)
		<-r.Context().Done() // the connection has ended
		close(gone)
	}))
	defer web.Close()
	f := start(t, nil)
	f.invoke(request{Do: "hang-with-child", Text: web.URL})
	<-held
	now, cancel := context.WithCancel(t.Context())
	cancel()
	f.close(now)
	<-gone
	select {
	case r := <-f.results:
		t.Errorf("an invocation that was cut short has the result %+v", r)
	default:
	}
}

func TestJournal(t *testing.T) {
	journal := func(dir string) *spool.Spool {
		s, err := spool.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Run("an invocation that is cut short comes again", func(t *testing.T) {
		dir := t.TempDir()
		arrived := make(chan struct{}, 10)
		web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			arrived <- struct{}{}
			if len(arrived) == 1 {
				<-r.Context().Done()
			}
		}))
		defer web.Close()
		f := start(t, func(_ *lambdaruntime.Function, o *lambdaruntime.Options) { o.Journal = journal(dir) })
		payload := []byte(`{ "URL" : "` + web.URL + `", "Text": "<&>" }`) // its bytes are kept, blanks and all
		id, err := f.Invoke(t.Context(), payload)
		if err != nil {
			t.Fatal(err)
		}
		second := f.invoke(request{})
		for len(arrived) == 0 {
			goruntime.Gosched()
		}
		now, cancel := context.WithCancel(t.Context())
		cancel()
		f.close(now)

		kept := journal(dir)
		f = start(t, func(_ *lambdaruntime.Function, o *lambdaruntime.Options) { o.Journal = kept })
		for _, want := range []string{id, second} {
			r := f.result()
			if r.RequestID != want || r.Err != nil || r.Attempts != 1 {
				t.Errorf("got %+v, want success of %s at the first attempt", r, want)
			}
			if want == id && string(r.Payload) != string(payload) {
				t.Errorf("payload %q", r.Payload)
			}
		}
		f.close(t.Context())
		if kept.Len() != 0 {
			t.Errorf("the journal still holds %d events", kept.Len())
		}
	})
	t.Run("failed attempts count on", func(t *testing.T) { // E8
		dir := t.TempDir()
		waiting := make(chan struct{})
		f := start(t, func(_ *lambdaruntime.Function, o *lambdaruntime.Options) {
			o.Journal = journal(dir)
			o.Backoff = func(int) time.Duration { close(waiting); return time.Hour }
		})
		f.invoke(request{Do: "error"})
		<-waiting
		f.close(t.Context())
		f = start(t, func(_ *lambdaruntime.Function, o *lambdaruntime.Options) { o.Journal = journal(dir) })
		if r := f.result(); r.Attempts != 3 || r.Err == nil {
			t.Errorf("got %+v", r)
		}
		if diff := cmp.Diff([]int{2}, f.waits()); diff != "" {
			t.Errorf("waits after the restart:\n%s", diff)
		}
	})
	t.Run("what is no event is left alone", func(t *testing.T) {
		s := journal(t.TempDir())
		for id, data := range map[string]string{"a": "not JSON", "b": `{"requestId":"other"}`} {
			if err := s.Put(id, []byte(data)); err != nil {
				t.Fatal(err)
			}
		}
		f := start(t, func(_ *lambdaruntime.Function, o *lambdaruntime.Options) { o.Journal = s })
		f.invoke(request{})
		f.reply()
		f.close(t.Context())
		if s.Len() != 2 {
			t.Errorf("%d items are left, want the 2 that were there", s.Len())
		}
	})
	t.Run("an event that cannot be kept is refused", func(t *testing.T) {
		dir := t.TempDir()
		f := start(t, func(_ *lambdaruntime.Function, o *lambdaruntime.Options) { o.Journal = journal(dir) })
		if err := os.Remove(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Invoke(t.Context(), []byte("{}")); err == nil {
			t.Error("taken")
		}
	})
}

func TestEventAge(t *testing.T) {
	f := start(t, func(fn *lambdaruntime.Function, _ *lambdaruntime.Options) { fn.MaxEventAge = 1 })
	f.invoke(request{})
	if r := f.result(); r.Condition != lambdaruntime.EventAgeExceeded || r.Err == nil || r.Attempts != 0 {
		t.Errorf("got %+v", r)
	}
}

func TestInvokeRefuses(t *testing.T) {
	f := start(t, nil)
	if _, err := f.Invoke(t.Context(), []byte("{")); err == nil || !strings.Contains(err.Error(), "not JSON") {
		t.Errorf("half a document: %v", err)
	}
	big := []byte(`"` + strings.Repeat("x", 1<<20-2) + `"`)
	if _, err := f.Invoke(t.Context(), append(big, ' ')); err == nil || !strings.Contains(err.Error(), "1048577 bytes") {
		t.Errorf("one byte too many: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Invoke(ended, []byte("{}")); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
	f.close(t.Context())
	if _, err := f.Invoke(t.Context(), []byte("{}")); !errors.Is(err, lambdaruntime.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	f.close(t.Context()) // once more is no harm
}

func TestStartRefuses(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for want, fn := range map[string]lambdaruntime.Function{
		"no such file":                   {Binary: filepath.Join(dir, "missing")},
		"not an executable file":         {Binary: plain},
		dir + " is not an executable":    {Binary: dir},
		"AWS_REGION, which is reserved":  {Binary: self, Env: map[string]string{"AWS_REGION": "x"}},
		`variable "A=B" cannot be set`:   {Binary: self, Env: map[string]string{"A=B": "x"}},
		`variable "EMPTY" cannot be set`: {Binary: self, Env: map[string]string{"EMPTY": "\x00"}},
	} {
		if _, err := lambdaruntime.Start(t.Context(), fn, lambdaruntime.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
}
