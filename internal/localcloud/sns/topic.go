package sns

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/thumbing/thumbing/internal/localcloud/loopback"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

// AWS's limits of a message.
const (
	maxMessage = 256 << 10 // bytes
	maxSubject = 99        // characters, fewer than 100
)

// Topic is a topic. Service.CreateTopic makes one.
type Topic struct {
	service   *Service
	name, arn string
	key       string // ARN of the KMS key that whoever publishes must be allowed to use; "" for none
}

// ARN is the topic's Amazon Resource Name.
func (t *Topic) ARN() string { return t.arn }

// Attribute is an attribute of a topic or a subscription, as templates and the SNS API name it.
type Attribute struct{ Name, Value string }

// Subscribe sends the topic's messages to an endpoint on this machine, by "http" or "https". A
// subscription that is not yet confirmed is asked for confirmation behind. An attribute or protocol that
// does not run here is an error in which errors.Is finds errors.ErrUnsupported.
func (t *Topic) Subscribe(ctx context.Context, protocol, endpoint string, attributes ...Attribute) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if protocol != "http" && protocol != "https" {
		return unsupported(fmt.Sprintf("subscribe %s: the protocol %q does not run here; http and https do", redact(endpoint), protocol))
	}
	letters := ""
	for _, a := range attributes {
		runs := a.Value == ""
		switch a.Name {
		case "RawMessageDelivery":
			runs = a.Value == "false"
		case "RedrivePolicy":
			letters, runs = t.service.deadLetters(a.Value)
		}
		if !runs {
			return unsupported(fmt.Sprintf("subscribe %s: %s = %s does not run here", redact(endpoint), a.Name, a.Value))
		}
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != protocol || u.Host == "" || u.Opaque != "" {
		return fmt.Errorf("subscribe %s: not an %s URL", redact(endpoint), protocol)
	}
	if !loopback.IsHost(u.Host) {
		return unsupported(fmt.Sprintf("subscribe %s: the endpoint is not on this machine, and could neither fetch the local certificate nor confirm", redact(endpoint)))
	}
	return t.service.subscribe(t, protocol, endpoint, letters)
}

// deadLetters is the ARN in a redrive policy. Ok is false where nobody takes what is undelivered.
func (s *Service) deadLetters(policy string) (arn string, ok bool) {
	var p struct {
		Target string `json:"deadLetterTargetArn"`
	}
	err := json.Unmarshal([]byte(policy), &p)
	return p.Target, err == nil && p.Target != "" && s.config.OnUndelivered != nil
}

// redact hides a password in an endpoint.
func redact(endpoint string) string {
	if u, err := url.Parse(endpoint); err == nil {
		return u.Redacted()
	}
	return "(not a URL)"
}

// Publish sends a message to every confirmed subscription and returns its ID. An empty subject is none.
// When it returns, the message is kept: deliveries happen behind.
func (t *Topic) Publish(ctx context.Context, subject, message string) (messageID string, err error) {
	return t.publish(ctx, subject, message, nil)
}

func (t *Topic) publish(ctx context.Context, subject, message string, attributes map[string]snsmessage.Attribute) (messageID string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if err := checkMessage(subject, message, attributes); err != nil {
		return "", fmt.Errorf("publish to %s: %w", t.name, err)
	}
	m := snsmessage.Message{
		Type: snsmessage.Notification, MessageID: uuid.NewString(), TopicARN: t.arn,
		Message: message, Timestamp: snsmessage.FormatTime(time.Now()), MessageAttributes: attributes,
	}
	if subject != "" {
		m.Subject = &subject
	}
	if err := t.service.publish(m); err != nil {
		return "", fmt.Errorf("publish to %s: %w", t.name, err)
	}
	return m.MessageID, nil
}

// checkMessage applies the rules of SNS's Publish.
func checkMessage(subject, message string, attributes map[string]snsmessage.Attribute) error {
	size := len(message)
	for name, a := range attributes {
		size += len(name) + len(a.Type) + len(a.Value)
	}
	switch {
	case message == "":
		return invalid("Empty message")
	case size > maxMessage:
		return invalid("Message too long")
	case !utf8.ValidString(message):
		return invalid("Message is not UTF-8")
	case len(subject) > maxSubject:
		return invalid("Subject is longer than 99 characters")
	case subject != "" && subject[0] <= ' ':
		return invalid("Subject does not begin with a letter, number or punctuation mark")
	}
	for _, r := range subject {
		if r < ' ' || r > '~' {
			return invalid("Subject is not printable ASCII")
		}
	}
	return nil
}

// publish keeps a message for each subscription and begins its deliveries.
func (s *Service) publish(m snsmessage.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	reached := false
	for _, sub := range s.ofTopic(m.TopicARN) {
		if sub.state != confirmed {
			s.log.Warn("the subscription is not confirmed, so this message does not reach it", "endpoint", redact(sub.Endpoint), "message_id", m.MessageID)
			continue
		}
		reached = true
		d := delivery{SubscriptionID: sub.ID, Message: m, Published: time.Now()}
		data, err := json.Marshal(d)
		if err != nil {
			return err
		}
		if err := s.spool.Put(d.id(), data); err != nil {
			return err
		}
		s.begin(func() { s.deliver(sub, d) }) // or else the next run does
	}
	if !reached {
		s.log.Debug("nobody has subscribed to this message", "topic", m.TopicARN, "message_id", m.MessageID)
	}
	return nil
}
