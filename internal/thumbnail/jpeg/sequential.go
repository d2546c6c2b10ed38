package jpeg

// sequentialBlock reads a block of a sequential scan (T.81 F.2.2.1, F.2.2.2): the difference of its DC
// coefficient, and into blk, dequantized, those AC coefficients that keep wants. It returns the zigzag index of
// the last one it stored, or -1 for a code that is none.
func sequentialBlock(w *window, dc, ac *huffman, c cursor, keep *keeper, blk *block) (next cursor, diff int32, last int) {
	c, diff, ok := dc.difference(c.refill(w))
	if !ok {
		return c, 0, -1
	}
	k := uint(1)
	for k <= keep.last {
		c = c.refill(w)
		var v int32
		e := ac.coef[c.acc>>(64-coefBits)]
		if e&(entryLong|entrySlow) == 0 {
			c = c.drop(uint(e))
			k += uint(e>>entryMoves) & 127
			v = int32(e) >> entryTop
		} else {
			if e&entrySlow != 0 {
				if e = ac.longEntry(c); e == 0 {
					return c, 0, -1
				}
			}
			c = c.drop(uint(e))
			k += uint(e>>entryMoves) & 127
			if e&entryLong != 0 {
				c, v = c.value(uint(e >> entryTop))
			}
		}
		if k > keep.last+1 {
			break
		}
		last = int(k - 1)
		s := &keep.steps[last&63]
		blk[s.slot&127] = int16(v * s.step)
	}
	if k < 64 {
		if c, ok = ac.skipAC(w, c, k); !ok {
			return c, 0, -1
		}
	}
	return c, diff, last
}

// skipBlock reads a block of a sequential scan of which only the DC coefficient matters.
func skipBlock(w *window, dc, ac *huffman, c cursor) (next cursor, diff int32, ok bool) {
	if c, diff, ok = dc.difference(c.refill(w)); !ok {
		return c, 0, false
	}
	c, ok = ac.skipAC(w, c, 1)
	return c, diff, ok
}

// difference reads a DC difference (T.81 F.2.2.1). The cursor must hold 32 bits.
func (t *huffman) difference(c cursor) (next cursor, diff int32, ok bool) {
	e := t.coef[c.acc>>(64-coefBits)]
	if e&(entryLong|entrySlow) == 0 {
		return c.drop(uint(e)), int32(e) >> entryTop, true
	}
	return t.longDifference(c, e)
}

func (t *huffman) longDifference(c cursor, e uint32) (next cursor, diff int32, ok bool) {
	if e&entrySlow != 0 {
		if e = t.longEntry(c); e == 0 {
			return c, 0, false
		}
	}
	c = c.drop(uint(e))
	if e&entryLong != 0 {
		c, diff = c.value(uint(e >> entryTop))
	}
	return c, diff, true
}

// unit is one of the blocks of an MCU.
type unit struct {
	plane  *plane
	dc, ac *huffman
	x, y   int    // of the block within the MCU
	pred   *int32 // the component's last DC coefficient
}

// units returns the blocks of a scan's MCU in their order (T.81 A.2.3), and how many there are of each component
// in each direction.
func (d *decoder) sequentialUnits(s *scan) ([]unit, error) {
	var units []unit
	for _, c := range s.components {
		p := &d.planes[c.index]
		dc, err := d.table(0, c.dc)
		if err != nil {
			return nil, err
		}
		ac, err := d.table(1, c.ac)
		if err != nil {
			return nil, err
		}
		ac.makeSkip()
		h, v := p.h, p.v
		if len(s.components) == 1 {
			h, v = 1, 1
		}
		pred := new(int32)
		for y := range v {
			for x := range h {
				units = append(units, unit{p, dc, ac, x, y, pred})
			}
		}
	}
	return units, nil
}

// sequentialScan reads a scan of a sequential frame and makes the samples of its blocks.
func (d *decoder) sequentialScan(s *scan) error {
	units, err := d.sequentialUnits(s)
	if err != nil {
		return err
	}
	g := d.grid(s)
	return d.eachInterval(g, true, func(from, to int) error {
		for i := range units {
			*units[i].pred = 0
		}
		return d.sequentialInterval(units, g, from, to, len(s.components) > 1)
	})
}

// sequentialInterval reads MCUs from to to: in every row those before the wanted ones, the wanted, those behind.
func (d *decoder) sequentialInterval(units []unit, g grid, from, to int, interleaved bool) error {
	for from < to {
		x, y := from%g.columns, from/g.columns
		rowEnd := min(to-from+x, g.columns)
		from += rowEnd - x
		left, right := min(max(x, g.wanted.Min.X), rowEnd), min(max(x, g.wanted.Max.X), rowEnd)
		if y < g.wanted.Min.Y {
			left, right = rowEnd, rowEnd
		}
		if err := d.skipMCUs(units, left-x); err != nil {
			return err
		}
		if err := d.readMCUs(units, left, right, y, interleaved); err != nil {
			return err
		}
		if err := d.skipMCUs(units, rowEnd-right); err != nil {
			return err
		}
	}
	return nil
}

// skipMCUs reads n MCUs of which nothing is wanted but the DC predictions.
func (d *decoder) skipMCUs(units []unit, n int) error {
	r := &d.reader
	for range n {
		for i := range units {
			u := &units[i]
			if err := r.ready(); err != nil {
				return err
			}
			c, diff, ok := skipBlock(&r.window, u.dc, u.ac, r.cursor)
			if !ok {
				return errCode
			}
			r.cursor = c
			*u.pred += diff
		}
	}
	return nil
}

// readMCUs reads MCUs from to to of row y and makes their samples.
func (d *decoder) readMCUs(units []unit, from, to, y int, interleaved bool) error {
	r := &d.reader
	for x := from; x < to; x++ {
		for i := range units {
			u := &units[i]
			if err := r.ready(); err != nil {
				return err
			}
			bx, by := x, y
			if interleaved {
				bx, by = x*u.plane.h+u.x, y*u.plane.v+u.y
			}
			if u.plane.keep.n == 1 {
				c, diff, ok := skipBlock(&r.window, u.dc, u.ac, r.cursor)
				if !ok {
					return errCode
				}
				r.cursor = c
				*u.pred += diff
				u.plane.pix[u.plane.offset(bx, by)] = mean(*u.pred * u.plane.keep.steps[0].step)
				continue
			}
			clear(d.block[:64])
			c, diff, last := sequentialBlock(&r.window, u.dc, u.ac, r.cursor, &u.plane.keep, &d.block)
			if last < 0 {
				return errCode
			}
			r.cursor = c
			*u.pred += diff
			d.block[0] = int16(*u.pred * u.plane.keep.steps[0].step)
			u.plane.put(bx, by, &d.block, last)
		}
	}
	return nil
}
