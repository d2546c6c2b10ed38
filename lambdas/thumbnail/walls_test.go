package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// built compiles the function as it is deployed, for the architecture, and answers its path.
func built(t *testing.T, arch string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bootstrap")
	c := exec.Command("go", "build", "-tags", "lambda.norpc,nethttpomithttp2", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	c.Dir = directory()
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if arch != "" {
		c.Env = append(c.Env, "GOOS=linux", "GOARCH="+arch)
	}
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, out)
	}
	return path
}

// directory is where this package is; the local S3 server changes the process's own.
var directory = sync.OnceValue(func() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	return dir
})

func TestBinaryIsSmall(t *testing.T) {
	const most = 12_000_000
	for _, arch := range []string{"arm64", "amd64"} {
		info, err := os.Stat(built(t, arch))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes", arch, info.Size())
		if info.Size() >= most {
			t.Errorf("%s: %d bytes, and it starts slowly from %d on", arch, info.Size(), most)
		}
	}
}

func TestWalls(t *testing.T) {
	for _, c := range []struct {
		pattern string
		without []string // parts of import paths
	}{
		{"./lambdas/...", []string{"awscdk", "jsii", "versitygw", "pgx", "modernc.org"}},
		{"./internal/thumbnail/...", []string{"github.com/aws/"}},
	} {
		list := exec.Command("go", "list", "-deps", "-tags", "lambda.norpc,nethttpomithttp2", c.pattern)
		list.Dir = filepath.Join(directory(), "../..")
		out, err := list.Output()
		if err != nil {
			t.Fatalf("%v: %v", list.Args, err)
		}
		deps := strings.Fields(string(out))
		if len(deps) < 20 || !slices.Contains(deps, "github.com/thumbing/thumbing/internal/thumbnail") {
			t.Fatalf("%s: the list is not believable: %q", c.pattern, deps)
		}
		for _, dep := range deps {
			for _, part := range c.without {
				if strings.Contains(dep, part) {
					t.Errorf("%s links %s", c.pattern, dep)
				}
			}
		}
	}
}
