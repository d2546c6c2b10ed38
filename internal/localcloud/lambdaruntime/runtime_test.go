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
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/localcloud/lambdaruntime"
)

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

// E8: a function that is killed in every attempt is tried three times, and its event is given up whole.
func TestCrash(t *testing.T) {
	attempts := 0
	f := start(t, func(_ *lambdaruntime.Function, o *lambdaruntime.Options) {
		o.Crash = func(id string, payload []byte) (time.Duration, bool) {
			attempts++
			return 0, attempts <= 4
		}
	})
	id := f.invoke(request{Do: "hang"})
	r := f.result()
	var failure *lambdaruntime.FunctionError
	if r.RequestID != id || r.Attempts != 3 || r.Condition != lambdaruntime.RetriesExhausted || !errors.As(r.Err, &failure) || failure.Type != lambdaruntime.ErrorExit {
		t.Errorf("got %+v", r)
	}
	// One that is killed once succeeds in the next attempt.
	f.invoke(request{})
	if r := f.result(); r.Err != nil || r.Attempts != 2 {
		t.Errorf("got %+v", r)
	}
}
