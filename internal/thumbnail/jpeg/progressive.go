package jpeg

// progressiveScan reads a scan of a progressive frame (T.81 G.1).
func (d *decoder) progressiveScan(s *scan) error {
	switch {
	case s.ss == 0 && s.ah == 0:
		return d.dcFirstScan(s)
	case s.ss == 0:
		return d.dcRefineScan(s)
	case s.ah == 0:
		return d.bandFirstScan(s)
	}
	return d.bandRefineScan(s)
}

// eachBlock calls read for the blocks of a scan's MCUs from to to, with the plane's block and its number among
// the scan's components.
func (d *decoder) eachBlock(s *scan, g grid, from, to int, read func(component int, p *plane, x, y int) error) error {
	interleaved := len(s.components) > 1
	x, y := from%g.columns, from/g.columns
	for range to - from {
		for i, c := range s.components {
			p := &d.planes[c.index]
			if err := d.reader.ready(); err != nil {
				return err
			}
			if !interleaved {
				if err := read(i, p, x, y); err != nil {
					return err
				}
				continue
			}
			for v := range p.v {
				for h := range p.h {
					if err := d.reader.ready(); err != nil {
						return err
					}
					if err := read(i, p, x*p.h+h, y*p.v+v); err != nil {
						return err
					}
				}
			}
		}
		if x++; x == g.columns {
			x, y = 0, y+1
		}
	}
	return nil
}

// dcFirstScan reads the upper bits of DC coefficients (G.1.2.1): coded as in a sequential scan.
func (d *decoder) dcFirstScan(s *scan) error {
	var tables [4]*huffman
	for i, c := range s.components {
		t, err := d.table(0, c.dc)
		if err != nil {
			return err
		}
		tables[i] = t
	}
	g, r := d.grid(s), &d.reader
	return d.eachInterval(g, true, func(from, to int) error {
		var pred [4]int32
		return d.eachBlock(s, g, from, to, func(i int, p *plane, x, y int) error {
			c, diff, ok := tables[i].difference(r.refill(&r.window))
			if !ok {
				return errCode
			}
			r.cursor = c
			pred[i] += diff
			if at := p.coefsAt(x, y); at != nil {
				at[0] = int16(pred[i] << s.al)
			}
			return nil
		})
	})
}

// dcRefineScan reads one more bit of each DC coefficient (G.1.2.1).
func (d *decoder) dcRefineScan(s *scan) error {
	g, r := d.grid(s), &d.reader
	return d.eachInterval(g, true, func(from, to int) error {
		return d.eachBlock(s, g, from, to, func(_ int, p *plane, x, y int) error {
			c := r.refill(&r.window)
			bit := c.acc >> 63
			r.cursor = c.drop(1)
			if at := p.coefsAt(x, y); at != nil {
				at[0] |= int16(bit << s.al)
			}
			return nil
		})
	})
}

// reconstruct makes the samples of a progressive frame, once all its scans are read.
func (d *decoder) reconstruct() {
	for i := range d.planes {
		p := &d.planes[i]
		size := p.keep.n * p.keep.n
		var steps [64]int32
		for _, s := range p.keep.steps {
			if s.slot != unkept {
				steps[s.slot] = s.step
			}
		}
		coefs := p.coefs
		for y := p.blocks.Min.Y; y < p.blocks.Max.Y; y++ {
			for x := p.blocks.Min.X; x < p.blocks.Max.X; x++ {
				var any int16
				for j, v := range coefs[:size] {
					if j > 0 {
						any |= v
					}
					d.block[j&63] = int16(int32(v) * steps[j&63])
				}
				last := 0
				if any != 0 {
					last = 63
				}
				p.put(x, y, &d.block, last)
				coefs = coefs[size:]
			}
		}
		p.coefs, p.history = nil, nil
	}
}
