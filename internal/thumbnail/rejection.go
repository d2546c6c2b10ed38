package thumbnail

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/thumbing/thumbing/internal/thumbnail/bmp"
	"github.com/thumbing/thumbing/internal/thumbnail/gif"
	"github.com/thumbing/thumbing/internal/thumbnail/jpeg"
	"github.com/thumbing/thumbing/internal/thumbnail/tiff"
	"github.com/thumbing/thumbing/internal/thumbnail/webp"
)

// Code says in one stable word why a picture was rejected. Logs, metrics and messages carry it.
type Code string

// The codes.
const (
	Empty             Code = "empty"
	UnsupportedFormat Code = "unsupported-format"
	ExcessBytes       Code = "too-many-bytes"
	ExcessPixels      Code = "too-many-pixels"
	ExcessWork        Code = "too-much-work"
	Corrupt           Code = "corrupt"
)

// Rejection says why a picture did not become a thumbnail. Trying again gives the same answer.
type Rejection struct {
	Code   Code
	Reason string // for a person: lower case, no full stop

	cause error
}

// Error answers code and reason.
func (r *Rejection) Error() string { return string(r.Code) + ": " + r.Reason }

// Unwrap answers the decoder's error, if there is one.
func (r *Rejection) Unwrap() error { return r.cause }

// TooManyBytes is the rejection of a source of so many bytes where limit are allowed. It is here for those
// who know the size before they have the bytes.
func TooManyBytes(bytes, limit int64) *Rejection {
	return &Rejection{Code: ExcessBytes, Reason: fmt.Sprintf("%d bytes, and at most %d are allowed", bytes, limit)}
}

// rejection turns what a reader of the format answered into a *Rejection.
func rejection(f Format, err error) error {
	if r, ok := errors.AsType[*Rejection](err); ok {
		return r
	}
	r := &Rejection{Code: Corrupt, Reason: fmt.Sprintf("broken %s: %v", f, err), cause: err}
	switch {
	case isAny(err, io.EOF, io.ErrUnexpectedEOF, jpeg.ErrTruncated, tiff.ErrTruncated, webp.ErrTruncated, bmp.ErrTruncated):
		r.Reason = fmt.Sprintf("the %s ends early", f)
	case isAny(err, jpeg.ErrUnsupported, tiff.ErrUnsupported, webp.ErrUnsupported, bmp.ErrUnsupported):
		r.Code, r.Reason = UnsupportedFormat, err.Error()
	case isAny(err, jpeg.ErrTooMuchWork, gif.ErrTooMuchWork, tiff.ErrTooMuchWork, webp.ErrTooMuchWork, bmp.ErrTooMuchWork):
		r.Code, r.Reason = ExcessWork, err.Error()
	}
	return r
}

func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}
