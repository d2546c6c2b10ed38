// Package jpeg decodes JPEG pictures (ITU-T T.81 | ISO/IEC 10918-1) at the scale that a thumbnail needs.
//
// A thumbnail of 512x512 holds a fiftieth of what a phone's camera stores. The decoder never makes the rest:
//
//   - Each component is reconstructed at N/8 of its resolution, N from 1 to 8, by an N-point inverse DCT over
//     the lowest N x N coefficients of every block (scale.go, idct.go).
//   - Coefficients beyond those are passed over by a table that skips several Huffman codes at a time
//     (skip.go), and blocks outside the crop are passed over whole.
//   - Of a progressive picture it keeps the lowest coefficients of the blocks inside the crop, and of the others
//     no more than which of them are nonzero. Scans that change nothing kept are not read (script.go).
//
// It reads sequential (baseline and extended) and progressive Huffman-coded frames with samples of 8 bits, all
// sampling factors, 1, 3 or 4 components, restart intervals, and scans in any order. Samples come out in the
// colour model of the file and at the resolution of each component: [Plane] says where they lie, so that one
// resampling takes them to their final place. All arithmetic on samples is on integers, and the same everywhere.
//
// What a scan costs is counted before it is decoded, and refused above [Limits]. A file that ends
// early, or contradicts itself where it matters to the result, is refused with [ErrCorrupt]: there are no
// half-grey pictures. Bytes that do no harm (between segments, after the last scan's data, after the end)
// are passed over. A restart marker must come where it is due and carry the number that is due; the decoder
// does not guess at what was lost between two others.
package jpeg

import (
	"errors"
	"fmt"
	"image"
)

// Errors that [Decode] and [DecodeHeader] wrap.
var (
	// ErrCorrupt: the bytes contradict T.81, or themselves.
	ErrCorrupt = errors.New("corrupt jpeg")
	// ErrTruncated is the [ErrCorrupt] of a file, or of a scan within it, that ends early.
	ErrTruncated = fmt.Errorf("%w: data ends early", ErrCorrupt)
	// ErrUnsupported: a process that this decoder does not know: arithmetic coding, lossless, hierarchical,
	// samples of other than 8 bits, or a number of components other than 1, 3 and 4.
	ErrUnsupported = errors.New("unsupported kind of jpeg")
	// ErrTooMuchWork: the picture exceeds [Limits].
	ErrTooMuchWork = errors.New("jpeg takes too much work")
)

// Options says what part of the picture is wanted, how large, and at what cost at most.
type Options struct {
	// Crop is the part that is wanted, in pixels of the stored picture. Planes reach far enough beyond it for a
	// resampling kernel of three samples' radius. Empty means the whole picture.
	Crop image.Rectangle
	// Width and Height are what Crop becomes when it is resampled, in pixels. They choose the scale of decoding.
	// Zero means full resolution.
	Width, Height int
	// Limits bounds the cost.
	Limits Limits
}

// Image is a decoded picture: a plane for each component, in the frame's order.
type Image struct {
	Header
	Planes []Plane
}

// Plane holds the samples of one component inside the crop and some way around it.
type Plane struct {
	Pix           []uint8 // row y starts at Pix[y*Stride]
	Stride        int
	Width, Height int  // in samples
	X, Y          Axis // where columns and rows lie in the picture
}

// Axis places samples along one direction of the picture: sample i covers the interval from
// Origin + i*Num/Den to Origin + (i+1)*Num/Den, in pixels of the stored picture, whose first pixel
// covers 0 to 1.
type Axis struct {
	Origin   int
	Num, Den int
}

// Sample returns where the picture's coordinate p (in pixels, edges at whole numbers) falls among the samples
// (edges at whole numbers likewise).
func (a Axis) Sample(p float64) float64 {
	return (p - float64(a.Origin)) * float64(a.Den) / float64(a.Num)
}

// Decode reads the part of a picture that o names. Src is not changed, and not referred to by the result except
// by its Exif and ICC. Errors wrap [ErrCorrupt], [ErrUnsupported] or [ErrTooMuchWork].
func Decode(src []byte, o Options) (*Image, error) {
	w, err := newWalker(src)
	if err != nil {
		return nil, err
	}
	d := &decoder{options: o, meter: meter{limits: o.Limits.orDefault(), work: int64(len(src))}, walker: w}
	if err := d.decode(); err != nil {
		return nil, err
	}
	return d.image(), nil
}

// DecodeHeader reads what comes before a picture's first scan. It makes no pixels. Errors wrap [ErrCorrupt] or
// [ErrUnsupported].
func DecodeHeader(src []byte) (Header, error) {
	w, err := newWalker(src)
	if err != nil {
		return Header{}, err
	}
	var b headerBuilder
	for {
		seg, err := w.next()
		if err != nil {
			return Header{}, err
		}
		switch seg.marker {
		case markerEOI:
			return Header{}, errNoScan
		case markerSOS:
			if err := b.needHeight(*w); err != nil {
				return Header{}, err
			}
			return b.header(), nil
		default:
			if err := b.add(seg); err != nil {
				return Header{}, err
			}
		}
	}
}

// Ways to be corrupt.
var (
	errCode     = corruptf("no such huffman code")
	errNoScan   = corruptf("no scan")
	errNotCoded = corruptf("a component has no scan")
)

// corruptf returns an error that says in what way the file is corrupt.
func corruptf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// unsupportedf returns an error that says which kind of JPEG it is.
func unsupportedf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}

// tooMuchf returns an error that says which limit the picture exceeds.
func tooMuchf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrTooMuchWork, fmt.Sprintf(format, args...))
}
