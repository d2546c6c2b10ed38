// Package snsmessage reads, signs and verifies the messages that Amazon SNS posts to HTTP and HTTPS
// endpoints.
//
// # Receiving
//
// [Read] takes a message from a request, [Verifier.Verify] proves that SNS sent it, and
// [Verifier.Confirm] answers a SubscriptionConfirmation. Each error knows what SNS must be told:
// [StatusCode] gives 4xx for a message that will never be good, which SNS does not send again, and 5xx
// where trying again later can help. SNS waits 15 seconds for the answer and delivers at least once: a
// receiver remembers the MessageIDs it has dealt with for as long as [Config.MaxAge].
//
// # Trust
//
// A message is believed when all of these hold:
//
//   - its TopicArn is one of [Config.TopicARNs];
//   - its Timestamp lies inside the window of [Config.MaxAge] and [Config.MaxAhead];
//   - its SignatureVersion is 2 (SHA256withRSA), or 1 where [Config.AllowVersion1] says so;
//   - its SigningCertURL is https, at sns.REGION.amazonaws.com (or .com.cn) of the topic's own region,
//     without port, user, query or fragment, and ends in .pem; redirects are not followed;
//   - the certificate found there is issued for SNS (sns.amazonaws.com, or a name of that region),
//     chains to [Config.Roots], and is valid today;
//   - the signature is right.
//
// SNS serves its certificate without the intermediate one. As browsers do, the verifier then fetches
// the issuer from the address in the certificate (RFC 5280, 4.2.2.1), from hosts of Amazon Trust
// Services and DigiCert only. What comes back counts only if the chain holds. A host that cannot reach
// those over plain http needs [Config.Intermediates].
//
// Sources: Amazon SNS Developer Guide, "Verifying the signatures of Amazon SNS messages", "Parsing
// Amazon SNS message formats", "Amazon SNS message delivery retries".
package snsmessage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxBytes is the largest body that is read, in bytes. SNS carries messages of up to 256 KB.
const MaxBytes = 256 << 10

// Type says what a message is for.
type Type string

// The three types of messages.
const (
	SubscriptionConfirmation Type = "SubscriptionConfirmation"
	Notification             Type = "Notification"
	UnsubscribeConfirmation  Type = "UnsubscribeConfirmation"
)

// Message is one message as SNS posts it. Every value is what the sender claims until [Verifier.Verify]
// has accepted the message; UnsubscribeURL and MessageAttributes are not signed and remain claims.
type Message struct {
	Type             Type    `json:"Type"`
	MessageID        string  `json:"MessageId"`
	Token            string  `json:"Token,omitempty"` // of the two confirmations
	TopicARN         string  `json:"TopicArn"`
	Subject          *string `json:"Subject,omitempty"` // nil where there is none; an empty one is signed, too
	Message          string  `json:"Message"`
	SubscribeURL     string  `json:"SubscribeURL,omitempty"` // of the two confirmations
	Timestamp        string  `json:"Timestamp"`              // as signed; see Time
	SignatureVersion string  `json:"SignatureVersion"`
	Signature        string  `json:"Signature"` // base64
	SigningCertURL   string  `json:"SigningCertURL"`
	UnsubscribeURL   string  `json:"UnsubscribeURL,omitempty"` // of notifications

	MessageAttributes map[string]Attribute `json:"MessageAttributes,omitempty"` // of notifications, by name
}

// Attribute is what a publisher said about a message beside it.
type Attribute struct {
	Type  string // "String", "String.Array", "Number" or "Binary"
	Value string // base64 where it is binary
}

// Time is when the message was published.
func (m *Message) Time() (time.Time, error) { return time.Parse(time.RFC3339, m.Timestamp) }

// FormatTime writes a time as SNS does, in UTC with milliseconds.
func FormatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// Encode returns the body that SNS would post.
func (m *Message) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("encode sns message: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// Read reads the message in a request that SNS made, up to [MaxBytes]. SNS posts text/plain unless the
// subscription asks for application/json. A raw delivery carries no signature and is refused.
func Read(w http.ResponseWriter, r *http.Request) (*Message, error) {
	if strings.EqualFold(r.Header.Get("X-Amz-Sns-Rawdelivery"), "true") {
		return nil, refuse(http.StatusForbidden, CodeRawDelivery, errors.New("a raw delivery has no signature; turn raw message delivery off"))
	}
	switch kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.ToLower(strings.TrimSpace(kind)) {
	case "", "text/plain", "application/json":
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, CodeMalformed, fmt.Errorf("the content type is %q, not text/plain or application/json", kind))
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBytes))
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, refuse(http.StatusRequestEntityTooLarge, CodeTooLarge, fmt.Errorf("the body is longer than %d bytes", large.Limit))
	}
	if err != nil {
		return nil, refuse(http.StatusServiceUnavailable, CodeInterrupted, fmt.Errorf("read the body: %w", err))
	}
	m, err := Parse(body)
	if err != nil {
		return nil, err
	}
	if kind := r.Header.Get("X-Amz-Sns-Message-Type"); kind != "" && kind != string(m.Type) {
		return nil, malformed("the header says %q and the body %q", kind, m.Type)
	}
	return m, nil
}

// Parse reads a message. It wants one JSON object with the members that the message's type needs, each
// once, under its exact name; it ignores members it does not know.
func Parse(body []byte) (*Message, error) {
	if !utf8.Valid(body) {
		return nil, malformed("the body is not UTF-8")
	}
	m := new(Message)
	if err := m.decode(body); err != nil {
		return nil, err
	}
	return m, m.check()
}

func (m *Message) decode(body []byte) error {
	fields := map[string]*string{
		"Type": (*string)(&m.Type), "MessageId": &m.MessageID, "Token": &m.Token, "TopicArn": &m.TopicARN,
		"Message": &m.Message, "SubscribeURL": &m.SubscribeURL, "Timestamp": &m.Timestamp,
		"SignatureVersion": &m.SignatureVersion, "Signature": &m.Signature,
		"SigningCertURL": &m.SigningCertURL, "UnsubscribeURL": &m.UnsubscribeURL,
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return malformed("the body is not a JSON object")
	}
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return malformed("the body is not JSON: %w", err)
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return malformed("the body is not JSON: %w", err)
		}
		key, _ := name.(string)
		if key == "MessageAttributes" {
			m.MessageAttributes = attributesOf(value)
		}
		field, known := fields[key]
		if key == "Subject" {
			field, known = new(string), value != nil // null is no subject
		}
		if !known {
			continue
		}
		text, ok := value.(string)
		if !ok {
			return malformed("%s is not a string", key)
		}
		if seen[key] {
			return malformed("%s is there twice", key)
		}
		seen[key] = true
		if *field = text; key == "Subject" {
			m.Subject = field
		}
	}
	if _, err := d.Token(); err != nil {
		return malformed("the body is not JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return malformed("something follows the JSON object")
	}
	if !seen["Message"] {
		return malformed("Message is missing")
	}
	return nil
}

// attributesOf gives the attributes in a JSON value. What is none is left out: nothing that is signed depends on it.
func attributesOf(value any) map[string]Attribute {
	all := map[string]Attribute{}
	object, _ := value.(map[string]any)
	for name, member := range object {
		a, _ := member.(map[string]any)
		kind, isText := a["Type"].(string)
		text, alsoText := a["Value"].(string)
		if isText && alsoText {
			all[name] = Attribute{kind, text}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// check tells what every message of the type must have. The string that is signed sets its values apart
// by line breaks, so only Message, which comes first in it, may hold any: with a line break elsewhere two
// different messages could share a signature.
func (m *Message) check() error {
	needed := []struct{ name, value string }{{"MessageId", m.MessageID}, {"TopicArn", m.TopicARN}, {"Timestamp", m.Timestamp}}
	switch m.Type {
	case Notification:
	case SubscriptionConfirmation, UnsubscribeConfirmation:
		needed = append(needed, struct{ name, value string }{"Token", m.Token},
			struct{ name, value string }{"SubscribeURL", m.SubscribeURL})
	default:
		return malformed("the type is %q, not SubscriptionConfirmation, Notification or UnsubscribeConfirmation", m.Type)
	}
	for _, n := range needed {
		if n.value == "" {
			return malformed("%s is missing", n.name)
		}
		if strings.ContainsFunc(n.value, isControl) {
			return malformed("%s has a control character", n.name)
		}
	}
	if m.Subject != nil && strings.ContainsFunc(*m.Subject, isControl) {
		return malformed("Subject has a control character")
	}
	if _, err := m.Time(); err != nil {
		return malformed("Timestamp is not a time: %w", err)
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
