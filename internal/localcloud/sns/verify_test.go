package sns_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// verifyIndependently checks a message's signature by the words of the SNS Developer Guide, with the
// standard library and, where it is installed, with OpenSSL, as the guide itself shows.
func verifyIndependently(t *testing.T, m received) {
	t.Helper()
	var members map[string]string
	if err := json.Unmarshal(m.body, &members); err != nil {
		t.Fatal(err)
	}
	names := []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	if members["Type"] != "Notification" {
		names = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	var text strings.Builder
	for _, n := range names {
		if v, ok := members[n]; ok {
			text.WriteString(n + "\n" + v + "\n")
		}
	}
	signature, err := base64.StdEncoding.DecodeString(members["Signature"])
	if err != nil {
		t.Fatal(err)
	}
	status, file := get(t, members["SigningCertURL"])
	if status != 200 {
		t.Fatalf("the certificate: %d %s", status, file)
	}
	block, rest := pem.Decode([]byte(file))
	if block == nil || len(bytes.TrimSpace(rest)) > 0 {
		t.Fatalf("not one certificate: %s", file)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(text.String()))
	if err := rsa.VerifyPKCS1v15(cert.PublicKey.(*rsa.PublicKey), crypto.SHA256, sum[:], signature); err != nil {
		t.Errorf("%s: %v", m.Type, err)
	}

	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Log("openssl is not installed: the signature is checked with the standard library only")
		return
	}
	dir := t.TempDir()
	write(t, dir, "text", text.String())
	write(t, dir, "signature", string(signature))
	write(t, dir, "cert.pem", file)
	path := func(name string) string { return filepath.Join(dir, name) }
	public, err := exec.CommandContext(t.Context(), openssl, "x509", "-pubkey", "-noout", "-in", path("cert.pem")).Output()
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "public.pem", string(public))
	out, err := exec.CommandContext(t.Context(), openssl, "dgst", "-sha256", "-verify", path("public.pem"), "-signature", path("signature"), path("text")).CombinedOutput()
	if err != nil || !slices.Contains(strings.Fields(string(out)), "OK") {
		t.Errorf("openssl says %s, %v", out, err)
	}
}
