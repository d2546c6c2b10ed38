package vp8l

import "encoding/binary"

// bitReader reads bits from the lowest of each byte on (RFC 9649, 3.3). Past the end of the data it reads zeros, and
// remembers.
type bitReader struct {
	value uint64 // the coming bits, the next one lowest
	count uint   // how many of them hold data
	pos   int    // bytes taken into value; it may be beyond the end
	data  []byte
}

func newBitReader(data []byte) bitReader { return bitReader{data: data} }

// fill makes sure of at least 56 bits.
func (r *bitReader) fill() {
	if uint(r.pos) < uint(len(r.data)) {
		if rest := r.data[r.pos:]; len(rest) >= 8 {
			r.value |= binary.LittleEndian.Uint64(rest) << (r.count & 63)
			n := (63 - r.count) >> 3
			r.pos += int(n)
			r.count += n << 3
			return
		}
	}
	for r.count <= 56 {
		if r.pos < len(r.data) {
			r.value |= uint64(r.data[r.pos]) << r.count
		}
		r.pos++
		r.count += 8
	}
}

// drop passes over n bits that are there.
func (r *bitReader) drop(n uint) {
	r.value >>= n & 63
	r.count -= n
}

// take reads n bits that are there.
func (r *bitReader) take(n uint) int {
	v := int(r.value & (1<<(n&63) - 1))
	r.drop(n)
	return v
}

// read reads a number of up to 56 bits.
func (r *bitReader) read(n uint) int {
	if r.count < n {
		r.fill()
	}
	return r.take(n)
}

// overrun reports whether more bits have been used than there are.
func (r *bitReader) overrun() bool { return r.pos*8-int(r.count) > len(r.data)*8 }
