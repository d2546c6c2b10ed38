package avatar

import (
	"time"

	"github.com/thumbing/thumbing/internal/thumbnail"
)

// Status is what became of an upload. It is stable: logs and metrics carry it.
type Status string

// The statuses.
const (
	Processed Status = "processed" // its avatar was written
	Skipped   Status = "skipped"   // there was nothing to do
	Rejected  Status = "rejected"  // it cannot become an avatar, and trying again will not help
	Gone      Status = "gone"      // it is not there any more
	Failed    Status = "failed"    // something else went wrong: it must be tried again
	Malformed Status = "malformed" // the event's record cannot be understood, and trying again will not help
)

// Why an upload was skipped: an Outcome's code.
const (
	CodeReplay       = "replay"         // its avatar is there already
	CodeStale        = "stale"          // the avatar was made from a newer upload
	CodeSuperseded   = "superseded"     // a newer upload has taken its place before it was read
	CodeFolder       = "folder"         // an empty object that stands for a folder
	CodeOutsideInput = "outside-input"  // not under the input prefix
	CodeOwnOutput    = "own-output"     // a processed picture: it would be made from itself without end
	CodeForeign      = "foreign-bucket" // not from the uploads bucket
	CodeNoUpload     = "no-upload"      // the record does not tell of an upload
)

// CodeUnusableKey is the code of a rejected upload whose key cannot be mapped. Other rejections carry the
// codes of package thumbnail.
const CodeUnusableKey = "unusable-key"

// Outcome is what became of one record of an event.
type Outcome struct {
	Status Status
	Code   string // why it was skipped or rejected: one stable word
	Reason string // a sentence for a person; empty when processed
	Err    error  // the cause, where there is one

	Record int    // of the event, from 0; -1 where it is the whole event
	Bucket string // of the upload
	Key    string // of the upload
	Output string // key of the processed picture; empty where it was not known
	Size   int64  // of the upload, in bytes

	Picture  thumbnail.Result // what was made, where something was
	Duration time.Duration    // all of it, waiting included
}
