package jpeg

import "image"

// grid is what a scan goes through, row by row: MCUs, or the blocks of one component.
type grid struct {
	columns int
	wanted  image.Rectangle
}

// grid returns the grid of a scan (T.81 A.2): blocks in a scan of one component, MCUs in one of several.
func (d *decoder) grid(s *scan) grid {
	if len(s.components) == 1 {
		p := &d.planes[s.components[0].index]
		return grid{p.blocksX, p.blocks.Intersect(image.Rect(0, 0, p.blocksX, p.blocksY))}
	}
	return grid{d.frame.mcusX, d.mcus}
}

// wants reports whether any of the units from to to (not included) is wanted.
func (g grid) wants(from, to int) bool {
	for from < to {
		x, y := from%g.columns, from/g.columns
		rowEnd := min(to, (y+1)*g.columns)
		if g.wanted.Overlaps(image.Rect(x, y, x+rowEnd-from, y+1)) {
			return true
		}
		if y >= g.wanted.Max.Y {
			return false
		}
		from = rowEnd
	}
	return false
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
