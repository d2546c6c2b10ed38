package profile

import (
	"path"
	"strings"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/profile/database"
)

// rejectedIn is what a rejection tells of an upload: whose it was, and why it has become no avatar. What was
// nobody's is no news.
func (s *Service) rejectedIn(r avatar.Rejection) []database.News {
	subject, ok := subjectIn(strings.TrimSuffix(r.Key, path.Ext(r.Key)), s.Keys.Input, "")
	if r.Bucket != s.UploadsBucket || !ok {
		return nil
	}
	return []database.News{{
		Receipt: hash("rejected", r.Bucket, r.Key, r.ETag, r.Sequencer),
		Subject: subject, Code: r.Code, Reason: r.Reason,
	}}
}
