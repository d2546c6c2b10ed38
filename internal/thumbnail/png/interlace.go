package png

// pass is one of the reduced pictures of an interlaced one: every dx-th pixel from x of every dy-th row
// from y.
type pass struct{ x, y, dx, dy int }

// adam7 are the passes of the one method of interlacing there is (section 8).
var adam7 = [...]pass{
	{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
}

// size returns how many pixels and rows the pass has of a picture.
func (s pass) size(width, height int) (w, h int) {
	return (width - s.x + s.dx - 1) / s.dx, (height - s.y + s.dy - 1) / s.dy
}

// interlaced decodes an interlaced picture. The first six passes make up the even rows, which are kept;
// the last one has the odd rows, in order and whole, so that the rows can be given as it comes.
func (d *decoder) interlaced() error {
	p, region := d.picture, d.region
	rowBytes := region.Dx() * p.Channels
	firstEven := (region.Min.Y + 1) / 2 // rows are counted in pairs
	even := make([]byte, max(0, (region.Max.Y+1)/2-firstEven)*rowBytes)
	evenRow := func(y int) []byte { return even[(y/2-firstEven)*rowBytes:][:rowBytes] }
	inRegion := func(y int) bool { return y >= region.Min.Y && y < region.Max.Y }

	last := len(adam7) - 1
	for _, s := range adam7[:last] {
		err := d.pass(s, func(y int, pixels []byte, from int) {
			if inRegion(y) {
				scatter(evenRow(y), pixels, from-region.Min.X, s.dx, p.Channels)
			}
		})
		if err != nil {
			return err
		}
	}
	emitEven := func(y int) {
		if inRegion(y) {
			d.emit(evenRow(y))
		}
	}
	err := d.pass(adam7[last], func(y int, pixels []byte, _ int) {
		emitEven(y - 1)
		if inRegion(y) {
			d.emit(pixels)
		}
	})
	if err == nil && p.Height%2 == 1 {
		emitEven(p.Height - 1)
	}
	return err
}

// pass decodes a pass. It gives each row, its place y in the picture, its pixels in the region and the
// place of the first of them. A pass without pixels has no rows, not even filter types.
func (d *decoder) pass(s pass, emit func(y int, pixels []byte, from int)) error {
	p, region := d.picture, d.region
	width, height := s.size(p.Width, p.Height)
	if width <= 0 || height <= 0 {
		return nil
	}
	// The pixels of the pass in the region.
	lo := max(0, (region.Min.X-s.x+s.dx-1)/s.dx)
	hi := max(lo, (region.Max.X-s.x+s.dx-1)/s.dx)
	row := newRowReader(d.data, p, width, hi)
	out := make([]byte, (hi-lo)*p.Channels)
	for i := range height {
		cur, err := row.next()
		if err != nil {
			return err
		}
		emit(s.y+i*s.dy, d.convert.row(out, cur, lo, hi), s.x+lo*s.dx)
	}
	return nil
}

// scatter puts pixels into a row, the first at x and dx apart.
func scatter(row, pixels []byte, x, dx, channels int) {
	for i := x * channels; len(pixels) > 0; i += dx * channels {
		copy(row[i:i+channels], pixels[:channels])
		pixels = pixels[channels:]
	}
}
