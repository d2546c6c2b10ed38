package cognito_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/cognito"
)

const (
	client  = "3n4b5urk1ft4fl3mg5e62d9ado"
	subject = "b3b5c1de-7a3c-4f0e-9a5d-2f3c4d5e6f70"
	nonce   = "n-0S6_WzA2Mj"
)

// keys are made once: they take long.
var (
	firstKey  = sync.OnceValue(newKey)
	secondKey = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// pool is a user pool's address, and what its tokens are signed with. It signs with crypto/rsa alone, by no code of
// the verifier or its libraries.
type pool struct {
	*httptest.Server
	mu      sync.Mutex
	keys    map[string]*rsa.PrivateKey // published, by id
	answer  http.HandlerFunc           // instead of the keys; nil for them
	fetches int
	now     time.Time
}

func newPool(t testing.TB) *pool {
	p := &pool{keys: map[string]*rsa.PrivateKey{"one": firstKey()}, now: time.Unix(1_800_000_000, 0)}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *pool) issuer() string { return p.URL + "/us-east-1_Example" }

func (p *pool) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// change changes the pool while it serves.
func (p *pool) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *pool) fetched() (n int) {
	p.change(func() { n = p.fetches })
	return n
}

func (p *pool) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.fetches++
	answer, keys := p.answer, maps.Clone(p.keys)
	p.mu.Unlock()
	switch {
	case r.URL.Path != "/us-east-1_Example/.well-known/jwks.json":
		http.NotFound(w, r)
	case answer != nil:
		answer(w, r)
	default:
		_, _ = w.Write(keySet(keys))
	}
}

// keySet writes a set as pools do.
func keySet(keys map[string]*rsa.PrivateKey) []byte {
	var all []map[string]string
	for kid, key := range keys {
		all = append(all, map[string]string{
			"alg": "RS256", "kty": "RSA", "use": "sig", "kid": kid,
			"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
		})
	}
	b, err := json.Marshal(map[string]any{"keys": all})
	if err != nil {
		panic(err)
	}
	return b
}

func (p *pool) verifier(t testing.TB) *cognito.Verifier {
	t.Helper()
	v, err := cognito.NewVerifier(cognito.Config{Issuer: p.issuer(), ClientIDs: []string{"another", client}, Now: p.clock})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// access are the claims of a good access token, with every claim that a pool writes.
func (p *pool) access() map[string]any {
	now := p.clock().Unix()
	return map[string]any{
		"sub": subject, "iss": p.issuer(), "version": 2, "client_id": client, "token_use": "access",
		"origin_jti": "7f6d3f4e-0c58-4c33-8f93-1d0d6b1c4a4e", "event_id": "9d6b6a1e-2c55-4b27-a2f7-9d7f6d3f4e0c",
		"cognito:groups": []string{"people"}, "scope": "openid profile", "auth_time": now - 10, "iat": now - 10,
		"exp": now + 3600, "jti": "0c584c33-8f93-4d0d-8b1c-4a4e7f6d3f4e", "username": "andrew",
	}
}

// id are the claims of a good ID token.
func (p *pool) id() map[string]any {
	now := p.clock().Unix()
	return map[string]any{
		"sub": subject, "iss": p.issuer(), "aud": client, "token_use": "id", "nonce": nonce, "at_hash": "x",
		"cognito:username": "andrew", "email": "andrew@example.com", "email_verified": true,
		"auth_time": now - 10, "iat": now - 10, "exp": now + 3600,
	}
}

// with returns claims with some set, or left out where the value is nil.
func with(claims map[string]any, nameValues ...any) map[string]any {
	claims = maps.Clone(claims)
	for i := 0; i < len(nameValues); i += 2 {
		if name := nameValues[i].(string); nameValues[i+1] == nil {
			delete(claims, name)
		} else {
			claims[name] = nameValues[i+1]
		}
	}
	return claims
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// token signs claims with the pool's first key.
func token(claims map[string]any) string {
	return sign(firstKey(), `{"kid":"one","alg":"RS256"}`, toJSON(claims))
}

// sign makes a token of the texts of its header and its claims (RFC 7515, appendix A.2).
func sign(key *rsa.PrivateKey, header, claims string) string {
	input := encode([]byte(header)) + "." + encode([]byte(claims))
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return input + "." + encode(signature)
}

// refused fails the test unless err refuses a token for good, or only for now.
func refused(t *testing.T, what string, err error, unavailable bool) {
	t.Helper()
	e, ok := errors.AsType[*cognito.Error](err)
	if !ok {
		t.Errorf("%s: error is %v", what, err)
		return
	}
	status := http.StatusUnauthorized
	if unavailable {
		status = http.StatusServiceUnavailable
	}
	if e.Unavailable != unavailable || cognito.StatusCode(err) != status {
		t.Errorf("%s: status %d, want %d: %v", what, cognito.StatusCode(err), status, err)
	}
}

func accepted(t *testing.T, what string, v *cognito.Verifier, token string) {
	t.Helper()
	c, err := v.Verify(t.Context(), token)
	if err != nil {
		t.Errorf("%s: %v", what, err)
	} else if c.Subject != subject || c.Username != "andrew" || c.ClientID != client {
		t.Errorf("%s: claims %+v", what, c)
	}
}

func down(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusBadGateway) }

// hangUp breaks the connection.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func body(format string, args ...any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, format, args...) }
}
