package iam

import (
	"encoding/json"
	"strings"
	"testing"
)

func policyOf(t *testing.T, statements string) Policy {
	t.Helper()
	var p Policy
	if err := json.Unmarshal([]byte(`{"Version": "2012-10-17", "Statement": `+statements+`}`), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDecide(t *testing.T) {
	const (
		uploads = `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::uploads/in/*"}`
		all     = `{"Effect": "Allow", "Action": "*", "Resource": "*"}`
	)
	for _, c := range []struct {
		name, statements, action, resource string
		want                               Decision
	}{
		{"allowed", uploads, "s3:GetObject", "arn:aws:s3:::uploads/in/me.jpg", Allowed},
		{"a slash is a character", uploads, "s3:GetObject", "arn:aws:s3:::uploads/in/a/b.jpg", Allowed},
		{"a colon is one", uploads, "s3:GetObject", "arn:aws:s3:::uploads/in/a:b.jpg", Allowed},
		{"other action", uploads, "s3:PutObject", "arn:aws:s3:::uploads/in/me.jpg", ImplicitDeny},
		{"longer action", uploads, "s3:GetObjectVersion", "arn:aws:s3:::uploads/in/me.jpg", ImplicitDeny},
		{"other folder", uploads, "s3:GetObject", "arn:aws:s3:::uploads/me.jpg", ImplicitDeny},
		{"other bucket", uploads, "s3:GetObject", "arn:aws:s3:::uploads2/in/me.jpg", ImplicitDeny},
		{"resources are as they are written", uploads, "s3:GetObject", "arn:aws:s3:::uploads/IN/me.jpg", ImplicitDeny},
		{"actions are not", uploads, "S3:getobject", "arn:aws:s3:::uploads/in/me.jpg", Allowed},
		{"no statement", `[]`, "s3:GetObject", "arn:aws:s3:::uploads/in/me.jpg", ImplicitDeny},
		{"everything", all, "sqs:SendMessage", "arn:aws:sqs:us-east-1:0:q", Allowed},

		{"explicit deny wins", `[{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::uploads/secret"},` + all + `]`,
			"s3:GetObject", "arn:aws:s3:::uploads/secret", ExplicitDeny},
		{"in any order", `[` + all + `, {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::uploads/secret"}]`,
			"s3:GetObject", "arn:aws:s3:::uploads/secret", ExplicitDeny},
		{"of what it names", `[` + all + `, {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::uploads/secret"}]`,
			"s3:GetObject", "arn:aws:s3:::uploads/secret2", Allowed},

		{"not action", `{"Effect": "Allow", "NotAction": ["iam:*", "s3:PutObject"], "Resource": "*"}`, "s3:GetObject", "r", Allowed},
		{"not that action", `{"Effect": "Allow", "NotAction": ["iam:*", "s3:PutObject"], "Resource": "*"}`, "s3:PutObject", "r", ImplicitDeny},
		{"not resource", `{"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::a/*"}`, "s3:GetObject", "arn:aws:s3:::b/k", ExplicitDeny},
		{"not that resource", `{"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::a/*"}`, "s3:GetObject", "arn:aws:s3:::a/k", ImplicitDeny},

		{"one character", `{"Effect": "Allow", "Action": "s3:?etObject", "Resource": "a?c"}`, "s3:GetObject", "abc", Allowed},
		{"not none", `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "abc?"}`, "s3:GetObject", "abc", ImplicitDeny},
		{"stars within", `{"Effect": "Allow", "Action": "*:*Object", "Resource": "a*b*c"}`, "s3:GetObject", "aXbYbZc", Allowed},
		{"stars at the end", `{"Effect": "Allow", "Action": "*", "Resource": "abc**"}`, "s3:GetObject", "abc", Allowed},
		{"nothing else is special", `{"Effect": "Allow", "Action": "*", "Resource": "a[b-d].c"}`, "s3:GetObject", "abxc", ImplicitDeny},
		{"a star is one of any", `{"Effect": "Allow", "Action": "*", "Resource": "a*"}`, "s3:GetObject", "a*", Allowed},

		// What is not evaluated errs on the side of denial.
		{"allow on a condition", `{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}`,
			"s3:GetObject", "r", ImplicitDeny},
		{"deny on a condition", `[` + all + `, {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]`,
			"s3:GetObject", "r", ExplicitDeny},
		{"deny of another action", `[` + all + `, {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]`,
			"sns:Publish", "r", Allowed},
		{"an empty condition is none", `{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {}}`, "s3:GetObject", "r", Allowed},
		{"allow by a variable", `{"Effect": "Allow", "Action": "*", "Resource": "${aws:username}*"}`, "s3:GetObject", "${aws:username}x", ImplicitDeny},
		{"deny by a variable", `[` + all + `, {"Effect": "Deny", "Action": "*", "Resource": "${aws:username}"}]`, "s3:GetObject", "r", ExplicitDeny},
	} {
		r := Role{Policies: []Policy{policyOf(t, c.statements)}}
		if got := r.Decide(c.action, c.resource); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

func TestPoliciesAddUp(t *testing.T) {
	r := Role{Policies: []Policy{
		policyOf(t, `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "a"}`),
		policyOf(t, `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "b"}`),
		policyOf(t, `{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "c"}`),
	}}
	for resource, want := range map[string]Decision{"a": Allowed, "b": Allowed, "c": ExplicitDeny, "d": ImplicitDeny} {
		if got := r.Decide("s3:GetObject", resource); got != want {
			t.Errorf("%s: got %d, want %d", resource, got, want)
		}
	}
}

func TestNotices(t *testing.T) {
	p := policyOf(t, `[{"Sid": "Plain", "Effect": "Allow", "Action": "*", "Resource": "*"},
	  {"Sid": "Inside", "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
	  {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::home/${aws:username}/*"}]`)
	want := "the statement Inside has a condition, not evaluated here: it allows nothing\n" +
		"statement 3 has a policy variable, not evaluated here: it always denies"
	if got := strings.Join(p.Notices(), "\n"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestMalformedPolicies(t *testing.T) {
	for statement, want := range map[string]string{
		`{"Effect": "allow", "Action": "*", "Resource": "*"}`:                             `its effect is "allow"`,
		`{"Effect": "Allow", "Resource": "*"}`:                                            "either Action or NotAction",
		`{"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}`:           "either Action or NotAction",
		`{"Effect": "Allow", "Action": "*"}`:                                              "either Resource or NotResource",
		`[{"Sid": "Two", "Effect": "Deny", "Action": "*", "Resource": []}]`:               "the statement Two",
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}`:           `"Principal"`,
		`{"Effect": "Allow", "Action": 1, "Resource": "*"}`:                               "number",
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Conditions": {"Bool": {}}}`: `"Conditions"`,
		`"all"`: "statement of a policy",
	} {
		var p Policy
		err := json.Unmarshal([]byte(`{"Statement": `+statement+`}`), &p)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", statement, err, want)
		}
	}
}

// FuzzMatches compares the matcher with one that is plainly right.
func FuzzMatches(f *testing.F) {
	f.Add("a*b?c*", "aXbYcZ")
	f.Add("*", "")
	f.Add("**a", "aaa")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 12 || len(text) > 12 {
			return
		}
		if got, want := matches(pattern, text), plainlyMatches(pattern, text); got != want {
			t.Errorf("%q of %q: got %v, want %v", pattern, text, got, want)
		}
	})
}

func plainlyMatches(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return plainlyMatches(pattern[1:], text) || text != "" && plainlyMatches(pattern, text[1:])
	}
	return text != "" && (pattern[0] == '?' || pattern[0] == text[0]) && plainlyMatches(pattern[1:], text[1:])
}

// FuzzPolicy reads any document without a panic, and evaluates what it could read.
func FuzzPolicy(f *testing.F) {
	f.Add(`{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": ["a", "b"]}}`)
	f.Add(`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "NotAction": [], "NotResource": "*", "Condition": null}]}`)
	f.Add(`{"Statement": null}`)
	f.Fuzz(func(t *testing.T, document string) {
		var p Policy
		if json.Unmarshal([]byte(document), &p) != nil {
			return
		}
		r := Role{Policies: []Policy{p, {Statement: Statements{{Effect: Deny, Action: Patterns{"*"}, Resource: Patterns{"*"}}}}}}
		if got := r.Decide("s3:GetObject", "arn:aws:s3:::uploads/me.jpg"); got != ExplicitDeny {
			t.Errorf("%s overrules a denial: %d", document, got)
		}
		p.Notices()
	})
}
