package deflate

import (
	"encoding/binary"
	"math/bits"
)

// LiteralBits returns how many bits [Literals] would make of src, as a single block.
func LiteralBits(src []byte) int {
	var freq [litSymbols]uint32
	countBytes(freq[:literals], src)
	b := newBlockCode()
	b.build(freq[:], literalLimit)
	return b.headerCost() + b.lit.cost(freq[:])
}

// Repetition returns what part of src, from 0 to 1, lies in runs of 8 bytes and more that occurred in it
// before: about nothing in the noise of a photograph, most of a drawing. It is a quick look, at a tenth of
// what compressing costs.
func Repetition(src []byte) float64 {
	const (
		tableBits = 12
		run       = 8
		hurry     = 5 // the longer nothing repeats, the longer the steps
	)
	var last [1 << tableBits]int32 // by hash of 8 bytes: a position with it, plus 1
	repeated, missed := 0, 0
	for i := 0; i+run <= len(src); {
		v := binary.LittleEndian.Uint64(src[i:])
		h := v * 0x9e3779b97f4a7c15 >> (64 - tableBits)
		before := int(last[h]) - 1
		last[h] = int32(i + 1)
		if before < 0 || i-before > maxDistance || binary.LittleEndian.Uint64(src[before:]) != v {
			missed++
			i += 1 + missed>>hurry
			continue
		}
		missed = 0
		n := matchLength(src[before:], src[i:])
		repeated += n
		i += n
	}
	return float64(repeated) / float64(max(len(src), 1))
}

// matchLength counts the bytes at the start of b that a has too. a is not shorter than b.
func matchLength(a, b []byte) int {
	n := 0
	for len(b)-n >= 8 {
		if d := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); d != 0 {
			return n + bits.TrailingZeros64(d)>>3
		}
		n += 8
	}
	for n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
