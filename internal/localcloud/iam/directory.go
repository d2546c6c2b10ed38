package iam

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
)

// Role is what a function runs with.
type Role struct {
	Name     string
	ARN      string // "arn:aws:iam::000000000000:role/thumbnailer"
	Policies []Policy
}

// Decide tells what the role's policies say of an action on a resource, such as s3:GetObject and
// arn:aws:s3:::uploads/me.jpg.
func (r Role) Decide(action, resource string) Decision { return decide(r.Policies, action, resource) }

// Credentials sign requests.
type Credentials struct {
	AccessKeyID, SecretAccessKey string
	SessionToken                 string // empty for a key that lasts
}

// Principal is who makes a request.
type Principal struct {
	Credentials
	ARN  string // "arn:aws:sts::000000000000:assumed-role/ROLE/FUNCTION"
	ID   string // unique, as events have it: "AROA...:FUNCTION"
	Role Role

	denied func(*DeniedError)
}

// Authorize tells whether the principal may do an action on a resource. The error is a *DeniedError.
func (p *Principal) Authorize(action, resource string) error {
	decision := p.Role.Decide(action, resource)
	if decision == Allowed {
		return nil
	}
	err := &DeniedError{Principal: p.ARN, Action: action, Resource: resource, Explicit: decision == ExplicitDeny}
	if p.denied != nil {
		p.denied(err)
	}
	return err
}

// DeniedError is a request that was denied.
type DeniedError struct {
	Principal, Action, Resource string
	Explicit                    bool // a statement denies it; else none allows it
}

// Error gives AWS's words. Source: IAM User Guide, "Troubleshoot access denied error messages".
func (e *DeniedError) Error() string {
	why := "because no identity-based policy allows the " + e.Action + " action"
	if e.Explicit {
		why = "with an explicit deny in an identity-based policy"
	}
	return fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s", e.Principal, e.Action, e.Resource, why)
}

// Why a request's credentials are nobody's.
var (
	ErrUnknownKey = errors.New("the access key is unknown")
	ErrToken      = errors.New("the session token is missing, or not that of the access key")
)

// Directory knows who access keys belong to. It is safe for concurrent use.
type Directory struct {
	account string
	denied  func(*DeniedError)

	mu         sync.RWMutex
	principals map[string]*Principal // by access key id
}

// NewDirectory makes a directory of an account. Each request that is denied is told to denied, unless it is nil.
func NewDirectory(account string, denied func(*DeniedError)) *Directory {
	return &Directory{account: account, denied: denied, principals: map[string]*Principal{}}
}

// AddRoot makes a key that may do everything, as that of the account's root user.
func (d *Directory) AddRoot(accessKeyID, secretAccessKey string) *Principal {
	return d.add(&Principal{
		Credentials: Credentials{AccessKeyID: accessKeyID, SecretAccessKey: secretAccessKey},
		ARN:         "arn:aws:iam::" + d.account + ":root",
		ID:          d.account,
		Role:        Role{Policies: []Policy{Everything}},
	})
}

// Assume makes new credentials for a session of a role, as STS does. They last as long as the directory.
func (d *Directory) Assume(r Role, session string) *Principal {
	return d.add(&Principal{
		Credentials: Credentials{AccessKeyID: "ASIA" + rand.Text()[:16], SecretAccessKey: rand.Text() + rand.Text()[:14], SessionToken: newToken()},
		ARN:         "arn:aws:sts::" + d.account + ":assumed-role/" + r.Name + "/" + session,
		ID:          "AROA" + rand.Text()[:17] + ":" + session,
		Role:        r,
	})
}

func (d *Directory) add(p *Principal) *Principal {
	d.mu.Lock()
	defer d.mu.Unlock()
	p.denied = d.denied
	d.principals[p.AccessKeyID] = p
	return p
}

// Find gives the principal of an access key id and the session token that came with it. The error is
// ErrUnknownKey or ErrToken.
func (d *Directory) Find(accessKeyID, sessionToken string) (*Principal, error) {
	p, ok := d.Principal(accessKeyID)
	switch {
	case !ok:
		return nil, ErrUnknownKey
	case subtle.ConstantTimeCompare([]byte(p.SessionToken), []byte(sessionToken)) != 1:
		return nil, ErrToken
	}
	return p, nil
}

// Secret gives the secret key of an access key id, if the session token that came with it is its own.
func (d *Directory) Secret(accessKeyID, sessionToken string) (secret string, ok bool) {
	p, err := d.Find(accessKeyID, sessionToken)
	if err != nil {
		return "", false
	}
	return p.SecretAccessKey, true
}

// Authorize tells whether who signed with an access key may do an action on a resource, as Principal.Authorize
// does. Nobody is behind an unknown key: the error is ErrUnknownKey.
func (d *Directory) Authorize(accessKeyID, action, resource string) error {
	p, ok := d.Principal(accessKeyID)
	if !ok {
		return ErrUnknownKey
	}
	return p.Authorize(action, resource)
}

// Principal gives the principal of an access key id whose request has been authenticated.
func (d *Directory) Principal(accessKeyID string) (*Principal, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	p, ok := d.principals[accessKeyID]
	return p, ok
}

func newToken() string {
	var b [96]byte
	rand.Read(b[:]) // never fails: crypto/rand
	return base64.StdEncoding.EncodeToString(b[:])
}
