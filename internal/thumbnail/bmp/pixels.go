package bmp

import (
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"math/bits"
)

// decodeIndices reads pixels that are colours of the palette. One that it does not have is black.
func (h *header) decodeIndices(src []byte) image.Image {
	palette := make(color.Palette, 1<<h.bits)
	for i := range palette {
		palette[i] = color.RGBA{A: 0xff}
		if i < len(h.palette) {
			c := h.palette[i]
			palette[i] = color.RGBA{c[0], c[1], c[2], 0xff}
		}
	}
	m := image.NewPaletted(image.Rect(0, 0, h.width, h.height), palette)
	perByte, mask := 8/h.bits, byte(1<<h.bits-1)
	for i := range h.height {
		row, out := src[i*h.stride():], m.Pix[h.row(i)*m.Stride:][:h.width]
		for x := range out {
			shift := (perByte - 1 - x%perByte) * h.bits // the leftmost pixel has the highest bits
			out[x] = row[x/perByte] >> shift & mask
		}
	}
	return m
}

// decodeTriples reads pixels of 24 bits: blue, green, red.
func (h *header) decodeTriples(src []byte) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, h.width, h.height))
	for i := range h.height {
		row, out := src[i*h.stride():], m.Pix[h.row(i)*m.Stride:][:h.width*4]
		for x := 0; x < len(out); x += 4 {
			out[x], out[x+1], out[x+2], out[x+3] = row[2], row[1], row[0], 0xff
			row = row[3:]
		}
	}
	return m
}

// decodeFields reads pixels of 16 or 32 bits, whose samples are anywhere in them.
func (h *header) decodeFields(src []byte) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, h.width, h.height))
	r, g, b, a := h.masks[0], h.masks[1], h.masks[2], h.masks[3]
	seen := byte(0) // all alpha together
	for i := range h.height {
		row, out := src[i*h.stride():], m.Pix[h.row(i)*m.Stride:][:h.width*4]
		for x := 0; x < len(out); x += 4 {
			var v uint32
			if h.bits == 16 {
				v = uint32(binary.LittleEndian.Uint16(row))
			} else {
				v = binary.LittleEndian.Uint32(row)
			}
			row = row[h.bits/8:]
			out[x], out[x+1], out[x+2], out[x+3] = r.sample(v), g.sample(v), b.sample(v), 0xff
			if a.most > 0 {
				out[x+3] = a.sample(v)
				seen |= out[x+3]
			}
		}
	}
	if h.guessAlpha && seen == 0 { // so it is none
		for x := 3; x < len(m.Pix); x += 4 {
			m.Pix[x] = 0xff
		}
	}
	return m
}

// field is a sample's place in a pixel.
type field struct {
	shift int
	most  uint64 // the largest value; 0 where there is no such sample
}

func newField(mask uint32) (field, error) {
	f := field{shift: bits.TrailingZeros32(mask), most: uint64(mask) >> bits.TrailingZeros32(mask)}
	if f.most&(f.most+1) != 0 {
		return field{}, errors.New("a bit field with a hole in it")
	}
	return f, nil
}

// sample answers the sample, scaled to eight bits.
func (f field) sample(v uint32) byte {
	if f.most == 0 {
		return 0
	}
	value := uint64(v>>f.shift) & f.most
	return byte((value*255 + f.most/2) / f.most)
}
