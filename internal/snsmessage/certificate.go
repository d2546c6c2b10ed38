package snsmessage

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	maxFetch      = 64 << 10 // bytes of a certificate file or an answer
	maxCached     = 16       // certificates; a region has one, and another while it changes
	maxFetching   = 4        // messages whose certificate is being fetched at once
	maxChain      = 4        // certificates between SNS's and a root
	minRSA        = 2048     // bits
	maxRSA        = 4096     // bits; more would make each check slow
	pemCertHeader = "CERTIFICATE"
)

// issuerHosts are the domains of the authorities that issue SNS's certificates: Amazon Trust Services,
// and DigiCert in China.
var issuerHosts = []string{"amazontrust.com", "digicert.com", "digicert.cn"}

// certificates caches keys by the URL of their certificate. Only fully validated ones enter.
type certificates struct {
	mu       sync.Mutex
	byURL    map[string]signer
	fetching chan struct{} // a slot for each fetch under way
}

func newCertificates() *certificates {
	return &certificates{byURL: map[string]signer{}, fetching: make(chan struct{}, maxFetching)}
}

type signer struct {
	key                 *rsa.PublicKey
	notBefore, notAfter time.Time
}

func (s signer) valid(now time.Time) bool { return !now.Before(s.notBefore) && !now.After(s.notAfter) }

func (c *certificates) get(u string, now time.Time) (*rsa.PublicKey, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.byURL[u]
	return s.key, ok && s.valid(now)
}

func (c *certificates) put(u string, s signer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for old := range c.byURL {
		if len(c.byURL) < maxCached {
			break
		}
		delete(c.byURL, old)
	}
	c.byURL[u] = s
}

// slot waits until one more fetch may run, and returns what ends it.
func (c *certificates) slot(ctx context.Context) (release func(), err error) {
	select {
	case c.fetching <- struct{}{}:
		return func() { <-c.fetching }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// key returns the key that must have signed the message.
func (v *Verifier) key(ctx context.Context, o origin, m *Message) (*rsa.PublicKey, error) {
	u, local, err := o.admitCertificate(m.SigningCertURL, v.config.LocalPrefixes)
	if err != nil {
		return nil, forbidden(CodeURL, "SigningCertURL: %w", err)
	}
	now, address := v.config.Now(), u.String()
	if key, ok := v.certs.get(address, now); ok {
		return key, nil
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	release, err := v.certs.slot(ctx)
	if err != nil {
		return nil, unavailable(CodeCertificate, "fetch the signing certificate: %w", err)
	}
	defer release()
	if key, ok := v.certs.get(address, now); ok {
		return key, nil // another message brought it while this one waited
	}
	s, err := v.load(ctx, address, local, o.names, now)
	if err != nil {
		return nil, unavailable(CodeCertificate, "signing certificate %s: %w", address, err)
	}
	v.certs.put(address, s)
	return s.key, nil
}

// load fetches a certificate and validates it.
func (v *Verifier) load(ctx context.Context, address string, local bool, names []string, now time.Time) (signer, error) {
	body, err := v.fetch(ctx, address)
	if err != nil {
		return signer{}, err
	}
	chain, err := parsePEM(body)
	if err != nil {
		return signer{}, err
	}
	leaf := chain[0]
	key, ok := leaf.PublicKey.(*rsa.PublicKey)
	if !ok || key.N.BitLen() < minRSA || key.N.BitLen() > maxRSA {
		return signer{}, fmt.Errorf("its key is not RSA of %d to %d bits", minRSA, maxRSA)
	}
	s := signer{key, leaf.NotBefore, leaf.NotAfter}
	if !s.valid(now) {
		return signer{}, fmt.Errorf("it is valid from %s to %s, and not now", leaf.NotBefore.Format(time.RFC3339), leaf.NotAfter.Format(time.RFC3339))
	}
	if local {
		if err := leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature); err != nil {
			return signer{}, fmt.Errorf("a local certificate is signed by itself: %w", err)
		}
		return s, nil
	}
	// Names are compared whole: a wildcard is never one of SNS.
	if leaf.IsCA || !slices.ContainsFunc(leaf.DNSNames, func(n string) bool { return slices.Contains(names, n) }) {
		return signer{}, fmt.Errorf("it is for %s, not for SNS", strings.Join(leaf.DNSNames, ", "))
	}
	if err := v.checkChain(ctx, chain, now); err != nil {
		return signer{}, err
	}
	return s, nil
}

// checkChain tells whether the certificate leads to a root. Where a link is missing it is fetched from
// the address that the certificate below it names.
func (v *Verifier) checkChain(ctx context.Context, chain []*x509.Certificate, now time.Time) error {
	pool := x509.NewCertPool()
	if v.config.Intermediates != nil {
		pool = v.config.Intermediates.Clone()
	}
	for _, c := range chain[1:] {
		pool.AddCert(c)
	}
	leaf, last := chain[0], chain[len(chain)-1]
	for range maxChain {
		_, err := leaf.Verify(x509.VerifyOptions{Roots: v.config.Roots, Intermediates: pool, CurrentTime: now})
		if err == nil {
			return nil
		}
		issuer, fetchErr := v.fetchIssuer(ctx, last)
		if fetchErr != nil {
			return fmt.Errorf("it does not chain to a trusted root: %w", errors.Join(err, fetchErr))
		}
		pool.AddCert(issuer)
		last = issuer
	}
	return fmt.Errorf("it does not chain to a trusted root in %d steps", maxChain)
}

// fetchIssuer fetches the certificate that issued c. It need not come safely: it counts only if its
// signature on c holds and it leads to a root.
func (v *Verifier) fetchIssuer(ctx context.Context, c *x509.Certificate) (*x509.Certificate, error) {
	if bytes.Equal(c.RawIssuer, c.RawSubject) {
		return nil, errors.New("it is signed by itself")
	}
	for _, raw := range c.IssuingCertificateURL {
		u, err := url.Parse(raw)
		if err != nil || !isIssuerURL(u) {
			continue
		}
		body, err := v.fetch(ctx, u.String())
		if err != nil {
			return nil, fmt.Errorf("fetch its issuer: %w", err)
		}
		issuer, err := x509.ParseCertificate(body)
		if err != nil {
			return nil, fmt.Errorf("its issuer at %s: %w", u, err)
		}
		return issuer, c.CheckSignatureFrom(issuer)
	}
	return nil, errors.New("it names no address of its issuer that is known")
}

func isIssuerURL(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.Port() == "" &&
		slices.ContainsFunc(issuerHosts, func(h string) bool { return u.Host == h || strings.HasSuffix(u.Host, "."+h) })
}

// fetch gets a small file that answers with 200 and no redirect.
func (v *Verifier) fetch(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	name := req.URL.Host + req.URL.Path // without the query: a confirmation's holds its token
	resp, err := v.client.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return nil, fmt.Errorf("get %s: %w", name, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxFetch+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("get %s: %w", name, err)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("get %s: the answer is %s", name, resp.Status)
	case len(body) > maxFetch:
		return nil, fmt.Errorf("get %s: the answer is longer than %d bytes", name, maxFetch)
	}
	return body, nil
}

// parsePEM reads a file of certificates, SNS's first.
func parsePEM(file []byte) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for len(bytes.TrimSpace(file)) > 0 {
		block, rest := pem.Decode(file)
		if block == nil || block.Type != pemCertHeader {
			return nil, errors.New("the file is not a PEM certificate")
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		if chain = append(chain, c); len(chain) > maxChain {
			return nil, fmt.Errorf("the file holds more than %d certificates", maxChain)
		}
		file = rest
	}
	if len(chain) == 0 {
		return nil, errors.New("the file is empty")
	}
	return chain, nil
}
