package webp

import (
	"github.com/thumbing/thumbing/internal/thumbnail/webp/vp8l"
)

// alphaReader reads the alpha channel of a lossy picture, row by row (RFC 9649, 2.7.1.2).
type alphaReader struct {
	raw      []byte        // rows as they are, or
	lossless *vp8l.Decoder // in the green of a lossless picture
	filter   byte
	row      []byte // the last row, filters undone; before the first, zeros
	filtered []byte
	started  bool
}

// Filters tell what was taken off each value.
const (
	filterNone = iota
	filterLeft
	filterAbove
	filterGradient
)

// newAlphaReader reads the head of an ALPH chunk.
func newAlphaReader(data []byte, width, height int, memory int64) (*alphaReader, error) {
	if len(data) == 0 {
		return nil, ErrTruncated
	}
	info, data := data[0], data[1:]
	a := &alphaReader{filter: info >> 2 & 3, row: make([]byte, width), filtered: make([]byte, width)}
	switch compression := info & 3; compression {
	case 0:
		if int64(len(data)) < area(width, height) {
			return nil, ErrTruncated
		}
		a.raw = data
	case 1:
		var err error
		if a.lossless, err = vp8l.NewBareDecoder(data, width, height, memory); err != nil {
			return nil, bitstreamError(err)
		}
	default:
		return nil, unsupportedf("alpha compressed by method %d", compression)
	}
	return a, nil
}

// next returns the alpha of the next row, which holds until the next call.
func (a *alphaReader) next() ([]byte, error) {
	filtered := a.filtered
	if a.lossless == nil {
		filtered, a.raw = a.raw[:len(filtered)], a.raw[len(filtered):]
	} else {
		pixels, err := a.lossless.Row()
		if err != nil {
			return nil, bitstreamError(err)
		}
		for i, v := range pixels {
			filtered[i] = byte(v >> 8)
		}
	}
	unfilter(a.row, filtered, a.filter, !a.started)
	a.started = true
	return a.row, nil
}

// unfilter turns row, which holds the row above, into the one that filtered stands for.
func unfilter(row, filtered []byte, filter byte, first bool) {
	filtered = filtered[:len(row)]
	if filter == filterNone {
		copy(row, filtered)
		return
	}
	if first { // from the left, as if there were a column of zeros
		filter = filterLeft
	}
	switch filter {
	case filterLeft:
		left := row[0] // the first column is predicted from above
		for i, v := range filtered {
			left += v
			row[i] = left
		}
	case filterAbove:
		for i, v := range filtered {
			row[i] += v
		}
	case filterGradient:
		left, corner := row[0], row[0]
		for i, v := range filtered {
			above := row[i]
			left = v + gradient(left, above, corner)
			row[i], corner = left, above
		}
	}
}

// gradient returns left + above - corner, within the range.
func gradient(left, above, corner byte) byte {
	return byte(min(max(int(left)+int(above)-int(corner), 0), 255))
}
