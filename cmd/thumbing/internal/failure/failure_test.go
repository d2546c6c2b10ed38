package failure

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReport(t *testing.T) {
	same := errors.New("same")
	err := Within("verb", errors.Join(
		WithHint(errors.New("one"), "first"),
		WithHint(fmt.Errorf("two: %w", WithHint(same, "not told")), "first"),
		same,
		WithHint(errors.New("a\nb\x1b[31m"), "last"),
	))
	var out strings.Builder
	Report(&out, err)
	want := `thumbing: verb: one
thumbing: verb: two: same
hint: first
thumbing: verb: same
thumbing: verb: a\nb\x1b[31m
hint: last
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
	out.Reset()
	Report(&out, nil)
	if out.Len() > 0 {
		t.Errorf("no error is reported as %q", out.String())
	}
}

// K5: whatever is printed stays on its line and cannot steer a terminal; what was safe stays as it was.
func FuzzOneLine(f *testing.F) {
	for _, s := range []string{"photo.jpg", "日本 é+%20.png", "a\nb", "\x1b[2J", "\u009b2J", "\u202egpj.exe", "\xff\xfe", "\ufffd", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := OneLine(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, unsafeToPrint) {
			t.Errorf("%q becomes %q", s, got)
		}
		if utf8.ValidString(s) && !strings.ContainsFunc(s, unsafeToPrint) && got != s {
			t.Errorf("%q was safe and becomes %q", s, got)
		}
		if OneLine(got) != got {
			t.Errorf("%q changes again", got)
		}
	})
}
