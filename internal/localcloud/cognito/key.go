package cognito

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"

	"github.com/thumbing/thumbing/internal/localcloud/atomicfile"
)

const (
	keyFile = "key.pem"
	keyBits = 2048 // as AWS's
)

// signingKey is what tokens are signed with.
type signingKey struct {
	private *rsa.PrivateKey
	id      string
}

// openKey reads the key in the folder, and makes it where there is none.
func openKey(dir string) (signingKey, error) {
	path := filepath.Join(dir, keyFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return signingKey{}, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return signingKey{}, fmt.Errorf("%s holds no key; remove the file, and a new one is made", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return signingKey{}, fmt.Errorf("%s: %w; remove the file, and a new key is made", path, err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return signingKey{}, fmt.Errorf("%s holds no RSA key; remove the file, and a new one is made", path)
	}
	return newSigningKey(private), nil
}

func makeKey(path string) (signingKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return signingKey{}, fmt.Errorf("make a signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return signingKey{}, fmt.Errorf("make a signing key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return signingKey{}, fmt.Errorf("keep the signing key: %w", err)
	}
	if err := atomicfile.Write(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return signingKey{}, fmt.Errorf("keep the signing key: %w", err)
	}
	return newSigningKey(private), nil
}

// newSigningKey names a key by its thumbprint (RFC 7638), so that a new key has a new id.
func newSigningKey(private *rsa.PrivateKey) signingKey {
	k := signingKey{private: private}
	n, e := k.public()
	sum := sha256.Sum256(fmt.Appendf(nil, `{"e":%q,"kty":"RSA","n":%q}`, e, n))
	k.id = base64.StdEncoding.EncodeToString(sum[:]) // AWS's ids are of this form
	return k
}

// public gives the modulus and the exponent as a JSON Web Key has them (RFC 7518, section 6.3.1).
func (k signingKey) public() (n, e string) {
	return base64.RawURLEncoding.EncodeToString(k.private.N.Bytes()),
		base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.private.E)).Bytes())
}
