package avatar

import (
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/thumbing/thumbing/internal/thumbnail/png"
)

const (
	metaEarlier = "earlier-etags"

	// maxPast is how many ETags an avatar remembers, and pastDigits how much of each: what there is room for.
	// Where two look alike that are not, an avatar is divided for nothing.
	maxPast    = 16
	pastDigits = 8
)

// past is what an avatar's key held before, as the beginnings of the ETags, oldest first.
//
// A conditional write goes by the ETag, which for S3 is the MD5 of the bytes: it says nothing of the metadata. So
// somebody who goes back to an earlier picture would bring the earlier ETag back, and a function that had looked
// at the first would take the second for it, and write an upload from between the two over it. That is why an
// avatar whose bytes were there before is written in other bytes: [past.renew]. A function would have to be
// overtaken by more than maxPast others between its look and its write to be misled all the same.
type past []string

// parsePast reads what String writes, and of anything else no more than there is room for.
func parsePast(text string) (p past) {
	for etag := range strings.SplitSeq(text, ",") {
		p = p.and(etag)
	}
	return p
}

func (p past) String() string { return strings.Join(p, ",") }

// and answers the past with one more ETag; an empty one stands for an object that was not there.
func (p past) and(etag string) past {
	if etag == "" {
		return p
	}
	p = append(slices.Clone(p), etag[:min(len(etag), pastDigits)])
	return p[max(len(p)-maxPast, 0):]
}

// renew answers the picture in bytes that were not there before: as it is, if it can be.
func (p past) renew(picture []byte) []byte {
	renewed := picture
	for at := 1; p.has(renewed) && at < len(picture); at++ {
		renewed = png.Divide(picture, at)
	}
	return renewed
}

func (p past) has(picture []byte) bool {
	sum := md5.Sum(picture)
	return slices.Contains(p, hex.EncodeToString(sum[:])[:pastDigits])
}
