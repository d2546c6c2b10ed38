package deflate

// Sizes and code values of RFC 1951 section 3.2.
const (
	literals     = 256 // literal bytes are the symbols below
	endOfBlock   = 256
	firstLength  = 257
	lengthCodes  = 29
	litSymbols   = firstLength + lengthCodes
	distSymbols  = 2  // of 30: what no match uses is not sent
	maxCode      = 15 // bits of a literal/length or distance code
	maxLenCode   = 7  // bits of a code length code
	maxDistance  = 32768
	lenSymbols   = 19
	repeatLast   = 16 // code length symbols: the last length 3 to 6 times,
	repeatZero   = 17 // zero 3 to 10 times,
	repeatZeroes = 18 // zero 11 to 138 times
)

// lenOrder is the order in which the lengths of the code length code are sent (section 3.2.7).
var lenOrder = [lenSymbols]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// blockCode is what a block with dynamic Huffman codes is written with.
type blockCode struct {
	lit  code
	dist code

	coder   coder
	len     code
	lenFreq [lenSymbols]uint32
	header  []lenSymbol
	nLit    int // literal/length codes sent
	nDist   int // distance codes sent
	nLen    int // code length codes sent
}

// lenSymbol is a symbol of the code lengths, with its extra bits.
type lenSymbol struct {
	symbol, extra uint8
	extraBits     uint8
}

func newBlockCode() *blockCode {
	return &blockCode{
		lit:  make(code, litSymbols),
		dist: make(code, distSymbols),
		len:  make(code, lenSymbols),
	}
}

// build makes the codes for the frequencies of a block of literals, none longer than limit. It counts the end of
// the block itself, and two distances, though there are no matches: some readers do not take an incomplete code.
func (b *blockCode) build(freq []uint32, limit int) {
	freq[endOfBlock] = 1
	b.coder.build(b.lit, freq, limit)
	b.coder.build(b.dist, []uint32{1, 1}, maxCode)
	b.nLit, b.nDist = litSymbols, len(b.dist)
	for b.lit[b.nLit-1] == 0 {
		b.nLit--
	}
	b.encodeLengths()
}

// encodeLengths makes the run-length form of both codes' lengths, one sequence, and its own code.
func (b *blockCode) encodeLengths() {
	clear(b.lenFreq[:])
	b.header = b.header[:0]
	add := func(symbol, extra, extraBits int) {
		b.header = append(b.header, lenSymbol{uint8(symbol), uint8(extra), uint8(extraBits)})
		b.lenFreq[symbol]++
	}
	lengthAt := func(i int) int {
		if i < b.nLit {
			return int(b.lit.length(i))
		}
		return int(b.dist.length(i - b.nLit))
	}
	total := b.nLit + b.nDist
	for i := 0; i < total; {
		length, run := lengthAt(i), 1
		for i+run < total && lengthAt(i+run) == length {
			run++
		}
		i += run
		if length != 0 {
			add(length, 0, 0)
			run--
		}
		for run >= 3 {
			var n int
			switch {
			case length != 0:
				n = min(run, 6)
				add(repeatLast, n-3, 2)
			case run <= 10:
				n = run
				add(repeatZero, n-3, 3)
			default:
				n = min(run, 138)
				add(repeatZeroes, n-11, 7)
			}
			run -= n
		}
		for range run {
			add(length, 0, 0)
		}
	}
	b.coder.build(b.len, b.lenFreq[:], maxLenCode)
	b.nLen = lenSymbols
	for b.nLen > 4 && b.len[lenOrder[b.nLen-1]] == 0 {
		b.nLen--
	}
}

// headerCost returns the bits that writeHeader writes.
func (b *blockCode) headerCost() int {
	n := 3 + 5 + 5 + 4 + 3*b.nLen
	for _, h := range b.header {
		n += int(b.len.length(int(h.symbol))) + int(h.extraBits)
	}
	return n
}

// Block types (section 3.2.3).
const (
	stored  = 0
	dynamic = 2
)

// putHeader writes what every block begins with.
func (w *bitWriter) putHeader(blockType uint64, final bool) {
	if final {
		w.put(1|blockType<<1, 3)
	} else {
		w.put(blockType<<1, 3)
	}
}

// writeHeader starts a block with dynamic codes (section 3.2.7).
func (b *blockCode) writeHeader(w *bitWriter, final bool) {
	w.putHeader(dynamic, final)
	w.put(uint64(b.nLit-firstLength), 5)
	w.put(uint64(b.nDist-1), 5)
	w.put(uint64(b.nLen-4), 4)
	for _, symbol := range lenOrder[:b.nLen] {
		w.put(uint64(b.len.length(symbol)), 3)
	}
	for _, h := range b.header {
		w.putCode(b.len, int(h.symbol))
		w.put(uint64(h.extra), uint(h.extraBits))
	}
}
