// Package template reads a synthesized CloudFormation template: its resources, and the values of the
// intrinsic functions in them. It makes nothing; it only tells what a deployment would be given.
//
// A cloud assembly is the folder that "cdk synth" writes (cdk.out): manifest.json names its stacks, each
// with a template file.
package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxFile bounds the manifest and the template: CloudFormation itself refuses templates over 1 MB.
const maxFile = 4 << 20

// Template is one stack's template together with the place it is deployed to.
type Template struct {
	Stack string // the stack's name
	Place Place

	parameters map[string]parameter
	conditions map[string]any
	resources  map[string]Resource
	outputs    map[string]output
}

// Place is what a template's pseudo parameters stand for.
type Place struct {
	Partition string // "aws"
	Region    string
	AccountID string
}

// Resource is one resource of a template, its properties as they were written.
type Resource struct {
	LogicalID  string
	Type       string
	Properties map[string]any
	Path       string // the construct's path, "Stack/Uploads/Resource", or empty
	condition  string
}

// Name is how a person finds the resource in the CDK app: its construct path, else its logical id.
func (r Resource) Name() string {
	if r.Path == "" {
		return r.LogicalID
	}
	return strings.TrimSuffix(r.Path, "/Resource")
}

type parameter struct {
	Type    string
	Default any
}

type output struct {
	Description string
	Value       any
	Condition   string
}

// Open reads the stack named stack from the cloud assembly in dir. An empty name stands for the
// assembly's only stack.
func Open(dir, stack string, place Place) (*Template, error) {
	var manifest struct {
		Artifacts map[string]struct {
			Type       string
			Properties struct {
				TemplateFile string
				StackName    string
			}
		}
	}
	if err := readJSON(filepath.Join(dir, "manifest.json"), &manifest); err != nil {
		return nil, fmt.Errorf("%s is no cloud assembly: %w", dir, err)
	}
	files := map[string]string{}
	for id, a := range manifest.Artifacts {
		if a.Type != "aws:cloudformation:stack" {
			continue
		}
		name := a.Properties.StackName
		if name == "" {
			name = id
		}
		if stack == "" || stack == name || stack == id {
			files[name] = a.Properties.TemplateFile
		}
	}
	if len(files) != 1 {
		return nil, fmt.Errorf("%s holds %d stacks that could be meant by %q, where one is wanted", dir, len(files), stack)
	}
	for name, file := range files {
		if !filepath.IsLocal(file) {
			return nil, fmt.Errorf("%s names the template %q, which is outside it", dir, file)
		}
		f, err := os.Open(filepath.Join(dir, file))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		t, err := Read(f, name, place)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		return t, nil
	}
	panic("unreachable: files holds one entry")
}

// Read reads one JSON template of the named stack.
func Read(r io.Reader, stack string, place Place) (*Template, error) {
	var raw struct {
		Parameters map[string]parameter
		Conditions map[string]any
		Resources  map[string]struct {
			Type       string
			Properties map[string]any
			Condition  string
			Metadata   map[string]any
		}
		Outputs map[string]output
	}
	if err := decodeJSON(r, &raw); err != nil {
		return nil, fmt.Errorf("no JSON template: %w", err)
	}
	if len(raw.Resources) == 0 {
		return nil, errors.New("the template has no resources")
	}
	t := &Template{Stack: stack, Place: place, parameters: raw.Parameters, conditions: raw.Conditions,
		resources: map[string]Resource{}, outputs: raw.Outputs}
	for id, r := range raw.Resources {
		if r.Type == "" {
			return nil, fmt.Errorf("resource %s has no Type", id)
		}
		path, _ := r.Metadata["aws:cdk:path"].(string)
		t.resources[id] = Resource{LogicalID: id, Type: r.Type, Properties: r.Properties, Path: path, condition: r.Condition}
	}
	return t, nil
}

// Resources lists what the template creates, ordered by type and logical id. A resource whose condition
// is false is left out.
func (t *Template) Resources() ([]Resource, error) {
	var all []Resource
	for _, r := range t.resources {
		if r.condition != "" {
			wanted, err := t.resolver().condition(r.condition)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.Name(), err)
			}
			if !wanted {
				continue
			}
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Resource) int {
		return strings.Compare(a.Type+" "+a.LogicalID, b.Type+" "+b.LogicalID)
	})
	return all, nil
}

// Output is a value that the stack shows to people and to other stacks.
type Output struct {
	Name, Description, Value string
}

// Outputs resolves the stack's outputs, ordered by name.
func (t *Template) Outputs() ([]Output, error) {
	var all []Output
	for name, o := range t.outputs {
		v, err := t.resolver().value(o.Value)
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", name, err)
		}
		all = append(all, Output{name, o.Description, fmt.Sprint(v)})
	}
	slices.SortFunc(all, func(a, b Output) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Decode resolves a resource's properties and stores them in the struct that into points to, by its json
// tags. It returns the names of properties that the struct does not know, so that the caller can say
// what it leaves out.
func (t *Template) Decode(r Resource, into any) (unknown []string, err error) {
	v, err := t.resolver().value(map[string]any(r.Properties))
	if err != nil {
		return nil, fmt.Errorf("%s (%s): %w", r.Name(), r.Type, err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%s (%s): %w", r.Name(), r.Type, err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return nil, fmt.Errorf("%s (%s) has a property of another shape than expected: %w", r.Name(), r.Type, err)
	}
	known := jsonNames(into)
	for name := range r.Properties {
		if !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown, nil
}

func readJSON(path string, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return decodeJSON(f, into)
}

func decodeJSON(r io.Reader, into any) error {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return err
	}
	if len(b) > maxFile {
		return fmt.Errorf("more than %d bytes", maxFile)
	}
	return json.Unmarshal(b, into)
}
