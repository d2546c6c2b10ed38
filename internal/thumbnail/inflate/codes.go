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

// A set is the codes of an alphabet: how many there are of each length, and their symbols in the order
// of the codes, which is by length and then by symbol (section 3.2.2).
type set struct {
	count   [maxCode + 1]int
	symbols []uint16
	storage [fixedLit]uint16
}

// sort takes the codes' lengths. It reports whether they make a complete set, and whether they are
// acceptable: a lone code of one bit is as well, and none at all.
func (s *set) sort(lengths []uint8) (complete, ok bool) {
	for _, l := range lengths {
		s.count[l]++
	}
	s.count[0] = 0
	var first [maxCode + 2]int // of each length, among the symbols
	room := 1
	for l := 1; l <= maxCode; l++ {
		room = room<<1 - s.count[l]
		if room < 0 {
			return false, false
		}
		first[l+1] = first[l] + s.count[l]
	}
	s.symbols = s.storage[:first[maxCode+1]]
	for symbol, l := range lengths {
		if l > 0 {
			s.symbols[first[l]] = uint16(symbol)
			first[l]++
		}
	}
	n := len(s.symbols)
	return room == 0, room == 0 || n == 0 || n == 1 && s.count[1] == 1
}

// build fills a table, indexed by index bits at first, and reports whether the lengths of the codes are
// acceptable. Bits that are no code get entries that say so.
func build(table []entry, index int, lengths []uint8, entryOf func(symbol int) entry) bool {
	var s set
	complete, ok := s.sort(lengths)
	if !ok {
		return false
	}
	if !complete {
		for i := range table[:1<<index] {
			table[i] = kindWrong
			if len(s.symbols) == 1 && i%2 == 0 { // the code 0
				table[i] = entryOf(int(s.symbols[0])) | 1
			}
		}
		return true
	}
	// Codes of up to index bits, shortest first, in a table that doubles with each bit.
	code, size := uint(0), 1
	symbols := s.symbols
	for l := 1; l <= index; l++ {
		copy(table[size:2*size], table[:size])
		size *= 2
		for range s.count[l] {
			table[code] = entryOf(int(symbols[0])) | entry(l)
			symbols = symbols[1:]
			code = nextCode(code, l)
		}
	}
	// Longer codes, in second tables that follow, one for each beginning of index bits.
	end, place, width := size, 0, 0
	beginning := uint(size) // none yet
	for l := index + 1; l <= maxCode; l++ {
		for left := s.count[l]; left > 0; left-- {
			if b := code & uint(size-1); b != beginning {
				beginning, place, width = b, end, s.width(l, left, index)
				end += 1 << width
				table[b] = kindLink | entry(index) | entry(width)<<extraShift | entry(place)<<baseShift
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

// width returns how many bits index the second table that begins with a code of length l, of which
// there are left more: the fewest that the codes from here on fill.
func (s *set) width(l, left, index int) int {
	for room := 1<<(l-index) - left; room > 0 && l < maxCode; room = room<<1 - s.count[l] {
		l++
	}
	return l - index
}

// nextCode returns the code after code, of length l. Codes count up from their last bit, which is the
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
