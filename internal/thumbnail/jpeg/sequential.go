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

// sequentialScan reads a scan of a sequential frame and makes the samples of its blocks.
func (d *decoder) sequentialScan(s *scan) error {
	units, err := d.units(s)
	if err != nil {
		return err
	}
	for _, u := range units {
		u.ac.makeSkip()
	}
	return d.eachRun(s, units, func(x, end, y int, wanted bool) error {
		if wanted {
			return d.readBlocks(units, x, end, y)
		}
		return d.skipBlocks(units, end-x)
	})
}

// skipBlocks reads n MCUs of which nothing matters but the predictions.
func (d *decoder) skipBlocks(units []unit, n int) error {
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

// readBlocks reads MCUs x to end of row y and makes their samples.
func (d *decoder) readBlocks(units []unit, x, end, y int) error {
	r := &d.reader
	for ; x < end; x++ {
		for i := range units {
			u := &units[i]
			p := u.plane
			if err := r.ready(); err != nil {
				return err
			}
			bx, by := x*u.perX+u.x, y*u.perY+u.y
			if p.keep.n == 1 {
				c, diff, ok := skipBlock(&r.window, u.dc, u.ac, r.cursor)
				if !ok {
					return errCode
				}
				r.cursor = c
				*u.pred += diff
				p.pix[p.offset(bx, by)] = mean(*u.pred * p.keep.steps[0].step)
				continue
			}
			clear(d.block[:64])
			c, diff, last := sequentialBlock(&r.window, u.dc, u.ac, r.cursor, &p.keep, &d.block)
			if last < 0 {
				return errCode
			}
			r.cursor = c
			*u.pred += diff
			d.block[0] = int16(*u.pred * p.keep.steps[0].step)
			p.put(bx, by, &d.block, last)
		}
	}
	return nil
}
