package resample

import (
	"errors"
	"fmt"
)

// Plan holds what resampling one window at one size needs, for any number of planes and streams. It does
// not change once made and may be shared between goroutines.
type Plan struct {
	width, height       int // of the source
	outWidth, outHeight int
	across, down        axis
	acrossBlocked       []int16 // across.weights in whole blocks
	acrossTaps          int     // a multiple of tapBlock
}

// maxSide keeps coordinates exact in the arithmetic and in 32 bits.
const maxSide = 1 << 30

// New plans the resampling of the window w of a width x height source to outWidth x outHeight samples.
// It fails when a size is not positive, or the window is empty, lies outside the source, or reaches
// beyond it by more than the source's own size.
func New(width, height int, w Window, outWidth, outHeight int) (*Plan, error) {
	for _, n := range []int{width, height, outWidth, outHeight} {
		if n < 1 || n > maxSide {
			return nil, fmt.Errorf("resample: a side of %d samples", n)
		}
	}
	if !overlaps(w.X0, w.X1, width) || !overlaps(w.Y0, w.Y1, height) {
		return nil, errors.New("resample: the window is empty or not on the source")
	}
	p := &Plan{
		width: width, height: height, outWidth: outWidth, outHeight: outHeight,
		across: newAxis(w.X0, w.X1, width, outWidth),
		down:   newAxis(w.Y0, w.Y1, height, outHeight),
	}
	p.acrossBlocked, p.acrossTaps = p.across.blocked()
	return p, nil
}

// overlaps reports whether [from, to) holds some of [0, n) and not much else, which bounds the work of
// making weights. A not-a-number fails every comparison.
func overlaps(from, to float64, n int) bool {
	size := float64(n)
	return from < to && from < size && to > 0 && from >= -size && to <= 2*size
}

// Plane resamples a stored plane of one channel into dst, whose rows follow one another without a gap.
// Row y of the source starts at src[y*stride]. It panics when src or dst is too short for the plan.
func (p *Plan) Plane(dst, src []byte, stride int) {
	lo, hi := p.across.lo, p.across.hi
	line := p.newLine()
	taps := p.down.taps
	for y := range p.outHeight {
		from := int(p.down.start[y])*stride + lo
		to := from + (taps-1)*stride + hi - lo
		vertical(line[lo:hi], src[from:to], stride, p.down.weights[y*taps:(y+1)*taps])
		p.horizontal(dst[y*p.outWidth:(y+1)*p.outWidth], line)
	}
}

// newLine returns room for a source row between the two passes, with a block to spare behind it that
// only weights of zero meet.
func (p *Plan) newLine() []int16 {
	return make([]int16, p.width+tapBlock)
}

// horizontal runs the second pass over a row that vertical made.
func (p *Plan) horizontal(dst []byte, line []int16) {
	horizontal(dst, line, p.across.start, p.acrossBlocked, p.acrossTaps)
}
