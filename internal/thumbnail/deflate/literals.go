// Package deflate compresses the filtered rows of pictures into the format of RFC 1951.
//
// It offers the two ends that pictures need. [Literals] codes bytes by their frequency alone, which is
// all that the noise of a photograph lets one gain and is several times as fast as a search for repetition.
// [Matches] searches for repetition as well, which is what drawings and flat colours need. [LiteralBits]
// and [Repetition] tell beforehand, from a sample, which is worth it.
package deflate

import (
	"encoding/binary"
	"slices"
)

const (
	literalBlock = 60 << 10 // bytes that share a code; a stored block holds 65535
	literalLimit = 12       // bits of a code: four fit 64 bits beside the 7 left over
	maxHeader    = 1024     // bytes before and after the codes of a block, amply
)

// Literals appends src to dst, compressed with Huffman codes and no matches. dst ends on a whole byte.
func Literals(dst, src []byte) []byte {
	w := bitWriter{buf: slices.Grow(dst, len(src)*3/4)} // as much as most photographs take
	b := newBlockCode()
	var freq [litSymbols]uint32
	for first := true; first || len(src) > 0; first = false {
		block := src[:min(len(src), literalBlock)]
		src = src[len(block):]
		w.buf = slices.Grow(w.buf, len(block)*literalLimit/8+maxHeader)
		clear(freq[:])
		countBytes(freq[:literals], block)
		b.build(freq[:], literalLimit)
		if cost := b.headerCost() + b.lit.cost(freq[:]); cost > 8*(len(block)+storedHeader) {
			w.putStored(block, len(src) == 0)
			continue
		}
		b.writeHeader(&w, len(src) == 0)
		w.putBytes(b.lit, block)
		w.putCode(b.lit, endOfBlock)
	}
	return w.flush()
}

// storedHeader is the most bytes that a stored block takes beyond its content.
const storedHeader = 5

// putStored writes a block that is not compressed (RFC 1951 section 3.2.4).
func (w *bitWriter) putStored(block []byte, final bool) {
	w.putHeader(stored, final)
	w.flush()
	n := uint16(len(block))
	w.buf = binary.LittleEndian.AppendUint16(w.buf, n)
	w.buf = binary.LittleEndian.AppendUint16(w.buf, ^n)
	w.buf = append(w.buf, block...)
}

// putBytes writes a code for each byte, none longer than literalLimit. It needs room for them in the
// buffer's capacity, and 8 bytes more.
func (w *bitWriter) putBytes(c code, src []byte) {
	var table [literals]uint32
	copy(table[:], c)
	buf := w.buf[len(w.buf):cap(w.buf)]
	acc, n, at := w.acc, w.n, 0
	for ; n >= 8; n -= 8 {
		buf[at] = byte(acc)
		acc >>= 8
		at++
	}
	for len(src) >= 4 {
		v := binary.LittleEndian.Uint32(src)
		src = src[4:]
		c0, c1, c2, c3 := table[byte(v)], table[byte(v>>8)], table[byte(v>>16)], table[v>>24]
		low := uint64(c0>>lengthBits) | uint64(c1>>lengthBits)<<(c0&31)
		high := uint64(c2>>lengthBits) | uint64(c3>>lengthBits)<<(c2&31)
		lowBits := (c0 + c1) & 31
		acc |= (low | high<<lowBits) << n
		n += uint(lowBits + (c2+c3)&31)
		binary.LittleEndian.PutUint64(buf[at:], acc)
		at += int(n >> 3)
		acc >>= n &^ 7 & 63
		n &= 7
	}
	w.buf = w.buf[:len(w.buf)+at]
	w.acc, w.n = acc, n
	for _, v := range src {
		w.putCode(c, int(v))
	}
}

// countBytes adds to freq how often each byte value occurs. Four counters side by side, so that runs of
// one value do not wait for themselves.
func countBytes(freq []uint32, src []byte) {
	var f [4][literals]uint32
	for len(src) >= 4 {
		v := binary.LittleEndian.Uint32(src)
		src = src[4:]
		f[0][byte(v)]++
		f[1][byte(v>>8)]++
		f[2][byte(v>>16)]++
		f[3][v>>24]++
	}
	for _, v := range src {
		f[0][v]++
	}
	for i := range freq {
		freq[i] += f[0][i] + f[1][i] + f[2][i] + f[3][i]
	}
}
