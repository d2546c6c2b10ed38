package stacks

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// template is a synthesized template as the tests look at it.
type template struct {
	Resources map[string]resource
	Outputs   map[string]struct {
		Description string
		Value       any
	}

	text []byte
}

type resource struct {
	Type           string
	Properties     map[string]any
	DependsOn      any
	DeletionPolicy string
	UpdatePolicy   string `json:"UpdateReplacePolicy"`
	Metadata       struct {
		Path string `json:"aws:cdk:path"`
	}
}

// at returns the resource of the construct at path below the stack.
func (tmpl template) at(t *testing.T, path string) resource {
	t.Helper()
	for _, r := range tmpl.Resources {
		if r.Metadata.Path == StackID+"/"+path {
			return r
		}
	}
	t.Fatalf("there is no %s", path)
	return resource{}
}

// has tells whether there is a resource of the construct at path.
func (tmpl template) has(path string) bool {
	for _, r := range tmpl.Resources {
		if r.Metadata.Path == StackID+"/"+path {
			return true
		}
	}
	return false
}

// of returns the resources of a type, ordered by construct path.
func (tmpl template) of(kind string) []resource {
	var all []resource
	for _, r := range tmpl.Resources {
		if r.Type == kind {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b resource) int { return strings.Compare(a.Metadata.Path, b.Metadata.Path) })
	return all
}

// show writes a value of the template on one line: references as ${Construct}, ${Construct.Arn} and
// ${AWS::AccountId}, so that tests need no logical ids.
func (tmpl template) show(v any) string {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 1 {
			if ref, ok := v["Ref"].(string); ok {
				return "${" + tmpl.name(ref) + "}"
			}
			if att, ok := v["Fn::GetAtt"].([]any); ok {
				return fmt.Sprintf("${%s.%v}", tmpl.name(att[0].(string)), att[1])
			}
			if join, ok := v["Fn::Join"].([]any); ok && join[0] == "" {
				var b strings.Builder
				for _, part := range join[1].([]any) {
					b.WriteString(tmpl.show(part))
				}
				return b.String()
			}
		}
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, k+":"+tmpl.show(v[k]))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case []any:
		var parts []string
		for _, item := range v {
			parts = append(parts, tmpl.show(item))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case string:
		return v
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// name is the construct of a logical id, or the id of a pseudo parameter.
func (tmpl template) name(id string) string {
	r, ok := tmpl.Resources[id]
	if !ok {
		return id
	}
	path := strings.TrimPrefix(r.Metadata.Path, StackID+"/")
	path = strings.TrimSuffix(path, "/Resource")
	return strings.Replace(path, notificationsHandler, "Handler", 1)
}

// outputs shows the stack's outputs by name.
func (tmpl template) outputs(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for name, o := range tmpl.Outputs {
		all[name] = tmpl.show(o.Value)
		if o.Description == "" {
			t.Errorf("the output %s has no description", name)
		}
	}
	return all
}

// statement is one of a policy, every value on one line.
type statement struct {
	Sid, Effect, Principal, Condition string
	Actions, Resources                []string
}

// statements returns those of a resource's policy document.
func (tmpl template) statements(t *testing.T, r resource) []statement {
	t.Helper()
	document, ok := r.Properties["PolicyDocument"].(map[string]any)
	if !ok {
		t.Fatalf("%s has no policy document", r.Metadata.Path)
	}
	var all []statement
	for _, s := range document["Statement"].([]any) {
		in := s.(map[string]any)
		text := func(key string) string {
			if in[key] == nil {
				return ""
			}
			return tmpl.show(in[key])
		}
		if in["NotAction"] != nil || in["NotResource"] != nil || in["NotPrincipal"] != nil {
			t.Errorf("%s has a statement of what it does not cover", r.Metadata.Path)
		}
		all = append(all, statement{
			Sid: text("Sid"), Effect: text("Effect"), Principal: text("Principal"), Condition: text("Condition"),
			Actions: tmpl.each(in["Action"]), Resources: tmpl.each(in["Resource"]),
		})
	}
	return all
}

// each shows the items of a list, or the one that stands without a list.
func (tmpl template) each(v any) []string {
	items, ok := v.([]any)
	if !ok {
		return []string{tmpl.show(v)}
	}
	var all []string
	for _, item := range items {
		all = append(all, tmpl.show(item))
	}
	return all
}

// check compares a property, found by the keys, with what it should show as.
func (tmpl template) check(t *testing.T, r resource, want string, keys ...string) {
	t.Helper()
	var v any = map[string]any(r.Properties)
	for _, k := range keys {
		m, ok := v.(map[string]any)
		if !ok {
			v = nil
			break
		}
		v = m[k]
	}
	if got := tmpl.show(v); got != want {
		t.Errorf("%s: %s is\n%s, want\n%s", r.Metadata.Path, strings.Join(keys, "."), got, want)
	}
}
