// Package iam decides what the roles of a template may do, and knows who an access key belongs to.
//
// A request is allowed when a statement of the role's policies allows its action on its resource and none
// denies it. What is not spoken of is denied. Only identity-based policies are evaluated: who has a role
// here is in the account that owns every resource, where one Allow is enough.
//
// Sources: AWS Identity and Access Management User Guide, "Policy evaluation logic" and "IAM JSON policy
// element reference".
package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Policy is a policy document of an identity.
type Policy struct {
	Version   string // the policy language's: "2012-10-17", or the older one
	ID        string `json:"Id"`
	Statement Statements
}

// Statements are written as a list or, where there is one, alone.
type Statements []Statement

// Statement allows or denies actions on resources.
type Statement struct {
	Sid                   string
	Effect                Effect
	Action, NotAction     Patterns // "s3:GetObject"; upper and lower case are the same
	Resource, NotResource Patterns // ARNs
	Condition             json.RawMessage
}

// Effect is what a statement does when it applies.
type Effect string

// The effects.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Patterns are texts in which * stands for any characters and ? for one. One is written alone or in a list.
type Patterns []string

// Everything is the policy of somebody who may do everything.
var Everything = Policy{Statement: Statements{{Effect: Allow, Action: Patterns{"*"}, Resource: Patterns{"*"}}}}

// UnmarshalJSON reads one statement or a list. What IAM would refuse is an error.
func (s *Statements) UnmarshalJSON(b []byte) error {
	if one := bytes.TrimSpace(b); len(one) > 0 && one[0] == '{' {
		b = append(append([]byte{'['}, one...), ']')
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var list []Statement
	if err := d.Decode(&list); err != nil {
		return fmt.Errorf("statement of a policy: %w", err)
	}
	for i, statement := range list {
		if err := statement.check(); err != nil {
			return fmt.Errorf("%s: %w", statement.name(i), err)
		}
	}
	*s = list
	return nil
}

func (s Statement) check() error {
	switch {
	case s.Effect != Allow && s.Effect != Deny:
		return fmt.Errorf("its effect is %q, neither Allow nor Deny", s.Effect)
	case (len(s.Action) == 0) == (len(s.NotAction) == 0):
		return errors.New("it needs either Action or NotAction")
	case (len(s.Resource) == 0) == (len(s.NotResource) == 0):
		return errors.New("it needs either Resource or NotResource")
	}
	return nil
}

// name is how a person finds a statement in its policy.
func (s Statement) name(index int) string {
	if s.Sid != "" {
		return "the statement " + s.Sid
	}
	return fmt.Sprintf("statement %d", index+1)
}

// UnmarshalJSON reads one pattern or a list.
func (p *Patterns) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*p = Patterns{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(p))
}

// Notices say in words which statements are not evaluated as AWS would: they allow nothing, or deny more.
func (p Policy) Notices() []string {
	var all []string
	for i, s := range p.Statement {
		why := s.unclear()
		if why == "" {
			continue
		}
		meaning := "it allows nothing"
		if s.Effect == Deny {
			meaning = "it always denies"
		}
		all = append(all, fmt.Sprintf("%s has %s, not evaluated here: %s", s.name(i), why, meaning))
	}
	return all
}

// unclear tells what a statement has that is not evaluated; empty when all of it is.
func (s Statement) unclear() string {
	if len(s.Condition) > 0 && !bytes.Equal(bytes.TrimSpace(s.Condition), []byte("{}")) {
		return "a condition"
	}
	for _, r := range append(s.Resource[:len(s.Resource):len(s.Resource)], s.NotResource...) {
		if strings.Contains(r, "${") {
			return "a policy variable"
		}
	}
	return ""
}

// Decision is what policies say of an action on a resource.
type Decision int

// The decisions. Without a statement that applies, a request is denied implicitly.
const (
	ImplicitDeny Decision = iota
	Allowed
	ExplicitDeny
)

// decide evaluates policies. Statements that are unclear err on the side of denial.
func decide(policies []Policy, action, resource string) Decision {
	decision := ImplicitDeny
	for _, p := range policies {
		for _, s := range p.Statement {
			unclear := s.unclear() != ""
			switch {
			case !s.coversAction(action):
			case s.Effect == Deny && (unclear || s.coversResource(resource)):
				return ExplicitDeny
			case s.Effect == Allow && !unclear && s.coversResource(resource):
				decision = Allowed
			}
		}
	}
	return decision
}

func (s Statement) coversAction(action string) bool {
	action = strings.ToLower(action)
	if len(s.NotAction) > 0 {
		return !s.NotAction.match(action, strings.ToLower)
	}
	return s.Action.match(action, strings.ToLower)
}

func (s Statement) coversResource(resource string) bool {
	asIs := func(pattern string) string { return pattern }
	if len(s.NotResource) > 0 {
		return !s.NotResource.match(resource, asIs)
	}
	return s.Resource.match(resource, asIs)
}

func (p Patterns) match(text string, fold func(string) string) bool {
	for _, pattern := range p {
		if matches(fold(pattern), text) {
			return true
		}
	}
	return false
}

// matches tells whether a text is what a pattern describes. It takes time by the product of their lengths at
// most: only the last * is ever gone back to.
func matches(pattern, text string) bool {
	p, t := 0, 0
	star, from := -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
