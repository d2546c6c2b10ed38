package localcloud

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud/iam"
	"github.com/thumbing/thumbing/internal/localcloud/lambdaruntime"
	"github.com/thumbing/thumbing/internal/localcloud/sns"
	"github.com/thumbing/thumbing/internal/localcloud/sqs"
)

// deadLetters takes what functions and subscriptions could not do to the queues that the plan names for it.
type deadLetters struct {
	queues map[string]*sqs.Queue // by ARN
	log    *slog.Logger
}

func newDeadLetters(service *sqs.Service, planned []Queue, log *slog.Logger) (deadLetters, error) {
	d := deadLetters{map[string]*sqs.Queue{}, log.With("service", "sqs")}
	for _, p := range planned {
		attributes := sqs.Defaults()
		attributes.Retention = p.Retention
		q, err := service.CreateQueue(p.Name, attributes)
		if err != nil {
			return d, err
		}
		d.queues[p.ARN] = q
	}
	return d, nil
}

func (d deadLetters) has(queueARN string) bool { return d.queues[queueARN] != nil }

// send keeps a dead letter. What of is in words, "the event ...".
func (d deadLetters) send(queueARN, of, body string) error {
	id, err := d.queues[queueARN].Send(context.Background(), body)
	if err != nil {
		return err
	}
	d.log.Warn(of+" is a dead letter now; thumbing redrive replays it", "message_id", id)
	return nil
}

// undelivered takes a notification that an endpoint did not take, as it was posted.
func (d deadLetters) undelivered(u sns.Undelivered) error {
	if !d.has(u.DeadLetterARN) {
		return nil // the log has told of it
	}
	return d.send(u.DeadLetterARN, "the notification", string(u.Body))
}

// failed makes what takes the results of a function: of those that failed for good, a record goes to its on-failure
// destination. The function's role must be allowed to send there, as in AWS.
func (d deadLetters) failed(f Function, who *iam.Principal) func(lambdaruntime.Result) error {
	return func(r lambdaruntime.Result) error {
		if r.Condition == lambdaruntime.Success || !d.has(f.OnFailure) {
			return nil
		}
		if err := who.Authorize("sqs:SendMessage", f.OnFailure); err != nil {
			return err
		}
		record, err := r.Record(f.ARN, time.Now())
		if err != nil {
			return fmt.Errorf("function %s: %w", f.Name, err)
		}
		return d.send(f.OnFailure, "the event", string(record))
	}
}
