package profile

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/thumbing/thumbing/internal/profile/database"
)

// rejectedSubject is the subject of messages that tell of a rejected upload.
const rejectedSubject = "avatar.rejected"

// rejectedIn is what a message tells of an upload that has become no avatar.
func (s *Service) rejectedIn(message string) ([]database.News, error) {
	var r struct {
		Bucket    string `json:"bucket"`
		Key       string `json:"key"`
		ETag      string `json:"etag"`
		VersionID string `json:"version_id"`
		Sequencer string `json:"sequencer"`
		Code      string `json:"code"`
		Reason    string `json:"reason"`
	}
	if err := json.Unmarshal([]byte(message), &r); err != nil {
		return nil, fmt.Errorf("it is no rejection: %w", err)
	}
	if r.Key == "" || r.Code == "" {
		return nil, errors.New("it is no rejection: it names no key or no code")
	}
	subject, ok := subjectIn(strings.TrimSuffix(r.Key, path.Ext(r.Key)), s.Keys.Input, "")
	if r.Bucket != s.UploadsBucket || !ok {
		return nil, nil
	}
	return []database.News{{
		Receipt: hash("rejected", r.Bucket, r.Key, cmp.Or(r.Sequencer, r.VersionID, r.ETag)),
		Subject: subject, Code: r.Code, Reason: r.Reason,
	}}, nil
}
