package bmp

import (
	"image"
	"io"
)

// What a zero in place of a run's length introduces.
const (
	endOfRow     = 0
	endOfPicture = 1
	skip         = 2
)

// decodeRuns reads run-length coding: pairs of a length and a pixel, or of a zero and what else is to be
// done. It needs to say that the picture ends, or the last row.
// Source: Microsoft, "Bitmap compression".
func (h *header) decodeRuns(src []byte) (image.Image, error) {
	m := image.NewNRGBA(image.Rect(0, 0, h.width, h.height))
	pixel := 1 // bytes that a run's pixels take
	if h.bits == 24 {
		pixel = 3
	}
	x, row := 0, 0
	for row < h.height {
		if len(src) < 2 {
			return nil, io.ErrUnexpectedEOF
		}
		n := int(src[0])
		if n > 0 {
			if len(src) < 1+pixel {
				return nil, io.ErrUnexpectedEOF
			}
			for i := range n {
				h.put(m, x+i, row, src[1:], i)
			}
			x += n
			src = src[1+pixel:]
			continue
		}
		code := int(src[1])
		src = src[2:]
		switch code {
		case endOfRow:
			x, row = 0, row+1
		case endOfPicture:
			return m, nil
		case skip:
			if len(src) < 2 {
				return nil, io.ErrUnexpectedEOF
			}
			x, row = x+int(src[0]), row+int(src[1])
			src = src[2:]
		default: // so many pixels as they are, filled up to whole words
			size := (code*h.bits + 7) / 8
			if len(src) < size {
				return nil, io.ErrUnexpectedEOF
			}
			for i := range code {
				at := i * h.bits / 8
				h.put(m, x+i, row, src[at:], i)
			}
			x += code
			src = src[min(size+size%2, len(src)):]
		}
	}
	return m, nil
}

// put sets a pixel to the first of src, of which number i of a run takes its own half where a byte holds
// two. What lies outside of the picture is left out.
func (h *header) put(m *image.NRGBA, x, row int, src []byte, i int) {
	if x >= h.width || row >= h.height {
		return
	}
	out := m.Pix[h.row(row)*m.Stride+x*4:][:4]
	out[3] = 0xff
	if h.bits == 24 {
		out[0], out[1], out[2] = src[2], src[1], src[0]
		return
	}
	index := int(src[0])
	if h.bits == 4 {
		index = index >> (4 * (1 - i%2)) & 15
	}
	if index < len(h.palette) {
		c := h.palette[index]
		out[0], out[1], out[2] = c[0], c[1], c[2]
	}
}
