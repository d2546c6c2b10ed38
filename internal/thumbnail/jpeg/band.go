package jpeg

// bandScan reads a scan of a band of AC coefficients of a progressive frame: always of one component (T.81
// G.1.1.1.1), so that what it goes through are blocks.
type bandScan struct {
	r        *bitReader
	t        *huffman
	p        *plane
	runs     *runTable
	places   *placeTable
	ss, se   uint   // the band
	band     uint64 // the same, a bit a coefficient
	al       uint
	kept     uint64 // coefficients of the band that are kept
	lastKept uint
	run      uint // blocks still to come without new coefficients: EOBRUN
}

func (d *decoder) newBandScan(s *scan) (*bandScan, error) {
	c := s.components[0]
	p := &d.planes[c.index]
	t, err := d.table(1, c.ac)
	if err != nil {
		return nil, err
	}
	d.runs.make(t, s.ah > 0)
	return &bandScan{
		r: &d.reader, t: t, p: p, runs: &d.runs, places: &d.places,
		ss: uint(s.ss), se: uint(s.se), band: s.band(), al: s.al,
		kept: p.keep.mask & s.band(), lastKept: p.keep.last,
	}, nil
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

// firstRow reads the blocks x to end of row y in a first scan.
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
	lastKept := a.lastKept
	if coefs == nil {
		lastKept = 0
	}
	for k := a.ss; k <= a.se; {
		c = c.refill(w)
		if k > lastKept {
			e := a.runs[c.acc>>(64-runBits)]
			if to := k + e.moves(); to <= a.se+1 {
				c = c.drop(uint(e))
				nonzero |= e.pattern() << k
				k = to
				continue
			}
		}
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

// runTable sums up the codes that begin within its index and say of coefficients that they are nonzero: for those
// whose values do not matter.
type runTable [1 << runBits]runEntry

// runBits is how many bits index a runTable.
const runBits = 12

// runEntry holds, from the lowest bit: 6 bits for how many bits the codes take with their values, 7 for how far they
// move the position in the block, and for each of the coefficients that they move by a bit that says whether it
// is nonzero. An entry without codes moves by more than there is.
type runEntry uint32

const (
	runMoves   = 6
	runPattern = 13
	runLongest = 32 - runPattern
	runNothing = 64
)

func (e runEntry) moves() uint     { return uint(e>>runMoves) & 127 }
func (e runEntry) pattern() uint64 { return uint64(e >> runPattern) }

// make makes the table for codes of t. In a refinement values are single bits.
func (r *runTable) make(t *huffman, refinement bool) {
	for i := range r {
		used, moves, pattern := uint(0), uint(0), uint(0)
		for used < runBits {
			const top = runBits - coefBits
			e := t.coef[uint(i)<<used>>top&(1<<coefBits-1)]
			length, run, size := taken(e)
			if size == 0 || refinement && size != 1 || used+length > runBits || moves+run+1 > runLongest {
				break
			}
			used += length + size
			moves += run + 1
			pattern |= 1 << (moves - 1)
		}
		if moves == 0 {
			moves = runNothing
		}
		r[i] = runEntry(used | moves<<runMoves | pattern<<runPattern)
	}
}
