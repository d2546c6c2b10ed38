package profile

import (
	"context"
	"net/http"

	"github.com/thumbing/thumbing/internal/s3event"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

// Messages decides which SNS messages are believed; snsmessage.Verifier does.
type Messages interface {
	Verify(ctx context.Context, m *snsmessage.Message) error
	Confirm(ctx context.Context, m *snsmessage.Message) error
}

// webhook hears of processed pictures from SNS. It answers 4xx to what will never be good, and 5xx where
// another delivery may help.
func (s *Service) webhook(w http.ResponseWriter, r *http.Request) {
	m, err := snsmessage.Read(w, r)
	if err == nil {
		err = s.Messages.Verify(r.Context(), m)
	}
	if err == nil {
		err = s.hear(r.Context(), m)
	}
	if err != nil {
		s.Log.Warn("webhook: message not accepted", "error", err)
		answer(w, snsmessage.StatusCode(err), failure("message_not_accepted"))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// hear acts on a message that was verified.
func (s *Service) hear(ctx context.Context, m *snsmessage.Message) error {
	switch m.Type {
	case snsmessage.SubscriptionConfirmation:
		if err := s.Messages.Confirm(ctx, m); err != nil {
			return err
		}
		s.Log.Info("webhook: subscription confirmed", "topic", m.TopicARN)
	case snsmessage.UnsubscribeConfirmation:
		s.Log.Warn("webhook: unsubscribed", "topic", m.TopicARN)
	case snsmessage.Notification:
		s.hearRecords(m)
	}
	return nil
}

// hearRecords tells the pages of each processed picture in a notification. What is no record of a new
// object, such as S3's test event, is only logged: another delivery would not change it.
func (s *Service) hearRecords(m *snsmessage.Message) {
	n, err := s3event.Parse([]byte(m.Message))
	if err != nil {
		s.Log.Warn("webhook: notification is no S3 event", "message_id", m.MessageID, "error", err)
		return
	}
	for _, r := range n.Created {
		s.AvatarReady(r.Key, r.ETag)
	}
}
