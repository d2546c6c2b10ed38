package cognito

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// ahead is how far this clock may be behind the pool's.
	ahead = 5 * time.Second
	// maxName bounds usernames, in bytes: pools take 128 characters.
	maxName = 512
)

// subjectRE is the form of a pool's sub. It becomes the name of the user's files.
var subjectRE = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// claims are those of a pool's tokens that are looked at ("Understanding user pool JSON web tokens" in the Amazon
// Cognito developer guide).
type claims struct {
	issuer, subject, use         string
	clientID, username           string // of access tokens
	audience                     string // of ID tokens; of access tokens for a resource server
	cognitoUsername, nonce       string // of ID tokens
	expires, issuedAt, notBefore time.Time
}

// UnmarshalJSON reads the claims by their exact names and types.
func (c *claims) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	var all []error
	text := func(name string) string {
		v, err := o.text(name)
		all = append(all, err)
		return v
	}
	seconds := func(name string) time.Time {
		v, err := o.seconds(name)
		all = append(all, err)
		return v
	}
	*c = claims{
		issuer: text("iss"), subject: text("sub"), use: text("token_use"),
		clientID: text("client_id"), username: text("username"),
		audience: text("aud"), cognitoUsername: text("cognito:username"), nonce: text("nonce"),
		expires: seconds("exp"), issuedAt: seconds("iat"), notBefore: seconds("nbf"),
	}
	return errors.Join(all...)
}

// check checks what access and ID tokens have in common.
func (c *claims) check(issuer string, now time.Time) error {
	switch {
	case c.issuer != issuer:
		return fmt.Errorf("the issuer is %s, not ours", quote(c.issuer))
	case c.expires.IsZero():
		return errors.New("it has no exp")
	case !now.Before(c.expires):
		return fmt.Errorf("it expired at %s", c.expires.UTC().Format(time.RFC3339))
	case c.issuedAt.After(now.Add(ahead)):
		return fmt.Errorf("it was issued in the future, at %s", c.issuedAt.UTC().Format(time.RFC3339))
	case c.notBefore.After(now.Add(ahead)):
		return fmt.Errorf("it is not valid before %s", c.notBefore.UTC().Format(time.RFC3339))
	case !subjectRE.MatchString(c.subject):
		return fmt.Errorf("the sub is %s, not a user's", quote(c.subject))
	}
	return nil
}

// checkAccess checks what access tokens have.
func (c *claims) checkAccess(clients []string) error {
	switch {
	case c.use != "access":
		return fmt.Errorf("the token_use is %s, not access", quote(c.use))
	case !slices.Contains(clients, c.clientID):
		return fmt.Errorf("the client_id is %s, not ours", quote(c.clientID))
	case c.audience != "" && !slices.Contains(clients, c.audience):
		return fmt.Errorf("the aud is %s, not ours", quote(c.audience))
	}
	return checkName(c.username)
}

// checkID checks what ID tokens have.
func (c *claims) checkID(clients []string, nonce string) error {
	switch {
	case c.use != "id":
		return fmt.Errorf("the token_use is %s, not id", quote(c.use))
	case !slices.Contains(clients, c.audience):
		return fmt.Errorf("the aud is %s, not ours", quote(c.audience))
	case nonce == "" || c.nonce != nonce:
		return errors.New("the nonce is not that of this sign-in")
	}
	return checkName(c.cognitoUsername)
}

func checkName(name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("the username has %d bytes", len(name))
	}
	return nil
}

// An object is a JSON object by its members' exact names. encoding/json alone would take EXP for exp.
type object map[string]json.RawMessage

// parseObject reads an object, in which no name comes twice: which of the two counts, parsers do not agree on
// (RFC 7519, section 4).
func parseObject(data []byte) (object, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	o := object{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, errors.New("it is not JSON")
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("it is not JSON: %w", err)
		}
		if _, twice := o[name]; twice {
			return nil, fmt.Errorf("%s comes twice", quote(name))
		}
		o[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("it is not JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return o, nil
}

// text gives a member that is a string; "" where it is missing.
func (o object) text(name string) (string, error) {
	raw, ok := o[name]
	if !ok {
		return "", nil
	}
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		return "", fmt.Errorf("%s is not a string", name)
	}
	return *s, nil
}

// seconds gives a member that is a NumericDate (RFC 7519, section 2), which pools write as whole numbers; the zero
// time where it is missing.
func (o object) seconds(name string) (time.Time, error) {
	const most = 1 << 40 // the year 36812
	raw, ok := o[name]
	if !ok {
		return time.Time{}, nil
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n < 0 || n > most {
		return time.Time{}, fmt.Errorf("%s is not a whole number of seconds", name)
	}
	return time.Unix(n, 0), nil
}

// quote makes what a stranger sent fit for one line of a log.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		return strconv.QuoteToASCII(s[:most]) + "..."
	}
	return strconv.QuoteToASCII(s)
}

// What follows makes claims a jwt.Claims. The parser asks for none of it: check does all.

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(c.expires), nil
}
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error) { return jwt.NewNumericDate(c.issuedAt), nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(c.notBefore), nil
}
func (c *claims) GetIssuer() (string, error)             { return c.issuer, nil }
func (c *claims) GetSubject() (string, error)            { return c.subject, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error) { return jwt.ClaimStrings{c.audience}, nil }
