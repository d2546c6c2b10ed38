package jpeg

import "math/bits"

// bandRefineScan reads one more bit of a band of AC coefficients (T.81 G.1.2.3).
func (d *decoder) bandRefineScan(s *scan) error {
	a, err := d.newBandScan(s)
	if err != nil {
		return err
	}
	d.places.make()
	g := d.grid(s)
	return d.eachInterval(g, false, func(from, to int) error {
		a.run = 0
		return g.eachRow(from, to, a.refineRow)
	})
}

// refineRow reads the blocks x to end of row y in a refinement.
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
	lastKept := a.lastKept
	if coefs == nil {
		lastKept = 0
	}
	k := a.ss
	for a.run == 0 && k <= a.se {
		c = c.refill(w)
		ahead := live >> k
		if k > lastKept {
			e := a.runs[c.acc>>(64-runBits)]
			if to := k + e.moves(); to <= a.se+1 && ahead&(1<<e.moves()-1) == 0 {
				c = c.drop(uint(e))
				added |= e.pattern() << k
				k = to
				continue
			}
		}
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
		to := uint(a.places[run&15][uint8(ahead)])
		if to == noPlace {
			to = placeBehind(run, ahead)
		}
		passed := to - run
		to += k
		if passed > 0 {
			if k <= lastKept {
				a.correct(c.position(), coefs, live>>k<<k, to)
			}
			c = c.skip(w, passed)
		}
		if to > a.se {
			return c, added, true
		}
		if v != 0 {
			added |= 1 << to
			if to <= lastKept {
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
			if k <= lastKept {
				a.correct(c.position(), coefs, rest, 64)
			}
			c = c.skip(w, uint(bits.OnesCount64(rest)))
		}
	}
	return c, added, true
}

// correct applies corrections: a bit for each live coefficient below to, from a position on. Those of coefficients
// that are not kept are passed over.
func (a *bandScan) correct(position int, coefs []int16, live uint64, to uint) {
	w := &a.r.window
	for kept := live & a.kept & (1<<to - 1); kept != 0; kept &= kept - 1 {
		k := bits.TrailingZeros64(kept)
		bit := w.bit(position + bits.OnesCount64(live&(1<<k-1)))
		v := &coefs[a.p.keep.steps[k&63].slot]
		sign := *v >> 15
		*v += (bit<<a.al ^ sign) - sign // away from zero
	}
}

// skip consumes up to 64 bits.
func (c cursor) skip(w *window, n uint) cursor {
	if n > c.n {
		return w.cursorAt(c.position() + int(n))
	}
	return c.drop(n)
}

// placeTable says, for a run of zeros and which of the next eight coefficients are live, where the coefficient
// behind the run is: at the zero that as many zeros come before.
type placeTable [16][256]uint8

// noPlace is in a placeTable where the answer lies beyond eight.
const noPlace = 255

func (p *placeTable) make() {
	if p[15][255] == noPlace {
		return // made already
	}
	for run := range p {
		for live := range p[run] {
			p[run][live] = noPlace
		}
	}
	for live := range 256 {
		zeros := 0
		for at := range 8 {
			if live>>at&1 == 0 {
				p[zeros][live] = uint8(at)
				zeros++
			}
		}
	}
}

// placeBehind works out what a placeTable says, for all that is ahead: the place behind as many places as the run
// has zeros, and behind the live ones among them, of which there may be more when it moves on.
func placeBehind(run uint, ahead uint64) uint {
	passed := uint(0)
	for {
		n := uint(bits.OnesCount64(ahead & (2<<(run+passed) - 1)))
		if n == passed {
			return run + passed
		}
		passed = n
	}
}
