package resample

import "fmt"

// Stream resamples a picture whose rows arrive one by one, from the top. It keeps as many rows as the
// filter spans. One goroutine at a time may use it.
type Stream struct {
	plan     *Plan
	channels int
	dst      []byte

	ring     []byte // the last taps rows, row y in slot y mod taps
	rowBytes int
	rows     int // received so far
	outRows  int // made so far

	weights []int16    // of one output row, in the order of the ring's slots
	middle  []int16    // one row between the passes, interleaved
	lines   [4][]int16 // the same row, a slice a channel
	outs    [4][]byte  // one output row, a slice a channel
}

// Stream starts resampling a picture with interleaved channels: 1 for grey, 3 for RGB, 4 for RGB with
// straight (not premultiplied) alpha. The result has the same channels and goes to dst, whose rows follow
// one another without a gap.
//
// Colour is weighted by alpha, so that what shines through from transparent pixels leaves no fringe.
func (p *Plan) Stream(dst []byte, channels int) (*Stream, error) {
	if channels != 1 && channels != 3 && channels != 4 {
		return nil, fmt.Errorf("resample: %d channels", channels)
	}
	if want := p.outWidth * p.outHeight * channels; len(dst) < want {
		return nil, fmt.Errorf("resample: room for %d bytes of %d", len(dst), want)
	}
	s := &Stream{plan: p, channels: channels, dst: dst}
	s.rowBytes = (p.across.hi - p.across.lo) * channels
	s.ring = make([]byte, p.down.taps*s.rowBytes)
	s.weights = make([]int16, p.down.taps)
	s.lines[0] = p.newLine()
	s.middle = s.lines[0][p.across.lo:p.across.hi]
	if channels > 1 {
		s.middle = make([]int16, s.rowBytes)
		for c := range channels {
			s.lines[c] = p.newLine()
			s.outs[c] = make([]byte, p.outWidth)
		}
	}
	return s, nil
}

// WriteRow takes the next row of the source, width*channels bytes. Rows beyond the height are ignored.
func (s *Stream) WriteRow(row []byte) {
	down := &s.plan.down
	if s.Done() {
		return
	}
	row = row[s.plan.across.lo*s.channels:][:s.rowBytes]
	slot := s.ring[s.rows%down.taps*s.rowBytes:][:s.rowBytes]
	if s.channels == 4 {
		premultiply(slot, row)
	} else {
		copy(slot, row)
	}
	s.rows++
	for !s.Done() && int(down.start[s.outRows])+down.taps <= s.rows {
		s.makeRow()
	}
}

// Done reports whether the whole result has been written.
func (s *Stream) Done() bool { return s.outRows == s.plan.outHeight }

// makeRow makes the next output row. The last source row it needs is the one that came last, so the ring
// holds exactly the rows of its weights, in a rotated order; the sum does not mind.
func (s *Stream) makeRow() {
	p := s.plan
	taps := p.down.taps
	weights := p.down.weights[s.outRows*taps:][:taps]
	turn := int(p.down.start[s.outRows]) % taps
	copy(s.weights[turn:], weights)
	copy(s.weights[:turn], weights[taps-turn:])
	vertical(s.middle, s.ring, s.rowBytes, s.weights)

	n := p.outWidth * s.channels
	out := s.dst[s.outRows*n:][:n]
	s.outRows++
	if s.channels == 1 {
		p.horizontal(out, s.lines[0])
		return
	}
	s.split()
	for c := range s.channels {
		p.horizontal(s.outs[c], s.lines[c])
	}
	if s.channels == 3 {
		interleave3(out, s.outs[0], s.outs[1], s.outs[2])
	} else {
		unpremultiply(out, s.outs[0], s.outs[1], s.outs[2], s.outs[3])
	}
}

// split takes the interleaved middle row apart into a line for each channel.
func (s *Stream) split() {
	lo, hi := s.plan.across.lo, s.plan.across.hi
	r, g, b := s.lines[0][lo:hi], s.lines[1][lo:hi], s.lines[2][lo:hi]
	if s.channels == 3 {
		deinterleave3(r, g, b, s.middle)
		return
	}
	deinterleave4(r, g, b, s.lines[3][lo:hi], s.middle)
}
