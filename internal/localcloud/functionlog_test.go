package localcloud

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

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
		f := functionLog{slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))}
		n, err := f.Write([]byte(c.line))
		if got := strings.TrimSpace(out.String()); got != c.want || n != len(c.line) || err != nil {
			t.Errorf("%q: got %s, %d, %v; want %s", c.line, got, n, err, c.want)
		}
	}
}
