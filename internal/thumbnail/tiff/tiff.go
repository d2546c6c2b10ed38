// Package tiff decodes the first picture of TIFF files (Adobe, TIFF Revision 6.0, 1992; section numbers here are
// its) and of BigTIFF files, whose offsets have 64 bits, for making thumbnails: row by row, from the top, 8 bits a
// sample.
//
// It reads:
//
//   - bilevel and grey pictures, palettes, RGB, CMYK, YCbCr and CIE L*a*b*, of 1, 2, 4, or 8 to 16 bits a sample;
//     associated and unassociated alpha;
//   - RGB of floating point, as light that sRGB encodes: 1 is white;
//   - strips and tiles, samples of a pixel together or in planes;
//   - no compression, PackBits, LZW, deflate, the three of CCITT (modified Huffman, T.4 and T.6), and JPEG (Adobe,
//     TIFF Technical Note 2), with the horizontal and the floating point predictor (Adobe, TIFF Technical Note 3).
//
// Samples that are signed, or grey of floating point, are refused: nothing says which of them are black and white.
//
// What decoding costs is counted from the directory before any pixel is made, and refused above [Limits]. Only what
// the first directory says is read: a file whose further directories are broken, or go round in a loop, is not the
// worse for it. A picture of which anything is missing is refused with [ErrCorrupt]. Arithmetic on samples gives the
// same on every machine.
package tiff

import (
	"errors"
	"fmt"
	"io"
)

// Errors that [DecodeRows] and [DecodeHeader] wrap.
var (
	// ErrCorrupt: the bytes contradict the format, or themselves.
	ErrCorrupt = errors.New("corrupt tiff")
	// ErrTruncated is the [ErrCorrupt] of a file, or of a strip or tile within it, that ends early.
	ErrTruncated = fmt.Errorf("%w: data ends early", ErrCorrupt)
	// ErrUnsupported: a compression, a kind of sample or a colour space that this decoder does not know.
	ErrUnsupported = errors.New("unsupported kind of tiff")
	// ErrTooMuchWork: the picture exceeds [Limits].
	ErrTooMuchWork = errors.New("tiff takes too much work")
)

// Options says at what cost a picture may be decoded.
type Options struct {
	Limits Limits
}

// Header says what a file holds.
type Header struct {
	Width, Height int // in pixels, as stored: before Orientation; each at least 1
	// Channels is the bytes of a pixel in the rows that DecodeRows gives: 1 is grey, 3 RGB, 4 RGB with straight alpha,
	// or where CMYK is set, the four inks.
	Channels int
	// CMYK: the channels are cyan, magenta, yellow and black, 0 for no ink.
	CMYK bool
	// Orientation is 1 to 8, as EXIF has it; 1 where it is missing or wrong.
	Orientation int
	// ICC is the colour profile of the samples, nil without one. It refers to the file's bytes.
	ICC []byte
}

// DecodeHeader reads the first directory of a file. It makes no pixels, and allocates nothing that depends on the
// size of the picture. Errors wrap [ErrCorrupt] or [ErrUnsupported].
func DecodeHeader(src []byte) (Header, error) {
	p, err := newPicture(src)
	if err != nil {
		return Header{}, err
	}
	return p.Header, nil
}

// DecodeRows decodes a picture and hands out its rows: y from 0 to Height-1, pix with Channels bytes for each of Width
// pixels, valid during the call. An error from row ends decoding and is returned as it is; other errors wrap
// [ErrCorrupt], [ErrUnsupported] or [ErrTooMuchWork]. When something is missing or damaged, rows before it have been
// handed out.
func DecodeRows(src []byte, o Options, row func(y int, pix []byte) error) error {
	p, err := newPicture(src)
	if err != nil {
		return err
	}
	if err := o.Limits.orDefault().check(p); err != nil {
		return err
	}
	return newDecoder(p).decode(row)
}

// corruptf returns an error that says in what way the file is corrupt.
func corruptf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// unsupportedf returns an error that says which kind of TIFF it is.
func unsupportedf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}

// tooMuchf returns an error that says which limit the picture exceeds.
func tooMuchf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrTooMuchWork, fmt.Sprintf(format, args...))
}

// damage turns what a decompressor says into an error of this package.
func damage(err error) error {
	switch {
	case errors.Is(err, ErrCorrupt), errors.Is(err, ErrUnsupported), errors.Is(err, ErrTooMuchWork):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ErrTruncated
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}
