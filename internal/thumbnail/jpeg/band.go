package jpeg

import "math/bits"

// bandScan reads a scan of a band of AC coefficients of a progressive frame: always of one component (T.81
// G.1.1.1.1), so that what it goes through are blocks.
type bandScan struct {
	r        *bitReader
	t        *huffman
	p        *plane
	ss, se   uint   // the band
	band     uint64 // the same, a bit a coefficient
	al       uint
	kept     uint64 // coefficients of the band that are kept
	lastKept uint
	places   *places
	run      uint // blocks still to come without new coefficients: EOBRUN
}

func (d *decoder) newBandScan(s *scan) (*bandScan, error) {
	c := s.components[0]
	p := &d.planes[c.index]
	t, err := d.table(1, c.ac)
	return &bandScan{
		r: &d.reader, t: t, p: p,
		ss: uint(s.ss), se: uint(s.se), band: s.band(), al: s.al,
		kept: p.keep.mask & s.band(), lastKept: p.keep.last, places: newPlaces(),
	}, err
}

// bandFirstScan reads the upper bits of a band (G.1.2.2).
func (d *decoder) bandFirstScan(s *scan) error {
	a, err := d.newBandScan(s)
	if err != nil {
		return err
	}
	g := d.grid(s)
	return d.eachInterval(g, a.p.history == nil, func(from, to int) error {
		a.run = 0
		return g.eachRow(from, to, a.firstRow)
	})
}

// bandRefineScan reads one more bit of a band (G.1.2.3).
func (d *decoder) bandRefineScan(s *scan) error {
	a, err := d.newBandScan(s)
	if err != nil {
		return err
	}
	g := d.grid(s)
	return d.eachInterval(g, false, func(from, to int) error {
		a.run = 0
		return g.eachRow(from, to, a.refineRow)
	})
}

// firstRow reads the blocks of a row in a first scan.
func (a *bandScan) firstRow(x, end, y int) error {
	p := a.p
	var history []uint64
	if p.history != nil {
		history = p.history[y*p.blocksX:][:end]
	}
	for ; x < end; x++ {
		if a.run > 0 {
			n := min(a.run, uint(end-x))
			a.run -= n
			x += int(n) - 1
			continue
		}
		if err := a.r.ready(); err != nil {
			return err
		}
		c, nonzero, ok := a.first(a.r.cursor, p.coefsAt(x, y))
		if !ok {
			return errCode
		}
		a.r.cursor = c
		if history != nil {
			history[x] |= nonzero
		}
	}
	return nil
}

// first reads what a first scan says of a block, and returns which coefficients are nonzero.
func (a *bandScan) first(c cursor, coefs []int16) (next cursor, nonzero uint64, ok bool) {
	w := &a.r.window
	for k := a.ss; k <= a.se; {
		c = c.refill(w)
		var v int32
		e := a.t.coef[c.acc>>(64-coefBits)]
		if e&(entryLong|entrySlow|entryEnd) == 0 {
			c = c.drop(uint(e))
			k += uint(e>>entryMoves) & 127
			v = int32(e) >> entryTop
		} else {
			if e&entrySlow != 0 {
				if e = a.t.longEntry(c); e == 0 {
					return c, 0, false
				}
			}
			c = c.drop(uint(e))
			if e&entryEnd != 0 {
				c, a.run = c.endRun(uint(e >> entryTop))
				a.run--
				break
			}
			k += uint(e>>entryMoves) & 127
			if e&entryLong != 0 {
				c, v = c.value(uint(e >> entryTop))
			}
		}
		if k > a.se+1 {
			break
		}
		if v != 0 {
			at := (k - 1) & 63
			nonzero |= 1 << at
			if slot := a.p.keep.steps[at].slot; slot < uint32(len(coefs)) {
				coefs[slot] = int16(v << a.al)
			}
		}
	}
	return c, nonzero, true
}

// endRun reads the length of a run of blocks that end here, this one included: 2^size plus size bits (G.1.2.2).
func (c cursor) endRun(size uint) (cursor, uint) {
	run := uint(1)<<size + uint(c.acc>>1>>(63-size))
	return c.drop(size), run
}

// refineRow reads the blocks of a row in a refinement.
func (a *bandScan) refineRow(x, end, y int) error {
	p := a.p
	history := p.history[y*p.blocksX:][:end]
	for ; x < end; x++ {
		live := history[x] & a.band
		if a.run > 0 && live == 0 {
			a.run--
			continue
		}
		if err := a.r.ready(); err != nil {
			return err
		}
		c, added, ok := a.refine(a.r.cursor, p.coefsAt(x, y), live)
		if !ok {
			return errCode
		}
		a.r.cursor = c
		history[x] |= added
	}
	return nil
}

// refine reads what a refinement says of a block, of which the live coefficients were nonzero before, and returns
// those that it adds.
//
// It is a list of new coefficients, each of one bit and sign, behind a run of zeros. Live ones do not count in the
// run: each that it passes takes a bit of correction, and these bits follow the code.
func (a *bandScan) refine(c cursor, coefs []int16, live uint64) (next cursor, added uint64, ok bool) {
	w := &a.r.window
	k := a.ss
	for a.run == 0 && k <= a.se {
		c = c.refill(w)
		e := a.t.coef[c.acc>>(64-coefBits)]
		v := int32(e) >> entryTop
		if e&(entryLong|entrySlow|entryEnd) == 0 {
			c = c.drop(uint(e))
		} else {
			if e&entrySlow != 0 {
				if e = a.t.longEntry(c); e == 0 {
					return c, 0, false
				}
			}
			c = c.drop(uint(e))
			if e&entryEnd != 0 {
				c, a.run = c.endRun(uint(e >> entryTop))
				break
			}
			v = 0
			if e&entryLong != 0 {
				c, v = c.value(uint(e >> entryTop))
			}
		}
		if uint32(v+1) > 2 {
			return c, 0, false
		}
		run := uint(e>>entryMoves)&127 - 1
		ahead := live >> k
		to := uint(a.places[run&15][uint8(ahead)])
		if to == noPlace {
			to = placeAfter(run, ahead)
		}
		passed := to - run
		to += k
		if k <= a.lastKept {
			c = a.correct(c, coefs, ahead<<k, to, passed)
		} else {
			c = c.skip(w, passed)
		}
		if to > a.se {
			return c, added, true
		}
		if v != 0 {
			added |= 1 << to
			if to <= a.lastKept {
				if slot := a.p.keep.steps[to&63].slot; slot < uint32(len(coefs)) {
					coefs[slot] = int16(v << a.al)
				}
			}
		}
		k = to + 1
	}
	if a.run > 0 {
		a.run--
		if k <= a.se {
			rest := live >> k << k
			c = a.correct(c, coefs, rest, 64, uint(bits.OnesCount64(rest)))
		}
	}
	return c, added, true
}

// noPlace is where the answer of places is not within the eight places that it looks at.
const noPlace = 255

// places says, for a run of zeros and which of the next eight coefficients are live, where the coefficient behind
// the run is: the place of the zero that as many zeros come before.
type places [16][256]uint8

func newPlaces() *places {
	var p places
	for run := range p {
		for live := range p[run] {
			p[run][live] = noPlace
			if at := placeAfter(uint(run), uint64(live)); at < 8 {
				p[run][live] = uint8(at)
			}
		}
	}
	return &p
}

// placeAfter works out what places says, for all that is ahead. The place behind a run of zeros is that behind as
// many places and the live ones among them: of which there are more when it moves on.
func placeAfter(run uint, ahead uint64) uint {
	passed := uint(0)
	for {
		n := uint(bits.OnesCount64(ahead & (2<<(run+passed) - 1)))
		if n == passed {
			return run + passed
		}
		passed = n
	}
}

// correct reads the corrections of the n lowest live coefficients, those below to, and applies those of the kept.
func (a *bandScan) correct(c cursor, coefs []int16, live uint64, to, n uint) cursor {
	w := &a.r.window
	if coefs != nil {
		at := c.position()
		for kept := live & a.kept & (1<<to - 1); kept != 0; kept &= kept - 1 {
			k := bits.TrailingZeros64(kept)
			bit := w.bit(at + bits.OnesCount64(live&(1<<k-1)))
			v := &coefs[a.p.keep.steps[k&63].slot]
			sign := *v >> 15
			*v += (bit<<a.al ^ sign) - sign // away from zero
		}
	}
	return c.skip(w, n)
}

// skip consumes up to 64 bits.
func (c cursor) skip(w *window, n uint) cursor {
	if n > c.n {
		return w.cursorAt(c.position() + int(n))
	}
	return c.drop(n)
}
