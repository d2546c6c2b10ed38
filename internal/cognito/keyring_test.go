package cognito_test

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestUnknownKeysAreFetchedOnceInTenSeconds(t *testing.T) { // J6
	p := newPool(t)
	v := p.verifier(t)
	good := toJSON(p.access())
	accepted(t, "known key", v, token(p.access()))
	for i := range 50 {
		_, err := v.Verify(t.Context(), sign(secondKey(), fmt.Sprintf(`{"kid":"made-up-%d","alg":"RS256"}`, i), good))
		refused(t, "unknown key", err, false)
	}
	if p.fetched() != 1 {
		t.Errorf("%d fetches in ten seconds, want 1", p.fetched())
	}
	for want := 2; want < 5; want++ {
		p.change(func() { p.now = p.now.Add(10 * time.Second) })
		for range 10 {
			_, err := v.Verify(t.Context(), sign(secondKey(), `{"kid":"made-up","alg":"RS256"}`, good))
			refused(t, "unknown key", err, false)
		}
		if p.fetched() != want {
			t.Errorf("%d fetches, want %d", p.fetched(), want)
		}
	}
	accepted(t, "known key", v, token(p.access()))
}

func TestKeysComeFromThePoolAlone(t *testing.T) { // J6
	p, stranger := newPool(t), newPool(t)
	stranger.keys = map[string]*rsa.PrivateKey{"one": secondKey(), "two": secondKey(), "../../x": secondKey()}
	v := p.verifier(t)
	accepted(t, "known key", v, token(p.access()))
	jwk := strings.Trim(string(keySet(map[string]*rsa.PrivateKey{"two": secondKey()})), "\n")
	address := stranger.URL + "/us-east-1_Example/.well-known/jwks.json"
	for _, header := range []string{
		`{"alg":"RS256","kid":"../../x"}`,
		`{"alg":"RS256","kid":"` + address + `"}`,
		`{"alg":"RS256","kid":"two","jku":"` + address + `"}`,
		`{"alg":"RS256","kid":"one","jku":"` + address + `"}`,
		`{"alg":"RS256","kid":"one","x5u":"` + address + `"}`,
		`{"alg":"RS256","kid":"two","jwk":` + jwk[len(`{"keys":[`):len(jwk)-2] + `}`,
		`{"alg":"RS256","kid":"one","jwk":` + jwk[len(`{"keys":[`):len(jwk)-2] + `}`,
	} {
		_, err := v.Verify(t.Context(), sign(secondKey(), header, toJSON(p.access())))
		refused(t, header, err, false)
	}
	if stranger.fetched() != 0 || p.fetched() != 1 {
		t.Errorf("%d fetches from a stranger, %d from the pool", stranger.fetched(), p.fetched())
	}
	// Beside the right key they are not read.
	accepted(t, "jku of a stranger", v, sign(firstKey(), `{"alg":"RS256","kid":"one","jku":"`+address+`"}`, toJSON(p.access())))
	if stranger.fetched() != 0 {
		t.Error("the stranger's keys were fetched")
	}
}

func TestKnownKeysOutliveTheirAddress(t *testing.T) { // J7
	p := newPool(t)
	v := p.verifier(t)
	accepted(t, "known key", v, token(p.access()))
	p.change(func() { p.answer, p.now = down, p.now.Add(30*24*time.Hour) })
	for range 20 {
		accepted(t, "known key while the address is down", v, token(p.access()))
		_, err := v.Verify(t.Context(), sign(secondKey(), `{"kid":"two","alg":"RS256"}`, toJSON(p.access())))
		refused(t, "unknown key while the address is down", err, true) // it may be a new one
	}
	if n := p.fetched(); n != 2 {
		t.Errorf("%d fetches, want the first and one failure", n)
	}
	p.change(func() { p.answer, p.now = nil, p.now.Add(10*time.Second) })
	_, err := v.Verify(t.Context(), sign(secondKey(), `{"kid":"two","alg":"RS256"}`, toJSON(p.access())))
	refused(t, "unknown key when the address is up again", err, false)
}

func TestColdAndDownIsUnavailable(t *testing.T) { // J7
	huge := string(keySet(map[string]*rsa.PrivateKey{"one": firstKey()})) + strings.Repeat(" ", 64<<10)
	small := new(big.Int).Lsh(big.NewInt(1), 1023).Bytes()
	key := func(fields string) string { return `{"keys":[{"kid":"one",` + fields + `}]}` }
	n := base64.RawURLEncoding.EncodeToString(firstKey().N.Bytes())
	for what, answer := range map[string]http.HandlerFunc{
		"502":               down,
		"hangs up":          hangUp,
		"empty":             body(""),
		"no JSON":           body("<html>"),
		"no keys":           body(`{"keys":[]}`),
		"null":              body("null"),
		"too large":         body("%s", huge),
		"short key":         body("%s", key(`"kty":"RSA","e":"AQAB","n":"`+encode(small)+`"`)),
		"even exponent":     body("%s", key(`"kty":"RSA","e":"AQAC","n":"`+n+`"`)),
		"exponent 1":        body("%s", key(`"kty":"RSA","e":"AQ","n":"`+n+`"`)),
		"no exponent":       body("%s", key(`"kty":"RSA","n":"`+n+`"`)),
		"huge exponent":     body("%s", key(`"kty":"RSA","e":"`+n+`","n":"`+n+`"`)),
		"key no base64":     body("%s", key(`"kty":"RSA","e":"AQAB","n":"!"`)),
		"another kind":      body("%s", key(`"kty":"oct","k":"AQAB"`)),
		"another use":       body("%s", key(`"kty":"RSA","use":"enc","e":"AQAB","n":"`+n+`"`)),
		"another algorithm": body("%s", key(`"kty":"RSA","alg":"RS512","e":"AQAB","n":"`+n+`"`)),
		"the same id twice": body(`{"keys":[%[1]s,%[1]s]}`, `{"kid":"one","kty":"RSA","e":"AQAB","n":"`+n+`"}`),
		"too many":          body(`{"keys":[%s{}]}`, strings.Repeat("{},", 40)),
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/us-east-1_Example/.well-known/other.json", http.StatusFound)
		},
	} {
		p := newPool(t)
		p.answer = answer
		v := p.verifier(t)
		for range 3 {
			_, err := v.Verify(t.Context(), token(p.access()))
			refused(t, what, err, true)
		}
		if p.fetched() != 1 {
			t.Errorf("%s: %d fetches in ten seconds", what, p.fetched())
		}
		p.change(func() { p.answer, p.now = nil, p.now.Add(10*time.Second) })
		accepted(t, what+", then up", v, token(p.access()))
	}
	p := newPool(t)
	v := p.verifier(t)
	p.Close()
	_, err := v.Verify(t.Context(), token(p.access()))
	refused(t, "nobody listens", err, true)
}

func TestKeyRotation(t *testing.T) { // J8
	p := newPool(t)
	v := p.verifier(t)
	old := token(p.access())
	accepted(t, "first key", v, old)
	p.change(func() {
		p.keys = map[string]*rsa.PrivateKey{"one": firstKey(), "two": secondKey()}
		p.now = p.now.Add(time.Minute)
	})
	fresh := sign(secondKey(), `{"kid":"two","alg":"RS256"}`, toJSON(p.access()))
	accepted(t, "second key", v, fresh)
	accepted(t, "first key still", v, old)
	if p.fetched() != 2 {
		t.Errorf("%d fetches, want 2", p.fetched())
	}
	// The first key is taken back. That is noticed when the keys are an hour old, by whoever comes then.
	p.change(func() {
		delete(p.keys, "one")
		p.now = p.now.Add(time.Hour - time.Second)
	})
	accepted(t, "first key within the hour", v, token(p.access()))
	p.change(func() { p.now = p.now.Add(time.Second) })
	accepted(t, "second key", v, sign(secondKey(), `{"kid":"two","alg":"RS256"}`, toJSON(p.access())))
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		_, err := v.Verify(t.Context(), token(p.access()))
		if err != nil {
			refused(t, "first key taken back", err, false)
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a key that was taken back is served for ever")
		}
	}
}

func TestConcurrentCallersShareAFetch(t *testing.T) { // J6, J8
	p := newPool(t)
	v := p.verifier(t)
	came, release := make(chan struct{}, 100), make(chan struct{})
	p.answer = func(w http.ResponseWriter, _ *http.Request) {
		came <- struct{}{}
		<-release
		_, _ = w.Write(keySet(p.keys))
	}
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() { accepted(t, "while the keys are fetched", v, token(p.access())) })
	}
	<-came
	// One that gives up ends no other's wait.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := v.Verify(ctx, token(p.access()))
	refused(t, "given up", err, true)
	close(release)
	wait.Wait()
	if p.fetched() != 1 {
		t.Errorf("%d fetches, want 1", p.fetched())
	}
}
