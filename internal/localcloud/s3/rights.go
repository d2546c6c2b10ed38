package s3

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/http"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/s3api/utils"
	"github.com/versity/versitygw/s3err"

	"github.com/thumbing/thumbing/internal/localcloud/iam"
)

// identities tells versitygw who signs with other keys than the server's own, and what they may do. It asks for
// the rights that S3 asks for, but for what store checks itself: authorize and unseen.
type identities struct {
	auth.IAMService // of the server's own key; other accounts cannot be managed
	directory       *iam.Directory
}

var (
	_ auth.SigningKeyProvider = identities{}
	_ auth.PolicyEvaluator    = identities{}
)

func newIdentities(c Config) identities {
	own := auth.Account{Access: c.AccessKey, Secret: c.SecretKey, Role: auth.RoleAdmin}
	return identities{auth.NewIAMServiceSingle(own), c.Identities}
}

// DeriveSigningKey gives the key that a day's requests of somebody are signed with, and who it is.
// Source: IAM User Guide, "Create a signed AWS API request", step "Calculate the signature".
func (i identities) DeriveSigningKey(access, sessionToken, date, region, service string) ([]byte, auth.Account, error) {
	p, err := i.directory.Find(access, sessionToken)
	switch {
	case errors.Is(err, iam.ErrToken):
		return nil, auth.Account{}, auth.ErrInvalidSessionToken
	case err != nil:
		return nil, auth.Account{}, auth.ErrNoSuchUser
	}
	key := []byte("AWS4" + p.SecretAccessKey)
	for _, text := range []string{date, region, service, "aws4_request"} {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(text))
		key = m.Sum(nil)
	}
	return key, auth.Account{Access: access, SessionToken: sessionToken, IsSession: sessionToken != "", Role: auth.RoleUser,
		Arn: p.ARN, RoleArn: p.Role.ARN}, nil
}

// versitygw's decisions, whose type has no name for others.
const (
	noMatch = iota
	allow
	deny
)

// EvaluatePolicy decides on every action for every resource.
func (i identities) EvaluatePolicy(access, _ string, actions []auth.Action, resources []string, _ map[string][]string) (auth.PolicyEvaluation, error) {
	p, ok := i.directory.Principal(access)
	if !ok {
		return auth.PolicyEvaluation{}, auth.ErrNoSuchUser
	}
	e := auth.PolicyEvaluation{PrincipalArn: p.ARN}
	for n, resource := range resources {
		e.Decisions = append(e.Decisions, nil)
		for _, action := range actions {
			err := p.Authorize(string(action), resource)
			switch denied, _ := errors.AsType[*iam.DeniedError](err); {
			case err == nil:
				e.Decisions[n] = append(e.Decisions[n], allow)
			case denied != nil && denied.Explicit:
				e.Decisions[n] = append(e.Decisions[n], deny)
			default:
				e.Decisions[n] = append(e.Decisions[n], noMatch)
			}
		}
	}
	return e, nil
}

// principal gives who made a request; nil for the server's own key, which may do everything, and for the server
// itself.
func (s *store) principal(ctx context.Context) *iam.Principal {
	account, ok := ctx.Value(string(utils.ContextKeyAccount)).(auth.Account)
	if !ok || account.Role == auth.RoleAdmin {
		return nil
	}
	p, _ := s.directory.Principal(account.Access)
	return p
}

// authorize asks for a right that S3 wants and versitygw does not.
func (s *store) authorize(ctx context.Context, action, bucket, key string) error {
	p := s.principal(ctx)
	if p == nil {
		return nil
	}
	err := p.Authorize(action, auth.ResourceArnPrefix+bucket+"/"+key)
	if denied, ok := errors.AsType[*iam.DeniedError](err); ok {
		return accessDenied(denied)
	}
	return err
}

// unseen gives the error of a read, which for an object that is not there is another one to somebody who may not
// list the bucket: the absence is not theirs to see. It is no attempt to list, so it counts as no denial.
// Source: Amazon S3 API Reference, "GetObject", "Permissions".
func (s *store) unseen(ctx context.Context, bucket string, err error) error {
	if s3Code(err) != http.StatusNotFound {
		return err
	}
	const list = "s3:ListBucket"
	p, resource := s.principal(ctx), auth.ResourceArnPrefix+bucket
	if p == nil {
		return err
	}
	decision := p.Role.Decide(list, resource)
	if decision == iam.Allowed {
		return err
	}
	return accessDenied(&iam.DeniedError{Principal: p.ARN, Action: list, Resource: resource, Explicit: decision == iam.ExplicitDeny})
}

// accessDenied gives S3's error for a denial.
func accessDenied(e *iam.DeniedError) error {
	if e.Explicit {
		return s3err.GetExplicitDenyAccessErr(e.Principal, e.Action, e.Resource, "an identity-based policy")
	}
	return s3err.GetImplicitDenyAccessErr(e.Principal, e.Action, e.Resource)
}
