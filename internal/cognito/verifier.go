// Package cognito verifies the tokens of an Amazon Cognito user pool: access tokens, which requests carry, and
// ID tokens, which end a sign-in. Source: "Verifying JSON web tokens" in the Amazon Cognito developer guide;
// RFC 7519, RFC 8725.
//
// A token is accepted when the pool signed it with RS256 by one of its published keys, for one of our app clients,
// for the use that is asked for, and its time is now. The keys come from the pool's own address and nowhere else:
// what a token says of where to find its key (jku, jwk, x5u, x5c) is not read.
//
// # Clocks
//
// A token ends in the second that its exp names. One whose iat or nbf is up to 5 seconds ahead is accepted, since
// this machine's clock may be behind the pool's.
//
// # Revoked tokens and disabled users
//
// A token is verified without asking the pool, so one that was revoked, or whose user was disabled, deleted or
// signed out everywhere, is accepted until it expires: at most the access token's lifetime of the app client,
// one hour unless it was set otherwise (5 minutes to a day). A shorter lifetime is the remedy where that is too long.
// Sessions of a browser end by then too: see internal/signin.
package cognito

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// MaxToken is the length of the longest token that is looked at, in bytes. A pool's are about 1 KB; groups and
	// claims that were added make them longer.
	MaxToken = 8 << 10

	algorithm = "RS256" // the only one that pools sign with
	maxKeyID  = 256     // bytes of a kid
)

// tokenCharacters are those of base64url and the dots between: anything else, line ends above all, the decoder may
// skip, so that one token would have many spellings.
const tokenCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."

// Config says which tokens a verifier accepts.
type Config struct {
	Issuer    string   // the pool's URL, "https://cognito-idp.REGION.amazonaws.com/POOL_ID", as tokens have it in iss
	ClientIDs []string // app clients whose tokens are accepted; at least one

	Transport http.RoundTripper // for the pool's keys; nil means http.DefaultTransport
	Now       func() time.Time  // nil means time.Now
}

// Claims are what a token says of its user.
type Claims struct {
	Subject  string    // the user's UUID, which never changes
	Username string    // the name in the pool
	ClientID string    // the app client that the token was issued to
	Expires  time.Time // when the token ends
}

// Verifier verifies tokens of one pool. It caches the pool's keys; it is safe for concurrent use.
type Verifier struct {
	issuer  string
	clients []string
	now     func() time.Time
	parser  *jwt.Parser
	keys    *keyring
}

// NewVerifier checks c and returns a verifier. It makes no request: the keys are fetched when the first token comes.
func NewVerifier(c Config) (*Verifier, error) {
	u, err := url.Parse(c.Issuer)
	switch {
	case err != nil:
		return nil, fmt.Errorf("cognito verifier: the issuer: %w", err)
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(c.Issuer, "?#") || strings.HasSuffix(c.Issuer, "/"):
		return nil, fmt.Errorf("cognito verifier: the issuer %q is not of the form https://cognito-idp.REGION.amazonaws.com/POOL_ID", c.Issuer)
	case len(c.ClientIDs) == 0 || slices.Contains(c.ClientIDs, ""):
		return nil, errors.New("cognito verifier: no app client is allowed, so every token would be refused")
	}
	now := c.Now
	if now == nil {
		now = time.Now
	}
	return &Verifier{
		issuer: c.Issuer, clients: slices.Clone(c.ClientIDs), now: now,
		// The claims are checked here, before the signature, so that the token of another pool costs no request.
		parser: jwt.NewParser(jwt.WithValidMethods([]string{algorithm}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation()),
		keys:   newKeyring(c.Issuer+"/.well-known/jwks.json", c.Transport, now),
	}, nil
}

// Verify verifies an access token. Its error is an [*Error].
func (v *Verifier) Verify(ctx context.Context, token string) (Claims, error) {
	c, err := v.verify(ctx, token, func(c *claims) error { return c.checkAccess(v.clients) })
	if err != nil {
		return Claims{}, err
	}
	return Claims{Subject: c.subject, Username: c.username, ClientID: c.clientID, Expires: c.expires}, nil
}

// VerifyID verifies the ID token that a sign-in ended with: nonce is what the sign-in began with (OpenID Connect
// Core, section 3.1.3.7). Its error is an [*Error].
func (v *Verifier) VerifyID(ctx context.Context, token, nonce string) (Claims, error) {
	c, err := v.verify(ctx, token, func(c *claims) error { return c.checkID(v.clients, nonce) })
	if err != nil {
		return Claims{}, err
	}
	return Claims{Subject: c.subject, Username: c.cognitoUsername, ClientID: c.audience, Expires: c.expires}, nil
}

// verify verifies what all tokens have in common, and what check says of the rest.
func (v *Verifier) verify(ctx context.Context, token string, check func(*claims) error) (*claims, error) {
	kid, err := parseHeader(token)
	if err != nil {
		return nil, invalid("%w", err)
	}
	c := &claims{}
	_, err = v.parser.ParseWithClaims(token, c, func(*jwt.Token) (any, error) {
		if err := c.check(v.issuer, v.now()); err != nil {
			return nil, invalid("%w", err)
		}
		if err := check(c); err != nil {
			return nil, invalid("%w", err)
		}
		return v.keys.key(ctx, kid)
	})
	if e, ok := errors.AsType[*Error](err); ok {
		return nil, e
	}
	if err != nil {
		return nil, invalid("%w", err)
	}
	return c, nil
}

// parseHeader checks all of a token that comes before its claims, and gives the id of the key that it says to have
// been signed with.
func parseHeader(token string) (kid string, err error) {
	if len(token) > MaxToken {
		return "", fmt.Errorf("it has %d bytes, more than %d", len(token), MaxToken)
	}
	if strings.Trim(token, tokenCharacters) != "" {
		return "", errors.New("it has a character that is not of base64url")
	}
	first, _, _ := strings.Cut(token, ".")
	data, err := base64.RawURLEncoding.Strict().DecodeString(first)
	if err != nil {
		return "", fmt.Errorf("the header is not base64url: %w", err)
	}
	header, err := parseObject(data)
	if err != nil {
		return "", fmt.Errorf("the header: %w", err)
	}
	if alg, err := header.text("alg"); err != nil || alg != algorithm {
		return "", fmt.Errorf("the algorithm is %s, not %s", quote(alg), algorithm)
	}
	if _, critical := header["crit"]; critical {
		return "", errors.New("the header has critical extensions, and none is known") // RFC 7515, section 4.1.11
	}
	kid, err = header.text("kid")
	if err != nil || kid == "" || len(kid) > maxKeyID {
		return "", errors.New("the header names no key")
	}
	return kid, nil
}
