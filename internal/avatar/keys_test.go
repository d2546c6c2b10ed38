package avatar

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

func TestProcessed(t *testing.T) { // S3, K3, K4
	const out = "avatar/processed/"
	long := strings.Repeat("k", MaxKey-len(out)-len(".png"))
	for _, c := range []struct {
		input, source string
		want          string
		err           error
	}{
		{"", "data.jpg", out + "data.png", nil},
		{"", "a/b/Photo.JPEG", out + "a/b/Photo.png", nil},
		{"", "me", out + "me.png", nil},
		{"", "me.webp", out + "me.png", nil},
		{"", "me.png", out + "me.png", nil},
		{"", "jpgfan.jpg", out + "jpgfan.png", nil},
		{"", "a.jpg/b/c.jpg", out + "a.jpg/b/c.png", nil},
		{"", "avatar.JPG.exe", out + "avatar.JPG.png", nil},
		{"", "me.", out + "me.png", nil},
		{"", ".png", out + ".png.png", nil},
		{"", "a/.profile", out + "a/.profile.png", nil},
		{"", ".hidden.jpg", out + ".hidden.png", nil},
		{"", "...", out + "...png", nil},
		{"", "a b+é.png", out + "a b+é.png", nil},
		{"", "日本.gif", out + "日本.png", nil},
		{"", "%2e%2e%2fx.jpg", out + "%2e%2e%2fx.png", nil}, // K2
		{"", "/x.jpg", out + "/x.png", nil},
		{"", "a//b.jpg", out + "a//b.png", nil},
		{"", "two\nlines.jpg", out + "two\nlines.png", nil},
		{"", long, out + long + ".png", nil},
		{"in/", "in/me.jpg", out + "me.png", nil},
		{"in/", "in/in/me.jpg", out + "in/me.png", nil},
		{"in/", "in/a/me.jpg", out + "a/me.png", nil},

		{"in/", "me.jpg", "", ErrOutsideInput},
		{"in/", "IN/me.jpg", "", ErrOutsideInput},
		{"", "", "", ErrFolder},
		{"in/", "in/", "", ErrFolder},
		{"", "avatar/original/", "", ErrFolder}, // S4
		{"", "../../etc/passwd", "", ErrUnusableKey},
		{"", `..\\x`, "", ErrUnusableKey},
		{"", `a\..\x.jpg`, "", ErrUnusableKey},
		{"", "a/./b.jpg", "", ErrUnusableKey},
		{"", "a/..", "", ErrUnusableKey},
		{"", ".", "", ErrUnusableKey},
		{"in/", "in/../x", "", ErrUnusableKey},
		{"", "a\x00.jpg", "", ErrUnusableKey},
		{"", "\xff.jpg", "", ErrUnusableKey},
		{"", long + "k", "", ErrUnusableKey},
		{"", strings.Repeat("k", MaxKey), "", ErrUnusableKey},
		{"", strings.Repeat("k", MaxKey+1), "", ErrUnusableKey},
	} {
		got, err := Keys{Input: c.input, Output: out}.Processed(c.source)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("input %q, source %.60q: got %.60q, %v; want %.60q, %v", c.input, c.source, got, err, c.want, c.err)
		}
	}
}

func FuzzProcessed(f *testing.F) { // K3
	for _, key := range []string{"a.jpg", "in/a.jpg", "in/../../x", `in/..\x`, "in//.", "in/a/.b.", "in/\x00", "in/\xff"} {
		f.Add(key, "in/", "out/")
		f.Add(key, "", "out/")
	}
	f.Fuzz(func(t *testing.T, source, input, output string) {
		// The prefixes are settings, which are checked where they are read.
		if strings.Trim(output, "abcdefghijklmnopqrstuvwxyz/") != "" || strings.Contains(output, "//") ||
			!strings.HasSuffix(output, "/") || output == "/" {
			return
		}
		got, err := Keys{Input: input, Output: output}.Processed(source)
		if err != nil {
			return
		}
		if !strings.HasPrefix(got, output) || !strings.HasSuffix(got, ".png") || len(got) > MaxKey {
			t.Fatalf("%q became %q", source, got)
		}
		base := &url.URL{Scheme: "http", Host: "assets", Path: "/"}
		escaped := (&url.URL{Path: strings.ReplaceAll(got, `\`, "/")}).EscapedPath()
		resolved := base.JoinPath(escaped)
		if !strings.HasPrefix(resolved.Path, "/"+strings.TrimPrefix(output, "/")) {
			t.Fatalf("%q became %q, which a client reads as %q", source, got, resolved.Path)
		}
	})
}
