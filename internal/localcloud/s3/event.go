package s3

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// The names of the events that this server sends, as they stand in a record.
const (
	createdPut       = "ObjectCreated:Put"
	createdPost      = "ObjectCreated:Post"
	createdCopy      = "ObjectCreated:Copy"
	createdMultipart = "ObjectCreated:CompleteMultipartUpload"
	removedDelete    = "ObjectRemoved:Delete"
	removedMarker    = "ObjectRemoved:DeleteMarkerCreated"
)

// change is what happened to one object.
type change struct {
	Name, Bucket, Key string
	ETag, VersionID   string // as S3 answers them
	Size              int64

	Who, From         string // principal and IP address
	RequestID, HostID string
}

// notification is what S3 sends.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html.
type notification struct {
	Records []record
}

type record struct {
	EventVersion      string            `json:"eventVersion"`
	EventSource       string            `json:"eventSource"`
	AWSRegion         string            `json:"awsRegion"`
	EventTime         string            `json:"eventTime"`
	EventName         string            `json:"eventName"`
	UserIdentity      identity          `json:"userIdentity"`
	RequestParameters requestParameters `json:"requestParameters"`
	ResponseElements  responseElements  `json:"responseElements"`
	S3                entity            `json:"s3"`
}

type identity struct {
	PrincipalID string `json:"principalId"`
}

type requestParameters struct {
	SourceIPAddress string `json:"sourceIPAddress"`
}

type responseElements struct {
	RequestID string `json:"x-amz-request-id"`
	HostID    string `json:"x-amz-id-2"`
}

type entity struct {
	SchemaVersion   string       `json:"s3SchemaVersion"`
	ConfigurationID string       `json:"configurationId"`
	Bucket          bucketEntity `json:"bucket"`
	Object          objectEntity `json:"object"`
}

type bucketEntity struct {
	Name          string   `json:"name"`
	OwnerIdentity identity `json:"ownerIdentity"`
	ARN           string   `json:"arn"`
}

type objectEntity struct {
	Key       string `json:"key"`
	Size      *int64 `json:"size,omitempty"` // not of removed objects
	ETag      string `json:"eTag,omitempty"`
	VersionID string `json:"versionId,omitempty"`
	Sequencer string `json:"sequencer"`
}

// event gives the notification of a change to one rule.
func (c change) event(region, owner, rule string, at time.Time, sequence uint64) ([]byte, error) {
	object := objectEntity{Key: formKey(c.Key), ETag: strings.Trim(c.ETag, `"`), VersionID: c.VersionID, Sequencer: sequencer(sequence)}
	if strings.HasPrefix(c.Name, "ObjectCreated:") {
		object.Size = &c.Size
	}
	return json.Marshal(notification{[]record{{
		EventVersion:      "2.1",
		EventSource:       "aws:s3",
		AWSRegion:         region,
		EventTime:         eventTime(at),
		EventName:         c.Name,
		UserIdentity:      identity{"AWS:" + c.Who},
		RequestParameters: requestParameters{c.From},
		ResponseElements:  responseElements{c.RequestID, c.HostID},
		S3: entity{
			SchemaVersion:   "1.0",
			ConfigurationID: rule,
			Bucket:          bucketEntity{Name: c.Bucket, OwnerIdentity: identity{owner}, ARN: "arn:aws:s3:::" + c.Bucket},
			Object:          object,
		},
	}}})
}

// testEvent gives the message that S3 sends to a new target.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-enable-disable-notification-intro.html.
func testEvent(bucket string, at time.Time, requestID, hostID string) ([]byte, error) {
	return json.Marshal(struct{ Service, Event, Time, Bucket, RequestId, HostId string }{
		"Amazon S3", "s3:TestEvent", eventTime(at), bucket, requestID, hostID})
}

// eventTime writes a time in UTC with milliseconds.
func eventTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// sequencer writes a number so that greater ones are greater as text too, however a reader pads them: always
// 18 hexadecimal digits.
func sequencer(n uint64) string { return fmt.Sprintf("%018X", n) }

// formKey form-encodes a key as S3 does in events: like Java's URLEncoder, but slashes stay.
func formKey(key string) string { return formDifferences.Replace(url.QueryEscape(key)) }

var formDifferences = strings.NewReplacer("%2F", "/", "%2A", "*", "~", "%7E")

// matches tells whether a rule is about an event. As in S3, its prefix and suffix are compared with the key as it
// stands in events, form-encoded.
func (r Rule) matches(name, formKey string) bool {
	if !strings.HasPrefix(formKey, r.Prefix) || !strings.HasSuffix(formKey, r.Suffix) {
		return false
	}
	for _, pattern := range r.Events {
		pattern = strings.TrimPrefix(pattern, "s3:")
		if group, any := strings.CutSuffix(pattern, "*"); pattern == name || any && strings.HasPrefix(name, group) {
			return true
		}
	}
	return false
}
