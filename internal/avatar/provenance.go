package avatar

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"github.com/thumbing/thumbing/internal/s3event"
)

// Provenance says which upload a processed picture was made from. The picture carries it as metadata.
type Provenance struct {
	Key          string // of the upload
	ETag         string
	VersionID    string // empty where the uploads bucket keeps no versions
	Sequencer    s3event.Sequencer
	Time         time.Time // of the upload's event
	LastModified time.Time // as S3 said when the upload was read; zero where it was not
}

func provenanceOf(r s3event.Record) Provenance {
	return Provenance{Key: r.Key, ETag: r.ETag, VersionID: r.VersionID, Sequencer: r.Sequencer, Time: r.Time}
}

// Compare says which of two uploads is the newer: -1 where it is q, +1 where it is p, 0 where they are the
// same. Avatars show the newest.
//
// Two uploads of one key are ordered by their sequencers, and by nothing else: it is the order that S3
// itself gave them, and which of them can be read from the bucket. Sequencers of different keys mean
// nothing to each other, so uploads of different keys that share an avatar (me.jpg and me.png) are ordered
// by the times of their events, to the millisecond. Where these are the same, sequencer and then key
// decide: it does not matter how, only that everyone decides alike.
//
// This is one total order as long as the event times of one key grow with its sequencers, as they do but
// for two requests for it that overlap.
func (p Provenance) Compare(q Provenance) int {
	if p.Key == q.Key {
		return p.Sequencer.Compare(q.Sequencer)
	}
	return cmp.Or(p.Time.Compare(q.Time), p.Sequencer.Compare(q.Sequencer), strings.Compare(p.Key, q.Key))
}

// Names of the metadata. S3 puts x-amz-meta- in front.
const (
	metaKey          = "source-key"
	metaETag         = "source-etag"
	metaVersion      = "source-version"
	metaSequencer    = "source-sequencer"
	metaTime         = "source-time"
	metaLastModified = "source-last-modified"
)

const (
	// S3 takes 2 KB of metadata in all. These leave room for each other.
	maxPlainKey = 1024
	maxVersion  = 256

	// base64Mark cannot begin a percent-encoded key: it holds a '='.
	base64Mark = "base64="
)

// Metadata is the provenance as object metadata: ASCII alone, under 2 KB, whatever the key is.
func (p Provenance) Metadata() map[string]string {
	m := map[string]string{
		metaKey:       encodeKey(p.Key),
		metaETag:      p.ETag,
		metaSequencer: p.Sequencer.String(),
		metaTime:      p.Time.UTC().Format(time.RFC3339Nano),
	}
	if p.VersionID != "" && len(p.VersionID) <= maxVersion {
		m[metaVersion] = p.VersionID
	}
	if !p.LastModified.IsZero() {
		m[metaLastModified] = p.LastModified.UTC().Format(time.RFC3339Nano)
	}
	return m
}

// ParseProvenance reads a processed picture's metadata. ok is false where it does not say what the picture
// was made from: something else has put it there.
func ParseProvenance(metadata map[string]string) (p Provenance, ok bool) {
	var err error
	if p.Key, err = decodeKey(metadata[metaKey]); err != nil || p.Key == "" {
		return Provenance{}, false
	}
	if p.Sequencer, err = s3event.ParseSequencer(metadata[metaSequencer]); err != nil {
		return Provenance{}, false
	}
	if p.Time, err = time.Parse(time.RFC3339Nano, metadata[metaTime]); err != nil {
		return Provenance{}, false
	}
	p.ETag, p.VersionID = metadata[metaETag], metadata[metaVersion]
	if text := metadata[metaLastModified]; text != "" {
		if p.LastModified, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return Provenance{}, false
		}
	}
	return p, true
}

// encodeKey percent-encodes a key, so that a person can read it; or where that takes too much room, as keys
// in other scripts may, answers it in base64.
func encodeKey(key string) string {
	if plain := url.QueryEscape(key); len(plain) <= maxPlainKey {
		return plain
	}
	return base64Mark + base64.RawURLEncoding.EncodeToString([]byte(key))
}

func decodeKey(text string) (string, error) {
	if coded, ok := strings.CutPrefix(text, base64Mark); ok {
		key, err := base64.RawURLEncoding.DecodeString(coded)
		return string(key), err
	}
	return url.QueryUnescape(text)
}
