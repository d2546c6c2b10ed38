package jpeg

import "math/bits"

// acScan is what reading an AC scan of a progressive frame needs: always of one component (T.81 G.1.1.1.1).
type acScan struct {
	r      *bitReader
	t      *huffman
	p      *plane
	ss, se uint
	al     uint
	band   uint64
	run    uint // blocks still to come without new coefficients: EOBRUN
}

func (d *decoder) acScan(s *scan) (*acScan, grid, error) {
	c := s.components[0]
	t, err := d.table(1, c.ac)
	return &acScan{
		r: &d.reader, t: t, p: &d.planes[c.index],
		ss: uint(s.ss), se: uint(s.se), al: s.al, band: s.band(),
	}, d.grid(s), err
}

// acFirstScan reads the upper bits of a band of AC coefficients (G.1.2.2).
func (d *decoder) acFirstScan(s *scan) error {
	a, g, err := d.acScan(s)
	if err != nil {
		return err
	}
	return d.eachInterval(g, a.p.history == nil, func(from, to int) error {
		a.run = 0
		x, y := from%g.columns, from/g.columns
		for i := from; i < to; i++ {
			if a.run > 0 {
				a.run--
			} else {
				if err := a.r.ready(); err != nil {
					return err
				}
				if !a.first(a.p.coefsAt(x, y), i) {
					return errCode
				}
			}
			if x++; x == g.columns {
				x, y = 0, y+1
			}
		}
		return nil
	})
}

// first reads a block's share of a first scan.
func (a *acScan) first(coefs []int16, i int) bool {
	c, w := a.r.cursor, &a.r.window
	k := a.ss
	nonzero := uint64(0)
	for k <= a.se {
		if c.n < 32 {
			c = c.refill(w)
		}
		var v int32
		e := a.t.coef[c.acc>>(64-coefBits)]
		switch {
		case e&(entryLong|entrySlow|entryEnd) == 0:
			c = c.drop(uint(e))
			k += uint(e>>entryMoves) & 127
			v = int32(e) >> entryTop
			if v == 0 { // 16 zeros
				continue
			}
		case e&(entrySlow|entryEnd) == 0:
			c = c.drop(uint(e))
			k += uint(e>>entryMoves) & 127
			c, v = c.value(uint(e >> entryTop))
		default:
			length, symbol := a.t.symbol(uint32(c.acc >> (64 - maxCode)))
			if length == 0 {
				return false
			}
			c = c.drop(length)
			run, size := uint(symbol>>4), uint(symbol&15)
			if size == 0 && run == 15 {
				k += 16
				continue
			}
			if size == 0 {
				c, a.run = c.endRun(run)
				a.run--
				k = 64
				continue
			}
			k += run + 1
			c, v = c.value(size)
		}
		if k > a.se+1 {
			break
		}
		nonzero |= 1 << ((k - 1) & 63)
		if slot := a.p.keep.steps[(k-1)&63].slot; slot < uint32(len(coefs)) {
			coefs[slot] = int16(v << a.al)
		}
	}
	if a.p.history != nil {
		a.p.history[i] |= nonzero
	}
	a.r.cursor = c
	return true
}

// endRun reads the length of a run of blocks that end here, this one included: 2^size plus size bits (G.1.2.2).
func (c cursor) endRun(size uint) (cursor, uint) {
	run := uint(1)<<size + uint(c.acc>>1>>(63-size))
	return c.drop(size), run
}

// acRefineScan reads one more bit of a band of AC coefficients (G.1.2.3).
func (d *decoder) acRefineScan(s *scan) error {
	a, g, err := d.acScan(s)
	if err != nil {
		return err
	}
	return d.eachInterval(g, false, func(from, to int) error {
		a.run = 0
		x, y := from%g.columns, from/g.columns
		for i := from; i < to; i++ {
			if err := a.r.ready(); err != nil {
				return err
			}
			if !a.refine(a.p.coefsAt(x, y), i) {
				return errCode
			}
			if x++; x == g.columns {
				x, y = 0, y+1
			}
		}
		return nil
	})
}

// refine reads a block's share of a refinement.
func (a *acScan) refine(coefs []int16, i int) bool {
	c, w := a.r.cursor, &a.r.window
	live := a.p.history[i] & a.band // what was nonzero before this scan
	keep := a.p.keep.mask
	if coefs == nil {
		keep = 0
	}
	k := a.ss
	if a.run == 0 {
		nonzero := uint64(0)
		for k <= a.se {
			if c.n < 32 {
				c = c.refill(w)
			}
			length, symbol := a.t.symbol(uint32(c.acc >> (64 - maxCode)))
			if length == 0 {
				return false
			}
			c = c.drop(length)
			run, size := uint(symbol>>4), uint(symbol&15)
			bit := uint64(0)
			switch {
			case size == 1:
				bit = c.acc >> 63
				c = c.drop(1)
			case size > 1:
				return false
			case run < 15:
				c, a.run = c.endRun(run)
			}
			if a.run > 0 {
				break
			}
			// The new coefficient goes to the place behind run places that are zero. The nonzero ones on the way
			// are corrected.
			zeros := ^live & a.band & (^uint64(0) << k)
			for range run {
				zeros &= zeros - 1
			}
			to := uint(bits.TrailingZeros64(zeros))
			passed := live & (^uint64(0) << k)
			if to < 64 {
				passed &= 1<<to - 1
			}
			c = a.correct(c, passed, passed&keep, coefs)
			if to > a.se {
				k = 64
				break
			}
			if size == 1 {
				nonzero |= 1 << to
				if slot := a.p.keep.steps[to].slot; slot < uint32(len(coefs)) {
					coefs[slot] = int16((int32(bit)*2 - 1) << a.al)
				}
			}
			k = to + 1
		}
		a.p.history[i] |= nonzero
	}
	if a.run > 0 {
		a.run--
		if k < 64 {
			passed := live & (^uint64(0) << k)
			c = a.correct(c, passed, passed&keep, coefs)
		}
	}
	a.r.cursor = c
	return true
}

// correct reads a bit for each coefficient that is set in passed, and applies those of the kept.
func (a *acScan) correct(c cursor, passed, kept uint64, coefs []int16) cursor {
	n := uint(bits.OnesCount64(passed))
	w := &a.r.window
	c = c.refill(w)
	for ; kept != 0; kept &= kept - 1 {
		k := bits.TrailingZeros64(kept)
		if c.n < 1 {
			c = c.refill(w)
		}
		// bits for the unkept in between
		skip := uint(bits.OnesCount64(passed & (1<<k - 1)))
		passed &^= 1<<k | (1<<k - 1)
		c = c.skip(w, skip)
		if c.n < 1 {
			c = c.refill(w)
		}
		bit := int16(c.acc >> 63)
		c = c.drop(1)
		n -= skip + 1
		at := &coefs[a.p.keep.steps[k].slot]
		if *at >= 0 {
			*at += bit << a.al
		} else {
			*at -= bit << a.al
		}
	}
	return c.skip(w, n)
}

// skip consumes up to 64 bits.
func (c cursor) skip(w *window, n uint) cursor {
	for n > c.n {
		n -= c.n
		c = cursor{pos: c.pos}.refill(w)
	}
	return c.drop(n)
}
