package stacks

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/settings"
)

// The CDK command line runs the app, and the app run by itself gives the same template.
func TestSynthBelowTheCommandLine(t *testing.T) {
	cdk, err := filepath.Abs(filepath.Join("..", "node_modules", ".bin", "cdk"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(cdk); err != nil {
		t.Fatalf("the CDK command line is not installed, run make setup: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	node, err := findNode("..", settings.LoadCDK().Node)
	if err != nil {
		t.Fatal(err)
	}
	dir := project(t)
	config, err := os.ReadFile(filepath.Join("..", "cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	// The project's cdk.json, but for the app, which is this test, and the build, which is done.
	text := strings.NewReplacer(`"bin/thumbing synth"`, fmt.Sprintf("%q", self), `"make build"`, `"true"`).Replace(string(config))
	if err := os.WriteFile(filepath.Join(dir, "cdk.json"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}

	command := exec.CommandContext(t.Context(), node, cdk, "synth", "--quiet", "--no-notices")
	command.Dir = dir
	// Without credentials nobody asks AWS which account they are of.
	none := filepath.Join(dir, "none")
	command.Env = append(slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "AWS_") }),
		"AWS_CONFIG_FILE="+none, "AWS_SHARED_CREDENTIALS_FILE="+none, "AWS_EC2_METADATA_DISABLED=true",
		"CDK_DISABLE_CLI_TELEMETRY=true", asApp+"=two bucket names", settings.JSIINode+"="+node)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Parallel() // the other tests run meanwhile
	if err := command.Wait(); err != nil {
		t.Fatalf("cdk synth: %v\n%s", err, &out)
	}
	below := readTemplate(t, filepath.Join(dir, "cdk.out"))
	alone := synthesize(t, defaults())
	if d := cmp.Diff(string(alone.text), string(below.text)); d != "" {
		t.Errorf("the app by itself, and below the CDK command line (-alone +below):\n%s", d)
	}
}

// project makes a folder with what the app needs.
func project(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	fakeFunction(t, dir, settings.ARM64)
	config, err := os.ReadFile(filepath.Join("..", "cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cdk.json"), config, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// S1, S2, E6: what can be known to be wrong is told before anything is made.
func TestSynthRefuses(t *testing.T) {
	loop := oneBucket()
	loop.FolderInput = ""
	other := defaults()
	other.Architecture = settings.X8664
	tests := []struct {
		name     string
		settings settings.Settings
		spoil    func(dir string) error
		want     string
		hint     string
	}{
		{"loop", loop, nil, "THUMBING_FOLDER_INPUT is the whole bucket, which overlaps THUMBING_FOLDER_OUTPUT (out/)", ""},
		{"function not built", defaults(), func(dir string) error { return os.RemoveAll(filepath.Join(dir, "build")) }, "the thumbnail function is not built", "make build"},
		{"function for another processor", other, nil, "is of EM_AARCH64, and THUMBING_ARCH is x86_64", "make build"},
		{"function for another system", defaults(), func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "build", "thumbnail", bootstrap), []byte("#!/bin/sh\n"), 0o755)
		}, "is no executable for Linux", "make build"},
		{"outside the project", defaults(), func(dir string) error { return os.Remove(filepath.Join(dir, "cdk.json")) }, "cdk.json", "project's folder"},
		{"broken cdk.json", defaults(), func(dir string) error { return os.WriteFile(filepath.Join(dir, "cdk.json"), []byte("{"), 0o644) }, "cdk.json", ""},
		{"broken cdk.context.json", defaults(), func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "cdk.context.json"), []byte("[]"), 0o644)
		}, "cdk.context.json", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := project(t)
			if test.spoil != nil {
				if err := test.spoil(dir); err != nil {
					t.Fatal(err)
				}
			}
			checkProblem(t, Synth(test.settings, Options{Dir: dir}), test.want, test.hint)
			if _, err := os.Stat(filepath.Join(dir, "cdk.out")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("there is a cdk.out: %v", err)
			}
		})
	}
}

func checkProblem(t *testing.T, err error, want, hint string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("error %v, want %q", err, want)
	}
	var got string
	if h, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok {
		got = h.Hint()
	}
	if !strings.Contains(got, hint) {
		t.Errorf("hint %q, want %q", got, hint)
	}
}

func TestFindNode(t *testing.T) {
	// A Node that says its version, and one that does not run here.
	fake := func(t *testing.T, path, script string) {
		t.Helper()
		err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(script), 0o755))
		if err != nil {
			t.Fatal(err)
		}
	}
	version := func(v string) string { return "#!/bin/sh\necho " + v + "\n" }
	const foreign = "\x7fELF of another system"

	tests := []struct {
		name         string
		pinned, path string // the scripts; "" for none
		named        string // JSII_NODE; the names below stand for the two
		want         string // "pinned", "path", or an error
		hint         string
	}{
		{"pinned before PATH", version("v24.1.0"), version("v22.0.0"), "", "pinned", ""},
		{"PATH when none is pinned", "", version("v22.0.0"), "", "path", ""},
		{"PATH when the pinned is of another system", foreign, version("v26.3.1"), "", "path", ""},
		{"named before all", version("v24.1.0"), version("v22.0.0"), "path", "path", ""},
		{"none", "", "", "", "node is not on the PATH", "make setup"},
		{"too old", "", version("v20.20.2"), "", "is Node v20.20.2, and the CDK needs 22 or newer", "make setup"},
		{"no Node", "", version("hello"), "", `it calls itself "hello"`, "make setup"},
		{"fails", "", "#!/bin/sh\nexit 3\n", "", "does not start: exit status 3", "make setup"},
		{"neither runs", foreign, version("v20.20.2"), "", "node_modules/.bin/node does not start", "make setup"},
		{"named but missing", version("v24.1.0"), "", "/no/such/node", "/no/such/node", "unset JSII_NODE"},
		{"named but too old", version("v24.1.0"), version("v18.0.0"), "path", "is Node v18.0.0", "unset JSII_NODE"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir, bin := t.TempDir(), t.TempDir()
			paths := map[string]string{"pinned": filepath.Join(dir, "node_modules", ".bin", "node"), "path": filepath.Join(bin, "node")}
			for key, script := range map[string]string{"pinned": test.pinned, "path": test.path} {
				if script != "" {
					fake(t, paths[key], script)
				}
			}
			t.Setenv("PATH", bin)
			named := test.named
			if p, ok := paths[named]; ok {
				named = p
			}
			got, err := findNode(dir, named)
			if want, ok := paths[test.want]; ok {
				if err != nil || got != want {
					t.Errorf("got %s, %v, want %s", got, err, want)
				}
				return
			}
			checkProblem(t, err, test.want, test.hint)
		})
	}
}

// A program that links the CDK and has no use for it unpacks nothing.
func TestRuntimeIsOnHold(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	command := exec.CommandContext(t.Context(), self) // an app that fails at once, there being no function
	command.Dir = t.TempDir()
	command.Env = append(os.Environ(), asApp+"=two bucket names", "TMPDIR="+temp)
	if out, err := command.CombinedOutput(); err == nil || !strings.Contains(string(out), "not built") {
		t.Fatalf("%v\n%s", err, out)
	}
	left, err := os.ReadDir(temp)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		t.Errorf("%s was left behind", entry.Name())
	}
}

func TestProjectContext(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("cdk.json", `{"app":"x","pathMetadata":false,"context":{"flag":true,"zone":"from cdk.json"}}`)
	write("cdk.context.json", `{"zone":"looked up","hosted-zone:x":{"Id":"Z1"}}`)
	got, err := projectContext(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"flag":                          true,
		"zone":                          "from cdk.json",
		"hosted-zone:x":                 map[string]any{"Id": "Z1"},
		"aws:cdk:bundling-stacks":       []any{"**"},
		"aws:cdk:enable-asset-metadata": true,
		"aws:cdk:version-reporting":     true,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
