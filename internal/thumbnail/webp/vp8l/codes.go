package vp8l

// Alphabets of the five codes of a group (RFC 9649, 3.7.1 and 3.7.2): green comes with the lengths of copies and the
// indices of the colour cache.
const (
	literals     = 256
	copyLengths  = 24
	copyDistance = 40
)

// group is the codes that a part of a picture uses.
type group struct {
	green, red, blue, alpha, distance prefixCode

	// Where red, blue and alpha have but one value, they are these.
	constant bool
	others   uint32
}

// readGroup reads the five codes. A picture may have groups that it does not use.
func readGroup(r *bitReader, scratch []uint8, cacheSize int) (group, error) {
	var g group
	for _, c := range [...]struct {
		code    *prefixCode
		symbols int
	}{
		{&g.green, literals + copyLengths + cacheSize},
		{&g.red, literals},
		{&g.blue, literals},
		{&g.alpha, literals},
		{&g.distance, copyDistance},
	} {
		var err error
		if *c.code, err = readCode(r, scratch[:c.symbols]); err != nil {
			return group{}, err
		}
	}
	red, ok1 := g.red.single()
	blue, ok2 := g.blue.single()
	alpha, ok3 := g.alpha.single()
	if ok1 && ok2 && ok3 {
		g.constant = true
		g.others = uint32(alpha)<<24 | uint32(red)<<16 | uint32(blue)
	}
	return g, nil
}

// entries returns how many table entries a group has.
func (g *group) entries() int {
	return len(g.green.table) + len(g.red.table) + len(g.blue.table) + len(g.alpha.table) + len(g.distance.table)
}

// readCode reads a prefix code (RFC 9649, 3.7.2.1) for as many symbols as there are lengths, which are scratch.
func readCode(r *bitReader, lengths []uint8) (prefixCode, error) {
	var c prefixCode
	var err error
	if r.read(1) == 1 {
		c, err = readSimpleCode(r, len(lengths))
	} else if err = readLengths(r, lengths); err == nil {
		c, err = newPrefixCode(lengths)
	}
	if r.overrun() {
		return prefixCode{}, ErrShort
	}
	return c, err
}

// readSimpleCode reads a code of one symbol or two.
func readSimpleCode(r *bitReader, symbols int) (prefixCode, error) {
	two := r.read(1) == 1
	first := r.read([2]uint{1, 8}[r.read(1)])
	if first >= symbols {
		return prefixCode{}, errCode
	}
	if !two {
		return singleSymbol(first), nil
	}
	second := r.read(8)
	switch {
	case second >= symbols:
		return prefixCode{}, errCode
	case first == second:
		return singleSymbol(first), nil
	}
	return twoSymbols(min(first, second), max(first, second)), nil
}

// lengthSymbols are those of the code that code lengths are written in: the lengths 0 to 15, and repetitions.
const (
	repeatPrevious = 16 + iota
	repeatZero
	repeatZeroLong
	lengthSymbols
)

// lengthOrder is the order in which the lengths of that code are stored.
var lengthOrder = [lengthSymbols]uint8{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}

// readLengths reads the lengths of the codes of all symbols.
func readLengths(r *bitReader, lengths []uint8) error {
	var own [lengthSymbols]uint8
	for _, i := range lengthOrder[:4+r.read(4)] {
		own[i] = uint8(r.read(3))
	}
	code, err := newPrefixCode(own[:])
	if err != nil {
		return err
	}
	tokens := len(lengths)
	if r.read(1) == 1 {
		tokens = 2 + r.read(uint(2+2*r.read(3)))
		if tokens > len(lengths) {
			return errCode
		}
	}
	clear(lengths)
	previous := uint8(8)
	for ; tokens > 0 && len(lengths) > 0; tokens-- {
		r.fill()
		symbol := code.symbol(r)
		repeat, value := 1, uint8(0)
		switch symbol {
		case repeatPrevious:
			repeat, value = 3+r.take(2), previous
		case repeatZero:
			repeat = 3 + r.take(3)
		case repeatZeroLong:
			repeat = 11 + r.take(7)
		default:
			if value = uint8(symbol); value != 0 {
				previous = value
			}
		}
		if repeat > len(lengths) {
			return errCode
		}
		for i := range repeat {
			lengths[i] = value
		}
		lengths = lengths[repeat:]
	}
	return nil
}
