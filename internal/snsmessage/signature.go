package snsmessage

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // SignatureVersion 1
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// StringToSign is the form of the message that is signed: for each signed value its name and the value,
// each followed by a line feed, in the order of their names. A Subject takes part where there is one.
// Source: Amazon SNS Developer Guide, "Verifying the signatures of Amazon SNS messages".
func (m *Message) StringToSign() string {
	var b strings.Builder
	add := func(name, value string) {
		b.WriteString(name)
		b.WriteByte('\n')
		b.WriteString(value)
		b.WriteByte('\n')
	}
	add("Message", m.Message)
	add("MessageId", m.MessageID)
	if m.Type == Notification {
		if m.Subject != nil {
			add("Subject", *m.Subject)
		}
	} else {
		add("SubscribeURL", m.SubscribeURL)
	}
	add("Timestamp", m.Timestamp)
	if m.Type != Notification {
		add("Token", m.Token)
	}
	add("TopicArn", m.TopicARN)
	add("Type", string(m.Type))
	return b.String()
}

// Sign sets the message's SignatureVersion to 2 and its Signature to that of the key:
// RSASSA-PKCS1-v1_5 over SHA-256 (RFC 8017, 8.2).
func (m *Message) Sign(key *rsa.PrivateKey) error {
	sum := sha256.Sum256([]byte(m.StringToSign()))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return fmt.Errorf("sign sns message: %w", err)
	}
	m.SignatureVersion, m.Signature = "2", base64.StdEncoding.EncodeToString(sig)
	return nil
}

// hashOf gives the hash that a SignatureVersion stands for.
func hashOf(version string) (crypto.Hash, bool) {
	switch version {
	case "1":
		return crypto.SHA1, true
	case "2":
		return crypto.SHA256, true
	}
	return 0, false
}

// checkSignature tells whether key made the message's signature.
func (m *Message) checkSignature(key *rsa.PublicKey) error {
	hash, ok := hashOf(m.SignatureVersion)
	if !ok {
		return forbidden(CodeVersion, "the signature version is %q", m.SignatureVersion)
	}
	sig, err := base64.StdEncoding.Strict().DecodeString(m.Signature)
	if err != nil || len(sig) == 0 {
		return forbidden(CodeSignature, "the signature is missing or not base64")
	}
	h := hash.New()
	h.Write([]byte(m.StringToSign()))
	if err := rsa.VerifyPKCS1v15(key, hash, h.Sum(nil), sig); err != nil {
		return forbidden(CodeSignature, "the signature does not fit the message: it was changed, or SNS did not sign it")
	}
	return nil
}
