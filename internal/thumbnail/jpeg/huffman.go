package jpeg

import "math/bits"

// huffman is a Huffman table (T.81 annex C) and the lookup tables that are made from it, when a scan uses it: a file
// may define many and use few.
type huffman struct {
	defined  bool
	class    int        // 0 for DC, 1 for AC
	limit    [17]uint32 // 16 bits that start with a code of at most l bits are below limit[l]
	offset   [17]int32  // symbols[offset[l] + code] is what a code of l bits stands for
	symbols  [256]byte
	coefMade bool
	coef     [1 << coefBits]uint32
	skipMade bool
	skip     [1 << skipBits]uint16 // see skip.go
}

// coefBits is how many bits index the table that gives code and coefficient in one go.
const coefBits = 10

// An entry of the coefficient table holds, from the lowest bit:
//
//	6 bits   how many bits the code takes, and the value where it is included
//	1 bit    entryLong: a value follows the code, of as many bits as the top 16 bits say
//	1 bit    entrySlow: no code of coefBits or fewer starts like this
//	7 bits   how far the position in the block moves: the run of zeros and the coefficient; 64 at the end
//	1 bit    entryEnd: the end of the block, or in progressive scans of 2^top..2^(top+1)-1 blocks
//	16 bits  the value
const (
	entryLong  = 1 << 6
	entrySlow  = 1 << 7
	entryEnd   = 1 << 15
	entryMoves = 8
	entryTop   = 16
)

const maxCode = 16 // bits of the longest code

// define sets the table to codes by counts of each length and their symbols in order (T.81 C.2).
func (t *huffman) define(class int, counts *[16]byte, symbols []byte) error {
	t.defined, t.coefMade, t.skipMade = true, false, false
	t.class = class
	clear(t.symbols[copy(t.symbols[:], symbols):])
	code, k := uint32(0), int32(0)
	for l := 1; l <= maxCode; l++ {
		n := uint32(counts[l-1])
		if code+n > 1<<l {
			return corruptf("huffman table with more codes of %d bits than there can be", l)
		}
		t.offset[l] = k - int32(code)
		code += n
		k += int32(n)
		t.limit[l] = code << (maxCode - l)
		code <<= 1
	}
	return nil
}

// symbol decodes the code at the top of 16 bits (T.81 F.2.2.3): its length and what it stands for. Length 0
// means that there is no such code.
func (t *huffman) symbol(bits uint32) (length uint, symbol byte) {
	return t.longSymbol(bits, 0)
}

// makeCoef makes the coefficient table, unless it is made already.
func (t *huffman) makeCoef() {
	if t.coefMade {
		return
	}
	for i := range t.coef {
		t.coef[i] = t.coefEntry(uint32(i))
	}
	t.coefMade = true
}

func (t *huffman) coefEntry(index uint32) uint32 {
	length, symbol := t.symbol(index << (maxCode - coefBits))
	if length == 0 || length > coefBits {
		return entrySlow
	}
	e := t.entry(length, symbol)
	if e == 0 {
		return entrySlow
	}
	size := e >> entryTop
	if e&entryLong == 0 || uint32(length)+size > coefBits {
		return e
	}
	v := extend(index>>(coefBits-uint32(length)-size)&(1<<size-1), uint(size))
	return e&^entryLong&(1<<entryTop-1) + size | uint32(uint16(v))<<entryTop
}

// entry returns the entry of a code without the value that follows it. It is 0 for a DC symbol that is none.
func (t *huffman) entry(length uint, symbol byte) uint32 {
	run, size := uint32(symbol>>4), uint32(symbol&15)
	if t.class == 0 {
		if symbol > 15 {
			return 0
		}
		run = 0
	}
	e := uint32(length) | (run+1)<<entryMoves
	switch {
	case size > 0:
		return e | entryLong | size<<entryTop
	case t.class == 1 && run < 15:
		return uint32(length) | 64<<entryMoves | entryEnd | run<<entryTop
	}
	return e // no difference, or 16 zeros
}

// taken says of an AC entry how many bits its code takes, and the run and size that it stands for. The length is 0
// where there is no code.
func taken(e uint32) (length, run, size uint) {
	if e&entrySlow != 0 {
		return 0, 0, 0
	}
	length = uint(e & 63)
	switch {
	case e&entryEnd != 0:
		return length, 0, 0
	case e&entryLong != 0:
		size = uint(e >> entryTop)
	case e>>entryTop != 0:
		size = category(int32(e) >> entryTop)
		length -= size
	}
	return length, uint(e>>entryMoves)&127 - 1, size
}

// category returns how many bits code a coefficient (T.81 table F.1).
func category(v int32) uint { return uint(bits.Len32(uint32(max(v, -v)))) }

// longEntry returns the entry of a code of any length at the top of the accumulator, 0 for none.
func (t *huffman) longEntry(c cursor) uint32 {
	length, symbol := t.symbol(uint32(c.acc >> (64 - maxCode)))
	if length == 0 {
		return 0
	}
	return t.entry(length, symbol)
}

// extend turns the value bits of a coefficient into the coefficient (T.81 figure F.12): those of a negative one
// start with zero and count up from -2^size+1. Signs are of chance, and no branch foretells them.
func extend(bits uint32, size uint) int32 {
	negative := int32(bits>>((size-1)&31)) - 1 // all ones if so
	return int32(bits) + negative&(-1<<(size&31)+1)
}

// value takes a coefficient of size bits, 1 to 15, from the top of the accumulator.
func (c cursor) value(size uint) (cursor, int32) {
	v := extend(uint32(c.acc>>((64-size)&63)), size)
	return c.drop(size), v
}

// longSymbol is symbol for a code of more than least bits.
func (t *huffman) longSymbol(bits uint32, least int) (length uint, symbol byte) {
	for l := least + 1; l <= maxCode; l++ {
		if bits < t.limit[l] {
			return uint(l), t.symbols[(t.offset[l]+int32(bits>>(maxCode-l)))&255]
		}
	}
	return 0, 0
}
