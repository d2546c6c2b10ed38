package jpeg

import "image"

// unit is one of the blocks of an MCU (T.81 A.2.3).
type unit struct {
	plane      *plane
	dc, ac     *huffman // nil where the scan codes none
	x, y       int      // of the block within the MCU
	perX, perY int      // blocks of the component in an MCU
	pred       *int32   // the component's last DC coefficient (F.1.1.5.1)
}

// units returns the blocks of a scan's MCU in their order. In a scan of one component that is a block (A.2.2).
func (d *decoder) units(s *scan) ([]unit, error) {
	var units []unit
	for _, c := range s.components {
		p := &d.planes[c.index]
		u := unit{plane: p, perX: p.h, perY: p.v, pred: new(int32)}
		if len(s.components) == 1 {
			u.perX, u.perY = 1, 1
		}
		var err error
		if s.ss == 0 && s.ah == 0 {
			if u.dc, err = d.table(0, c.dc); err != nil {
				return nil, err
			}
		}
		if s.se > 0 {
			if u.ac, err = d.table(1, c.ac); err != nil {
				return nil, err
			}
		}
		for u.y = range u.perY {
			for u.x = range u.perX {
				units = append(units, u)
			}
		}
	}
	return units, nil
}

// grid is what a scan goes through, row by row: MCUs, or the blocks of one component.
type grid struct {
	columns int
	wanted  image.Rectangle
}

// grid returns the grid of a scan (T.81 A.2).
func (d *decoder) grid(s *scan) grid {
	if len(s.components) == 1 {
		p := &d.planes[s.components[0].index]
		return grid{p.blocksX, p.blocks.Intersect(image.Rect(0, 0, p.blocksX, p.blocksY))}
	}
	return grid{d.frame.mcusX, d.mcus}
}

// wants reports whether any of the MCUs from to to (not included) is wanted.
func (g grid) wants(from, to int) bool {
	wanted := false
	_ = g.eachRow(from, to, func(x, end, y int) error {
		wanted = wanted || g.wanted.Overlaps(image.Rect(x, y, end, y+1))
		return nil
	})
	return wanted
}

// eachRow calls visit for the MCUs from to to (not included), a row at a time: those from x to end of row y.
func (g grid) eachRow(from, to int, visit func(x, end, y int) error) error {
	for from < to {
		x, y := from%g.columns, from/g.columns
		end := min(x+to-from, g.columns)
		if err := visit(x, end, y); err != nil {
			return err
		}
		from += end - x
	}
	return nil
}

// eachInterval calls read for every restart interval of a scan up to the last that is wanted: units from to to
// (not included) are to be read from d.reader. Where skip is true, intervals with no wanted unit are passed
// over unread: every interval stands for itself (T.81 F.1.1.5.2).
func (d *decoder) eachInterval(g grid, skip bool, read func(from, to int) error) error {
	end := g.columns * g.wanted.Max.Y
	size := d.restart
	if size == 0 {
		size = end
	}
	for i := 0; i*size < end; i++ {
		if i > 0 {
			if err := d.reader.passRestart(i - 1); err != nil {
				return err
			}
		}
		from, to := i*size, min((i+1)*size, end)
		if skip && !g.wants(from, to) {
			continue
		}
		d.reader.open()
		if err := read(from, to); err != nil {
			return err
		}
		if err := d.reader.check(); err != nil {
			return err
		}
	}
	return nil
}

// eachRun calls read for runs of MCUs in a scan that are all wanted or all not: x to end of row y. Predictions
// start from zero in every interval.
func (d *decoder) eachRun(s *scan, units []unit, read func(x, end, y int, wanted bool) error) error {
	g := d.grid(s)
	return d.eachInterval(g, true, func(from, to int) error {
		for _, u := range units {
			*u.pred = 0
		}
		return g.eachRow(from, to, func(x, end, y int) error {
			left, right := end, end
			if y >= g.wanted.Min.Y {
				left = min(max(x, g.wanted.Min.X), end)
				right = min(max(x, g.wanted.Max.X), end)
			}
			if err := read(x, left, y, false); err != nil {
				return err
			}
			if err := read(left, right, y, true); err != nil {
				return err
			}
			return read(right, end, y, false)
		})
	})
}
