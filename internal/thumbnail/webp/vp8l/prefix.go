package vp8l

const (
	maxCodeLength = 15
	rootBits      = 8
)

// prefixCode is a table to decode a canonical prefix code with. Entries hold the length of a code in the lower four
// bits, and its symbol above. Codes longer than rootBits have a second table each: the entry in the first holds
// rootBits and its index bits together as a length, and where it starts.
type prefixCode struct {
	table []uint16
	mask  uint64 // of the bits that index the first table
}

// symbol reads a symbol. At least maxCodeLength bits must be there.
func (c *prefixCode) symbol(r *bitReader) int {
	e := uint(c.table[r.value&c.mask])
	if n := e & 15; n > rootBits {
		r.drop(rootBits)
		e = uint(c.table[uint64(e>>4)+r.value&(1<<(n-rootBits)-1)])
	}
	r.drop(e & 15)
	return int(e >> 4)
}

// single returns the symbol of a code that has but one, which takes no bits.
func (c *prefixCode) single() (symbol int, ok bool) {
	return int(c.table[0] >> 4), c.mask == 0
}

func singleSymbol(symbol int) prefixCode {
	return prefixCode{table: []uint16{uint16(symbol << 4)}}
}

// twoSymbols is a code of two symbols, of one bit each.
func twoSymbols(zero, one int) prefixCode {
	return prefixCode{table: []uint16{uint16(zero<<4 | 1), uint16(one<<4 | 1)}, mask: 1}
}

const errCode = FormatError("a prefix code is not complete")

// newPrefixCode makes a table from the lengths of all symbols' codes, of which 0 is for none. The codes of a length
// follow one another in the order of their symbols, as in Deflate (RFC 1951, 3.2.2), and their bits come the highest
// first.
func newPrefixCode(lengths []uint8) (prefixCode, error) {
	var counts [maxCodeLength + 1]int
	for _, n := range lengths {
		counts[n]++
	}
	used := len(lengths) - counts[0]
	counts[0] = 0
	if used == 0 {
		return prefixCode{}, errCode
	}
	symbols := sortByLength(lengths, &counts, used)
	if used == 1 {
		return singleSymbol(int(symbols[0])), nil
	}
	longest, free := 0, 1
	for n := 1; n <= maxCodeLength; n++ {
		if counts[n] > 0 {
			longest = n
		}
		if free = 2*free - counts[n]; free < 0 {
			return prefixCode{}, errCode
		}
	}
	if free != 0 {
		return prefixCode{}, errCode
	}

	root := min(longest, rootBits)
	c := prefixCode{table: make([]uint16, 1<<root), mask: 1<<root - 1}
	key := 0 // the code, its first bit lowest
	for n := 1; n <= root; n++ {
		for range counts[n] {
			e := symbols[0]<<4 | uint16(n)
			symbols = symbols[1:]
			for i := key; i < 1<<root; i += 1 << n {
				c.table[i] = e
			}
			key = nextKey(key, n)
		}
	}
	start, end := 0, 0 // of the second table
	prefix := -1
	for n := root + 1; n <= longest; n++ {
		for ; counts[n] > 0; counts[n]-- {
			if key&(1<<root-1) != prefix {
				prefix = key & (1<<root - 1)
				width := secondBits(&counts, n)
				start, end = len(c.table), len(c.table)+1<<width
				c.table[prefix] = uint16(start<<4 | (rootBits + width))
				c.table = append(c.table, make([]uint16, 1<<width)...)
			}
			e := symbols[0]<<4 | uint16(n-root)
			symbols = symbols[1:]
			for i := start + key>>root; i < end; i += 1 << (n - root) {
				c.table[i] = e
			}
			key = nextKey(key, n)
		}
	}
	return c, nil
}

// sortByLength returns the symbols that have codes, the shortest code first.
func sortByLength(lengths []uint8, counts *[maxCodeLength + 1]int, used int) []uint16 {
	var next [maxCodeLength + 2]int
	for n := 1; n <= maxCodeLength; n++ {
		next[n+1] = next[n] + counts[n]
	}
	symbols := make([]uint16, used)
	for symbol, n := range lengths {
		if n != 0 {
			symbols[next[n]] = uint16(symbol)
			next[n]++
		}
	}
	return symbols
}

// secondBits returns how many bits index a second table whose first code has n bits, where counts are the codes not
// placed yet: it ends with the code that fills it.
func secondBits(counts *[maxCodeLength + 1]int, n int) int {
	free := 1 << (n - rootBits)
	for ; n < maxCodeLength; n++ {
		if free -= counts[n]; free <= 0 {
			break
		}
		free <<= 1
	}
	return n - rootBits
}

// nextKey returns the code of n bits after key, both with their first bit lowest.
func nextKey(key, n int) int {
	step := 1 << (n - 1)
	for key&step != 0 {
		step >>= 1
	}
	return key&(step-1) + step
}
