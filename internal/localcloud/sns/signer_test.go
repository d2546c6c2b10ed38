package sns

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestSignerIsKeptAndRenewed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signing.pem")
	now := time.Now()
	first, err := openSigner(path, now)
	if err != nil {
		t.Fatal(err)
	}
	second, err := openSigner(path, now.Add(certLifetime-certRenewal-time.Minute))
	if err != nil || second.file != first.file || !second.key.Equal(first.key) {
		t.Errorf("another signer after a restart: %v", err)
	}
	late := now.Add(certLifetime - certRenewal + time.Minute)
	third, err := openSigner(path, late)
	if err != nil || third.file == first.file {
		t.Errorf("the certificate is not renewed: %v", err)
	}
	if fourth, err := openSigner(path, late); err != nil || fourth.file != third.file {
		t.Errorf("the renewed certificate is not kept: %v", err)
	}
	// A key and another one's certificate are no pair.
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := pem.Decode(data)
	if _, err := parseSigner(append(pem.EncodeToMemory(key), first.cert...), now); err == nil {
		t.Error("accepted a key that is not the certificate's")
	}
}
