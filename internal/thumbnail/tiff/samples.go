package tiff

import (
	"encoding/binary"
	"math"
)

// unpacker takes samples out of rows of a block and makes bytes of them.
type unpacker struct {
	bits   int
	format uint64
	order  binary.ByteOrder
	raw    bool       // samples are indices: they stay as they are
	scale  [256]uint8 // of samples of up to 8 bits
	light  *lightTable
}

func newUnpacker(p *picture) *unpacker {
	u := &unpacker{bits: p.bits, format: p.format, order: p.order, raw: p.photometric == photometricPalette}
	if u.format == formatFloat {
		u.light = newLightTable()
	}
	most := 1<<min(u.bits, 8) - 1
	for i := range most + 1 {
		u.scale[i] = byte((i*255 + most/2) / most)
		if u.raw {
			u.scale[i] = byte(i)
		}
	}
	return u
}

// plain reports whether samples are bytes already.
func (u *unpacker) plain() bool { return u.bits == 8 }

// take reads sample number first of src, and every step-th after it, into every dstStep-th byte of dst. linear says
// that samples of floating point are light, rather than a share.
func (u *unpacker) take(dst []byte, dstStep int, src []byte, first, step int, linear bool) {
	i := first
	switch {
	case u.format == formatFloat:
		for x := 0; x < len(dst); x += dstStep {
			v := u.float(src, i)
			if linear {
				dst[x] = u.light.encode(v)
			} else {
				dst[x] = byte(float64(v*255) + 0.5)
			}
			i += step
		}
	case u.bits == 8:
		for x := 0; x < len(dst); x += dstStep {
			dst[x] = u.scale[src[i]]
			i += step
		}
	case u.bits < 8:
		for x := 0; x < len(dst); x += dstStep {
			dst[x] = u.scale[packed(src, i, u.bits)]
			i += step
		}
	case u.bits == 16:
		for x := 0; x < len(dst); x += dstStep {
			v := u.order.Uint16(src[2*i:])
			dst[x] = byte((uint32(v)*255 + 32895) >> 16) // v/257, rounded
			i += step
		}
	default:
		most := 1<<u.bits - 1
		for x := 0; x < len(dst); x += dstStep {
			dst[x] = byte((packed(src, i, u.bits)*255 + most/2) / most)
			i += step
		}
	}
}

// packed returns sample i of samples of up to 16 bits that follow one another without a gap, the highest bit first.
func packed(src []byte, i, bits int) int {
	at := i * bits
	var v uint32
	for k := range 3 {
		v <<= 8
		if at/8+k < len(src) {
			v |= uint32(src[at/8+k])
		}
	}
	return int(v >> (24 - bits - at%8) & (1<<bits - 1))
}

// float returns sample i between 0 and 1. What is no number is 0.
func (u *unpacker) float(src []byte, i int) float64 {
	var v float64
	switch u.bits {
	case 16:
		v = half(u.order.Uint16(src[2*i:]))
	case 32:
		v = float64(math.Float32frombits(u.order.Uint32(src[4*i:])))
	default:
		v = math.Float64frombits(u.order.Uint64(src[8*i:]))
	}
	if !(v > 0) {
		return 0
	}
	return min(v, 1)
}

// half returns the value of a number in 16 bits (IEEE 754, binary16).
func half(b uint16) float64 {
	exponent, fraction := int(b>>10&31), float64(b&1023)
	v := math.Inf(1)
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
	default:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if b>>15 != 0 {
		return -v
	}
	return v
}
