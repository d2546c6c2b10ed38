package sns

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud/atomicfile"
)

const (
	keyBits      = 2048 // as AWS's
	certLifetime = 10 * 365 * 24 * time.Hour
	certRenewal  = 30 * 24 * time.Hour // before the end
)

// signer is the key that messages are signed with, and its certificate.
type signer struct {
	key  *rsa.PrivateKey
	cert []byte // PEM
	file string // under which the certificate is served; another certificate has another name
}

// openSigner reads key and certificate, and makes them where there are none or they expire.
func openSigner(path string, now time.Time) (*signer, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newSigner(path, now)
	}
	if err != nil {
		return nil, err
	}
	s, err := parseSigner(data, now)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; remove the file, and a new key is made", path, err)
	}
	if s == nil {
		return newSigner(path, now)
	}
	return s, nil
}

// parseSigner reads a signer, or nil if its certificate is about to expire.
func parseSigner(data []byte, now time.Time) (*signer, error) {
	keyBlock, rest := pem.Decode(data)
	certBlock, _ := pem.Decode(rest)
	if keyBlock == nil || certBlock == nil {
		return nil, errors.New("it holds no key and certificate")
	}
	key, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok || !private.PublicKey.Equal(cert.PublicKey) {
		return nil, errors.New("its key does not belong to its certificate")
	}
	if now.Before(cert.NotBefore) || now.Add(certRenewal).After(cert.NotAfter) {
		return nil, nil
	}
	return makeSigner(private, certBlock.Bytes), nil
}

// newSigner makes a key and a certificate that it signs itself.
func newSigner(path string, now time.Time) (*signer, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("make a signing key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make a signing certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "sns.localhost", Organization: []string{"Thumbing local cloud"}},
		DNSNames:     []string{"sns.localhost"},
		NotBefore:    now.Add(-time.Hour), // clocks differ
		NotAfter:     now.Add(certLifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make a signing certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("make a signing key: %w", err)
	}
	data := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	data = append(data, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	if err := atomicfile.Write(path, data); err != nil {
		return nil, fmt.Errorf("keep the signing key: %w", err)
	}
	return makeSigner(key, der), nil
}

func makeSigner(key *rsa.PrivateKey, der []byte) *signer {
	sum := sha256.Sum256(der)
	return &signer{key: key, cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		file: "SimpleNotificationService-" + hex.EncodeToString(sum[:16]) + ".pem"}
}
