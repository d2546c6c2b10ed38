package snsmessage

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

const (
	// defaultMaxAge is the hour that SNS spends on retries at most, and an hour to spare.
	defaultMaxAge   = 2 * time.Hour
	defaultMaxAhead = 5 * time.Minute
	// fetchTimeout bounds all that is fetched for one message: SNS waits 15 seconds for its answer.
	fetchTimeout = 10 * time.Second
)

// Config says what a verifier believes.
type Config struct {
	TopicARNs []string      // messages of other topics are refused; at least one
	MaxAge    time.Duration // how old a message may be; 0 means 2 hours
	MaxAhead  time.Duration // how far ahead of this clock its time may be; 0 means 5 minutes

	// AllowVersion1 accepts SignatureVersion 1 (SHA-1) as well, the default of topics made without a
	// SignatureVersion.
	AllowVersion1 bool

	// Roots are what certificates must chain to; nil means the system's.
	Roots *x509.CertPool
	// Intermediates are tried in chains beside what is fetched. May be nil.
	Intermediates *x509.CertPool

	// LocalPrefixes are URLs of an SNS on this machine, "http://127.0.0.1:4100/sns/", below which
	// certificates and confirmations are accepted as well: over plain http, and self-made. Whoever can
	// listen there can sign. Leave it empty in production.
	LocalPrefixes []string

	Transport http.RoundTripper // for certificates and confirmations; nil means http.DefaultTransport
	Now       func() time.Time  // nil means time.Now
}

// Verifier verifies and confirms messages. It caches certificates; it is safe for concurrent use.
type Verifier struct {
	config  Config
	origins map[string]origin // by topic ARN
	client  *http.Client
	certs   *certificates
}

// NewVerifier checks c and returns a verifier.
func NewVerifier(c Config) (*Verifier, error) {
	v := &Verifier{config: c, origins: map[string]origin{}, certs: newCertificates()}
	if len(c.TopicARNs) == 0 {
		return nil, errors.New("sns verifier: no topic is allowed, so every message would be refused")
	}
	for _, arn := range c.TopicARNs {
		o, err := originOf(arn)
		if err != nil {
			return nil, fmt.Errorf("sns verifier: %w", err)
		}
		v.origins[arn] = o
	}
	for _, p := range c.LocalPrefixes {
		if err := checkPrefix(p); err != nil {
			return nil, fmt.Errorf("sns verifier: local prefix: %w", err)
		}
	}
	v.config.LocalPrefixes = slices.Clone(c.LocalPrefixes)
	if v.config.MaxAge == 0 {
		v.config.MaxAge = defaultMaxAge
	}
	if v.config.MaxAhead == 0 {
		v.config.MaxAhead = defaultMaxAhead
	}
	if v.config.Now == nil {
		v.config.Now = time.Now
	}
	v.client = &http.Client{
		Transport:     c.Transport,
		Timeout:       fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return v, nil
}

// Verify tells whether SNS sent the message: nil, or an [*Error]. All that can be decided without the
// network is decided first, so a forged message costs no request. Replays inside the window are valid;
// the receiver tells them by their MessageID.
func (v *Verifier) Verify(ctx context.Context, m *Message) error {
	o, err := v.admit(m)
	if err != nil {
		return err
	}
	key, err := v.key(ctx, o, m)
	if err != nil {
		return err
	}
	return m.checkSignature(key)
}

// admit checks all but the signature.
func (v *Verifier) admit(m *Message) (origin, error) {
	if err := m.check(); err != nil {
		return origin{}, err
	}
	o, ok := v.origins[m.TopicARN]
	if !ok {
		return origin{}, forbidden(CodeTopic, "the topic %q is not one of ours", m.TopicARN)
	}
	if m.SignatureVersion != "2" && (m.SignatureVersion != "1" || !v.config.AllowVersion1) {
		return origin{}, forbidden(CodeVersion, "the signature version is %q; set the topic's SignatureVersion to 2", m.SignatureVersion)
	}
	sent, err := m.Time()
	if err != nil {
		return origin{}, malformed("Timestamp is not a time: %w", err)
	}
	switch age := v.config.Now().Sub(sent); {
	case age > v.config.MaxAge:
		return origin{}, forbidden(CodeAge, "the message of %s is older than %s", m.Timestamp, v.config.MaxAge)
	case -age > v.config.MaxAhead:
		return origin{}, forbidden(CodeAge, "the message of %s is more than %s ahead of this clock", m.Timestamp, v.config.MaxAhead)
	}
	if _, _, err := o.admitCertificate(m.SigningCertURL, v.config.LocalPrefixes); err != nil {
		return origin{}, forbidden(CodeURL, "SigningCertURL: %w", err)
	}
	return o, nil
}

// Confirm verifies a SubscriptionConfirmation and confirms it by a GET of its SubscribeURL, under the same
// rules as for certificates. It refuses other types: an UnsubscribeConfirmation holds a SubscribeURL too,
// which would undo what someone wanted.
func (v *Verifier) Confirm(ctx context.Context, m *Message) error {
	if m.Type != SubscriptionConfirmation {
		return malformed("a %s is not to be confirmed", m.Type)
	}
	o, err := v.admit(m)
	if err != nil {
		return err
	}
	u, err := o.admitConfirmation(m, v.config.LocalPrefixes)
	if err != nil {
		return forbidden(CodeURL, "SubscribeURL: %w", err)
	}
	if err := v.Verify(ctx, m); err != nil {
		return err
	}
	if _, err := v.fetch(ctx, u.String()); err != nil {
		return unavailable(CodeConfirm, "confirm the subscription: %w", err)
	}
	return nil
}
