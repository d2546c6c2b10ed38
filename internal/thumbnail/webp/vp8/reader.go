package vp8

import (
	"encoding/binary"
	"math/bits"
)

// reader decodes bools from a partition (RFC 6386, section 7). Past the end of the data it reads zeros, and
// remembers.
type reader struct {
	state state
	data  []byte
	pos   int // bytes taken into the state; it may be beyond the end
}

// state is what every bool changes. It is small and passed by value, so that a loop that reads many bools can keep
// it in registers.
type state struct {
	value uint64 // the coming bits, the next one on top
	span  uint32 // what RFC 6386 calls range, less 1: 127 to 254
	count int    // how many bits of value hold data
}

// A bool takes at most 7 bits off the state, and is decided by 8. So many bits serve for 1, 4 or 7 bools in a row.
const (
	bitsForOne   = 8
	bitsForFour  = 8 + 3*7
	bitsForSeven = 8 + 6*7
)

// newReader returns a reader of a partition.
func newReader(data []byte) reader {
	return reader{state: state{span: 254}, data: data}
}

// split divides the span: a bool that is false with probability prob/256 is true when the value is above it.
func (s state) split(prob uint8) uint32 { return s.span * uint32(prob) >> 8 }

// above reports whether the next bool, of a span divided at split, is true.
func (s state) above(split uint32) bool { return uint32(s.value>>56) > split }

// upper returns the state after a bool that was true.
func (s state) upper(split uint32) state {
	s.value -= uint64(split+1) << 56
	s.span -= split + 1
	return s.normalize()
}

// lower returns the state after a bool that was false.
func (s state) lower(split uint32) state {
	s.span = split
	return s.normalize()
}

// normalize scales the span up to 127 or more.
func (s state) normalize() state {
	shift := normalShift[uint8(s.span)]
	s.span = uint32(normalSpan[uint8(s.span)])
	s.value <<= shift & 63
	s.count -= int(shift)
	return s
}

// normalShift and normalSpan tell, for a span, by how many bits it is scaled up, and to what. A table is quicker here
// than counting zeros and shifting, for each bool waits for the span that the one before it leaves.
var normalShift, normalSpan = normalTables()

func normalTables() (shift, span [256]uint8) {
	for i := range 255 {
		shift[i] = uint8(bits.LeadingZeros8(uint8(i + 1)))
		span[i] = uint8((i+1)<<shift[i] - 1)
	}
	return shift, span
}

// bit reads a bool as a number.
func (s state) bit(prob uint8) (state, int32) {
	split := s.split(prob)
	if s.above(split) {
		return s.upper(split), 1
	}
	return s.lower(split), 0
}

// sign reads a bool that is as often true as false, as -1 for true. It does not branch, for there is no guessing it.
// Half a span is always scaled up by one bit.
func (s state) sign() (state, int32) {
	half := s.span / 2
	sign := int32(half-uint32(s.value>>56)) >> 31
	s.value = (s.value - uint64((half+1)&uint32(sign))<<56) << 1
	s.span = (s.span + uint32(sign)) | 1
	s.count--
	return s, sign
}

// fill returns the state with at least 56 bits.
func (r *reader) fill(s state) state {
	if uint(r.pos) < uint(len(r.data)) {
		if rest := r.data[r.pos:]; len(rest) >= 8 {
			s.value |= binary.BigEndian.Uint64(rest) >> (uint(s.count) & 63)
			n := (63 - s.count) >> 3
			r.pos += n
			s.count += n << 3
			return s
		}
	}
	return r.fillSlowly(s)
}

func (r *reader) fillSlowly(s state) state {
	for s.count <= 56 {
		if r.pos < len(r.data) {
			s.value |= uint64(r.data[r.pos]) << (56 - uint(s.count))
		}
		r.pos++
		s.count += 8
	}
	return s
}

// overrun reports whether more bits have been used than there are.
func (r *reader) overrun() bool { return r.pos*8-r.state.count > len(r.data)*8 }

// bool reads a bool that is false with probability prob/256.
func (r *reader) bool(prob uint8) bool {
	s := r.state
	if s.count < bitsForOne {
		s = r.fill(s)
	}
	split := s.split(prob)
	if s.above(split) {
		r.state = s.upper(split)
		return true
	}
	r.state = s.lower(split)
	return false
}

// flag reads a bool that is as often true as false.
func (r *reader) flag() bool { return r.bool(128) }

// uint reads an unsigned number of n bits, the highest first.
func (r *reader) uint(n int) int {
	v := 0
	for range n {
		v <<= 1
		if r.flag() {
			v |= 1
		}
	}
	return v
}

// int reads a number of n bits and its sign.
func (r *reader) int(n int) int {
	v := r.uint(n)
	if r.flag() {
		return -v
	}
	return v
}

// optionalInt reads a number that is mostly zero: a flag, and if it is set, the number.
func (r *reader) optionalInt(n int) int {
	if !r.flag() {
		return 0
	}
	return r.int(n)
}
