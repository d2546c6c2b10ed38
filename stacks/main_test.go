package stacks

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/thumbing/thumbing/internal/settings"
)

var update = flag.Bool("update", false, "rewrite the golden template")

// asApp is set in the environment of a test binary that is to be the CDK app, to the name of a stack.
const asApp = "THUMBING_TEST_AS_APP"

// apps are those of the stacks, by name.
var apps = map[string]func() error{
	"two bucket names": func() error { return Synth(defaults(), Options{}) },
	"everything":       func() error { return Synth(everything(), Options{}) },
	"broken":           synthBroken,
}

func TestMain(m *testing.M) {
	flag.Parse()
	if app, ok := apps[os.Getenv(asApp)]; ok {
		if err := app(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(run(m))
}

// run runs the tests with one jsii runtime for all.
func run(m *testing.M) (code int) {
	node, err := findNode("..", settings.LoadCDK().Node)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	stop, err := startKernel(node)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	// The template validator takes seconds; "cdk synth" runs it.
	if err := os.Setenv("CDK_VALIDATION", "false"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// synthBroken makes a stack that CloudFormation would not take: a function of more memory than Lambda has.
func synthBroken() error {
	node, err := findNode(".", settings.LoadCDK().Node)
	if err != nil {
		return err
	}
	stop, err := startKernel(node)
	if err != nil {
		return err
	}
	defer stop()
	props, err := appProps(Options{}, settings.CDK{})
	if err != nil {
		return err
	}
	app := awscdk.NewApp(props)
	stack := New(app, defaults(), filepath.Join("build", "thumbnail"))
	stack.Node().FindChild(new("Thumbnailer")).Node().DefaultChild().(awscdk.CfnResource).AddPropertyOverride(new("MemorySize"), 1_000_000)
	app.Synth(nil)
	return nil
}

// defaults are the settings of two bucket names and nothing else.
func defaults() settings.Settings { return withVariables(nil) }

// withVariables are the settings of these variables, and of two bucket names where they say nothing else.
func withVariables(variables map[string]string) settings.Settings {
	s, err := settings.Parse(func(name string) (string, bool) {
		if v, ok := variables[name]; ok {
			return v, true
		}
		v, ok := map[string]string{
			settings.UploadsBucketName: "my-uploads",
			settings.AssetsBucketName:  "my-assets",
		}[name]
		return v, ok
	})
	if err != nil {
		panic(err) // a mistake of the test
	}
	return s
}

// synthesize makes a stack in this process, with the project's own cdk.json, and reads its template.
func synthesize(t *testing.T, s settings.Settings) template {
	t.Helper()
	code := fakeFunction(t, t.TempDir(), s.Architecture)
	out := t.TempDir()
	props, err := appProps(Options{Dir: "..", OutDir: out}, settings.CDK{})
	if err != nil {
		t.Fatal(err)
	}
	app := awscdk.NewApp(props)
	New(app, s, code)
	app.Synth(nil)
	return readTemplate(t, out)
}

func readTemplate(t *testing.T, assembly string) template {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(assembly, StackID+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	tmpl := template{text: b}
	if err := json.Unmarshal(b, &tmpl); err != nil {
		t.Fatal(err)
	}
	return tmpl
}

// fakeFunction writes the least that passes for an executable of the architecture, and returns its folder.
func fakeFunction(t *testing.T, dir, architecture string) string {
	t.Helper()
	folder := filepath.Join(dir, "build", "thumbnail")
	var b bytes.Buffer
	header := elf.Header64{
		Ident:   [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:    uint16(elf.ET_EXEC),
		Machine: uint16(machine(architecture)),
		Version: uint32(elf.EV_CURRENT),
		Ehsize:  64,
	}
	err := errors.Join(
		os.MkdirAll(folder, 0o755),
		binary.Write(&b, binary.LittleEndian, header),
		os.WriteFile(filepath.Join(folder, bootstrap), b.Bytes(), 0o755),
	)
	if err != nil {
		t.Fatal(err)
	}
	return folder
}
