package sns

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/thumbing/thumbing/internal/snsmessage"
)

const (
	maxAnswer  = 64 << 10           // bytes of an endpoint's answer that are read
	maxBacklog = 7 * 24 * time.Hour // that messages wait for a subscription which no run has any more
)

// delivery is a notification on its way to one endpoint, as it is kept in the data folder.
type delivery struct {
	SubscriptionID string
	Message        snsmessage.Message // not signed yet
	Published      time.Time
}

func (d delivery) id() string { return d.SubscriptionID + "_" + d.Message.MessageID }

// readBacklog reads the deliveries that earlier runs have left.
func (s *Service) readBacklog(now time.Time) (map[string][]delivery, error) {
	items, err := s.spool.Items()
	if err != nil {
		return nil, err
	}
	backlog := map[string][]delivery{}
	for _, item := range items {
		var d delivery
		if err := json.Unmarshal(item.Data, &d); err != nil || d.id() != item.ID {
			s.log.Error("the data folder holds something that is not a message; it is left there", "id", item.ID, "error", err)
			continue
		}
		if now.Sub(d.Published) > maxBacklog {
			s.log.Warn("a message is given up: for a week no subscription has asked for it", "message_id", d.Message.MessageID)
			if err := s.spool.Delete(item.ID); err != nil {
				return nil, err
			}
			continue
		}
		// Time stood still while nothing ran: receivers refuse old messages.
		d.Message.Timestamp = snsmessage.FormatTime(now)
		backlog[d.SubscriptionID] = append(backlog[d.SubscriptionID], d)
	}
	return backlog, nil
}

// deliver posts a notification until the endpoint takes it, the retries are used up, or the service closes.
func (s *Service) deliver(sub *subscription, d delivery) {
	log := s.log.With("endpoint", redact(sub.Endpoint), "message_id", d.Message.MessageID)
	d.Message.UnsubscribeURL = s.base.String() + "?Action=Unsubscribe&SubscriptionArn=" + sub.arn()
	body, err := s.encode(&d.Message)
	if err != nil {
		log.Error("the message cannot be signed; the next run tries again", "error", err)
		return
	}
	for attempt := 1; ; attempt++ {
		if s.isPending(sub) {
			log.Warn("the message is given up: its subscription has ended")
			break
		}
		err := s.postInTurn(sub, &d.Message, body)
		if err == nil {
			log.Debug("delivered", "attempt", attempt)
			break
		}
		if s.closing.Err() != nil {
			return // kept for the next run
		}
		if isFinal(err) || attempt > len(s.config.RetryDelays) {
			log.Error("the message is given up: its endpoint does not take it", "attempts", attempt, "error", err)
			u := Undelivered{SubscriptionARN: sub.arn(), Endpoint: redact(sub.Endpoint), DeadLetterARN: sub.letters, Body: body, Attempts: attempt, Err: err}
			if !s.giveUp(u, log) {
				return // kept for the next run
			}
			break
		}
		wait := s.config.RetryDelays[attempt-1]
		log.Warn("the delivery failed and will be retried", "attempt", attempt, "error", err, "retry_in", wait)
		if !sleep(s.closing, wait) {
			return
		}
	}
	if err := s.spool.Delete(d.id()); err != nil {
		log.Error("a message that is done is still kept, so the next run delivers it again", "error", err)
	}
}

// giveUp tells of a message until somebody has heard it. It reports whether somebody has.
func (s *Service) giveUp(u Undelivered, log *slog.Logger) bool {
	if s.config.OnUndelivered == nil {
		return true
	}
	for {
		err := s.config.OnUndelivered(u)
		if err == nil {
			return true
		}
		log.Error("the message is kept, as its dead-letter queue does not take it", "error", err)
		if !sleep(s.closing, letterPause) {
			return false
		}
	}
}

// encode signs a message and returns its body.
func (s *Service) encode(m *snsmessage.Message) ([]byte, error) {
	m.SigningCertURL = s.base.String() + s.signer.file
	if err := m.Sign(s.signer.key); err != nil {
		return nil, err
	}
	return m.Encode()
}

// postInTurn posts when fewer than maxPosts are under way.
func (s *Service) postInTurn(sub *subscription, m *snsmessage.Message, body []byte) error {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-s.closing.Done():
		return s.closing.Err()
	}
	return s.post(s.aborted, sub, m, body)
}

// statusError is an endpoint's answer other than 2xx.
type statusError int

func (e statusError) Error() string {
	return fmt.Sprintf("the endpoint answered %d %s", int(e), http.StatusText(int(e)))
}

// isFinal tells whether an endpoint has said that it will never take the message.
func isFinal(err error) bool {
	status, ok := errors.AsType[statusError](err)
	return ok && status < 500 && status != http.StatusTooManyRequests
}

// post posts a message as SNS does. It returns nil when the endpoint has answered 2xx.
func (s *Service) post(ctx context.Context, sub *subscription, m *snsmessage.Message, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.Endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	h := r.Header
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("User-Agent", "Amazon Simple Notification Service Agent")
	// Written in lower case as SNS does; names of headers have no case.
	h["x-amz-sns-message-type"] = []string{string(m.Type)}
	h["x-amz-sns-message-id"] = []string{m.MessageID}
	h["x-amz-sns-topic-arn"] = []string{m.TopicARN}
	if m.Type != snsmessage.SubscriptionConfirmation {
		h["x-amz-sns-subscription-arn"] = []string{sub.arn()}
	}
	resp, err := s.client.Do(r)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // the endpoint is told elsewhere, without its password
		}
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return fmt.Errorf("read the endpoint's answer: %w", err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return statusError(resp.StatusCode)
	}
	return nil
}

// loopbackTransport connects to this machine only, whatever a name stands for.
func loopbackTransport(timeout time.Duration) *http.Transport {
	dialer := &net.Dialer{
		Timeout: timeout,
		Control: func(_, address string, _ syscall.RawConn) error {
			if a, err := netip.ParseAddrPort(address); err != nil || !a.Addr().Unmap().IsLoopback() {
				return fmt.Errorf("%s is not on this machine", address)
			}
			return nil
		},
	}
	return &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: timeout, MaxIdleConnsPerHost: maxPosts, IdleConnTimeout: time.Minute}
}

// sleep waits, and reports whether it did to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
