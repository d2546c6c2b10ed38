// Package gif decodes the first frame of GIF pictures (CompuServe, Graphics Interchange Format, versions 87a and 89a,
// 1990; section numbers here are the latter's) for making thumbnails: laid where it belongs on the logical screen,
// row by row, from the top, 8 bits a sample.
//
// Of all other frames only the blocks are passed over, not read: their number costs next to nothing. A file that ends
// before it says so, wherever that is, is refused with [ErrCorrupt], as is a first frame of which pixels are missing.
// Bytes that are no block, behind a frame, do no harm.
package gif

import (
	"errors"
	"fmt"
)

// Errors that [DecodeRows] and [DecodeHeader] wrap.
var (
	// ErrCorrupt: the bytes contradict the format, or themselves.
	ErrCorrupt = errors.New("corrupt gif")
	// ErrTruncated is the [ErrCorrupt] of a file, or of the pixels of its first frame, that end early.
	ErrTruncated = fmt.Errorf("%w: data ends early", ErrCorrupt)
	// ErrTooMuchWork: the picture exceeds [Limits].
	ErrTooMuchWork = errors.New("gif takes too much work")
)

// Options says at what cost a picture may be decoded.
type Options struct {
	Limits Limits
}

// Limits bounds what a picture may cost. It is counted from the file's structure, not measured, so that the answer is
// the same on every machine. Zero fields mean [DefaultLimits].
type Limits struct {
	// Work is the pixels of the logical screen and of its first frame, and the bytes of that. One costs some
	// nanoseconds.
	Work int64
	// Memory is the bytes to hold at a time, beside the file: some rows, and an interlaced frame.
	Memory int64
}

// DefaultLimits returns limits that a picture of 50 megapixels stays within.
func DefaultLimits() Limits {
	return Limits{Work: 1 << 28, Memory: 128 << 20}
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
	if n := p.work(); n > l.Work {
		return fmt.Errorf("%w: %d pixels and bytes, and at most %d are allowed", ErrTooMuchWork, n, l.Work)
	}
	if n := p.memory(); n > l.Memory {
		return fmt.Errorf("%w: %d bytes of memory, and at most %d are allowed", ErrTooMuchWork, n, l.Memory)
	}
	return nil
}

// Header says what a file holds.
type Header struct {
	Width, Height int // of the logical screen, in pixels; each at least 1
	// Channels is the bytes of a pixel in the rows that DecodeRows gives: 3 is RGB, 4 RGB with alpha. That is where any
	// frame has a transparent colour.
	Channels int
}

// DecodeHeader goes through the blocks of a file. It makes no pixels. Errors wrap [ErrCorrupt].
func DecodeHeader(src []byte) (Header, error) {
	p, err := parse(src)
	if err != nil {
		return Header{}, err
	}
	return p.Header, nil
}

// DecodeRows decodes the first frame and hands out the rows of the logical screen: y from 0 to Height-1, pix with Channels
// bytes for each of Width pixels, valid during the call. What the frame leaves bare is transparent, or in a picture
// without transparency, black. So is a pixel of a colour that the frame's table does not have: it is black.
//
// An error from row ends decoding and is returned as it is; other errors wrap [ErrCorrupt] or [ErrTooMuchWork]. When
// something is missing or damaged, rows before it have been handed out.
func DecodeRows(src []byte, o Options, row func(y int, pix []byte) error) error {
	p, err := parse(src)
	if err != nil {
		return err
	}
	if err := o.Limits.orDefault().check(p); err != nil {
		return err
	}
	return p.decode(row)
}

// corruptf returns an error that says in what way the file is corrupt.
func corruptf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}
