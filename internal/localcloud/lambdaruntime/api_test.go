package lambdaruntime

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The protocol's own rules, spoken to over a socket.
func TestRuntimeAPI(t *testing.T) {
	a, err := listen("arn", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	const path = "/2018-06-01/runtime/"
	call := func(method, path, host, body string) (int, string, http.Header) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+a.address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text), resp.Header
	}
	want := func(method, path string, status int, text string) {
		t.Helper()
		if got, body, _ := call(method, path, "", "{}"); got != status || !strings.Contains(body, text) {
			t.Errorf("%s %s: %d %q, want %d %q", method, path, got, body, status, text)
		}
	}
	want(http.MethodPost, path+"invocation/1/response", http.StatusBadRequest, "InvalidRequestID")
	want(http.MethodPost, path+"invocation/next", http.StatusMethodNotAllowed, "")
	want(http.MethodGet, "/2020-01-01/extension/event/next", http.StatusNotFound, "")
	if got, _, _ := call(http.MethodGet, path+"invocation/next", "rebound.example", ""); got != http.StatusForbidden {
		t.Errorf("another host's name: %d", got)
	}

	inv := &invocation{event: &event{RequestID: "1", Payload: []byte(`{"a":1}`), TraceID: "trace"}, deadline: time.UnixMilli(1234), outcome: make(chan outcome, 1)}
	go func() { a.deliver <- inv }()
	status, body, header := call(http.MethodGet, path+"invocation/next", "", "")
	if status != http.StatusOK || body != `{"a":1}` {
		t.Errorf("next: %d %q", status, body)
	}
	for name, value := range map[string]string{
		"Lambda-Runtime-Aws-Request-Id": "1", "Lambda-Runtime-Deadline-Ms": "1234",
		"Lambda-Runtime-Invoked-Function-Arn": "arn", "Lambda-Runtime-Trace-Id": "trace", "Content-Type": "application/json",
	} {
		if got := header.Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	want(http.MethodGet, path+"invocation/next", http.StatusForbidden, "InvalidStateTransition")
	want(http.MethodPost, path+"init/error", http.StatusForbidden, "InvalidStateTransition")
	want(http.MethodPost, path+"invocation/2/response", http.StatusBadRequest, "InvalidRequestID")
	want(http.MethodPost, path+"invocation/1/error", http.StatusAccepted, "OK")
	want(http.MethodPost, path+"invocation/1/response", http.StatusBadRequest, "InvalidRequestID")
	if out := <-inv.outcome; out.err == nil || !strings.HasPrefix(out.err.Error(), ErrorUnknown) {
		t.Errorf("the outcome is %v", out.err)
	}
}

func TestReportedErrors(t *testing.T) {
	for body, want := range map[string]string{
		`{"errorType":"T","errorMessage":"M","stackTrace":["x"]}`: "T: M",
		`{"errorMessage":"M"}`: "Header.Type: M",
		`not JSON`:             "Header.Type: not JSON",
		``:                     "Header.Type: ",
	} {
		e := reported("Header.Type", []byte(body))
		if e.Error() != want {
			t.Errorf("%q is %q, want %q", body, e, want)
		}
	}
}

// Whatever way the bytes come in, the lines that go out are the same: whole, in order, none too long.
func FuzzLines(f *testing.F) {
	f.Add("one\ntwo", 1)
	f.Add("\n\n", 2)
	f.Add(strings.Repeat("x", maxLine)+"\ny", 1000)
	f.Add(strings.Repeat("x", maxLine+1), maxLine)
	f.Fuzz(func(t *testing.T, text string, step int) {
		got := &recorder{}
		s := (&lineWriter{to: got}).stream()
		for rest := text; rest != ""; {
			n := len(rest)
			if step > 0 {
				n = min(step, n)
			}
			if taken, err := s.Write([]byte(rest[:n])); taken != n || err != nil {
				t.Fatalf("took %d of %d: %v", taken, n, err)
			}
			rest = rest[n:]
		}
		s.end()
		var all strings.Builder
		for _, line := range got.lines {
			if len(line) > maxLine+1 || strings.Index(line, "\n") != len(line)-1 || line == "\n" {
				t.Fatalf("a line of %d bytes: %.50q", len(line), line)
			}
			all.WriteString(line)
		}
		if strings.ReplaceAll(all.String(), "\n", "") != strings.ReplaceAll(text, "\n", "") {
			t.Fatal("the text has changed")
		}
	})
}

type recorder struct{ lines []string }

func (r *recorder) Write(b []byte) (int, error) {
	r.lines = append(r.lines, string(b))
	return len(b), nil
}
