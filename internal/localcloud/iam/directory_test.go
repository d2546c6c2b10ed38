package iam

import (
	"errors"
	"testing"
)

func TestAuthorize(t *testing.T) {
	var heard []string
	d := NewDirectory("000000000000", func(e *DeniedError) { heard = append(heard, e.Error()) })
	p := d.Assume(Role{Name: "R", ARN: "arn:aws:iam::000000000000:role/R", Policies: []Policy{
		policyOf(t, `[{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"},
		  {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/k"}]`)}}, "F")
	if err := p.Authorize("s3:PutObject", "arn:aws:s3:::b/other"); err != nil || len(heard) != 0 {
		t.Errorf("an allowed request: %v, heard %q", err, heard)
	}
	for _, c := range []struct{ action, resource, want string }{
		{"s3:GetObject", "arn:aws:s3:::b/k", "User: arn:aws:sts::000000000000:assumed-role/R/F is not authorized to perform: s3:GetObject " +
			"on resource: arn:aws:s3:::b/k because no identity-based policy allows the s3:GetObject action"},
		{"s3:PutObject", "arn:aws:s3:::b/k", "User: arn:aws:sts::000000000000:assumed-role/R/F is not authorized to perform: s3:PutObject " +
			"on resource: arn:aws:s3:::b/k with an explicit deny in an identity-based policy"},
	} {
		heard = nil
		err := p.Authorize(c.action, c.resource)
		if _, ok := errors.AsType[*DeniedError](err); !ok || err.Error() != c.want || len(heard) != 1 || heard[0] != c.want {
			t.Errorf("got %v\nwant %s\nheard %q", err, c.want, heard)
		}
	}
	root := d.AddRoot("thumbing", "thumbing-local")
	if err := root.Authorize("sqs:DeleteQueue", "arn:aws:sqs:us-east-1:000000000000:q"); err != nil {
		t.Error(err)
	}
}

func TestFind(t *testing.T) {
	d := NewDirectory("000000000000", nil)
	root := d.AddRoot("thumbing", "thumbing-local")
	one, two := d.Assume(Role{Name: "R"}, "F"), d.Assume(Role{Name: "R"}, "F")
	if one.AccessKeyID == two.AccessKeyID || one.SecretAccessKey == two.SecretAccessKey || one.SessionToken == two.SessionToken {
		t.Error("two sessions share credentials")
	}
	if len(one.AccessKeyID) != 20 || len(one.SecretAccessKey) != 40 {
		t.Errorf("the credentials have not the form of AWS's: %q, %q", one.AccessKeyID, one.SecretAccessKey)
	}
	for _, c := range []struct {
		key, token string
		want       *Principal
		err        error
	}{
		{"thumbing", "", root, nil},
		{"thumbing", "token", nil, ErrToken},
		{one.AccessKeyID, one.SessionToken, one, nil},
		{two.AccessKeyID, two.SessionToken, two, nil},
		{one.AccessKeyID, two.SessionToken, nil, ErrToken},
		{one.AccessKeyID, "", nil, ErrToken},
		{"AKIA", "", nil, ErrUnknownKey},
		{"", "", nil, ErrUnknownKey},
	} {
		if got, err := d.Find(c.key, c.token); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q with %q: got %v, %v", c.key, c.token, got, err)
		}
	}
}
