package snsmessage_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/snsmessage"
)

const (
	topic   = "arn:aws:sns:us-east-1:123456789012:avatars"
	snsHost = "sns.us-east-1.amazonaws.com"
	certURL = "https://" + snsHost + "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
)

// snsKey is what the tests' SNS signs with: made once, as making one takes a while.
var snsKey *rsa.PrivateKey

func TestMain(m *testing.M) {
	var err error
	if snsKey, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		fmt.Fprintln(os.Stderr, "make the test key:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// aws is the part of AWS that a verifier talks to, behind real sockets: SNS over TLS, and over http the
// authority that issues its certificate. Whatever name a request is for, it arrives here and is counted.
type aws struct {
	t                  *testing.T
	root, intermediate *x509.Certificate
	rootKey, interKey  *ecdsa.PrivateKey
	roots              *x509.CertPool

	mu    sync.Mutex
	files map[string]http.HandlerFunc // by host and path
	asked []string                    // host and path of each request

	tlsAddr, httpAddr string
	transport         *http.Transport
}

func newAWS(t *testing.T) *aws {
	a := &aws{t: t, files: map[string]http.HandlerFunc{}, roots: x509.NewCertPool()}
	a.rootKey, a.interKey = ecKey(t), ecKey(t)
	ca := func(name string) *x509.Certificate {
		return &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	}
	a.root = a.issue(ca("root"), ca("root"), &a.rootKey.PublicKey, a.rootKey)
	inter := ca("intermediate")
	inter.IssuingCertificateURL = []string{"http://crt.root.amazontrust.com/root.cer"}
	a.intermediate = a.issue(inter, a.root, &a.interKey.PublicKey, a.rootKey)
	a.roots.AddCert(a.root)

	webKey := ecKey(t)
	web := a.issue(&x509.Certificate{DNSNames: []string{snsHost}}, a.root, &webKey.PublicKey, a.rootKey)
	secure := httptest.NewUnstartedServer(http.HandlerFunc(a.serve))
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{web.Raw}, PrivateKey: webKey}}}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(plain.Close)
	a.tlsAddr, a.httpAddr = secure.Listener.Addr().String(), plain.Listener.Addr().String()
	a.transport = &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: a.roots},
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			to := a.httpAddr
			if _, port, _ := net.SplitHostPort(addr); port == "443" {
				to = a.tlsAddr
			}
			return new(net.Dialer).DialContext(ctx, network, to)
		},
	}
	t.Cleanup(a.transport.CloseIdleConnections)

	a.put("crt.inter.amazontrust.com/inter.cer", a.intermediate.Raw)
	a.putCertificate(a.snsCertificate(nil))
	return a
}

func (a *aws) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.asked = append(a.asked, r.Host+r.URL.Path)
	h := a.files[r.Host+r.URL.Path]
	a.mu.Unlock()
	if h == nil {
		http.NotFound(w, r)
		return
	}
	h(w, r)
}

func (a *aws) handle(where string, h http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files[where] = h
}

func (a *aws) put(where string, body []byte) {
	a.handle(where, func(w http.ResponseWriter, _ *http.Request) { w.Write(body) })
}

func (a *aws) requests() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.asked...)
}

// snsCertificate makes SNS's certificate as AWS does: the intermediate is not served with it but named in
// it. The change may spoil it.
func (a *aws) snsCertificate(change func(*x509.Certificate)) *x509.Certificate {
	c := &x509.Certificate{
		DNSNames:              []string{"sns.amazonaws.com"},
		IssuingCertificateURL: []string{"http://crt.inter.amazontrust.com/inter.cer"},
	}
	if change != nil {
		change(c)
	}
	return a.issue(c, a.intermediate, &snsKey.PublicKey, a.interKey)
}

func (a *aws) putCertificate(c *x509.Certificate) {
	a.put(certURL[len("https://"):], pemOf(c))
}

func (a *aws) issue(c, parent *x509.Certificate, pub crypto.PublicKey, key crypto.PrivateKey) *x509.Certificate {
	a.t.Helper()
	return issue(a.t, c, parent, pub, key)
}

func issue(t *testing.T, c, parent *x509.Certificate, pub crypto.PublicKey, key crypto.PrivateKey) *x509.Certificate {
	t.Helper()
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	if c.NotAfter.IsZero() {
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	if !c.IsCA && c.ExtKeyUsage == nil {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

func ecKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// verifier returns one that believes this AWS. The change may set more.
func (a *aws) verifier(change func(*snsmessage.Config)) *snsmessage.Verifier {
	a.t.Helper()
	c := snsmessage.Config{TopicARNs: []string{topic}, Roots: a.roots, Transport: a.transport}
	if change != nil {
		change(&c)
	}
	v, err := snsmessage.NewVerifier(c)
	if err != nil {
		a.t.Fatal(err)
	}
	return v
}

// notification returns a signed message after change has been made to it.
func notification(t *testing.T, change func(*snsmessage.Message)) *snsmessage.Message {
	t.Helper()
	m := &snsmessage.Message{
		Type: snsmessage.Notification, MessageID: "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", TopicARN: topic,
		Subject: new("Amazon S3 Notification"), Message: `{"Records":[]}`, Timestamp: snsmessage.FormatTime(time.Now()),
		SigningCertURL: certURL, UnsubscribeURL: "https://" + snsHost + "/?Action=Unsubscribe",
	}
	return signed(t, m, change)
}

// confirmation returns a signed SubscriptionConfirmation after change has been made to it.
func confirmation(t *testing.T, change func(*snsmessage.Message)) *snsmessage.Message {
	t.Helper()
	m := &snsmessage.Message{
		Type: snsmessage.SubscriptionConfirmation, MessageID: "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", TopicARN: topic,
		Token: "2336412f37", Message: "You have chosen to subscribe", Timestamp: snsmessage.FormatTime(time.Now()),
		SubscribeURL:   "https://" + snsHost + "/?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=2336412f37",
		SigningCertURL: certURL,
	}
	return signed(t, m, change)
}

func signed(t *testing.T, m *snsmessage.Message, change func(*snsmessage.Message)) *snsmessage.Message {
	t.Helper()
	if change != nil {
		change(m)
	}
	if err := m.Sign(snsKey); err != nil {
		t.Fatal(err)
	}
	return m
}
