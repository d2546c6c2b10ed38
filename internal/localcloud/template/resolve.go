package template

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxDepth ends a value that refers to itself.
const maxDepth = 64

// resolver replaces intrinsic functions by what a deployment would put in their place.
// Source: AWS CloudFormation Template Reference, "Intrinsic function reference".
type resolver struct {
	t     *Template
	depth int
}

func (t *Template) resolver() resolver { return resolver{t: t} }

// noValue is what AWS::NoValue stands for: the property is left out.
type noValue struct{}

func (r resolver) value(v any) (any, error) {
	if r.depth++; r.depth > maxDepth {
		return nil, errors.New("values refer to each other in a circle")
	}
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "{{resolve:") {
			return nil, fmt.Errorf("the dynamic reference %s needs an AWS account", v)
		}
		return v, nil
	case []any:
		list := make([]any, 0, len(v))
		for _, e := range v {
			got, err := r.value(e)
			if err != nil {
				return nil, err
			}
			if got != (noValue{}) {
				list = append(list, got)
			}
		}
		return list, nil
	case map[string]any:
		if name, arg, ok := intrinsic(v); ok {
			return r.call(name, arg)
		}
		m := make(map[string]any, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			got, err := r.value(v[k])
			if err != nil {
				return nil, err
			}
			if got != (noValue{}) {
				m[k] = got
			}
		}
		return m, nil
	}
	return v, nil // a number, a boolean or null
}

// intrinsic tells whether m is a function call: an object of one key, named Ref, Condition or Fn::something.
func intrinsic(m map[string]any) (name string, arg any, ok bool) {
	if len(m) != 1 {
		return "", nil, false
	}
	for name, arg = range m {
		_, text := arg.(string)
		ok = strings.HasPrefix(name, "Fn::") || name == "Ref" && text
	}
	return name, arg, ok
}

func (r resolver) call(name string, arg any) (any, error) {
	switch name {
	case "Ref":
		id, _ := arg.(string)
		return r.ref(id)
	case "Fn::GetAtt":
		return r.getAtt(arg)
	case "Fn::Join":
		return r.join(arg)
	case "Fn::Sub":
		return r.sub(arg)
	case "Fn::Select":
		return r.selectOne(arg)
	case "Fn::Split":
		return r.split(arg)
	case "Fn::If":
		return r.choose(arg)
	}
	return nil, fmt.Errorf("%s is not understood here", name)
}

func (r resolver) ref(id string) (any, error) {
	place := r.t.Place
	switch id {
	case "AWS::AccountId":
		return place.AccountID, nil
	case "AWS::Region":
		return place.Region, nil
	case "AWS::Partition":
		return place.Partition, nil
	case "AWS::URLSuffix":
		return "amazonaws.com", nil
	case "AWS::StackName":
		return r.t.Stack, nil
	case "AWS::StackId":
		return r.arn("cloudformation", "stack/"+r.t.Stack+"/local"), nil
	case "AWS::NoValue":
		return noValue{}, nil
	}
	if p, ok := r.t.parameters[id]; ok {
		if p.Default == nil {
			return nil, fmt.Errorf("parameter %s has no default", id)
		}
		return p.Default, nil
	}
	res, ok := r.t.resources[id]
	if !ok {
		return nil, fmt.Errorf("the Ref %q names nothing in the template", id)
	}
	return r.physicalID(res)
}

func (r resolver) getAtt(arg any) (any, error) {
	var id, att string
	switch arg := arg.(type) {
	case string: // "Logical.Attribute"
		id, att, _ = strings.Cut(arg, ".")
	case []any:
		if len(arg) == 2 {
			id, _ = arg[0].(string)
			att, _ = arg[1].(string)
		}
	}
	res, ok := r.t.resources[id]
	if !ok {
		return nil, fmt.Errorf("Fn::GetAtt %v names nothing in the template", arg)
	}
	return r.attribute(res, att)
}

func (r resolver) join(arg any) (any, error) {
	a, err := r.pair("Fn::Join", arg)
	if err != nil {
		return nil, err
	}
	sep, ok := a[0].(string)
	list, okList := a[1].([]any)
	if !ok || !okList {
		return nil, errors.New("Fn::Join wants a delimiter and a list")
	}
	words := make([]string, len(list))
	for i, v := range list {
		if words[i], err = text(v); err != nil {
			return nil, fmt.Errorf("Fn::Join: %w", err)
		}
	}
	return strings.Join(words, sep), nil
}

func (r resolver) split(arg any) (any, error) {
	a, err := r.pair("Fn::Split", arg)
	if err != nil {
		return nil, err
	}
	sep, ok := a[0].(string)
	s, okText := a[1].(string)
	if !ok || !okText || sep == "" {
		return nil, errors.New("Fn::Split wants a delimiter and a text")
	}
	var list []any
	for part := range strings.SplitSeq(s, sep) {
		list = append(list, part)
	}
	return list, nil
}

func (r resolver) selectOne(arg any) (any, error) {
	a, err := r.pair("Fn::Select", arg)
	if err != nil {
		return nil, err
	}
	index, err := text(a[0])
	if err != nil {
		return nil, fmt.Errorf("Fn::Select: %w", err)
	}
	i, err := strconv.Atoi(index)
	list, ok := a[1].([]any)
	if err != nil || !ok || i < 0 || i >= len(list) {
		return nil, fmt.Errorf("Fn::Select %s is not in its list", index)
	}
	return list[i], nil
}

func (r resolver) choose(arg any) (any, error) {
	a, ok := arg.([]any)
	if !ok || len(a) != 3 {
		return nil, errors.New("Fn::If wants a condition and two values")
	}
	name, _ := a[0].(string)
	yes, err := r.condition(name)
	if err != nil {
		return nil, err
	}
	if yes {
		return r.value(a[1])
	}
	return r.value(a[2])
}

// pair resolves the two arguments of a function.
func (r resolver) pair(name string, arg any) ([]any, error) {
	v, err := r.value(arg)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok || len(list) != 2 {
		return nil, fmt.Errorf("%s wants two arguments", name)
	}
	return list, nil
}

// variable is ${Name}, ${Name.Attribute}, or ${!literal} in Fn::Sub.
var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

func (r resolver) sub(arg any) (any, error) {
	pattern, ok := arg.(string)
	local := map[string]any{}
	if list, isList := arg.([]any); isList && len(list) == 2 {
		pattern, ok = list[0].(string)
		local, _ = list[1].(map[string]any)
	}
	if !ok {
		return nil, errors.New("Fn::Sub wants a text, or a text and its variables")
	}
	var failed error
	out := variable.ReplaceAllStringFunc(pattern, func(m string) string {
		if failed != nil {
			return ""
		}
		name := strings.TrimSpace(m[2 : len(m)-1])
		if literal, is := strings.CutPrefix(name, "!"); is {
			return "${" + literal + "}"
		}
		v, err := r.subVariable(name, local)
		if err == nil {
			var s string
			if s, err = text(v); err == nil {
				return s
			}
		}
		failed = fmt.Errorf("Fn::Sub ${%s}: %w", name, err)
		return ""
	})
	return out, failed
}

func (r resolver) subVariable(name string, local map[string]any) (any, error) {
	if v, ok := local[name]; ok {
		return r.value(v)
	}
	if strings.Contains(name, ".") {
		return r.getAtt(name)
	}
	return r.ref(name)
}

// condition evaluates a named condition.
func (r resolver) condition(name string) (bool, error) {
	c, ok := r.t.conditions[name]
	if !ok {
		return false, fmt.Errorf("condition %q is not in the template", name)
	}
	return r.test(c)
}

func (r resolver) test(c any) (bool, error) {
	if r.depth++; r.depth > maxDepth {
		return false, errors.New("conditions refer to each other in a circle")
	}
	m, ok := c.(map[string]any)
	if !ok || len(m) != 1 {
		return false, errors.New("a condition is not one function")
	}
	for name, arg := range m {
		if name == "Condition" {
			other, _ := arg.(string)
			return r.condition(other)
		}
		args, ok := arg.([]any)
		if !ok {
			return false, fmt.Errorf("%s wants a list", name)
		}
		switch name {
		case "Fn::Equals":
			a, err := r.pair(name, args)
			if err != nil {
				return false, err
			}
			return reflect.DeepEqual(a[0], a[1]), nil
		case "Fn::Not", "Fn::And", "Fn::Or":
			return r.combine(name, args)
		}
		return false, fmt.Errorf("condition %s is not understood here", name)
	}
	panic("unreachable: m holds one entry")
}

func (r resolver) combine(name string, args []any) (bool, error) {
	if len(args) == 0 {
		return false, fmt.Errorf("%s wants a condition", name)
	}
	result := name == "Fn::And"
	for _, a := range args {
		yes, err := r.test(a)
		if err != nil {
			return false, err
		}
		switch name {
		case "Fn::And":
			result = result && yes
		case "Fn::Or":
			result = result || yes
		case "Fn::Not":
			result = !yes
		}
	}
	return result, nil
}

// text is a scalar as CloudFormation writes it into a string.
func text(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return "", fmt.Errorf("%v is no text", v)
}

// jsonNames lists the property names that the struct behind into takes.
func jsonNames(into any) []string {
	t := reflect.TypeOf(into).Elem()
	var names []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		names = append(names, name)
	}
	return names
}
