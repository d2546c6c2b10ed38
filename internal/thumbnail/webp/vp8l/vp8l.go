// Package vp8l decodes the lossless bitstream of WebP (RFC 9649, section 3; section numbers here are its).
//
// A [Decoder] gives a picture row by row. Back-references reach no further than 2^20 pixels, so that is what it keeps
// of a picture, and the previous row; the rest of what it allocates is what the bitstream spends on codes and
// transforms. All of it is counted against a budget.
package vp8l

import (
	"errors"
	"io"
)

// FormatError says in which way the data is not a proper lossless picture.
type FormatError string

func (e FormatError) Error() string { return "vp8l: " + string(e) }

var (
	// ErrUnsupported is the error for a version that RFC 9649 does not describe.
	ErrUnsupported = errors.New("vp8l: unknown version")
	// ErrBudget is the error for a picture that takes more memory than allowed.
	ErrBudget = errors.New("vp8l: over the budget of memory")
)

// ErrShort is the [FormatError] of data that end early.
const ErrShort = FormatError("the data ends early")

// Header is what a picture says of itself first (3.4).
type Header struct {
	Width, Height int  // in pixels: 1 to 16384
	Alpha         bool // alpha means something; if not, all pixels are opaque whatever they say
}

const headerBytes = 5

// ParseHeader reads the first 5 bytes of a picture. Errors are of type [FormatError], or [ErrUnsupported].
func ParseHeader(data []byte) (Header, error) {
	if len(data) < headerBytes {
		return Header{}, ErrShort
	}
	if data[0] != 0x2f {
		return Header{}, FormatError("no signature")
	}
	r := newBitReader(data[1:])
	h := Header{Width: r.read(14) + 1, Height: r.read(14) + 1, Alpha: r.read(1) == 1}
	if r.read(3) != 0 {
		return Header{}, ErrUnsupported
	}
	return h, nil
}

// Decoder decodes one picture.
type Decoder struct {
	bits       bitReader
	budget     budget
	height     int
	y          int
	pixels     *entropyImage
	transforms []transform
	row        []uint32
}

// budget is how many bytes may still be allocated.
type budget int64

// spend takes n items of size bytes off the budget.
func (b *budget) spend(n, size int) error {
	if *b -= budget(n) * budget(size); *b < 0 {
		return ErrBudget
	}
	return nil
}

// NewDecoder reads a picture up to its pixels, and allocates about so many bytes at most in doing so. Data is referred
// to by the decoder. Errors are of type [FormatError], [ErrUnsupported] or [ErrBudget].
func NewDecoder(data []byte, bytes int64) (*Decoder, error) {
	h, err := ParseHeader(data)
	if err != nil {
		return nil, err
	}
	return NewBareDecoder(data[headerBytes:], h.Width, h.Height, bytes)
}

// NewBareDecoder is [NewDecoder] for a picture without a header, of known size, as alpha channels are stored.
func NewBareDecoder(data []byte, width, height int, bytes int64) (*Decoder, error) {
	d := &Decoder{bits: newBitReader(data), budget: budget(bytes), height: height}
	if err := d.budget.spend(width, 4); err != nil {
		return nil, err
	}
	d.row = make([]uint32, width)
	width, err := d.readTransforms(width)
	if err != nil {
		return nil, err
	}
	d.pixels, err = newEntropyImage(&d.bits, &d.budget, width, height, true)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Row returns the next row, whose pixels hold alpha, red, green and blue, alpha on top. It holds until the next call.
// After the last row the error is io.EOF; others are of type [FormatError].
func (d *Decoder) Row() ([]uint32, error) {
	if d.y == d.height {
		return nil, io.EOF
	}
	row := d.row[:d.pixels.width]
	if err := d.pixels.readRow(row); err != nil {
		return nil, err
	}
	for i := len(d.transforms) - 1; i >= 0; i-- {
		row = d.transforms[i].invert(row, d.y)
	}
	d.y++
	return row, nil
}
