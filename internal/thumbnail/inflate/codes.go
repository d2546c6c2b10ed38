package inflate

import "math/bits"

// Sizes of RFC 1951 section 3.2.
const (
	litSymbols  = 286
	distSymbols = 30
	endOfBlock  = 256
	maxCode     = 15 // bits of a code
	lenSymbols  = 19
	maxLenCode  = 7

	fixedLit  = 288
	fixedDist = 32
)

// A table is indexed by the next bits of the stream and gives entries. A code longer than the index
// leads through an entry of kind link to a second table further on, which the bits after it index.
//
// An entry has, from the lowest bit:
//
//	4 bits  how many bits of the stream it stands for
//	2 bits  how many literals it is: 1 to 3; 0 for anything else
//	2 bits  the kind of anything else
//	24 bits the literals, the first lowest; or
//	        4 bits of how many extra bits follow, or index the second table; then, after 4 spare bits,
//	        16 bits of length, distance or place of the second table
type entry = uint32

const (
	entryBits  = 15     // mask of the bits of the stream
	literal    = 1 << 4 // one literal
	literals   = 3 << 4 // mask of how many
	kindBase   = 0 << 6 // a length or distance, with extra bits
	kindEnd    = 1 << 6 // the end of the block
	kindLink   = 2 << 6 // a second table
	kindWrong  = 3 << 6 // bits that are no code
	kindMask   = 3 << 6
	extraShift = 8
	extraMask  = 15
	baseShift  = 16
)

const (
	litIndex  = 11 // bits
	distIndex = 8
	lenIndex  = maxLenCode

	// Second tables are for complete sets of codes, so each has two or more symbols.
	litTable  = 1<<litIndex + litSymbols/2<<(maxCode-litIndex)
	distTable = 1<<distIndex + distSymbols/2<<(maxCode-distIndex)
)

// codes holds the tables of a block.
type codes struct {
	lit   [litTable]entry
	dist  [distTable]entry
	fused [1 << litIndex]entry // lit's first table, with several literals in an entry where they fit
	fixed bool                 // the tables are those of fixed codes
}

// lengthEntry and distanceEntry are the entries of symbols from 257 on and of distances, without their
// bits (section 3.2.5).
var lengthEntry, distanceEntry = baseEntries()

func baseEntries() (length [litSymbols - 257]entry, distance [distSymbols]entry) {
	base := 3
	for s := range len(length) - 1 {
		extra := max(s/4-1, 0)
		length[s] = entry(kindBase | extra<<extraShift | base<<baseShift)
		base += 1 << extra
	}
	length[len(length)-1] = kindBase | maxMatch<<baseShift
	base = 1
	for s := range distance {
		extra := max(s/2-1, 0)
		distance[s] = entry(kindBase | extra<<extraShift | base<<baseShift)
		base += 1 << extra
	}
	return length, distance
}

func litEntry(symbol int) entry {
	switch {
	case symbol < endOfBlock:
		return literal | entry(symbol)<<8
	case symbol == endOfBlock:
		return kindEnd
	case symbol < litSymbols:
		return lengthEntry[symbol-endOfBlock-1]
	}
	return kindWrong
}

func distEntry(symbol int) entry {
	if symbol < distSymbols {
		return distanceEntry[symbol]
	}
	return kindWrong
}

func lenEntry(symbol int) entry { return kindBase | entry(symbol)<<baseShift }

// build fills table for the codes of these lengths, indexed by index bits, and reports whether they are
// a complete set. A lone code of one bit passes as well, and none at all: the other bits are then wrong.
func build(table []entry, index int, lengths []uint8, entryOf func(int) entry) bool {
	var count [maxCode + 1]int
	for _, l := range lengths {
		count[l]++
	}
	var first [maxCode + 2]int // of each length, in sorted
	room := 1
	for l := 1; l <= maxCode; l++ {
		room = room<<1 - count[l]
		if room < 0 {
			return false
		}
		first[l+1] = first[l] + count[l]
	}
	used := first[maxCode+1]
	if room > 0 {
		if used > 1 || used == 1 && count[1] == 0 {
			return false
		}
		for i := range table[:1<<index] {
			table[i] = kindWrong
		}
	}
	var sorted [fixedLit]uint16
	for s, l := range lengths {
		if l > 0 {
			sorted[first[l]] = uint16(s)
			first[l]++
		}
	}
	symbols := sorted[:used]

	// Codes of up to index bits, shortest first, in a table that doubles with each bit.
	code, size := uint(0), 1
	for l := 1; l <= index; l++ {
		if room == 0 {
			copy(table[size:2*size], table[:size])
		}
		size *= 2
		for range count[l] {
			table[code] = entryOf(int(symbols[0])) | entry(l)
			symbols = symbols[1:]
			code = nextCode(code, l)
		}
	}
	if room > 0 {
		if used == 1 { // the code 0
			for i := 2; i < 1<<index; i += 2 {
				table[i] = table[0]
			}
		}
		return true
	}

	// Longer codes, in second tables that follow.
	end, width := 1<<index, 0
	prefix, place := uint(1<<index), 0
	for l := index + 1; l <= maxCode; l++ {
		for n := count[l]; n > 0; n-- {
			if p := code & (1<<index - 1); p != prefix {
				prefix, place, width = p, end, l-index
				// Wide enough for the codes with this prefix: they fill it.
				for room := 1<<width - n; room > 0 && width+index < maxCode; room = room<<1 - count[width+index] {
					width++
				}
				end += 1 << width
				table[prefix] = kindLink | entry(width)<<extraShift | entry(place)<<baseShift | entry(index)
			}
			e := entryOf(int(symbols[0])) | entry(l-index)
			symbols = symbols[1:]
			for i := int(code >> index); i < 1<<width; i += 1 << (l - index) {
				table[place+i] = e
			}
			code = nextCode(code, l)
		}
	}
	return true
}

// nextCode returns the code of length l after code. Codes count up from their last bit, which is the
// highest here: the stream has the first bit of a code lowest (section 3.1.1).
func nextCode(code uint, l int) uint {
	all := uint(1)<<l - 1
	if code == all {
		return code
	}
	bit := uint(1) << (bits.Len(code^all) - 1) // the highest zero
	return code&(bit-1) | bit
}

// fuse makes the table for literals that come in groups.
func (c *codes) fuse() {
	for i, e := range c.lit[:1<<litIndex] {
		if e&literals != 0 {
			n := e & entryBits
			// The entry for the bits after these is made already, except for the code 0 itself.
			next := c.lit[i>>n]
			if i > 0 {
				if f := c.fused[i>>n]; f&literals < literals && n+f&entryBits <= litIndex {
					next = f
				}
			}
			if next&literals != 0 && n+next&entryBits <= litIndex {
				e = (next&^0xff)<<8 | e&0xff00 | (e&literals + next&literals) | (n + next&entryBits)
			}
		}
		c.fused[i] = e
	}
}

// setFixed makes the tables of fixed codes (section 3.2.6).
func (c *codes) setFixed() {
	if c.fixed {
		return
	}
	var lengths [fixedLit + fixedDist]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		case i < fixedLit:
			lengths[i] = 8
		default:
			lengths[i] = 5
		}
	}
	c.set(lengths[:fixedLit], lengths[fixedLit:])
	c.fixed = true
}

// set makes the tables for codes of these lengths. It reports whether they are complete sets.
func (c *codes) set(lit, dist []uint8) bool {
	c.fixed = false
	if !build(c.lit[:], litIndex, lit, litEntry) || !build(c.dist[:], distIndex, dist, distEntry) {
		return false
	}
	c.fuse()
	return true
}
