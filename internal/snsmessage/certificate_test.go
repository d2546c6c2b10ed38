package snsmessage_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/snsmessage"
)

func TestCertificates(t *testing.T) { // W10
	a := newAWS(t)
	where := certURL[len("https://"):]
	selfSigned := issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "x"}, DNSNames: []string{"sns.amazonaws.com"}},
		&x509.Certificate{Subject: pkix.Name{CommonName: "x"}}, &snsKey.PublicKey, snsKey)
	stranger := ecKey(t)
	foreign := issue(t, &x509.Certificate{DNSNames: []string{"sns.amazonaws.com"}},
		&x509.Certificate{Subject: pkix.Name{CommonName: "stranger"}}, &snsKey.PublicKey, stranger)
	elliptic := a.issue(&x509.Certificate{DNSNames: []string{"sns.amazonaws.com"}}, a.intermediate, &stranger.PublicKey, a.interKey)
	for name, spoil := range map[string]http.HandlerFunc{
		"not found":    http.NotFound,
		"server error": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) },
		"redirect":     func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other.pem", http.StatusFound) },
		"cut off":      func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"huge":         func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(strings.Repeat("x", 1<<20))) },
		"empty":        func(http.ResponseWriter, *http.Request) {},
		"not pem":      func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) },
		"a key": func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte("-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n"))
		},
		"broken": func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"))
		},
		"self-signed":    func(w http.ResponseWriter, _ *http.Request) { w.Write(pemOf(selfSigned)) },
		"unknown issuer": func(w http.ResponseWriter, _ *http.Request) { w.Write(pemOf(foreign)) },
		"not RSA":        func(w http.ResponseWriter, _ *http.Request) { w.Write(pemOf(elliptic)) },
		"an authority's": func(w http.ResponseWriter, _ *http.Request) { w.Write(pemOf(a.intermediate)) },
		"many": func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte(strings.Repeat(string(pemOf(a.root)), 9)))
		},
		"expired": certificate(a, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
		}),
		"not yet valid": certificate(a, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
		}),
		"of another name":  certificate(a, func(c *x509.Certificate) { c.DNSNames = []string{"evil.com"} }),
		"a wildcard":       certificate(a, func(c *x509.Certificate) { c.DNSNames = []string{"*.amazonaws.com"} }),
		"another region's": certificate(a, func(c *x509.Certificate) { c.DNSNames = []string{"sns.eu-west-1.amazonaws.com"} }),
		"for clients":      certificate(a, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }),
		"no issuer":        certificate(a, func(c *x509.Certificate) { c.IssuingCertificateURL = nil }),
		"issuer elsewhere": certificate(a, func(c *x509.Certificate) {
			c.IssuingCertificateURL = []string{"http://evil.com/inter.cer", "http://amazontrust.com.evil.com/inter.cer", "http://amazontrust.com:8080/inter.cer", "ldap://amazontrust.com/x"}
		}),
		"issuer is another": certificate(a, func(c *x509.Certificate) {
			c.IssuingCertificateURL = []string{"http://crt.root.amazontrust.com/root.cer"}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			a.put("crt.root.amazontrust.com/root.cer", a.root.Raw)
			a.handle(where, spoil)
			v, before := a.verifier(nil), len(a.requests())
			wantCode(t, v.Verify(t.Context(), notification(t, nil)), snsmessage.CodeCertificate, http.StatusServiceUnavailable)
			for _, asked := range a.requests()[before:] {
				if strings.Contains(asked, "evil") || strings.Contains(asked, "other") {
					t.Errorf("asked %s", asked)
				}
			}
			// Nothing of it was kept: with a good certificate the same message is accepted.
			a.putCertificate(a.snsCertificate(nil))
			if err := v.Verify(t.Context(), notification(t, nil)); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func certificate(a *aws, change func(*x509.Certificate)) http.HandlerFunc {
	body := pemOf(a.snsCertificate(change))
	return func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }
}

func TestCertificateChains(t *testing.T) {
	t.Run("regional name", func(t *testing.T) {
		a := newAWS(t)
		a.putCertificate(a.snsCertificate(func(c *x509.Certificate) { c.DNSNames = []string{"sns-signing.us-east-1.amazonaws.com"} }))
		if err := a.verifier(nil).Verify(t.Context(), notification(t, nil)); err != nil {
			t.Error(err)
		}
	})
	t.Run("intermediate in the file", func(t *testing.T) {
		a := newAWS(t)
		a.put(certURL[len("https://"):], append(pemOf(a.snsCertificate(nil)), pemOf(a.intermediate)...))
		if err := a.verifier(nil).Verify(t.Context(), notification(t, nil)); err != nil {
			t.Error(err)
		}
		if got := a.requests(); len(got) != 1 {
			t.Errorf("requests %q, want one", got)
		}
	})
	t.Run("intermediate configured", func(t *testing.T) {
		a := newAWS(t)
		v := a.verifier(func(c *snsmessage.Config) {
			c.Intermediates = x509.NewCertPool()
			c.Intermediates.AddCert(a.intermediate)
		})
		if err := v.Verify(t.Context(), notification(t, nil)); err != nil {
			t.Error(err)
		}
		if got := a.requests(); len(got) != 1 {
			t.Errorf("requests %q, want one", got)
		}
	})
	t.Run("issuer out of reach, then back", func(t *testing.T) {
		a := newAWS(t)
		a.handle("crt.inter.amazontrust.com/inter.cer", http.NotFound)
		v := a.verifier(nil)
		wantCode(t, v.Verify(t.Context(), notification(t, nil)), snsmessage.CodeCertificate, http.StatusServiceUnavailable)
		a.put("crt.inter.amazontrust.com/inter.cer", a.intermediate.Raw)
		if err := v.Verify(t.Context(), notification(t, nil)); err != nil {
			t.Error(err)
		}
	})
	t.Run("expires in the cache", func(t *testing.T) {
		a := newAWS(t)
		var later atomic.Int64
		v := a.verifier(func(c *snsmessage.Config) {
			c.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
		})
		if err := v.Verify(t.Context(), notification(t, nil)); err != nil {
			t.Fatal(err)
		}
		later.Store(int64(90 * time.Minute))
		wantCode(t, v.Verify(t.Context(), notification(t, nil)), snsmessage.CodeCertificate, http.StatusServiceUnavailable)
	})
}
