package stacks

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/thumbing/thumbing/internal/settings"
)

// Options say where an app's files are.
type Options struct {
	// Dir is the project's folder, with cdk.json, build/thumbnail/bootstrap and perhaps node_modules in
	// it. Empty stands for the working directory.
	Dir string
	// OutDir is where the cloud assembly goes. Empty stands for where the CDK command line wants it, or
	// for cdk.out in Dir when the app runs by itself.
	OutDir string
}

// Synth writes the cloud assembly of a stack with these settings: its template, the manifest and the
// function's code. It gives the same template below the CDK command line and by itself. It returns an
// error before the first construct is made when the settings would loop or the region has no certificate for them, the function is not built for the
// architecture that they ask for, or no fit Node is at hand; what the CDK itself refuses after that is a
// panic.
//
// Errors that a person can do something about have a method Hint() string.
func Synth(s settings.Settings, o Options) (err error) {
	cdk := settings.LoadCDK()
	if err := checkSettings(s, cdk.Region); err != nil {
		return err
	}
	code := functionFolder(o.Dir)
	if err := checkFunction(code, s.Architecture); err != nil {
		return err
	}
	node, err := findNode(o.Dir, cdk.Node)
	if err != nil {
		return err
	}
	props, err := appProps(o, cdk)
	if err != nil {
		return err
	}
	stop, err := startKernel(node)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	app := awscdk.NewApp(props)
	New(app, s, code)
	app.Synth(nil)
	return nil
}

// checkSettings refuses settings that no stack is to be made of, all that is wrong with them at once.
func checkSettings(s settings.Settings, region string) error {
	var problems []error
	if err := s.CheckLoop(); err != nil {
		problems = append(problems, fmt.Errorf("%s %w", settings.FolderInput, err))
	}
	if err := s.CheckRegion(region); err != nil {
		problems = append(problems, fmt.Errorf("%s %w", settings.CertificateARN, err))
	}
	return errors.Join(problems...)
}

// appProps gives an app that runs by itself what the CDK command line would give it.
func appProps(o Options, cdk settings.CDK) (*awscdk.AppProps, error) {
	props := &awscdk.AppProps{
		StackTraces: new(false), // they would show the JavaScript below, never a line of Go
	}
	switch {
	case o.OutDir != "":
		props.Outdir = new(o.OutDir)
	case cdk.OutDir == "":
		props.Outdir = new(filepath.Join(o.Dir, "cdk.out"))
	}
	if cdk.Context == "" {
		context, err := projectContext(o.Dir)
		if err != nil {
			return nil, err
		}
		props.Context = &context
	}
	return props, nil
}

// projectContext is the context that the CDK command line would make of a project's files: that of
// cdk.json with the feature flags, what earlier lookups left in cdk.context.json, and the command line's
// own switches.
func projectContext(dir string) (map[string]any, error) {
	var project struct {
		Context          map[string]any
		PathMetadata     *bool
		AssetMetadata    *bool
		VersionReporting *bool
	}
	if err := readJSON(filepath.Join(dir, "cdk.json"), &project); err != nil {
		return nil, problem{fmt.Errorf("the CDK app's settings cannot be read: %w", err), "run thumbing in the project's folder"}
	}
	var lookups map[string]any
	if err := readJSON(filepath.Join(dir, "cdk.context.json"), &lookups); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("what the CDK looked up before cannot be read: %w", err)
	}
	context := map[string]any{"aws:cdk:bundling-stacks": []any{"**"}}
	for key, wanted := range map[string]*bool{
		"aws:cdk:enable-path-metadata":  project.PathMetadata,
		"aws:cdk:enable-asset-metadata": project.AssetMetadata,
		"aws:cdk:version-reporting":     project.VersionReporting,
	} {
		if *cmp.Or(wanted, new(true)) {
			context[key] = true
		}
	}
	maps.Copy(context, lookups)
	maps.Copy(context, project.Context)
	return context, nil
}

// maxJSON bounds the project's JSON files, in bytes.
const maxJSON = 4 << 20

func readJSON(path string, into any) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > maxJSON {
		return fmt.Errorf("%s has %d bytes, which is too many", path, info.Size())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// problem is an error with advice for the person who meets it.
type problem struct {
	error
	hint string
}

func (p problem) Unwrap() error { return p.error }

// Hint says what to do about the error.
func (p problem) Hint() string { return p.hint }
