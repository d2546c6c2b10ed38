package cognito_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/thumbing/thumbing/internal/cognito"
)

// No text but what the pool signed is accepted, and none makes the verifier panic.
func FuzzVerify(f *testing.F) {
	p := newPool(f)
	v := p.verifier(f)
	signed := map[string]bool{}
	const header = `{"kid":"one","alg":"RS256"}`
	claims := toJSON(p.access())
	seeds := []string{token(p.access()), token(with(p.access(), "aud", client)), token(with(p.access(), "x", []int{1}))}
	for _, s := range seeds {
		signed[s] = true
		if _, err := v.Verify(f.Context(), s); err != nil {
			f.Fatalf("a seed is not accepted: %v", err)
		}
	}
	seeds = append(seeds, "", "..", "a.b.c", token(p.id()), token(with(p.access(), "exp", nil)), token(with(p.access(), "exp", "1")),
		sign(firstKey(), header, claims+claims), sign(firstKey(), header, `{"exp":1,`+claims[1:]), sign(firstKey(), header, "null"),
		sign(firstKey(), header, strings.Repeat("[", 1000)), sign(firstKey(), `{"kid":"two","alg":"RS256"}`, claims),
		sign(firstKey(), `{"kid":"one","alg":"none"}`, claims), sign(firstKey(), `{"kid":"one","alg":"HS256"}`, claims),
		sign(secondKey(), header, claims), seeds[0]+"=", seeds[0][:len(seeds[0])-4], seeds[0]+"\n")
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, err := v.Verify(t.Context(), token)
		if _, ok := errors.AsType[*cognito.Error](err); err != nil && !ok {
			t.Errorf("the error %T is not one of the package: %v", err, err)
		}
		if (err == nil) != signed[token] {
			t.Errorf("accepted is %v, signed is %v: %q (%v)", err == nil, signed[token], token, err)
		}
	})
}
