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

// dcFirstScan reads the upper bits of DC coefficients (G.1.2.1): coded as in a sequential scan.
func (d *decoder) dcFirstScan(s *scan) error {
	units, err := d.units(s)
	if err != nil {
		return err
	}
	r := &d.reader
	return d.eachRun(s, units, func(x, end, y int, wanted bool) error {
		for ; x < end; x++ {
			for i := range units {
				u := &units[i]
				if err := r.ready(); err != nil {
					return err
				}
				c, diff, ok := u.dc.difference(r.refill(&r.window))
				if !ok {
					return errCode
				}
				r.cursor = c
				*u.pred += diff
				if wanted {
					u.plane.coefs[u.plane.coefIndex(x*u.perX+u.x, y*u.perY+u.y)] = int16(*u.pred << s.al)
				}
			}
		}
		return nil
	})
}

// dcRefineScan reads one more bit of each DC coefficient (G.1.2.1).
func (d *decoder) dcRefineScan(s *scan) error {
	units, err := d.units(s)
	if err != nil {
		return err
	}
	r := &d.reader
	return d.eachRun(s, units, func(x, end, y int, wanted bool) error {
		for ; x < end; x++ {
			if err := r.ready(); err != nil { // the units of an MCU are fewer than the bits of a block
				return err
			}
			at := r.position()
			r.cursor = r.skip(&r.window, uint(len(units)))
			if !wanted {
				continue
			}
			for i := range units {
				u := &units[i]
				u.plane.coefs[u.plane.coefIndex(x*u.perX+u.x, y*u.perY+u.y)] |= r.window.bit(at+i) << s.al
			}
		}
		return nil
	})
}

// reconstruct makes the samples of a progressive frame, once all its scans are read.
func (d *decoder) reconstruct() {
	for i := range d.planes {
		p := &d.planes[i]
		if p.keep.n == 1 { // a coefficient a sample
			for j, v := range p.coefs {
				p.pix[j] = mean(int32(v) * p.keep.steps[0].step)
			}
		} else {
			d.reconstructBlocks(p)
		}
		p.coefs, p.history = nil, nil
	}
}

func (d *decoder) reconstructBlocks(p *plane) {
	var steps [64]int32 // in the order of the coefficients
	for _, s := range p.keep.steps {
		if s.slot != unkept {
			steps[s.slot] = s.step
		}
	}
	size := p.keep.n * p.keep.n
	coefs := p.coefs
	for y := p.blocks.Min.Y; y < p.blocks.Max.Y; y++ {
		for x := p.blocks.Min.X; x < p.blocks.Max.X; x++ {
			d.block[0] = int16(int32(coefs[0]) * steps[0])
			last := 0
			for j := 1; j < size; j++ {
				v := coefs[j]
				last |= int(v) // not zero will do
				d.block[j&63] = int16(int32(v) * steps[j&63])
			}
			p.put(x, y, &d.block, last)
			coefs = coefs[size:]
		}
	}
}
