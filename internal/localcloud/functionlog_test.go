package localcloud

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/embeddedmetric"
	"github.com/thumbing/thumbing/internal/localcloud/iam"
)

// timeless is a log without times.
func timeless(out io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

func sessionOf(policies ...iam.Policy) *iam.Principal {
	return iam.NewDirectory("000000000000", nil).Assume(iam.Role{Name: "R", Policies: policies}, "F")
}

func TestFunctionLog(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{`{"time":"2026-01-02T03:04:05Z","level":"WARN","msg":"rejected","key":"a b.jpg","bytes":12345678901234567890,"code":"empty"}`,
			`level=WARN msg=rejected key="a b.jpg" bytes=12345678901234567890 code=empty`},
		{"panic: something\n", `level=INFO msg="panic: something"`},
		{`{"level":"LOUD","msg":"x"}`, `level=INFO msg=x level=LOUD`},
		{`["msg"]`, `level=INFO msg="[\"msg\"]"`},
		{`{"msg":`, `level=INFO msg="{\"msg\":"`},
		{"  \n", ""},
	} {
		var out bytes.Buffer
		f := newFunctionLog(timeless(&out), &metrics{}, sessionOf(iam.Everything), "arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:s")
		n, err := f.Write([]byte(c.line))
		if got := strings.TrimSpace(out.String()); got != c.want || n != len(c.line) || err != nil {
			t.Errorf("%q: got %s, %d, %v; want %s", c.line, got, n, err, c.want)
		}
	}
}

// What a function measures is added up, not shown.
func TestFunctionLogTakesMetrics(t *testing.T) {
	var out bytes.Buffer
	m := &metrics{}
	f := newFunctionLog(timeless(&out), m, sessionOf(iam.Everything), "arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:s")
	for _, line := range []string{
		`{"_aws":{"CloudWatchMetrics":[{"Namespace":"N","Dimensions":[["Status"]],"Metrics":[{"Name":"Uploads"}]}]},"Status":"processed","Uploads":1}`,
		`{"_aws":{"CloudWatchMetrics":[{"Namespace":"N","Dimensions":[["Status"]],"Metrics":[{"Name":"Uploads"}]}]},"Status":"processed","Uploads":2}`,
		`{"_aws":{"CloudWatchMetrics":[{"Namespace":"N","Dimensions":[["Status"]],"Metrics":[{"Name":"Uploads"}]}]},"Uploads":1}`,
	} {
		if _, err := f.Write([]byte(line + "\n")); err != nil {
			t.Error(err)
		}
	}
	cloud := Cloud{metrics: m}
	want := []embeddedmetric.Sum{{Name: "Uploads", Dimensions: map[string]string{"Status": "processed"}, Count: 2, Total: 3}}
	if d := cmp.Diff(want, cloud.Metrics()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if said := out.String(); strings.Count(said, "cannot be read") != 1 {
		t.Errorf("said %s", said)
	}
}

// Without the rights to write logs, Lambda loses a function's output.
func TestFunctionLogIsWithheld(t *testing.T) {
	const stream = "arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:s"
	policy := func(action, resource string) iam.Policy {
		return iam.Policy{Statement: iam.Statements{{Effect: iam.Allow, Action: iam.Patterns{action}, Resource: iam.Patterns{resource}}}}
	}
	for _, policies := range [][]iam.Policy{
		nil,
		{policy("logs:CreateLogStream", "*")},
		{policy("logs:PutLogEvents", "*")},
		{policy("logs:*", "arn:aws:logs:us-east-1:000000000000:log-group:other:*")},
	} {
		var out bytes.Buffer
		f := newFunctionLog(timeless(&out), &metrics{}, sessionOf(policies...), stream)
		for range 2 {
			if n, err := f.Write([]byte("a line")); n != 6 || err != nil {
				t.Error(n, err)
			}
		}
		if got := out.String(); strings.Contains(got, "a line") || strings.Count(got, "withheld") != 1 {
			t.Errorf("%v: said %s", policies, got)
		}
	}
	var out bytes.Buffer
	f := newFunctionLog(timeless(&out), &metrics{}, sessionOf(policy("logs:*", "arn:aws:logs:us-east-1:000000000000:log-group:g:*")), stream)
	if _, err := f.Write([]byte("a line")); err != nil || !strings.Contains(out.String(), "a line") {
		t.Errorf("with the rights: %v, %s", err, out.String())
	}
}
