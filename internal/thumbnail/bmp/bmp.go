// Package bmp decodes BMP pictures, of Windows and of OS/2 (Microsoft, "Bitmap Storage" and "Bitmap Compression" of
// Windows GDI; IBM, "OS/2 Bitmap File Formats"), for making thumbnails: row by row, from the top, 8 bits a sample.
//
// It reads pixels of 1, 2, 4, 8, 16, 24 and 32 bits, with palettes, bit fields and run-length coding, from the bottom
// up or from the top down. Rows are made straight from the file's bytes; of run-length coding, only where each row
// begins is held.
//
// A picture whose pixels are not all there is refused with [ErrCorrupt].
package bmp

import (
	"errors"
	"fmt"
)

// Errors that [DecodeRows] and [DecodeHeader] wrap.
var (
	// ErrCorrupt: the bytes contradict the format, or themselves.
	ErrCorrupt = errors.New("corrupt bmp")
	// ErrTruncated is the [ErrCorrupt] of a file that ends early.
	ErrTruncated = fmt.Errorf("%w: data ends early", ErrCorrupt)
	// ErrUnsupported: what the format allows and this decoder does not know: pixels in a JPEG, a PNG or Huffman code.
	ErrUnsupported = errors.New("unsupported kind of bmp")
	// ErrTooMuchWork: the picture exceeds [Limits].
	ErrTooMuchWork = errors.New("bmp takes too much work")
)

// Options says at what cost a picture may be decoded.
type Options struct {
	Limits Limits
}

// Limits bounds what a picture may cost. It is counted from the header, not measured, so that the answer is the same
// on every machine. Zero fields mean [DefaultLimits].
type Limits struct {
	// Work is the pixels of the picture, and the bytes of the file. One costs some nanoseconds.
	Work int64
	// Memory is the bytes to hold at a time, beside the file.
	Memory int64
}

// DefaultLimits returns limits that a picture of 50 megapixels stays within.
func DefaultLimits() Limits {
	return Limits{Work: 1 << 29, Memory: 128 << 20}
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	if l.Work == 0 {
		l.Work = d.Work
	}
	if l.Memory == 0 {
		l.Memory = d.Memory
	}
	return l
}

// check holds a picture against the limits.
func (l Limits) check(p *picture) error {
	if n := int64(p.Width)*int64(p.Height) + int64(len(p.data)); n > l.Work {
		return fmt.Errorf("%w: %d pixels and bytes, and at most %d are allowed", ErrTooMuchWork, n, l.Work)
	}
	if n := p.memory(); n > l.Memory {
		return fmt.Errorf("%w: %d bytes of memory, and at most %d are allowed", ErrTooMuchWork, n, l.Memory)
	}
	return nil
}

// Header says what a file holds.
type Header struct {
	Width, Height int // in pixels; each at least 1
	// Channels is the bytes of a pixel in the rows that DecodeRows gives: 3 is RGB, 4 RGB with straight alpha. Pictures
	// have that where a pixel may have alpha, or may be left out by run-length coding. All may be opaque nonetheless.
	Channels int
	// PixelsPerMetreX and PixelsPerMetreY say how dense the pixels are meant to be shown; 0 where the file does not say.
	// Where they differ, pixels are not square.
	PixelsPerMetreX, PixelsPerMetreY int32
}

// DecodeHeader reads the headers. For a picture that is not run-length coded it makes sure that the pixels are all
// there. Errors wrap [ErrCorrupt] or [ErrUnsupported].
func DecodeHeader(src []byte) (Header, error) {
	p, err := parse(src)
	if err != nil {
		return Header{}, err
	}
	return p.Header, nil
}

// DecodeRows decodes a picture and hands out its rows: y from 0 to Height-1, from the top, pix with Channels bytes for
// each of Width pixels, valid during the call. A pixel of a colour that the palette does not have is black, and one
// that run-length coding leaves out is transparent. The fourth byte of pixels of 32 bits, of which no mask says what it
// is, is alpha unless it is 0 in the whole picture.
//
// An error from row ends decoding and is returned as it is; other errors wrap [ErrCorrupt], [ErrUnsupported] or
// [ErrTooMuchWork].
func DecodeRows(src []byte, o Options, row func(y int, pix []byte) error) error {
	p, err := parse(src)
	if err != nil {
		return err
	}
	if err := o.Limits.orDefault().check(p); err != nil {
		return err
	}
	if p.runs {
		return p.decodeRuns(row)
	}
	return p.decodePixels(row)
}

// corruptf returns an error that says in what way the file is corrupt.
func corruptf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// unsupportedf returns an error that says which kind of BMP it is.
func unsupportedf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}
