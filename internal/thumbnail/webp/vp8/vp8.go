// Package vp8 decodes the key frames of VP8 video (RFC 6386; section numbers here are its), which is what lossy WebP
// pictures are.
//
// A [Decoder] gives the picture in bands of rows, from the top, and keeps no more than a band: the frame's own
// planes of luma and chroma, 4:2:0, in limited range (luma 16 to 235, chroma 16 to 240, ITU-R BT.601), exactly as the
// reference decoder makes them. A caller that needs only a part says where it ends to the right and at the bottom;
// beyond that, nothing is filtered or decoded. What lies to the left and above cannot be left out: prediction and
// loop filter carry it on.
package vp8

import (
	"errors"
	"image"
	"io"
)

// FormatError says in which way the data is not a proper key frame.
type FormatError string

func (e FormatError) Error() string { return "vp8: " + string(e) }

// ErrUnsupported is the error for a version of VP8 that RFC 6386 does not describe.
var ErrUnsupported = errors.New("vp8: unknown version")

// ErrShort is the [FormatError] of data that end early.
const ErrShort = FormatError("the data ends early")

// Size returns the width and height of a key frame, in pixels, both at least 1. It reads the first 10 bytes of the
// frame. Errors are of type [FormatError], or [ErrUnsupported].
func Size(data []byte) (width, height int, err error) {
	t, err := parseTag(data)
	return t.width, t.height, err
}

// Band is a part of a picture, as wide as the picture or the part that was asked for, or somewhat wider. Its samples
// hold until the next call.
type Band struct {
	// Top and Bottom are the first row of luma and the one after the last. Top is even, and so is Bottom unless it
	// is the height of the picture. Chroma rows go from Top/2 to (Bottom+1)/2.
	Top, Bottom int

	Y, Cb, Cr        []byte // row 0 is Top, or Top/2
	YStride, CStride int
}

// Decoder decodes one frame.
type Decoder struct {
	tag        frameTag
	columns    int // macroblocks across
	rows       int // macroblock rows to decode
	bottom     int // luma rows to give
	row        int // the next macroblock row
	modes      modeReader
	partitions []reader
	probs      coefficientProbs
	quantizers [segments]quantizer
	filter     filter

	blocks  []macroblock // of the row
	context contexts
	coefs   coefficients
	work    workspace
	above   aboveRows
	band    band
}

// NewDecoder reads the headers of a frame. Of the picture no more is wanted than what lies within bounds. Data is
// referred to by the decoder. Errors are of type [FormatError], or [ErrUnsupported].
func NewDecoder(data []byte, bounds image.Rectangle) (*Decoder, error) {
	tag, err := parseTag(data)
	if err != nil {
		return nil, err
	}
	rest := data[tagBytes:]
	if tag.firstPartition > len(rest) {
		return nil, ErrShort
	}
	first, rest := newReader(rest[:tag.firstPartition]), rest[tag.firstPartition:]
	first.flag() // colour space (9.2): there is but one
	first.flag() // samples need no clamping: clamping them does no harm then
	segmentation := readSegmentation(&first)
	filter := readFilterHeader(&first)
	d := &Decoder{tag: tag}
	if d.partitions, err = partitions(rest, 1<<first.uint(2)); err != nil {
		return nil, err
	}
	d.quantizers = readQuantizers(&first, &segmentation)
	first.flag() // whether the probabilities hold for later frames
	d.probs = readCoefficientProbs(&first)
	d.columns = (tag.width + 15) / 16
	d.modes = newModeReader(first, segmentation, d.columns)
	d.measure(bounds)
	d.filter = newFilter(filter, &segmentation, d.columns, bounds.Max.X)
	d.blocks = make([]macroblock, d.columns)
	d.context = newContexts(d.columns)
	d.above = newAboveRows(d.columns)
	d.band = newBand(d.columns)
	return d, nil
}

// measure settles how many rows there are to decode for what is wanted.
func (d *Decoder) measure(bounds image.Rectangle) {
	d.rows = (d.tag.height + 15) / 16
	d.bottom = min(max(bounds.Max.Y, 1), d.tag.height)
	if d.bottom < d.tag.height {
		d.bottom += d.bottom & 1
		d.rows = min(d.rows, (d.bottom+bandDelay+15)/16)
	}
}

// Next returns the next band. At the end of what is wanted the error is io.EOF; other errors are of type
// [FormatError].
func (d *Decoder) Next() (Band, error) {
	if d.row == d.rows {
		return Band{}, io.EOF
	}
	if d.row > 0 {
		d.band.next()
	}
	if err := d.decodeRow(); err != nil {
		return Band{}, err
	}
	d.filter.row(&d.band, d.row, d.blocks)
	d.row++
	return d.band.finished(d.row, d.rows, d.bottom), nil
}
