package sns

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/thumbing/thumbing/internal/localcloud/atomicfile"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

// tokenBytes is the length of a token, which is written in hexadecimal.
const tokenBytes = 128

// subscriptionKey tells subscriptions apart: a topic has one for each endpoint.
type subscriptionKey struct{ topicARN, endpoint string }

// subscription is one, as it is kept in the data folder.
type subscription struct {
	ID        string // the last part of its ARN
	TopicARN  string
	Protocol  string
	Endpoint  string
	Token     string // that confirms it
	Confirmed bool

	state    state  // in this run
	letters  string // ARN of where messages go that are given up; empty for nowhere
	attempts int    // of the confirmation
	err      error  // of the last attempt; nil if the endpoint took it
}

type state int

const (
	absent  state = iota // kept from an earlier run; not in this run's template
	pending              // waits for confirmation
	confirmed
)

func (s *subscription) key() subscriptionKey { return subscriptionKey{s.TopicARN, s.Endpoint} }

func (s *subscription) arn() string { return s.TopicARN + ":" + s.ID }

// Status is what is known of a subscription.
type Status struct {
	TopicARN        string
	SubscriptionARN string // "PendingConfirmation" until it is confirmed
	Protocol        string
	Endpoint        string // without its password
	Confirmed       bool
	Attempts        int    // to have it confirmed, in this run
	Err             error  // why the last attempt failed; nil if the endpoint took the message
	SubscribeURL    string // confirms it; empty once it is confirmed
}

// Subscriptions tells of all subscriptions of this run, by topic and endpoint.
func (s *Service) Subscriptions() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Status
	for _, sub := range s.ofTopic("") {
		all = append(all, s.status(sub))
	}
	return all
}

func (s *Service) status(sub *subscription) Status {
	st := Status{TopicARN: sub.TopicARN, SubscriptionARN: sub.arn(), Protocol: sub.Protocol, Endpoint: redact(sub.Endpoint),
		Confirmed: sub.state == confirmed, Attempts: sub.attempts, Err: sub.err}
	if !st.Confirmed {
		st.SubscriptionARN, st.SubscribeURL = "PendingConfirmation", s.subscribeURL(sub)
	}
	return st
}

// ofTopic lists the subscriptions of this run in a fixed order, all of them for "". The service is locked.
func (s *Service) ofTopic(arn string) []*subscription {
	var list []*subscription
	for _, sub := range s.subscriptions {
		if sub.state != absent && (arn == "" || sub.TopicARN == arn) {
			list = append(list, sub)
		}
	}
	slices.SortFunc(list, func(a, b *subscription) int {
		return cmp.Or(cmp.Compare(a.TopicARN, b.TopicARN), cmp.Compare(a.Endpoint, b.Endpoint))
	})
	return list
}

// subscribe finds or makes a subscription. A confirmed one goes on with what it left undone, another one is
// asked to confirm.
func (s *Service) subscribe(t *Topic, protocol, endpoint, letters string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub, known := s.subscriptions[subscriptionKey{t.arn, endpoint}]
	if known && sub.state != absent {
		return nil
	}
	if !known {
		var token [tokenBytes]byte
		rand.Read(token[:]) // never fails: crypto/rand
		sub = &subscription{ID: uuid.NewString(), TopicARN: t.arn, Protocol: protocol, Endpoint: endpoint, Token: hex.EncodeToString(token[:])}
		s.subscriptions[sub.key()] = sub
		if err := s.keepSubscriptions(); err != nil {
			delete(s.subscriptions, sub.key())
			return err
		}
	}
	sub.letters = letters
	if sub.state = pending; !sub.Confirmed {
		s.begin(func() { s.askToConfirm(sub) })
		return nil
	}
	sub.state = confirmed
	for _, d := range s.backlog[sub.ID] {
		s.begin(func() { s.deliver(sub, d) })
	}
	delete(s.backlog, sub.ID)
	return nil
}

// askToConfirm posts a SubscriptionConfirmation until the endpoint takes it or the subscription is
// confirmed otherwise. Each attempt has a new time, as receivers refuse old messages.
func (s *Service) askToConfirm(sub *subscription) {
	m := snsmessage.Message{
		Type: snsmessage.SubscriptionConfirmation, MessageID: uuid.NewString(), Token: sub.Token, TopicARN: sub.TopicARN,
		Message:      "You have chosen to subscribe to the topic " + sub.TopicARN + ".\nTo confirm the subscription, visit the SubscribeURL included in this message.",
		SubscribeURL: s.subscribeURL(sub),
	}
	for attempt := 1; s.isPending(sub); attempt++ {
		m.Timestamp = snsmessage.FormatTime(time.Now())
		body, err := s.encode(&m)
		if err == nil {
			err = s.post(s.closing, sub, &m, body)
		}
		if errors.Is(err, context.Canceled) {
			return // the service closes
		}
		s.mu.Lock()
		sub.attempts, sub.err = attempt, err
		s.mu.Unlock()
		log := s.log.With("topic", sub.TopicARN, "endpoint", redact(sub.Endpoint))
		if err == nil {
			if s.isPending(sub) {
				log.Warn("the endpoint took the confirmation request but has not confirmed; open the URL to confirm by hand", "url", m.SubscribeURL)
			}
			return
		}
		if attempt == 1 {
			log.Warn("the subscription waits for its endpoint to confirm; it is asked again and again", "error", err)
		} else {
			log.Debug("the subscription still waits for its endpoint", "attempt", attempt, "error", err)
		}
		if !sleep(s.closing, s.config.ConfirmDelay(attempt)) {
			return
		}
	}
}

func (s *Service) isPending(sub *subscription) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sub.state == pending
}

// confirm confirms the subscription that the token is for, again if need be.
func (s *Service) confirm(topicARN, token string) (*subscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.topics[topicARN] == nil {
		return nil, notFound("Topic does not exist")
	}
	for _, sub := range s.ofTopic(topicARN) {
		if sub.Token != token {
			continue
		}
		if sub.state == confirmed {
			return sub, nil
		}
		sub.Confirmed = true
		if err := s.keepSubscriptions(); err != nil {
			sub.Confirmed = false
			return nil, err
		}
		sub.state, sub.err = confirmed, nil
		s.log.Info("the subscription is confirmed", "topic", topicARN, "endpoint", redact(sub.Endpoint))
		return sub, nil
	}
	return nil, invalid("Token")
}

// unsubscribe ends a subscription until the next run, and tells its endpoint how to undo that.
func (s *Service) unsubscribe(arn string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range s.ofTopic("") {
		if sub.arn() != arn || sub.state != confirmed {
			continue
		}
		sub.Confirmed = false
		if err := s.keepSubscriptions(); err != nil {
			sub.Confirmed = true
			return err
		}
		sub.state = pending
		s.log.Warn("the subscription is ended", "topic", sub.TopicARN, "endpoint", redact(sub.Endpoint))
		s.begin(func() { s.sayFarewell(sub) })
		return nil
	}
	return notFound("Subscription does not exist")
}

// sayFarewell posts an UnsubscribeConfirmation, once.
func (s *Service) sayFarewell(sub *subscription) {
	m := snsmessage.Message{
		Type: snsmessage.UnsubscribeConfirmation, MessageID: uuid.NewString(), Token: sub.Token, TopicARN: sub.TopicARN,
		Message:      "You have chosen to deactivate subscription " + sub.arn() + ".\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.",
		SubscribeURL: s.subscribeURL(sub), Timestamp: snsmessage.FormatTime(time.Now()),
	}
	body, err := s.encode(&m)
	if err == nil {
		err = s.post(s.aborted, sub, &m, body)
	}
	if err != nil {
		s.log.Warn("the endpoint did not hear that its subscription is ended", "endpoint", redact(sub.Endpoint), "error", err)
	}
}

// subscribeURL is the link that confirms a subscription. An ARN needs no escapes in it.
func (s *Service) subscribeURL(sub *subscription) string {
	return s.base.String() + "?Action=ConfirmSubscription&TopicArn=" + sub.TopicARN + "&Token=" + sub.Token
}

func (s *Service) subscriptionsFile() string {
	return filepath.Join(s.config.Dir, "subscriptions.json")
}

// readSubscriptions reads what earlier runs have kept.
func (s *Service) readSubscriptions() (map[subscriptionKey]*subscription, error) {
	all := map[subscriptionKey]*subscription{}
	data, err := os.ReadFile(s.subscriptionsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	var list []*subscription
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("%s: %w; remove the file, and subscriptions are confirmed anew", s.subscriptionsFile(), err)
	}
	for _, sub := range list {
		if sub == nil || sub.ID == "" || sub.Token == "" {
			return nil, fmt.Errorf("%s: a subscription has no ID or token; remove the file, and subscriptions are confirmed anew", s.subscriptionsFile())
		}
		all[sub.key()] = sub
	}
	return all, nil
}

// keepSubscriptions writes them all. The service is locked.
func (s *Service) keepSubscriptions() error {
	list := make([]*subscription, 0, len(s.subscriptions))
	for _, sub := range s.subscriptions {
		list = append(list, sub)
	}
	slices.SortFunc(list, func(a, b *subscription) int { return cmp.Compare(a.ID, b.ID) })
	data, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return fmt.Errorf("keep the subscriptions: %w", err)
	}
	if err := atomicfile.Write(s.subscriptionsFile(), data); err != nil {
		return fmt.Errorf("keep the subscriptions: %w", err)
	}
	return nil
}
