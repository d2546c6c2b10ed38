package tiff

import "math/bits"

// faxRows decompresses bilevel pictures in the codings of facsimile machines: modified Huffman (section 10), T.4 and
// T.6 (section 11; ITU-T T.4 (2003) and T.6 (1988)). A bit of 1 is black.
//
// A row is a list of the columns where the colour changes, beginning with white; it never holds one twice.
type faxRows struct {
	codes *faxCodes
	bits  faxBits
	kind  uint64 // of compression
	// twoRows: T.4 with rows that are coded by the row before them, and a bit that says which.
	twoRows       bool
	width         int
	changes, last []int // in this row, and in the one before
	row           []byte
}

func newFaxRows(codes *faxCodes, p *picture, data []byte) *faxRows {
	width := p.layout.width
	return &faxRows{
		codes: codes, bits: faxBits{src: data},
		kind: p.coding.compression, twoRows: p.coding.twoRows,
		width: width, row: make([]byte, (width+7)/8),
	}
}

func (r *faxRows) next() ([]byte, error) {
	r.changes, r.last = r.last[:0], r.changes
	if err := r.decodeRow(); err != nil {
		if r.bits.overrun() {
			err = ErrTruncated
		}
		return nil, err
	}
	if r.bits.overrun() {
		return nil, ErrTruncated
	}
	r.paint()
	return r.row, nil
}

func (r *faxRows) decodeRow() error {
	switch r.kind {
	case compressHuffman:
		r.bits.align()
		return r.decodeRuns()
	case compressT6:
		return r.decodeChanges()
	}
	ended := r.endOfLine()
	if !r.twoRows {
		if ended && r.endOfLine() {
			return ErrTruncated // lines end in a row: so does the picture
		}
		return r.decodeRuns()
	}
	switch {
	case !ended:
		return corruptf("no end of line")
	case r.bits.take(1) == 1:
		return r.decodeRuns()
	}
	return r.decodeChanges()
}

// endOfLine passes over an end-of-line code, with zeros to fill up before it, if that is what comes next. No other
// code has as many zeros.
func (r *faxRows) endOfLine() bool {
	const zeros = 11
	if r.bits.peek(zeros) != 0 {
		return false
	}
	r.bits.skip(zeros)
	for !r.bits.overrun() && r.bits.take(1) == 0 {
	}
	return true
}

// decodeRuns decodes a row by itself: runs of white and of black in turn (T.4, 4.1).
func (r *faxRows) decodeRuns() error {
	for at := 0; at < r.width; {
		n, err := r.run(len(r.changes)%2 != 0)
		if err != nil {
			return err
		}
		at += n
		if err := r.change(at); err != nil {
			return err
		}
	}
	return nil
}

// run decodes a run's length: any number of codes for multiples of 64, and one for the rest.
func (r *faxRows) run(black bool) (int, error) {
	table := &r.codes.white
	if black {
		table = &r.codes.black
	}
	for total := 0; ; {
		c := table[r.bits.peek(faxCodeBits)]
		if c.length == 0 {
			return 0, corruptf("no such run length")
		}
		r.bits.skip(int(c.length))
		total += int(c.value)
		if total > r.width {
			return 0, corruptf("a run beyond the row's end")
		}
		if c.value < 64 {
			return total, nil
		}
	}
}

// change notes that the colour changes at a column. A change where the last one was undoes it.
func (r *faxRows) change(at int) error {
	n := len(r.changes)
	switch {
	case at > r.width, n > 0 && at < r.changes[n-1], at < 0:
		return corruptf("a change of colour outside of the row")
	case n > 0 && at == r.changes[n-1]:
		r.changes = r.changes[:n-1]
	default:
		r.changes = append(r.changes, at)
	}
	return nil
}

// decodeChanges decodes a row by the changes of colour in the row before it (T.4, 4.2; T.6, 2.2). With a0, the column
// that has been reached, b1 is the first change in the row before that is right of a0 and to the other colour; b2 is
// the one after it.
func (r *faxRows) decodeChanges() error {
	a0 := -1
	black := 0 // 1 where the colour at a0 is
	b := 0     // into last: no change before is right of a0
	for a0 < r.width {
		for b > 0 && r.lastChange(b-1) > a0 {
			b--
		}
		for r.lastChange(b) <= a0 && b < len(r.last) || b%2 != black {
			b++
		}
		b1 := r.lastChange(b)
		m := r.codes.mode[r.bits.peek(faxModeBits)]
		if m.length == 0 {
			return corruptf("no such coding mode")
		}
		r.bits.skip(int(m.length))
		switch m.mode {
		case modePass:
			a0 = r.lastChange(b + 1)
			continue
		case modeHorizontal:
			a0 = max(a0, 0)
			for range 2 {
				n, err := r.run(black != 0)
				if err != nil {
					return err
				}
				a0 += n
				if err := r.change(a0); err != nil {
					return err
				}
				black ^= 1
			}
		case modeVertical:
			at := b1 + int(m.offset)
			if at < a0 {
				return corruptf("a change of colour that goes back")
			}
			a0 = at
			if err := r.change(a0); err != nil {
				return err
			}
			black ^= 1
		}
	}
	return nil
}

// lastChange returns change i of the row before, the row's end where there is none.
func (r *faxRows) lastChange(i int) int {
	if i < len(r.last) {
		return r.last[i]
	}
	return r.width
}

// paint makes the row's bits of its changes.
func (r *faxRows) paint() {
	clear(r.row)
	for i := 0; i < len(r.changes); i += 2 {
		from, to := r.changes[i], r.width
		if i+1 < len(r.changes) {
			to = r.changes[i+1]
		}
		setBits(r.row, from, to)
	}
}

// setBits sets bits from from up to to, the highest of a byte first.
func setBits(row []byte, from, to int) {
	if from >= to {
		return
	}
	first, last := from/8, (to-1)/8
	head, tail := byte(0xff>>(from%8)), byte(0xff<<(7-(to-1)%8))
	if first == last {
		row[first] |= head & tail
		return
	}
	row[first] |= head
	for i := first + 1; i < last; i++ {
		row[i] = 0xff
	}
	row[last] |= tail
}

// faxBits reads bits, the highest of a byte first. Behind the end come zeros.
type faxBits struct {
	src []byte
	pos int // of the next bit
}

// peek returns the next n bits, at most 16.
func (b *faxBits) peek(n int) int {
	var v uint32
	at := b.pos / 8
	for i := range 3 {
		v <<= 8
		if at+i < len(b.src) {
			v |= uint32(b.src[at+i])
		}
	}
	return int(v >> (24 - n - b.pos%8) & (1<<n - 1))
}

func (b *faxBits) skip(n int) { b.pos += n }

func (b *faxBits) take(n int) int {
	v := b.peek(n)
	b.skip(n)
	return v
}

// align goes to the next byte.
func (b *faxBits) align() { b.pos = (b.pos + 7) / 8 * 8 }

// overrun reports whether bits have been taken that are not there.
func (b *faxBits) overrun() bool { return b.pos > 8*len(b.src) }

// Lengths of the longest codes.
const (
	faxCodeBits = 13
	faxModeBits = 7
)

// faxCodes are decoding tables, by the bits that come next. A length of 0 stands for bits that no code begins with.
type faxCodes struct {
	white, black [1 << faxCodeBits]faxCode
	mode         [1 << faxModeBits]faxMode
}

type faxCode struct {
	length uint8
	value  uint16
}

type faxMode struct {
	length uint8
	mode   uint8
	offset int8 // of a vertical mode
}

// The coding modes (T.4, table 4). Others are extensions, which are not known here.
const (
	modePass = iota
	modeHorizontal
	modeVertical
)

func newFaxCodes() *faxCodes {
	var t faxCodes
	for _, s := range []struct {
		table *[1 << faxCodeBits]faxCode
		codes []string
	}{{&t.white, faxWhite()}, {&t.black, faxBlack()}} {
		for i, code := range s.codes {
			c := faxCode{uint8(len(code)), uint16(faxRunLength(i))}
			fill(s.table[:], code, c)
		}
	}
	for code, m := range map[string]faxMode{
		"0001": {mode: modePass}, "001": {mode: modeHorizontal},
		"1": {mode: modeVertical}, "011": {mode: modeVertical, offset: 1}, "010": {mode: modeVertical, offset: -1},
		"000011": {mode: modeVertical, offset: 2}, "000010": {mode: modeVertical, offset: -2},
		"0000011": {mode: modeVertical, offset: 3}, "0000010": {mode: modeVertical, offset: -3},
	} {
		m.length = uint8(len(code))
		fill(t.mode[:], code, m)
	}
	return &t
}

// fill puts v in every place of a table, whose size is a power of two, that begins with the code's bits.
func fill[T any](table []T, code string, v T) {
	first := 0
	for _, digit := range code {
		first = first<<1 | int(digit-'0')
	}
	rest := bits.Len(uint(len(table))) - 1 - len(code)
	for i := range 1 << rest {
		table[first<<rest|i] = v
	}
}
