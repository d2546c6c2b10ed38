package profile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/profile/database"
	"github.com/thumbing/thumbing/internal/s3event"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

// Messages decides which SNS messages are believed; snsmessage.Verifier does.
type Messages interface {
	Verify(ctx context.Context, m *snsmessage.Message) error
	Confirm(ctx context.Context, m *snsmessage.Message) error
}

// webhook hears of avatars from SNS. It answers 4xx to what will never be good, and 5xx where another
// delivery may help.
func (s *Service) webhook(w http.ResponseWriter, r *http.Request) {
	m, err := snsmessage.Read(w, r)
	if err == nil {
		err = s.Messages.Verify(r.Context(), m)
	}
	if err == nil {
		err = s.hear(r.Context(), m)
	}
	if err != nil {
		s.Log.WarnContext(r.Context(), "webhook: message not accepted", "request_id", requestID(r), "error", err)
		fail(w, snsmessage.StatusCode(err), "message_not_accepted")
		return
	}
	answer(w, http.StatusOK, status{"ok"})
}

// hear acts on a message that was verified.
func (s *Service) hear(ctx context.Context, m *snsmessage.Message) error {
	switch m.Type {
	case snsmessage.SubscriptionConfirmation:
		if err := s.Messages.Confirm(ctx, m); err != nil {
			return err
		}
		s.Log.InfoContext(ctx, "webhook: subscription confirmed", "topic", m.TopicARN)
	case snsmessage.UnsubscribeConfirmation:
		s.Log.WarnContext(ctx, "webhook: unsubscribed", "topic", m.TopicARN)
	case snsmessage.Notification:
		return s.learn(ctx, "message/"+m.MessageID, s.newsIn(ctx, m))
	}
	return nil
}

// Learn takes what an S3 event tells, for where no webhook is subscribed.
func (s *Service) Learn(ctx context.Context, event []byte) error {
	n, err := s3event.Parse(event)
	if err != nil {
		return err
	}
	news := s.readyIn(n)
	if len(news) == 0 {
		return nil
	}
	return s.learn(ctx, "event/"+news[0].Receipt, news)
}

func (s *Service) learn(ctx context.Context, receipt string, news []database.News) error {
	users, err := s.Database.Hear(ctx, hash(receipt), news)
	if err != nil {
		return err
	}
	for _, u := range users {
		s.hub.wake(u)
	}
	return nil
}

// newsIn is what a notification tells about avatars. What it holds besides is only logged: another delivery
// would not change it.
func (s *Service) newsIn(ctx context.Context, m *snsmessage.Message) []database.News {
	if r, ok := avatar.ParseRejection(m.Message); ok {
		return s.rejectedIn(r)
	}
	n, err := s3event.Parse([]byte(m.Message))
	if err != nil {
		s.Log.WarnContext(ctx, "webhook: notification is no S3 event", "message_id", m.MessageID, "error", err)
		return nil
	}
	for _, b := range n.Broken {
		s.Log.WarnContext(ctx, "webhook: a record cannot be understood", "message_id", m.MessageID, "error", b)
	}
	return s.readyIn(n)
}

func (s *Service) readyIn(n s3event.Notification) (all []database.News) {
	for _, r := range n.Created {
		subject, ok := subjectIn(r.Key, s.Keys.Output, ".png")
		if r.Bucket != s.AssetsBucket || !ok {
			continue
		}
		all = append(all, database.News{
			Receipt: hash("object", r.Bucket, r.Key, r.Sequencer.String()),
			Subject: subject, Key: r.Key, Version: r.ETag, Sequencer: r.Sequencer.String(),
		})
	}
	return all
}

// subjectIn is the subject whose picture a key is of: what is between the prefix and the suffix.
func subjectIn(key, prefix, suffix string) (string, bool) {
	rest, ok := strings.CutPrefix(key, prefix)
	if !ok {
		return "", false
	}
	subject, ok := strings.CutSuffix(rest, suffix)
	return subject, ok && subject != "" && !strings.Contains(subject, "/")
}

// hash makes a receipt: of one length, and of what it is for.
func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}
