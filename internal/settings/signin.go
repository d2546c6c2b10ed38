package settings

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The variables of signing in.
const (
	PublicURL           = "PUBLIC_URL"
	CognitoUserPoolID   = "COGNITO_USER_POOL_ID"
	CognitoIssuer       = "COGNITO_ISSUER"
	CognitoClientID     = "COGNITO_CLIENT_ID"
	CognitoClientSecret = "COGNITO_CLIENT_SECRET"
	CognitoDomain       = "COGNITO_DOMAIN"
	SessionKey          = "SESSION_KEY"
)

// SignIn is where people sign in, and how they are remembered.
type SignIn struct {
	PublicURL    string   // where browsers find the service: "https://www.example.com"
	Issuer       string   // the user pool's URL, as its tokens have it
	Domain       string   // of the pool's sign-in pages: "https://my-app.auth.us-east-1.amazoncognito.com"
	ClientIDs    []string // app clients whose tokens are accepted; browsers sign in through the first
	ClientSecret string   // of the first; "" for none
	SessionKeys  [][]byte // the first encrypts sessions, all decrypt them; each of 32 bytes or more
}

// ParseSignIn reads the settings of signing in from the variables that lookup finds. The error joins all problems, each
// with its variable's name; it never holds a secret.
func ParseSignIn(lookup func(name string) (string, bool)) (SignIn, error) {
	r := reader{lookup: lookup}
	s := parseSignIn(&r)
	if err := errors.Join(r.problems...); err != nil {
		return SignIn{}, err
	}
	return s, nil
}

func parseSignIn(r *reader) SignIn {
	s := SignIn{
		PublicURL:    required(r, PublicURL, "the URL at which browsers find the service, such as https://www.example.com", publicURL),
		Issuer:       optional(r, CognitoIssuer, "", issuer),
		ClientIDs:    required(r, CognitoClientID, "the id of the user pool's app client", clientIDs),
		ClientSecret: optional(r, CognitoClientSecret, "", secret),
		SessionKeys:  required(r, SessionKey, "a random key: the output of openssl rand -base64 32", sessionKeys),
	}
	pool := optional(r, CognitoUserPoolID, poolID{}, userPoolID)
	switch {
	case r.wrong(CognitoUserPoolID, CognitoIssuer):
	case pool.id == "" && s.Issuer == "":
		r.report(CognitoUserPoolID, "is not set: write the id of the user pool, such as us-east-1_AbCdEfGhI")
	case s.Issuer == "":
		s.Issuer = pool.issuer()
	case pool.id != "" && !strings.HasSuffix(s.Issuer, "/"+pool.id):
		r.report(CognitoIssuer, "is %s, which is not of the user pool %s (%s): leave one of the two out", s.Issuer, pool.id, CognitoUserPoolID)
	}
	s.Domain = required(r, CognitoDomain, "the domain of the user pool's sign-in pages, such as my-app or auth.example.com", signInDomain(s.Issuer))
	return s
}

// publicURL reads the origin that browsers find a service at.
func publicURL(text string) (string, error) {
	u, err := absoluteURL(text)
	if err != nil {
		return "", err
	}
	all, err := origins(text)
	if err != nil {
		return "", err
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return "", fmt.Errorf("is %q, where sessions would cross the network unencrypted: write an https:// URL (http:// is for localhost)", text)
	}
	return all[0], nil
}

// poolID is the id of a user pool.
type poolID struct{ region, id string }

// issuer is the URL of the pool in its region ("Verifying JSON web tokens" in the Amazon Cognito developer guide).
func (p poolID) issuer() string {
	domain := "amazonaws.com"
	if strings.HasPrefix(p.region, "cn-") {
		domain = "amazonaws.com.cn"
	}
	return fmt.Sprintf("https://cognito-idp.%s.%s/%s", p.region, domain, p.id)
}

var userPoolRE = regexp.MustCompile(`^([a-z]{2}(?:-[a-z]+)+-[0-9]+)_[A-Za-z0-9]{1,55}$`)

func userPoolID(text string) (poolID, error) {
	g := userPoolRE.FindStringSubmatch(text)
	if g == nil {
		return poolID{}, fmt.Errorf("is %q, which is no user pool's id: write one such as us-east-1_AbCdEfGhI", text)
	}
	return poolID{region: g[1], id: text}, nil
}

// issuer checks the URL of a user pool.
func issuer(text string) (string, error) {
	u, err := absoluteURL(text)
	switch {
	case err != nil:
		return "", err
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "", fmt.Errorf("is %q, whose keys would come over an open network: write an https:// URL (http:// is for localhost)", text)
	case u.User != nil || strings.ContainsAny(text, "?#") || strings.HasSuffix(text, "/"):
		return "", fmt.Errorf("is %q, which is not as tokens have it: write https://cognito-idp.REGION.amazonaws.com/POOL_ID", text)
	}
	return text, nil
}

var clientIDRE = regexp.MustCompile(`^[A-Za-z0-9_+]{1,128}$`)

// clientIDs reads a comma separated list of app clients.
func clientIDs(text string) ([]string, error) {
	var all []string
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if !clientIDRE.MatchString(item) {
			return nil, fmt.Errorf("has %q, which is no app client's id: write ids of letters and digits, separated by commas", item)
		}
		if !slices.Contains(all, item) {
			all = append(all, item)
		}
	}
	return all, nil
}

func secret(text string) (string, error) {
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("has a blank or a character that is not ASCII: write the app client's secret as AWS shows it")
	}
	return text, nil
}

var domainPrefixRE = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// signInDomain reads where a pool's sign-in pages are: a prefix of AWS's domain in the region of the pool, or a domain.
func signInDomain(issuer string) check[string] {
	return func(text string) (string, error) {
		if domainPrefixRE.MatchString(text) {
			pool, err := userPoolID(issuer[strings.LastIndexByte(issuer, '/')+1:])
			if issuer == "" {
				return "", nil // what is wrong with the pool was reported
			}
			if err != nil {
				return "", fmt.Errorf("is %q, and the region is not known: write the whole domain, such as %s.auth.us-east-1.amazoncognito.com", text, text)
			}
			return fmt.Sprintf("https://%s.auth.%s.amazoncognito.com", text, pool.region), nil
		}
		whole := text
		if !strings.Contains(whole, "://") {
			whole = "https://" + whole
		}
		u, err := absoluteURL(whole)
		switch {
		case err != nil:
			return "", err
		case u.Scheme == "http" && !isLoopback(u.Hostname()):
			return "", fmt.Errorf("is %q, which would cross the network unencrypted: write an https:// URL (http:// is for localhost)", text)
		case u.User != nil || strings.ContainsAny(text, "?#") || u.Scheme == "https" && strings.Trim(u.Path, "/") != "":
			return "", fmt.Errorf("is %q, which is more than a domain: write one such as my-app or auth.example.com", text)
		}
		return strings.TrimRight(whole, "/"), nil
	}
}

// minSessionKey is the length of the shortest key, in bytes.
const minSessionKey = 32

// sessionKeys reads a comma separated list of keys in base64. What is wrong is told without the key.
func sessionKeys(text string) ([][]byte, error) {
	const write = "write the output of openssl rand -base64 32; a new key goes before the old one, with a comma between"
	var all [][]byte
	for item := range strings.SplitSeq(text, ",") {
		item = strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(strings.TrimSpace(item))
		key, err := base64.RawStdEncoding.DecodeString(item)
		switch {
		case err != nil:
			return nil, errors.New("is not base64: " + write)
		case bytes.HasPrefix(key, []byte("replace this")):
			return nil, errors.New("is that of .env.example, which everybody knows: " + write)
		case len(key) < minSessionKey:
			return nil, fmt.Errorf("has a key of %d bytes, fewer than %d: %s", len(key), minSessionKey, write)
		}
		all = append(all, key)
	}
	return all, nil
}
