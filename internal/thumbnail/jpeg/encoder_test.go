package jpeg

import (
	"bytes"
	"math/bits"
	"slices"
)

// event is a code, with the bits that follow it; or bits alone; or a restart marker.
type event struct {
	class, number int
	symbol        byte
	bare          bool // bits alone
	restart       bool
	bits          uint32
	n             uint
}

type scanEncoder struct {
	p      *picture
	s      scanScript
	tables [2][4]codeTable
	events []event
	pred   []int32

	// Progressive AC.
	run         int
	corrections []byte // bits that follow the run's end
	table       int
}

func newScanEncoder(p *picture, s scanScript) *scanEncoder {
	return &scanEncoder{p: p, s: s, pred: make([]int32, len(p.components))}
}

func (e *scanEncoder) code(class, number int, symbol byte, bits uint32, n uint) {
	e.tables[class][number].frequency[symbol]++
	e.events = append(e.events, event{class: class, number: number, symbol: symbol, bits: bits, n: n})
}

func (e *scanEncoder) bare(bits uint32, n uint) {
	e.events = append(e.events, event{bare: true, bits: bits, n: n})
}

// record makes the events of the scan.
func (e *scanEncoder) record() {
	p, count := e.p, 0
	interval := func() {
		if p.restart > 0 && count > 0 && count%p.restart == 0 {
			e.flushRun()
			e.events = append(e.events, event{restart: true})
			clear(e.pred)
		}
		count++
	}
	defer e.flushRun()
	if len(e.s.components) == 1 {
		c := &p.components[e.s.components[0]]
		for y := range c.blocksY {
			for x := range c.blocksX {
				interval()
				e.block(e.s.components[0], &c.coefs[y*c.stride+x])
			}
		}
		return
	}
	first := &p.components[e.s.components[0]]
	for my := range first.rows / first.v {
		for mx := range first.stride / first.h {
			interval()
			for _, i := range e.s.components {
				c := &p.components[i]
				for v := range c.v {
					for h := range c.h {
						e.block(i, &c.coefs[(my*c.v+v)*c.stride+mx*c.h+h])
					}
				}
			}
		}
	}
}

func (e *scanEncoder) block(component int, coefs *[64]int16) {
	t := tableOf(component)
	e.table = t
	switch {
	case !e.p.progressive:
		e.dc(component, t, int32(coefs[0]))
		run := 0
		for _, v := range coefs[1:] {
			if v == 0 {
				run++
				continue
			}
			for ; run > 15; run -= 16 {
				e.code(1, t, 0xF0, 0, 0)
			}
			value, n := magnitude(int32(v))
			e.code(1, t, byte(run<<4)|byte(n), value, n)
			run = 0
		}
		if run > 0 {
			e.code(1, t, 0, 0, 0)
		}
	case e.s.ss == 0 && e.s.ah == 0:
		e.dc(component, t, int32(coefs[0])>>e.s.al)
	case e.s.ss == 0:
		e.bare(uint32(coefs[0])>>e.s.al&1, 1)
	case e.s.ah == 0:
		e.acFirst(coefs)
	default:
		e.acRefine(coefs)
	}
}

func (e *scanEncoder) dc(component, t int, v int32) {
	value, n := magnitude(v - e.pred[component])
	e.pred[component] = v
	e.code(0, t, byte(n), value, n)
}

// magnitude returns the category and value bits of a coefficient (T.81 F.1.2.1).
func magnitude(v int32) (value uint32, n uint) {
	if v >= 0 {
		n = uint(bits.Len32(uint32(v)))
		return uint32(v), n
	}
	n = uint(bits.Len32(uint32(-v)))
	return uint32(v-1) & (1<<n - 1), n
}

func (e *scanEncoder) acFirst(coefs *[64]int16) {
	zeros := 0
	for k := e.s.ss; k <= e.s.se; k++ {
		v := int32(coefs[k])
		if v < 0 {
			v = -(-v >> e.s.al)
		} else {
			v >>= e.s.al
		}
		if v == 0 {
			zeros++
			continue
		}
		e.flushRun()
		for ; zeros > 15; zeros -= 16 {
			e.code(1, e.table, 0xF0, 0, 0)
		}
		value, n := magnitude(v)
		e.code(1, e.table, byte(zeros<<4)|byte(n), value, n)
		zeros = 0
	}
	if zeros > 0 {
		e.endBlock(nil)
	}
}

// acRefine follows the flow of T.81 figure G.7.
func (e *scanEncoder) acRefine(coefs *[64]int16) {
	var abs [64]int
	last := 0 // the last coefficient that becomes nonzero
	for k := e.s.ss; k <= e.s.se; k++ {
		abs[k] = int(max(coefs[k], -coefs[k])) >> e.s.al
		if abs[k] == 1 {
			last = k
		}
	}
	zeros := 0
	var pending []byte
	for k := e.s.ss; k <= e.s.se; k++ {
		if abs[k] == 0 {
			zeros++
			continue
		}
		for zeros > 15 && k <= last {
			e.flushRun()
			e.code(1, e.table, 0xF0, 0, 0)
			e.bareBits(pending)
			pending = nil
			zeros -= 16
		}
		if abs[k] > 1 {
			pending = append(pending, byte(abs[k]&1))
			continue
		}
		e.flushRun()
		sign := uint32(1)
		if coefs[k] < 0 {
			sign = 0
		}
		e.code(1, e.table, byte(zeros<<4)|1, sign, 1)
		e.bareBits(pending)
		pending, zeros = nil, 0
	}
	if zeros > 0 || len(pending) > 0 {
		e.endBlock(pending)
	}
}

func (e *scanEncoder) bareBits(list []byte) {
	for _, b := range list {
		e.bare(uint32(b), 1)
	}
}

// endBlock counts one more block that ends here. Its corrections follow the code of the run (G.1.2.3).
func (e *scanEncoder) endBlock(corrections []byte) {
	e.run++
	e.corrections = append(e.corrections, corrections...)
	if e.run == 0x7FFF {
		e.flushRun()
	}
}

// flushRun writes the run of blocks that ended.
func (e *scanEncoder) flushRun() {
	if e.run > 0 {
		n := uint(bits.Len(uint(e.run)) - 1)
		e.code(1, e.table, byte(n<<4), uint32(e.run)&(1<<n-1), n)
		e.run = 0
	}
	e.bareBits(e.corrections)
	e.corrections = nil
}

// write writes the events as bits, with stuffing.
func (e *scanEncoder) write(b *bytes.Buffer) {
	acc, n := uint64(0), uint(0)
	put := func(v uint32, size uint) {
		acc = acc<<size | uint64(v)&(1<<size-1)
		for n += size; n >= 8; n -= 8 {
			c := byte(acc >> (n - 8))
			b.WriteByte(c)
			if c == 0xFF {
				b.WriteByte(0)
			}
		}
	}
	pad := func() {
		if n > 0 {
			put(1<<(8-n)-1, 8-n)
		}
	}
	restarts := 0
	for _, ev := range e.events {
		if ev.restart {
			pad()
			b.Write([]byte{0xFF, markerRST0 + byte(restarts&7)})
			restarts++
			continue
		}
		if !ev.bare {
			t := &e.tables[ev.class][ev.number]
			put(t.codes[ev.symbol], t.sizes[ev.symbol])
		}
		put(ev.bits, ev.n)
	}
	pad()
}

// codeTable is a Huffman table in the making.
type codeTable struct {
	frequency [256]int
	codes     [256]uint32
	sizes     [256]uint
}

func (t *codeTable) used() bool {
	return slices.Max(t.frequency[:]) > 0
}

// optimal returns a code of at most 16 bits for the frequencies, none of it all ones: T.81 K.2, where a symbol
// 256 takes the place of the code that must not be.
func (t *codeTable) optimal() (counts [16]byte, symbols []byte) {
	var freq [257]int
	copy(freq[:], t.frequency[:])
	freq[256] = 1
	var size, other [257]int
	for i := range other {
		other[i] = -1
	}
	for {
		a, b := -1, -1
		for i, f := range freq {
			switch {
			case f == 0:
			case a < 0 || f <= freq[a]:
				a, b = i, a
			case b < 0 || f <= freq[b]:
				b = i
			}
		}
		if b < 0 {
			break
		}
		freq[a] += freq[b]
		freq[b] = 0
		for size[a]++; other[a] >= 0; size[a]++ {
			a = other[a]
		}
		other[a] = b
		for size[b]++; other[b] >= 0; size[b]++ {
			b = other[b]
		}
	}
	var length [257]int
	for _, s := range size {
		if s > 0 {
			length[s]++
		}
	}
	for i := 256; i > 16; i-- {
		for length[i] > 0 {
			j := i - 2
			for length[j] == 0 {
				j--
			}
			length[i] -= 2
			length[i-1]++
			length[j+1] += 2
			length[j]--
		}
	}
	longest := 16
	for length[longest] == 0 {
		longest--
	}
	length[longest]--
	for i := range counts {
		counts[i] = byte(length[i+1])
	}
	for s := 1; s <= 256; s++ {
		for symbol := range 256 {
			if size[symbol] == s {
				symbols = append(symbols, byte(symbol))
			}
		}
	}
	return counts, symbols
}

// assign gives the symbols their codes (T.81 C.2).
func (t *codeTable) assign(counts [16]byte, symbols []byte) {
	code, k := uint32(0), 0
	for l, n := range counts {
		for range n {
			t.codes[symbols[k]], t.sizes[symbols[k]] = code, uint(l+1)
			code++
			k++
		}
		code <<= 1
	}
}
