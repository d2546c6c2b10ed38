package snsmessage_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/thumbing/thumbing/internal/snsmessage"
)

// canonical makes the string that is signed out of a message's JSON, by the Developer Guide's words and
// without the package under test: sort the names of the signed members byte-wise, leave out those that
// are not there, and write name and value on lines of their own.
func canonical(t *testing.T, body []byte) string {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatal(err)
	}
	names := []string{"Type", "TopicArn", "Timestamp", "Subject", "MessageId", "Message"}
	if members["Type"] != "Notification" {
		names = []string{"Type", "TopicArn", "Token", "Timestamp", "SubscribeURL", "MessageId", "Message"}
	}
	slices.Sort(names)
	var lines []string
	for _, n := range names {
		if v, ok := members[n].(string); ok {
			lines = append(lines, n, v)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// signIndependently signs with the standard library alone.
func signIndependently(t *testing.T, m *snsmessage.Message, version string) string {
	t.Helper()
	body, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(canonical(t, body))
	var sig []byte
	switch version {
	case "1":
		sum := sha1.Sum(text)
		sig, err = rsa.SignPKCS1v15(nil, snsKey, crypto.SHA1, sum[:])
	default:
		sum := sha256.Sum256(text)
		sig, err = rsa.SignPKCS1v15(nil, snsKey, crypto.SHA256, sum[:])
	}
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(sig)
}

func samples(t *testing.T) []*snsmessage.Message {
	return []*snsmessage.Message{
		notification(t, nil),
		notification(t, func(m *snsmessage.Message) { m.Subject = nil }),
		notification(t, func(m *snsmessage.Message) { m.Subject = new("") }),
		notification(t, func(m *snsmessage.Message) { m.Message = "line\n\nline <ü> & \"x\" \u2028\t" }),
		confirmation(t, nil),
		confirmation(t, func(m *snsmessage.Message) { m.Type = snsmessage.UnsubscribeConfirmation }),
	}
}

func TestIndependentSigner(t *testing.T) {
	a := newAWS(t)
	v := a.verifier(nil)
	for _, m := range samples(t) {
		ours := m.Signature
		m.Signature = signIndependently(t, m, "2")
		if m.Signature != ours { // PKCS #1 v1.5 signatures are the same each time
			t.Errorf("%s: an independent signer signs differently", m.Type)
		}
		if err := v.Verify(t.Context(), m); err != nil {
			t.Error(err)
		}
	}
}

// OpenSSL signs what the package verifies, and verifies what the package signs.
func TestOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed: only the standard library cross-checks signatures here")
	}
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	run := func(args ...string) []byte {
		out, err := exec.CommandContext(t.Context(), openssl, args...).Output()
		if err != nil {
			t.Fatalf("openssl %s: %v", strings.Join(args, " "), err)
		}
		return out
	}
	private := file("key.pem", pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(snsKey)}))
	a := newAWS(t)
	v := a.verifier(nil)
	public := file("public.pem", run("x509", "-pubkey", "-noout", "-in", file("cert.pem", pemOf(a.snsCertificate(nil)))))
	for _, m := range samples(t) {
		body, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		text := file("text", []byte(canonical(t, body)))
		sig, err := base64.StdEncoding.DecodeString(m.Signature)
		if err != nil {
			t.Fatal(err)
		}
		if out := run("dgst", "-sha256", "-verify", public, "-signature", file("sig", sig), text); !bytes.Contains(out, []byte("Verified OK")) {
			t.Errorf("openssl says %q", out)
		}
		m.Signature = base64.StdEncoding.EncodeToString(run("dgst", "-sha256", "-sign", private, text))
		if err := v.Verify(t.Context(), m); err != nil {
			t.Errorf("signed by openssl: %v", err)
		}
	}
}
