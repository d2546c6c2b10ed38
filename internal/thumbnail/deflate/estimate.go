package deflate

import "encoding/binary"

// LiteralBits returns how many bits [Literals] would make of src, as a single block.
func LiteralBits(src []byte) int {
	var f frequencies
	countBytes(f.lit[:literals], src)
	return newBlockCode().blockCost(&f, literalLimit)
}

// MatchBits returns how many bits [Matches] would make of src, as a single block. It searches less deeply,
// which finds a little less.
func MatchBits(src []byte) int {
	var f frequencies
	parse(newMatcher(src, quickDepth), func(t token) { f.count([]token{t}) })
	return newBlockCode().blockCost(&f, maxCode)
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

// blockCost builds the codes of a block with these frequencies, with no literal/length code longer than
// limit, and returns its size in bits.
func (b *blockCode) blockCost(f *frequencies, limit int) int {
	b.build(f.lit[:], f.dist[:], limit)
	return b.headerCost() + b.lit.cost(f.lit[:]) + b.dist.cost(f.dist[:]) + f.extra
}
