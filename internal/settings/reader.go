package settings

import (
	"fmt"
	"slices"
	"strings"
)

// reader looks variables up and gathers what is wrong with them.
type reader struct {
	lookup   func(name string) (string, bool)
	problems []error
	bad      []string // the variables in problems
}

// get returns a variable without the blanks around it; "" when it is not set.
func (r *reader) get(name string) string {
	v, _ := r.lookup(name)
	return strings.TrimSpace(v)
}

// report adds a problem with the variable: a clause of which it is the subject.
func (r *reader) report(name, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(name+" "+format, args...))
	r.bad = append(r.bad, name)
}

// wrong tells whether a problem with one of the variables was reported.
func (r *reader) wrong(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(r.bad, n) })
}

// A check turns a variable's text into its value. Its error is a clause of which the variable is the
// subject: what is wrong, and what to write instead.
type check[T any] func(text string) (T, error)

// optional reads a variable that may be left out.
func optional[T any](r *reader, name string, fallback T, c check[T]) T {
	text := r.get(name)
	if text == "" {
		return fallback
	}
	v, err := c(text)
	if err != nil {
		r.report(name, "%w", err)
		return fallback
	}
	return v
}

// required reads a variable that has no default. What says what to write.
func required[T any](r *reader, name, what string, c check[T]) T {
	var none T
	if r.get(name) == "" {
		r.report(name, "is not set: write %s", what)
		return none
	}
	return optional(r, name, none, c)
}

// outputFolder reads the prefix of processed pictures, which is never empty: a blank one could be meant
// as the whole bucket, where avatars would overwrite what else is there.
func outputFolder(r *reader, name string) string {
	if _, set := r.lookup(name); !set {
		return DefaultFolderOutput
	}
	text := r.get(name)
	if text == "" {
		r.report(name, "is set but empty: write a folder of its own for processed pictures, or leave the variable out for %s", DefaultFolderOutput)
		return DefaultFolderOutput
	}
	v := optional(r, name, DefaultFolderOutput, folder)
	if v == "" {
		r.report(name, "is %q, the whole bucket: write a folder of its own for processed pictures, such as %s", text, DefaultFolderOutput)
		return DefaultFolderOutput
	}
	return v
}
