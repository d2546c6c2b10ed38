package inflate

import "io"

// lenOrder is the order in which the lengths of the code length code come.
var lenOrder = [lenSymbols]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readCodes reads the codes of a block that brings its own (RFC 1951 section 3.2.7).
func (r *Reader) readCodes() error {
	v, err := r.take(14)
	if err != nil {
		return err
	}
	nLit, nDist, nLen := int(v&31)+257, int(v>>5&31)+1, int(v>>10)+4
	if nLit > litSymbols || nDist > distSymbols {
		return ErrCorrupt
	}
	var lenLengths [lenSymbols]uint8
	for _, s := range lenOrder[:nLen] {
		v, err := r.take(3)
		if err != nil {
			return err
		}
		lenLengths[s] = uint8(v)
	}
	var table [1 << lenIndex]entry
	if !build(table[:], lenIndex, lenLengths[:], lenEntry) {
		return ErrCorrupt
	}
	var lengths [litSymbols + distSymbols]uint8
	if err := r.readLengths(lengths[:nLit+nDist], &table); err != nil {
		return err
	}
	if lengths[endOfBlock] == 0 || !r.codes.set(lengths[:nLit], lengths[nLit:nLit+nDist]) {
		return ErrCorrupt
	}
	return nil
}

// readLengths reads the lengths of all codes, which are coded themselves.
func (r *Reader) readLengths(lengths []uint8, table *[1 << lenIndex]entry) error {
	for i := 0; i < len(lengths); {
		if r.nbits < maxLenCode+7 {
			if err := r.refill(); err != nil {
				return err
			}
		}
		e := table[r.bits&(1<<lenIndex-1)]
		if e&kindMask == kindWrong {
			return ErrCorrupt
		}
		if uint(e&entryBits) > r.nbits {
			return io.ErrUnexpectedEOF
		}
		r.bits >>= e & entryBits
		r.nbits -= uint(e & entryBits)
		symbol := uint8(e >> baseShift)
		if symbol < 16 {
			lengths[i] = symbol
			i++
			continue
		}
		value, least, extra := uint8(0), 3, uint(3)
		switch symbol {
		case 16: // the last length again
			if i == 0 {
				return ErrCorrupt
			}
			value, extra = lengths[i-1], 2
		case 18:
			least, extra = 11, 7
		}
		v, err := r.take(extra)
		if err != nil {
			return err
		}
		n := least + int(v)
		if n > len(lengths)-i {
			return ErrCorrupt
		}
		for range n {
			lengths[i] = value
			i++
		}
	}
	return nil
}
