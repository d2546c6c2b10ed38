package cognito

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

const (
	minKey  = 2048 // bits
	maxKey  = 4096 // bits; more would make each check slow
	maxKeys = 32   // in a set; a pool has two
)

// parseKeySet reads the RSA signing keys of a JSON Web Key Set by their ids (RFC 7517, section 5; RFC 7518,
// section 6.3.1). Keys for anything else are passed over.
func parseKeySet(data []byte) (map[string]*rsa.PublicKey, error) {
	var set struct {
		Keys []struct{ Kid, Kty, Alg, Use, N, E string }
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, fmt.Errorf("the answer is not a key set: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("the key set has %d keys", len(set.Keys))
	}
	keys := map[string]*rsa.PublicKey{}
	for _, k := range set.Keys {
		if k.Kid == "" || k.Kty != "RSA" || k.Use != "" && k.Use != "sig" || k.Alg != "" && k.Alg != algorithm {
			continue
		}
		if _, twice := keys[k.Kid]; twice {
			return nil, fmt.Errorf("the key %s comes twice", quote(k.Kid))
		}
		key, err := parseKey(k.N, k.E)
		if err != nil {
			return nil, fmt.Errorf("the key %s: %w", quote(k.Kid), err)
		}
		keys[k.Kid] = key
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set has no RSA signing key")
	}
	return keys, nil
}

// parseKey reads an RSA key's modulus and exponent: big-endian numbers in base64url.
func parseKey(modulus, exponent string) (*rsa.PublicKey, error) {
	n, err := base64.RawURLEncoding.DecodeString(modulus)
	if err != nil {
		return nil, fmt.Errorf("its modulus: %w", err)
	}
	e, err := base64.RawURLEncoding.DecodeString(exponent)
	if err != nil {
		return nil, fmt.Errorf("its exponent: %w", err)
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n)}
	if bits := key.N.BitLen(); bits < minKey || bits > maxKey {
		return nil, fmt.Errorf("it has %d bits, not %d to %d", bits, minKey, maxKey)
	}
	x := new(big.Int).SetBytes(e)
	if !x.IsInt64() || x.Int64() < 3 || x.Int64() > 1<<31-1 || x.Bit(0) == 0 {
		return nil, errors.New("its exponent is not an odd number from 3 to 2^31-1")
	}
	key.E = int(x.Int64())
	return key, nil
}
