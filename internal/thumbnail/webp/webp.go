// Package webp decodes WebP pictures (RFC 9649) row by row, as far as a thumbnail needs them.
//
// It reads lossy pictures (VP8, with or without an alpha channel), lossless ones (VP8L), and the first frame of
// animations, on the canvas that it belongs to. Packages vp8 and vp8l below decode the bitstreams; this one reads the
// container, puts alpha and colour together, and converts colours.
//
// There are two ways to read a picture. [DecodePixels] gives rows of RGB or RGBA, for every picture. [DecodeYCbCr]
// gives the rows of an opaque lossy picture's own planes: they can be resampled as they are, chroma at half the
// resolution, and only what comes out of that be converted to RGB. In both ways memory is that of some rows,
// and for lossless pictures of what their codes may refer to.
//
// What a picture costs is counted before it is decoded, and refused above [Limits]. A file that ends early, or
// contradicts itself, is refused with [ErrCorrupt]. Chunks that are not known are passed over, as are bytes after the
// file's end. All arithmetic is on integers, and the same everywhere.
package webp

import (
	"errors"
	"fmt"
	"image"

	"github.com/thumbing/thumbing/internal/thumbnail/webp/vp8"
	"github.com/thumbing/thumbing/internal/thumbnail/webp/vp8l"
)

// Errors that the functions of this package wrap.
var (
	// ErrCorrupt: the bytes contradict RFC 9649 or RFC 6386, or themselves.
	ErrCorrupt = errors.New("corrupt webp")
	// ErrTruncated is the [ErrCorrupt] of a file, or of a picture within it, that ends early.
	ErrTruncated = fmt.Errorf("%w: data ends early", ErrCorrupt)
	// ErrUnsupported: a version of a bitstream that no standard describes.
	ErrUnsupported = errors.New("unsupported kind of webp")
	// ErrTooMuchWork: the picture exceeds [Limits].
	ErrTooMuchWork = errors.New("webp takes too much work")
)

// Options says what part of the picture is wanted, and at what cost at most.
type Options struct {
	// Crop is the part that is wanted, in pixels of the canvas. What lies beyond the canvas is cut off. Empty means
	// the whole canvas.
	Crop image.Rectangle
	// Limits bounds the cost.
	Limits Limits
}

// Header says what a file holds.
type Header struct {
	Width, Height int             // of the canvas in pixels: before any orientation that Exif asks for
	Frame         image.Rectangle // the part of the canvas that the picture covers; the rest is transparent
	Lossless      bool
	Animated      bool // the picture is the first frame of an animation
	// Alpha: pixels may be other than opaque.
	Alpha bool
	// Exif is the TIFF structure of the first EXIF chunk, nil without one. It refers to the file's bytes.
	Exif []byte
	// ICC is the colour profile, nil without one. It refers to the file's bytes.
	ICC []byte
}

// Channels returns how many bytes a pixel takes in rows from [DecodePixels]: 4 (RGBA) with alpha, else 3 (RGB).
func (h Header) Channels() int {
	if h.Alpha {
		return 4
	}
	return 3
}

// Planar reports whether [DecodeYCbCr] can read the picture: it is lossy, opaque and covers the canvas.
func (h Header) Planar() bool { return !h.Lossless && !h.Alpha }

// DecodeHeader reads what a file says of itself. It makes no pixels. Errors wrap [ErrCorrupt] or [ErrUnsupported].
func DecodeHeader(src []byte) (Header, error) {
	f, err := parse(src)
	if err != nil {
		return Header{}, err
	}
	return f.Header, nil
}

// DecodePixels reads the part of a picture that o names and gives its rows, from the top, to emit: as many bytes for
// each pixel as [Header.Channels] says, alpha not multiplied into colours. They hold during the call. Rows given before
// an error remain given. Errors wrap [ErrCorrupt], [ErrUnsupported] or [ErrTooMuchWork].
//
// The chroma of lossy pictures is interpolated.
func DecodePixels(src []byte, o Options, emit func(row []byte)) error {
	f, err := parse(src)
	if err != nil {
		return err
	}
	crop := o.crop(f.Header)
	m, err := newMeter(o.Limits, f, crop)
	if err != nil {
		return err
	}
	return newCanvas(f.Header, crop, emit).draw(func(part image.Rectangle, emit func(row []byte)) error {
		if f.Lossless {
			return f.losslessRows(part, m, emit)
		}
		return f.lossyRows(part, m, emit)
	})
}

// Rows takes the rows of a picture's planes. Any of the functions may come first.
type Rows struct {
	Y, Cb, Cr func(row []byte) // they hold during the call
}

// DecodeYCbCr reads the part of a picture that o names, and gives each row of its planes, from the top, to rows. Luma
// has the samples of the pixels in o.Crop, chroma those in [ChromaRect] of it. The picture must be [Header.Planar].
// Rows given before an error remain given. Errors wrap [ErrCorrupt], [ErrUnsupported] or [ErrTooMuchWork].
//
// Samples are of limited range (ITU-R BT.601: luma from 16 to 235).
func DecodeYCbCr(src []byte, o Options, rows Rows) error {
	f, err := parse(src)
	if err != nil {
		return err
	}
	if !f.Planar() {
		return unsupportedf("it has alpha or is lossless, and so no planes")
	}
	crop := o.crop(f.Header)
	if _, err := newMeter(o.Limits, f, crop); err != nil {
		return err
	}
	return f.planes(crop, rows)
}

// ChromaRect returns which samples of chroma cover the pixels of a rectangle: a sample covers two by two pixels.
func ChromaRect(r image.Rectangle) image.Rectangle {
	return image.Rect(r.Min.X/2, r.Min.Y/2, (r.Max.X+1)/2, (r.Max.Y+1)/2)
}

// crop returns what is wanted of a picture.
func (o Options) crop(h Header) image.Rectangle {
	canvas := image.Rect(0, 0, h.Width, h.Height)
	if crop := o.Crop.Intersect(canvas); !crop.Empty() {
		return crop
	}
	return canvas
}

// corruptf returns an error that says in what way the file is corrupt.
func corruptf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// unsupportedf returns an error that says which kind of WebP it is.
func unsupportedf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}

// tooMuchf returns an error that says which limit the picture exceeds.
func tooMuchf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrTooMuchWork, fmt.Sprintf(format, args...))
}

// bitstreamError returns a bitstream decoder's error as one of this package's.
func bitstreamError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, vp8.ErrShort), errors.Is(err, vp8l.ErrShort):
		return fmt.Errorf("%w: %w", ErrTruncated, err)
	case errors.Is(err, vp8.ErrUnsupported), errors.Is(err, vp8l.ErrUnsupported):
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	case errors.Is(err, vp8l.ErrBudget):
		return fmt.Errorf("%w: %w", ErrTooMuchWork, err)
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}
