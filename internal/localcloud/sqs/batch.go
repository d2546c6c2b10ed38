package sqs

import (
	"context"
	"errors"
	"net/http"
	"regexp"
)

// entryID is what AWS takes for the ID of an entry in a batch.
var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

type batch[E any] struct {
	QueueUrl string
	Entries  []E
}

type failedEntry struct {
	Id, Code, Message string
	SenderFault       bool
}

type batchOutput[S any] struct {
	Successful []S           `json:",omitempty"`
	Failed     []failedEntry `json:",omitempty"`
}

type succeeded struct{ Id string }

// each does something with every entry of a batch, whatever becomes of the others.
func each[E, S any](entries []E, id func(E) string, do func(E) (S, error)) (out batchOutput[S], err error) {
	if err := checkBatch(entries, id); err != nil {
		return out, err
	}
	for _, entry := range entries {
		done, err := do(entry)
		if err == nil {
			out.Successful = append(out.Successful, done)
			continue
		}
		e, ok := errors.AsType[*apiError](err)
		if !ok {
			e = plain(http.StatusInternalServerError, "InternalFailure", "%v", err)
		}
		out.Failed = append(out.Failed, failedEntry{id(entry), e.code, e.message, e.status < http.StatusInternalServerError})
	}
	return out, nil
}

func checkBatch[E any](entries []E, id func(E) string) error {
	switch {
	case len(entries) == 0:
		return qualified("EmptyBatchRequest", "EmptyBatchRequest", "There should be at least one entry in the request.")
	case len(entries) > maxBatch:
		return qualified("TooManyEntriesInBatchRequest", "TooManyEntriesInBatchRequest",
			"Maximum number of entries per request are %d. You have sent %d.", maxBatch, len(entries))
	}
	known := map[string]bool{}
	for _, entry := range entries {
		name := id(entry)
		if !entryID.MatchString(name) {
			return qualified("InvalidBatchEntryId", "InvalidBatchEntryId",
				"A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
		if known[name] {
			return qualified("BatchEntryIdsNotDistinct", "BatchEntryIdsNotDistinct", "Id %s repeated.", name)
		}
		known[name] = true
	}
	return nil
}

func (s *Service) sendMessageBatch(_ context.Context, who string, in batch[sendEntry]) (out batchOutput[sent], err error) {
	q, err := s.queue(who, "SendMessage", in.QueueUrl)
	if err != nil {
		return out, err
	}
	size := 0
	for _, e := range in.Entries {
		m := message{Body: e.MessageBody, Attributes: e.MessageAttributes}
		size += m.size()
	}
	if size > maxMessage {
		return out, qualified("BatchRequestTooLong", "BatchRequestTooLong",
			"Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxMessage, size)
	}
	return each(in.Entries, func(e sendEntry) string { return e.Id }, func(e sendEntry) (sent, error) {
		m, delay, err := q.message(who, e)
		if err != nil {
			return sent{}, err
		}
		return q.sendEntry(e, m, delay)
	})
}

func (s *Service) deleteMessageBatch(_ context.Context, who string, in batch[receiptEntry]) (out batchOutput[succeeded], err error) {
	q, err := s.queue(who, "DeleteMessage", in.QueueUrl)
	if err != nil {
		return out, err
	}
	return each(in.Entries, idOfReceipt, func(e receiptEntry) (succeeded, error) { return succeeded{e.Id}, q.delete(e.ReceiptHandle) })
}

func (s *Service) changeMessageVisibilityBatch(_ context.Context, who string, in batch[receiptEntry]) (out batchOutput[succeeded], err error) {
	q, err := s.queue(who, "ChangeMessageVisibility", in.QueueUrl)
	if err != nil {
		return out, err
	}
	return each(in.Entries, idOfReceipt, func(e receiptEntry) (succeeded, error) { return succeeded{e.Id}, q.change(e) })
}

func idOfReceipt(e receiptEntry) string { return e.Id }
