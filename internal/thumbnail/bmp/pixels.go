package bmp

import (
	"encoding/binary"
	"math/bits"
)

// decodePixels hands out the rows of a picture that is not run-length coded.
func (p *picture) decodePixels(emit func(y int, pix []byte) error) error {
	pix := make([]byte, p.Width*p.Channels)
	opaque := p.guessAlpha && p.alphaIsZero() // so it is none
	for y := range p.Height {
		row := p.row(y)
		switch {
		case p.bits <= 8:
			p.unpackIndices(pix, row)
		case p.bits == 24:
			unpackTriples(pix, row)
		default:
			p.unpackFields(pix, row)
		}
		if opaque {
			for i := 3; i < len(pix); i += 4 {
				pix[i] = 0xff
			}
		}
		if err := emit(y, pix); err != nil {
			return err
		}
	}
	return nil
}

// memory returns the bytes that decoding takes.
func (p *picture) memory() int64 {
	n := int64(p.Width) * int64(p.Channels)
	if p.runs {
		n += int64(p.Height) * segmentBytes
	}
	return n
}

// row returns the bytes of a row, counted from the top.
func (p *picture) row(y int) []byte {
	if !p.topDown {
		y = p.Height - 1 - y
	}
	stride := p.stride()
	return p.data[y*stride : (y+1)*stride]
}

// unpackIndices reads pixels that are colours of the palette. The leftmost pixel has the highest bits of a byte.
func (p *picture) unpackIndices(pix, row []byte) {
	perByte, mask := 8/p.bits, byte(1<<p.bits-1)
	for x := range p.Width {
		shift := (perByte - 1 - x%perByte) * p.bits
		c := &p.palette[row[x/perByte]>>shift&mask]
		q := pix[3*x : 3*x+3 : 3*x+3]
		q[0], q[1], q[2] = c[0], c[1], c[2]
	}
}

// unpackTriples reads pixels of 24 bits: blue, green, red.
func unpackTriples(pix, row []byte) {
	for i := 0; i+3 <= len(pix); i += 3 {
		s, q := row[i:i+3:i+3], pix[i:i+3:i+3]
		q[0], q[1], q[2] = s[2], s[1], s[0]
	}
}

// unpackFields reads pixels of 16 or 32 bits, whose samples are anywhere in them.
func (p *picture) unpackFields(pix, row []byte) {
	r, g, b, a := &p.fields[0], &p.fields[1], &p.fields[2], &p.fields[3]
	n := p.Channels
	for x := range p.Width {
		v := p.pixel(row, x)
		q := pix[x*n : (x+1)*n : (x+1)*n]
		q[0], q[1], q[2] = r.sample(v), g.sample(v), b.sample(v)
		if n == 4 {
			q[3] = a.sample(v)
		}
	}
}

// pixel returns the bits of a pixel of 16 or 32 bits.
func (p *picture) pixel(row []byte, x int) uint32 {
	if p.bits == 16 {
		return uint32(binary.LittleEndian.Uint16(row[2*x:]))
	}
	return binary.LittleEndian.Uint32(row[4*x:])
}

// alphaIsZero reports whether no pixel has any alpha.
func (p *picture) alphaIsZero() bool {
	mask := uint32(p.fields[3].most) << p.fields[3].shift
	for y := range p.Height {
		row := p.row(y)
		for x := range p.Width {
			if p.pixel(row, x)&mask != 0 {
				return false
			}
		}
	}
	return true
}

// field is a sample's place in a pixel.
type field struct {
	shift int
	most  uint64     // the largest value; 0 where there is no such sample
	scale [256]uint8 // of samples of up to 8 bits
}

func newField(mask uint32) (field, error) {
	f := field{shift: bits.TrailingZeros32(mask), most: uint64(mask) >> bits.TrailingZeros32(mask)}
	if f.most&(f.most+1) != 0 {
		return field{}, corruptf("a bit field with a hole in it")
	}
	for i := range min(f.most, 255) + 1 {
		if f.most > 0 {
			f.scale[i] = byte((i*255 + f.most/2) / f.most)
		}
	}
	return f, nil
}

// sample returns the sample, scaled to eight bits.
func (f *field) sample(v uint32) byte {
	value := uint64(v>>f.shift) & f.most
	if f.most <= 255 {
		return f.scale[value]
	}
	return byte((value*255 + f.most/2) / f.most)
}
