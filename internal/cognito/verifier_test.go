package cognito_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/cognito"
)

func TestVerifyAcceptsThePoolsTokens(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	good := p.access()
	now := p.clock().Unix()
	for what, claims := range map[string]map[string]any{
		"as pools write it":             good,
		"for our client as audience":    with(good, "aud", client),
		"issued by a clock 5 s ahead":   with(good, "iat", now+5, "nbf", now+5),
		"in its last second":            with(good, "exp", now+1),
		"with claims of somebody's own": with(good, "EXP", "x", "Sub", "x", "device_key", "us-east-1_x", "custom", map[string]any{"a": []int{1}}),
	} {
		accepted(t, what, v, token(claims))
	}
	c, err := v.Verify(t.Context(), token(good))
	if want := time.Unix(now+3600, 0); err != nil || !c.Expires.Equal(want) {
		t.Errorf("expires at %v (error %v), want %v", c.Expires, err, want)
	}
	if p.fetched() != 1 {
		t.Errorf("%d fetches of the keys, want 1", p.fetched())
	}
}

func TestVerifyID(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	good := p.id()
	c, err := v.VerifyID(t.Context(), token(good), nonce)
	if err != nil {
		t.Fatal(err)
	}
	if c.Subject != subject || c.Username != "andrew" || c.ClientID != client {
		t.Errorf("claims %+v", c)
	}
	for what, claims := range map[string]map[string]any{ // J4
		"an access token":            p.access(),
		"an access token with aud":   with(p.access(), "aud", client, "nonce", nonce, "cognito:username", "andrew"),
		"another client":             with(good, "aud", "other"),
		"no client":                  with(good, "aud", nil),
		"several clients":            with(good, "aud", []string{client, "other"}),
		"one client in an array":     with(good, "aud", []string{client}),
		"another sign-in":            with(good, "nonce", "other"),
		"no nonce":                   with(good, "nonce", nil),
		"another pool":               with(good, "iss", p.URL+"/us-east-1_Other"),
		"expired":                    with(good, "exp", p.clock().Unix()),
		"without a username":         with(good, "cognito:username", nil),
		"client_id instead of aud":   with(good, "aud", nil, "client_id", client),
		"nonce in another data type": with(good, "nonce", 7),
	} {
		_, err := v.VerifyID(t.Context(), token(claims), nonce)
		refused(t, what, err, false)
	}
	_, err = v.VerifyID(t.Context(), token(with(good, "nonce", nil)), "")
	refused(t, "no nonce where none was kept", err, false)
}

func TestVerifyRefusesOtherAlgorithms(t *testing.T) { // J2
	p := newPool(t)
	v := p.verifier(t)
	claims := toJSON(p.access())
	input := func(header string) string { return encode([]byte(header)) + "." + encode([]byte(claims)) }

	public, err := x509.MarshalPKIXPublicKey(&firstKey().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string]string{}
	for _, none := range []string{"none", "None", "NONE", ""} {
		h := fmt.Sprintf(`{"kid":"one","alg":%q}`, none)
		tokens["alg "+none+" unsigned"] = input(h) + "."
		tokens["alg "+none+" signed"] = sign(firstKey(), h, claims)
	}
	tokens["no alg"] = sign(firstKey(), `{"kid":"one"}`, claims)
	tokens["alg in another data type"] = sign(firstKey(), `{"kid":"one","alg":["RS256"]}`, claims)
	tokens["alg twice"] = sign(firstKey(), `{"kid":"one","alg":"none","alg":"RS256"}`, claims)
	tokens["alg in another case"] = sign(firstKey(), `{"kid":"one","alg":"rs256"}`, claims)
	tokens["ALG"] = sign(firstKey(), `{"kid":"one","ALG":"RS256"}`, claims)
	tokens["critical extension"] = sign(firstKey(), `{"kid":"one","alg":"RS256","crit":["b64"],"b64":false}`, claims)
	// The public key, which everyone knows, as the secret of an HMAC.
	for what, secret := range map[string][]byte{
		"DER": public, "PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), "modulus": firstKey().N.Bytes(),
	} {
		in := input(`{"kid":"one","alg":"HS256"}`)
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(in))
		tokens["HS256 by "+what] = in + "." + encode(mac.Sum(nil))
	}
	in := input(`{"kid":"one","alg":"RS512"}`)
	digest := sha512.Sum512([]byte(in))
	signature, err := rsa.SignPKCS1v15(nil, firstKey(), crypto.SHA512, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	tokens["RS512"] = in + "." + encode(signature)
	in = input(`{"kid":"one","alg":"PS256"}`)
	hash := sha256.Sum256([]byte(in))
	if signature, err = rsa.SignPSS(rand.Reader, firstKey(), crypto.SHA256, hash[:], nil); err != nil {
		t.Fatal(err)
	}
	tokens["PS256"] = in + "." + encode(signature)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	in = input(`{"kid":"one","alg":"ES256"}`)
	hash = sha256.Sum256([]byte(in))
	r, s, err := ecdsa.Sign(rand.Reader, curve, hash[:])
	if err != nil {
		t.Fatal(err)
	}
	tokens["ES256"] = in + "." + encode(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))

	for what, token := range tokens {
		_, err := v.Verify(t.Context(), token)
		refused(t, what, err, false)
	}
	if p.fetched() != 0 {
		t.Errorf("%d fetches of the keys for what could not be good", p.fetched())
	}
}

func TestVerifyRefusesOtherClaims(t *testing.T) { // J3, J4, J5
	p := newPool(t)
	v := p.verifier(t)
	good := p.access()
	now := p.clock().Unix()
	for what, claims := range map[string]map[string]any{
		"another pool of the region": with(good, "iss", p.URL+"/us-east-1_Other"), // J3
		"issuer with a slash":        with(good, "iss", p.issuer()+"/"),
		"issuer in another case":     with(good, "iss", strings.ToUpper(p.issuer())),
		"another issuer's host":      with(good, "iss", "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"),
		"issuer in an array":         with(good, "iss", []string{p.issuer()}),
		"no issuer":                  with(good, "iss", nil),

		"ID token":                     p.id(), // J4
		"ID token with client_id":      with(p.id(), "client_id", client, "username", "andrew"),
		"no token_use":                 with(good, "token_use", nil),
		"token_use in an array":        with(good, "token_use", []string{"access"}),
		"another client":               with(good, "client_id", "other"),
		"no client":                    with(good, "client_id", nil),
		"aud instead of client_id":     with(good, "client_id", nil, "aud", client),
		"for another resource server":  with(good, "aud", "https://other.example.com"),
		"several audiences":            with(good, "aud", []string{client}),
		"several clients":              with(good, "client_id", []string{client, "other"}),
		"a part of the client":         with(good, "client_id", client[:10]),
		"no sub":                       with(good, "sub", nil),
		"a sub that is a path":         with(good, "sub", "../../etc/passwd"),
		"a sub with something after":   with(good, "sub", subject+"\n"),
		"no username":                  with(good, "username", nil),
		"a username in another type":   with(good, "username", 7),
		"a username that is null":      with(good, "username", []any{nil}[0]),
		"a username that has no end":   with(good, "username", strings.Repeat("a", 600)),
		"machine without a user":       with(good, "sub", client, "username", nil),
		"exp in another case of sorts": with(good, "exp", nil, "EXP", now+3600),

		"expired 1 s ago":        with(good, "exp", now-1), // J5
		"expired now":            with(good, "exp", now),
		"no exp":                 with(good, "exp", nil),
		"exp as a string":        with(good, "exp", fmt.Sprint(now+3600)),
		"exp with a fraction":    with(good, "exp", float64(now)+3600.5),
		"exp negative":           with(good, "exp", -1),
		"exp past all calendars": with(good, "exp", int64(1)<<62),
		"exp in an object":       with(good, "exp", map[string]any{"x": 1}),
		"not valid yet":          with(good, "nbf", now+6),
		"issued in the future":   with(good, "iat", now+6),
		"nbf as a string":        with(good, "nbf", "0"),
		"iat as a string":        with(good, "iat", "0"),
	} {
		_, err := v.Verify(t.Context(), token(claims))
		refused(t, what, err, false)
	}
	text := toJSON(good)
	for _, exp := range []string{"1e400", "1e300", "1e11", "null", "true", "[1900000000]", "0x7fffffff", "1900000000 ", "-0"} {
		_, err := v.Verify(t.Context(), sign(firstKey(), `{"kid":"one","alg":"RS256"}`,
			strings.Replace(text, fmt.Sprintf(`"exp":%d`, now+3600), `"exp":`+exp, 1)))
		if exp == "1900000000 " { // a blank after a value is JSON's own
			if err != nil {
				t.Errorf("exp %q: %v", exp, err)
			}
			continue
		}
		refused(t, "exp "+exp, err, false)
	}
	if p.fetched() > 1 {
		t.Errorf("%d fetches of the keys", p.fetched())
	}
}

func TestVerifyRefusesForgeries(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	good := token(p.access())
	accepted(t, "the token itself", v, good)
	parts := strings.Split(good, ".")
	other := strings.Split(token(with(p.access(), "username", "eve")), ".")
	forgeries := map[string]string{
		"signed by a stranger":        sign(secondKey(), `{"kid":"one","alg":"RS256"}`, toJSON(p.access())),
		"claims of another token":     parts[0] + "." + other[1] + "." + parts[2],
		"signature of another token":  parts[0] + "." + parts[1] + "." + other[2],
		"without a signature":         parts[0] + "." + parts[1] + ".",
		"with a short signature":      parts[0] + "." + parts[1] + "." + parts[2][:100],
		"signature of zeros":          parts[0] + "." + parts[1] + "." + encode(make([]byte, 256)),
		"signature of one":            parts[0] + "." + parts[1] + "." + encode(big.NewInt(1).FillBytes(make([]byte, 256))),
		"signature that is too large": parts[0] + "." + parts[1] + "." + encode(firstKey().N.Bytes()),
	}
	for i := 0; i < len(good); i += 97 { // one letter changed
		c := byte('A')
		if good[i] == c {
			c = 'B'
		}
		forgeries[fmt.Sprintf("changed at %d", i)] = good[:i] + string(c) + good[i+1:]
	}
	for what, token := range forgeries {
		_, err := v.Verify(t.Context(), token)
		refused(t, what, err, false)
	}
	accepted(t, "the token itself, afterwards", v, good)
}

func TestVerifyRefusesMalformedTokens(t *testing.T) { // J9
	p := newPool(t)
	v := p.verifier(t)
	const header = `{"kid":"one","alg":"RS256"}`
	good := token(p.access())
	parts := strings.Split(good, ".")
	claims := toJSON(p.access())
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	tokens := map[string]string{
		"empty": "", "a dot": ".", "two dots": "..", "three dots": "...", "no claims": parts[0] + ".." + parts[2],
		"two parts": parts[0] + "." + parts[1], "four parts": good + ".x", "five parts, a JWE": good + ".x.x",
		"1 MB":                     sign(firstKey(), header, toJSON(with(p.access(), "more", strings.Repeat("a", 1<<20)))),
		"a little too long":        sign(firstKey(), header, toJSON(with(p.access(), "more", strings.Repeat("a", 6<<10)))),
		"1 MB of dots":             strings.Repeat(".", 1<<20),
		"10 000 nested":            sign(firstKey(), header, deep),
		"claims 2 000 deep":        sign(firstKey(), header, claims[:len(claims)-1]+`,"deep":`+strings.Repeat("[", 2000)+`}`),
		"header 10 000 deep":       sign(firstKey(), deep, claims),
		"padding":                  parts[0] + "." + parts[1] + "." + parts[2] + "==",
		"padded claims":            parts[0] + "." + parts[1] + "=." + parts[2],
		"base64 of the other kind": parts[0] + "." + parts[1] + ".+/" + parts[2][2:],
		"a line end":               parts[0] + "." + parts[1] + "\n." + parts[2],
		"a line end at the end":    good + "\r\n",
		"a blank before":           " " + good,
		"NUL":                      good + "\x00",
		"not UTF-8":                "\xff" + good,
		// The last letter of 2048 bits in base64 has four bits to spare, which must be zero: no second spelling.
		"bits to spare":           good[:len(good)-1] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", good[len(good)-1])|1]),
		"claims null":             sign(firstKey(), header, `null`),
		"claims an array":         sign(firstKey(), header, `[`+claims+`]`),
		"claims a string":         sign(firstKey(), header, `"`+`x"`),
		"claims not closed":       sign(firstKey(), header, claims[:len(claims)-1]),
		"claims no JSON":          sign(firstKey(), header, `{exp:1}`),
		"two JSON texts":          sign(firstKey(), header, claims+claims),
		"claims empty":            sign(firstKey(), header, `{}`),
		"header null":             sign(firstKey(), `null`, claims),
		"header two JSON texts":   sign(firstKey(), header+header, claims),
		"exp twice":               sign(firstKey(), header, `{"exp":9999999999,`+claims[1:]),
		"sub twice":               sign(firstKey(), header, claims[:len(claims)-1]+`,"sub":"`+subject+`"}`),
		"sub twice, once escaped": sign(firstKey(), header, claims[:len(claims)-1]+`,"\u0073ub":"`+subject+`"}`),
		"any claim twice":         sign(firstKey(), header, `{"x":1,"x":1,`+claims[1:]),
		"kid twice":               sign(firstKey(), `{"kid":"one","kid":"one","alg":"RS256"}`, claims),
		"no kid":                  sign(firstKey(), `{"alg":"RS256"}`, claims),
		"kid a number":            sign(firstKey(), `{"kid":1,"alg":"RS256"}`, claims),
		"kid empty":               sign(firstKey(), `{"kid":"","alg":"RS256"}`, claims),
		"kid of 1 KB":             sign(firstKey(), `{"kid":"`+strings.Repeat("k", 1024)+`","alg":"RS256"}`, claims),
	}
	if last := good[len(good)-1]; tokens["bits to spare"][len(good)-1] == last {
		t.Fatalf("the last letter %c leaves nothing to change", last)
	}
	for what, token := range tokens {
		_, err := v.Verify(t.Context(), token)
		refused(t, what, err, false)
		if err != nil && (len(err.Error()) > 500 || strings.ContainsAny(err.Error(), "\n\r\x00")) {
			t.Errorf("%s: the error is not fit for a line of a log: %q", what, err)
		}
	}
	if p.fetched() != 0 {
		t.Errorf("%d fetches of the keys for what could not be good", p.fetched())
	}
}

func TestErrorsNeverHoldTheToken(t *testing.T) { // S13
	p := newPool(t)
	v := p.verifier(t)
	for _, token := range []string{
		token(with(p.access(), "exp", 1)), token(with(p.access(), "iss", "x")), token(p.id()), token(p.access()) + "x",
		sign(secondKey(), `{"kid":"one","alg":"RS256"}`, toJSON(p.access())), sign(firstKey(), `{"kid":"two","alg":"RS256"}`, toJSON(p.access())),
	} {
		_, err := v.Verify(t.Context(), token)
		refused(t, "bad token", err, false)
		for part := range strings.SplitSeq(token, ".") {
			if strings.Contains(err.Error(), part) {
				t.Errorf("the error holds a part of the token: %v", err)
			}
		}
	}
}

func TestNewVerifierRefusesConfigurations(t *testing.T) {
	for _, c := range []cognito.Config{
		{},
		{Issuer: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"},
		{Issuer: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example", ClientIDs: []string{""}},
		{Issuer: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example/", ClientIDs: []string{client}},
		{Issuer: "us-east-1_Example", ClientIDs: []string{client}},
		{Issuer: "ftp://x/us-east-1_Example", ClientIDs: []string{client}},
		{Issuer: "https://x/us-east-1_Example?y", ClientIDs: []string{client}},
		{Issuer: "https://x\n/", ClientIDs: []string{client}},
	} {
		if _, err := cognito.NewVerifier(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
