package cognito

import (
	"encoding/json"
	"net/http"
)

// serveDiscovery answers the provider's metadata (OpenID Connect Discovery 1.0, section 3).
func (p *Pool) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	at := p.config.URL
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                p.Issuer(),
		"jwks_uri":                              p.Issuer() + "/.well-known/jwks.json",
		"authorization_endpoint":                at + "/oauth2/authorize",
		"token_endpoint":                        at + "/oauth2/token",
		"revocation_endpoint":                   at + "/oauth2/revoke",
		"end_session_endpoint":                  at + "/logout",
		"response_types_supported":              []string{"code"},
		"grant_types_supported":                 []string{"authorization_code", "refresh_token"},
		"code_challenge_methods_supported":      []string{"S256"},
		"scopes_supported":                      scopes,
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"none"},
	})
}

func (p *Pool) serveKeys(w http.ResponseWriter, _ *http.Request) {
	n, e := p.tokens.key.public()
	writeJSON(w, http.StatusOK, map[string]any{"keys": []map[string]string{
		{"alg": "RS256", "e": e, "kid": p.tokens.key.id, "kty": "RSA", "n": n, "use": "sig"},
	}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client has gone; nobody is left to tell
}
