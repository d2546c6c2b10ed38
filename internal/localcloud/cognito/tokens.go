package cognito

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// grant is what a user let an app do, when a sign-in began.
type grant struct {
	user     User
	request  request
	origin   string // names the sign-in in all tokens that come of it
	signedIn time.Time
}

// tokenSet is the token endpoint's answer (RFC 6749, section 5.1).
type tokenSet struct {
	ID        string `json:"id_token,omitempty"`
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token,omitempty"`
	ExpiresIn int    `json:"expires_in"` // seconds
	Type      string `json:"token_type"`
}

// issuer signs tokens.
type issuer struct {
	url string
	key signingKey
	now func() time.Time
}

// issue makes the tokens of a grant, but for the refresh token.
func (i issuer) issue(g grant) (tokenSet, error) {
	event := uuid.NewString()
	access, err := i.sign(g, event, jwt.MapClaims{
		"token_use": "access", "client_id": ClientID, "username": g.user.Username, "scope": g.request.scope, "version": 2,
	})
	if err != nil {
		return tokenSet{}, err
	}
	set := tokenSet{Access: access, ExpiresIn: int(tokenLife.Seconds()), Type: "Bearer"}
	scopes := strings.Fields(g.request.scope)
	if !slices.Contains(scopes, "openid") {
		return set, nil
	}
	half := sha256.Sum256([]byte(access))
	id := jwt.MapClaims{
		"token_use": "id", "aud": ClientID, "cognito:username": g.user.Username,
		"at_hash": base64.RawURLEncoding.EncodeToString(half[:16]), // OpenID Connect Core, section 3.1.3.6
	}
	if g.request.nonce != "" {
		id["nonce"] = g.request.nonce
	}
	if slices.Contains(scopes, "email") {
		id["email"], id["email_verified"] = g.user.Email, true
	}
	if slices.Contains(scopes, "profile") {
		id["name"] = g.user.Name
	}
	set.ID, err = i.sign(g, event, id)
	return set, err
}

// sign adds what both kinds of tokens have, and signs.
func (i issuer) sign(g grant, event string, claims jwt.MapClaims) (string, error) {
	now := i.now()
	claims["iss"], claims["sub"] = i.url, g.user.Subject
	claims["event_id"], claims["origin_jti"], claims["jti"] = event, g.origin, uuid.NewString()
	claims["auth_time"], claims["iat"], claims["exp"] = g.signedIn.Unix(), now.Unix(), now.Add(tokenLife).Unix()
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	t.Header = map[string]any{"kid": i.key.id, "alg": t.Method.Alg()} // AWS writes no typ
	signed, err := t.SignedString(i.key.private)
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return signed, nil
}
