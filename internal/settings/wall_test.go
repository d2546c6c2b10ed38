package settings

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// readers are the functions that read the process's environment, by import path.
var readers = map[string][]string{
	"os":      {"Getenv", "LookupEnv", "Environ", "ExpandEnv"},
	"syscall": {"Getenv", "Environ"},
}

// No other package of the module reads the environment: each is given plain values.
func TestOnlyReaderOfTheEnvironment(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			outside := name == "node_modules" || name == "testdata" || name == "build" || name == "cdk.out" ||
				strings.HasPrefix(name, ".") && path != root
			if outside || path == filepath.Join(root, "internal", "settings") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		seen++
		for _, where := range environmentReads(t, path, nil) {
			t.Errorf("%s: let internal/settings read it", where)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Error("no source file was looked at")
	}
}

func TestEnvironmentReadsAreFound(t *testing.T) {
	const source = `package p
import system "os"
import "syscall"
import "example.com/os"
func f() { system.Getenv("A"); _, _ = syscall.Getenv("B"); read := system.LookupEnv; _ = read; os.Getenv("C") }`
	if got := environmentReads(t, "p.go", source); len(got) != 3 {
		t.Errorf("found %q, want 3", got)
	}
}

// environmentReads lists where a file reads the environment. The source, if not nil, stands in for the file.
func environmentReads(t *testing.T, path string, source any) (where []string) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
	if err != nil {
		t.Logf("%s is not whole yet: %v", path, err)
	}
	if file == nil {
		return nil
	}
	names := map[string][]string{} // functions by the package's name in this file
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil || readers[imported] == nil {
			continue
		}
		name := imported
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = readers[imported]
	}
	ast.Inspect(file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := sel.X.(*ast.Ident); ok {
			for _, f := range names[pkg.Name] {
				if sel.Sel.Name == f {
					where = append(where, set.Position(sel.Pos()).String()+" reads the environment by "+pkg.Name+"."+f)
				}
			}
		}
		return true
	})
	return where
}
