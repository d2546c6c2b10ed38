package s3

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// L1, L7, K3
func TestObjectPath(t *testing.T) {
	for key, want := range map[string]string{
		"me.jpg":                        "me.jpg",
		"photos/me.jpg":                 "photos%/me.jpg",
		"Photo 1.JPG":                   "%50hoto%201.%4a%50%47",
		"a":                             "a",
		"a/":                            "a%/%-",
		"a/b":                           "a%/b",
		"a//b":                          "a%/%/b",
		"/a":                            "%/a",
		"/":                             "%/%-",
		"..":                            "%2e.",
		"../../etc/passwd":              "%2e.%/%2e.%/etc%/passwd",
		"./a":                           "%2e%/a",
		".sgwtmp/x":                     "%2esgwtmp%/x",
		`a\b`:                           "a%5cb",
		"a\x00b":                        "a%00b",
		"%2e%2e":                        "%252e%252e",
		"é":                             "%c3%a9",
		"100%":                          "100%25",
		"a%+/b":                         "a%25%2b%/b",
		strings.Repeat("x", 197):        strings.Repeat("x", 197),
		strings.Repeat("x", 198):        strings.Repeat("x", 198) + "%+/%-",
		strings.Repeat("x", 199):        strings.Repeat("x", 198) + "%+/x",
		strings.Repeat("x", 198) + "/y": strings.Repeat("x", 198) + "%+/%/y",
		strings.Repeat("x", 198) + ".y": strings.Repeat("x", 198) + "%+/%2ey",
		strings.Repeat("x", 196) + "É":  strings.Repeat("x", 196) + "%c3%+/%89",
	} {
		if got := objectPath(key); got != want {
			t.Errorf("objectPath(%q) = %q, want %q", key, got, want)
		}
		if got, ok := objectKey(want); !ok || got != key {
			t.Errorf("objectKey(%q) = %q, %t, want %q", want, got, ok, key)
		}
	}
}

func TestObjectKeyRefuses(t *testing.T) {
	for _, path := range []string{"", "A", "a/b", "a%", "%", "%2E", "%2", "%zz", "%61", ".a", "a%2fb", "a%/", "a%+", "a%+/b", ".x.sgwtmp.1"} {
		if key, ok := objectKey(path); ok {
			t.Errorf("objectKey(%q) = %q, want none", path, key)
		}
	}
}

// L1, L7: any key has a path that is safe on any file system, and no two keys' paths are in each other's way.
func FuzzObjectPath(f *testing.F) {
	for _, key := range []string{"a", "a/b", "A", "é", "..", "a//b/", "%2e", "100%", strings.Repeat("x/", 300), strings.Repeat("é", 300)} {
		f.Add(key, "a/b")
		f.Add(key, key+"/x")
	}
	f.Fuzz(func(t *testing.T, key, other string) {
		if key == "" || other == "" || len(key) > maxKey || len(other) > maxKey {
			return
		}
		p := objectPath(key)
		if back, ok := objectKey(p); !ok || back != key {
			t.Fatalf("%q became %q and then %q", key, p, back)
		}
		if path.Clean(p) != p || path.IsAbs(p) || strings.HasPrefix(p, "..") {
			t.Fatalf("%q became %q, which is not a plain path", key, p)
		}
		for name := range strings.SplitSeq(p, "/") {
			if len(name) > 220 || strings.HasPrefix(name, ".") || strings.ToLower(name) != name ||
				strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Fatalf("%q has the part %q", p, name)
			}
		}
		if len(p) > 3*len(key)+64 {
			t.Fatalf("%d bytes of key became %d", len(key), len(p))
		}
		q := objectPath(other)
		if key != other && (strings.EqualFold(p, q) || strings.HasPrefix(strings.ToLower(q), strings.ToLower(p)+"/")) {
			t.Fatalf("%q is in the way of %q: %q, %q", key, other, p, q)
		}
	})
}

// Keys sort as S3 sorts them when the names at each level are sorted by their text.
func FuzzKeyOrder(f *testing.F) {
	f.Add("a", "a/b")
	f.Add("a-b", "a/b")
	f.Add("a.b", "a/b")
	f.Add(strings.Repeat("x", 198), strings.Repeat("x", 198)+"/y")
	f.Add(strings.Repeat("x", 198)+"-", strings.Repeat("x", 198)+"/y")
	f.Fuzz(func(t *testing.T, a, b string) {
		if a == "" || b == "" || a == b {
			return
		}
		texts := func(key string) (all []string) {
			names := strings.Split(objectPath(key), "/")
			for i, name := range names {
				text, ok := keyText(name, i < len(names)-1)
				if !ok {
					t.Fatalf("%q of %q has no text", name, key)
				}
				all = append(all, text)
			}
			return all
		}
		if strings.Compare(a, b) != slices.Compare(texts(a), texts(b)) {
			t.Fatalf("%q and %q sort otherwise as %q and %q", a, b, texts(a), texts(b))
		}
	})
}
