// Package s3event reads the notifications that S3 sends when an object was created.
//
// S3 sends a JSON document of records, each telling of one object. Keys in them are form-encoded; Parse
// decodes each exactly once. A record that cannot be used does not disturb its neighbours.
//
// Source: Amazon S3 User Guide, "Event message structure".
package s3event

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Record tells of one object that was created.
type Record struct {
	Index     int       // in its notification, from 0
	Name      string    // of the event, such as "ObjectCreated:Put"
	Time      time.Time // when S3 finished the request, to the millisecond
	Bucket    string
	Key       string    // as it is stored, not encoded
	Size      int64     // bytes
	ETag      string    // without quotes
	VersionID string    // empty where the bucket keeps no versions
	Sequencer Sequencer // orders the events of one key
}

// Skipped is a part of a notification that has nothing to say about a created object.
type Skipped struct {
	Index  int    // of the record, from 0; -1 where it is the whole notification
	Reason string // for a log
}

// RecordError is a record that should tell of a created object, and cannot be understood. Reading it again
// gives the same error.
type RecordError struct {
	Index  int // of the record, from 0
	Reason string
}

// Error answers which record it is, and why it cannot be used.
func (e *RecordError) Error() string { return fmt.Sprintf("record %d: %s", e.Index, e.Reason) }

// Notification is what Parse reads: every record is in one of the three.
type Notification struct {
	Created []Record
	Skipped []Skipped
	Broken  []*RecordError
}

// Parse reads a notification. It answers an error only for a payload that is not a JSON object with a list
// of records; {}, an empty list and S3's test event are skipped instead.
func Parse(payload []byte) (Notification, error) {
	var document notification
	if err := json.Unmarshal(payload, &document); err != nil {
		return Notification{}, fmt.Errorf("the payload is no S3 notification: %w", err)
	}
	var n Notification
	if len(document.Records) == 0 {
		reason := "it holds no records"
		if document.Event == "s3:TestEvent" {
			reason = "a test event, which S3 sends when a notification is configured"
		}
		n.Skipped = append(n.Skipped, Skipped{Index: -1, Reason: reason})
	}
	for i, raw := range document.Records {
		record, skip, err := parseRecord(raw)
		switch {
		case err != nil:
			n.Broken = append(n.Broken, &RecordError{Index: i, Reason: err.Error()})
		case skip != "":
			n.Skipped = append(n.Skipped, Skipped{Index: i, Reason: skip})
		default:
			record.Index = i
			n.Created = append(n.Created, record)
		}
	}
	return n, nil
}

// notification is the whole of the JSON document.
type notification struct {
	Event   string            // of a test event
	Records []json.RawMessage // one by one, so that one of them can be broken
}

// wireRecord has pointers where a field that is missing must be told from one that is empty. Fields that S3
// adds to newer versions of the structure are ignored.
type wireRecord struct {
	EventSource string    `json:"eventSource"`
	EventName   string    `json:"eventName"`
	EventTime   time.Time `json:"eventTime"`
	S3          struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key       string `json:"key"`
			Size      *int64 `json:"size"`
			ETag      string `json:"eTag"`
			VersionID string `json:"versionId"`
			Sequencer string `json:"sequencer"`
		} `json:"object"`
	} `json:"s3"`
}

// parseRecord answers a record, or why it is skipped, or why it is broken.
func parseRecord(raw json.RawMessage) (r Record, skip string, err error) {
	var source struct {
		EventSource string `json:"eventSource"`
		EventName   string `json:"eventName"`
	}
	if err := json.Unmarshal(raw, &source); err != nil {
		return Record{}, "", err
	}
	// S3 writes "aws:s3", S3-compatible servers write "minio:s3" and the like.
	if !strings.HasSuffix(source.EventSource, ":s3") {
		return Record{}, fmt.Sprintf("its source is %q, not aws:s3", source.EventSource), nil
	}
	name := strings.TrimPrefix(source.EventName, "s3:") // some servers write the name as it is configured
	if !strings.HasPrefix(name, "ObjectCreated:") {
		return Record{}, fmt.Sprintf("it tells of %q, not of a created object", source.EventName), nil
	}

	var w wireRecord
	if err := json.Unmarshal(raw, &w); err != nil {
		return Record{}, "", err
	}
	object := w.S3.Object
	object.ETag = strings.Trim(object.ETag, `"`) // some servers send it as the HTTP header has it
	var problems []error
	need := func(present bool, what string) {
		if !present {
			problems = append(problems, errors.New("it has no "+what))
		}
	}
	need(!w.EventTime.IsZero(), "eventTime")
	need(w.S3.Bucket.Name != "", "bucket name")
	need(object.Key != "", "object key")
	need(object.Size != nil, "object size")
	need(object.ETag != "", "object eTag")
	need(object.Sequencer != "", "object sequencer")

	key, err := url.QueryUnescape(object.Key)
	if err != nil {
		problems = append(problems, fmt.Errorf("the object key %.100q is not form-encoded: %w", object.Key, err))
	}
	sequencer, err := ParseSequencer(object.Sequencer)
	if err != nil && object.Sequencer != "" {
		problems = append(problems, err)
	}
	if object.Size != nil && *object.Size < 0 {
		problems = append(problems, fmt.Errorf("the object size is %d", *object.Size))
	}
	if err := errors.Join(problems...); err != nil {
		return Record{}, "", errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return Record{
		Name:      name,
		Time:      w.EventTime.UTC(),
		Bucket:    w.S3.Bucket.Name,
		Key:       key,
		Size:      *object.Size,
		ETag:      object.ETag,
		VersionID: object.VersionID,
		Sequencer: sequencer,
	}, "", nil
}
