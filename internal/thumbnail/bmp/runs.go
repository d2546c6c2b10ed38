package bmp

// decodeRuns hands out the rows of a run-length coded picture (Microsoft, "Bitmap Compression"). They are stored from
// the bottom up: a first walk through the data finds where each of them begins, and that it is all there.
func (p *picture) decodeRuns(emit func(y int, pix []byte) error) error {
	segments, err := p.findSegments()
	if err != nil {
		return err
	}
	pix := make([]byte, p.Width*p.Channels)
	for y := range p.Height {
		clear(pix)
		if err := p.paintRow(pix, p.Height-1-y, segments); err != nil {
			return err
		}
		if err := emit(y, pix); err != nil {
			return err
		}
	}
	return nil
}

// segment is what the data has of a row: from byte at on, pixels from column x on. There is no more than one, since
// coding never goes back up. Where at is negative, there is none.
type segment struct{ at, x int }

const segmentBytes = 16

// findSegments returns the segments of all rows, from the bottom.
func (p *picture) findSegments() ([]segment, error) {
	segments := make([]segment, p.Height)
	for i := range segments {
		segments[i].at = -1
	}
	r := runReader{p: p, src: p.data}
	for row := -1; !r.done; {
		if r.row != row {
			row = r.row
			segments[row] = segment{at: len(p.data) - len(r.src), x: r.x}
		}
		if err := r.step(nil); err != nil {
			return nil, err
		}
	}
	return segments, nil
}

// paintRow paints one row, counted from the bottom.
func (p *picture) paintRow(pix []byte, row int, segments []segment) error {
	s := segments[row]
	if s.at < 0 {
		return nil
	}
	r := runReader{p: p, src: p.data[s.at:], row: row, x: s.x}
	for !r.done && r.row == row {
		if err := r.step(pix); err != nil {
			return err
		}
	}
	return nil
}

// runReader goes through run-length coding: pairs of a length and a pixel, or of a zero and what else is to be done.
type runReader struct {
	p      *picture
	src    []byte
	x, row int // from the bottom
	done   bool
}

// What a zero in place of a run's length introduces; anything else is a number of pixels as they are.
const (
	endOfRow     = 0
	endOfPicture = 1
	skip         = 2
)

// step does the next thing. It paints to pix, unless that is nil.
func (r *runReader) step(pix []byte) error {
	if len(r.src) < 2 {
		return ErrTruncated
	}
	n, code := int(r.src[0]), int(r.src[1])
	if n > 0 {
		return r.pixels(pix, n, r.src[1:], max(r.p.bits, 8)/8, 0)
	}
	switch code {
	case endOfRow:
		r.src = r.src[2:]
		r.x, r.row = 0, r.row+1
	case endOfPicture:
		r.done = true
	case skip:
		if len(r.src) < 4 {
			return ErrTruncated
		}
		r.x, r.row = r.x+int(r.src[2]), r.row+int(r.src[3])
		r.src = r.src[4:]
	default:
		size := (code*r.p.bits + 7) / 8
		return r.pixels(pix, code, r.src[2:], size, size%2) // filled up to whole words
	}
	r.done = r.done || r.row >= r.p.Height
	return nil
}

// pixels takes n pixels from the first size bytes of src, which repeat where they are fewer, and passes over them and
// padding. What lies beyond the row's end is left out.
func (r *runReader) pixels(pix []byte, n int, src []byte, size, padding int) error {
	if len(src) < size {
		return ErrTruncated
	}
	if pix != nil {
		for i := range min(n, r.p.Width-r.x) {
			c := r.p.coded(src[:size], i)
			copy(pix[4*(r.x+i):], c[:])
		}
	}
	r.x += n
	r.src = src[min(size+padding, len(src)):]
	return nil
}

// coded returns pixel i of those in src, which repeat.
func (p *picture) coded(src []byte, i int) rgba {
	switch p.bits {
	case 24:
		at := 3 * i % len(src)
		return rgba{src[at+2], src[at+1], src[at], 0xff} // blue comes first
	case 8:
		return p.palette[src[i%len(src)]]
	}
	// Of two pixels in a byte, the left one has the higher bits.
	return p.palette[src[i/2%len(src)]>>(4*(1-i%2))&15]
}
