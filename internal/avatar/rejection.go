package avatar

import (
	"encoding/json"
	"time"
)

// RejectedEvent is the name of what a [Rejection] tells of. Topics carry it as subject and as the message
// attribute "event", by which subscribers can filter.
const RejectedEvent = "avatar.rejected"

// Rejection tells the uploader's side that an upload cannot become an avatar. It is told at least once: bucket,
// key, ETag and sequencer together know a repetition.
type Rejection struct {
	Event     string    `json:"event"` // RejectedEvent
	Bucket    string    `json:"bucket"`
	Key       string    `json:"key"` // as stored, not encoded
	ETag      string    `json:"etag"`
	VersionID string    `json:"version_id,omitempty"`
	Sequencer string    `json:"sequencer"` // orders the uploads of one key: a hexadecimal number
	Time      time.Time `json:"time"`      // of the upload
	Code      string    `json:"code"`      // stable: one of package thumbnail's, or CodeUnusableKey
	Reason    string    `json:"reason"`    // a sentence for a person
}

// Message is the JSON that subscribers are sent.
func (r Rejection) Message() (string, error) {
	r.Event = RejectedEvent
	b, err := json.Marshal(r)
	return string(b), err
}

// ParseRejection reads what Message wrote. ok is false for every other message, such as S3's own events.
func ParseRejection(message string) (r Rejection, ok bool) {
	if err := json.Unmarshal([]byte(message), &r); err != nil || r.Event != RejectedEvent || r.Key == "" || r.Code == "" {
		return Rejection{}, false
	}
	return r, true
}
