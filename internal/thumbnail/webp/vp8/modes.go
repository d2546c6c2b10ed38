package vp8

// mode is a way to predict samples from those around them.
type mode uint8

// Modes of subblocks, in the order of the probabilities. Macroblocks of luma and blocks of chroma use the first four.
const (
	modeDC mode = iota // the mean of the edges
	modeTM             // true motion: the edges' gradients
	modeVE             // down from above
	modeHE             // across from the left
	modeLD             // the other six go along diagonals
	modeRD
	modeVR
	modeVL
	modeHD
	modeHU
	subblockModes = iota
)

// macroblock is what a row holds of a macroblock besides its samples (RFC 6386, 19.3).
type macroblock struct {
	segment   uint8
	skip      bool // it has no coefficients
	subblocks bool // its luma is predicted by subblocks, by modes; or else in one, by luma
	luma      mode
	chroma    mode
	modes     [16]mode
}

// modeReader reads the macroblock headers from the first partition.
type modeReader struct {
	reader
	segmentation segmentation
	skipping     bool   // macroblocks may be marked as without coefficients
	skipProb     uint8  // that they are not
	above        []mode // the lowest subblocks' modes of the row above
}

// newModeReader returns a reader of headers from what is left of the first partition, which begins with the last
// fields of the frame's (RFC 6386, 9.11).
func newModeReader(r reader, s segmentation, columns int) modeReader {
	m := modeReader{reader: r, segmentation: s, above: make([]mode, 4*columns)}
	if m.skipping = m.flag(); m.skipping {
		m.skipProb = uint8(m.uint(8))
	}
	return m
}

// row reads the headers of a row of macroblocks.
func (m *modeReader) row(blocks []macroblock) error {
	var left [4]mode
	for x := range blocks {
		b := &blocks[x]
		above := (*[4]mode)(m.above[4*x:])
		b.segment = m.segment()
		b.skip = m.skipping && m.bool(m.skipProb)
		if b.subblocks = !m.bool(145); b.subblocks {
			m.subblockModes(b, above, &left)
		} else {
			b.luma = m.lumaMode()
			*above = [4]mode{b.luma, b.luma, b.luma, b.luma}
			left = *above
		}
		b.chroma = m.chromaMode()
	}
	if m.overrun() {
		return ErrShort
	}
	return nil
}

// segment reads the number of a macroblock's segment (RFC 6386, 10).
func (m *modeReader) segment() uint8 {
	s := &m.segmentation
	if !s.updateMap {
		return 0
	}
	if !m.bool(s.probs[0]) {
		if !m.bool(s.probs[1]) {
			return 0
		}
		return 1
	}
	if !m.bool(s.probs[2]) {
		return 2
	}
	return 3
}

// lumaMode reads how a macroblock of luma is predicted in one (RFC 6386, 11.2).
func (m *modeReader) lumaMode() mode {
	if !m.bool(156) {
		if !m.bool(163) {
			return modeDC
		}
		return modeVE
	}
	if !m.bool(128) {
		return modeHE
	}
	return modeTM
}

// chromaMode reads how the blocks of chroma are predicted (RFC 6386, 11.4).
func (m *modeReader) chromaMode() mode {
	switch {
	case !m.bool(142):
		return modeDC
	case !m.bool(114):
		return modeVE
	case !m.bool(183):
		return modeHE
	}
	return modeTM
}

// subblockModes reads the modes of a macroblock's subblocks, whose probabilities depend on the modes above and to
// the left (RFC 6386, 11.3).
func (m *modeReader) subblockModes(b *macroblock, above, left *[4]mode) {
	s := m.state
	for y := range 4 {
		before := left[y]
		for x := range 4 {
			if s.count < bitsForSeven { // no mode takes more than seven bools
				s = m.fill(s)
			}
			s, before = s.subblockMode(&subblockModeProbs[above[x]][before])
			above[x] = before
			b.modes[4*y+x] = before
		}
		left[y] = before
	}
	m.state = s
}

// subblockMode reads a mode. The tree (RFC 6386, 11.2) is spelt out.
func (s state) subblockMode(probs *[subblockModes - 1]uint8) (state, mode) {
	split := s.split(probs[0])
	if !s.above(split) {
		return s.lower(split), modeDC
	}
	s = s.upper(split)
	split = s.split(probs[1])
	if !s.above(split) {
		return s.lower(split), modeTM
	}
	s = s.upper(split)
	split = s.split(probs[2])
	if !s.above(split) {
		return s.lower(split), modeVE
	}
	s = s.upper(split)
	split = s.split(probs[3])
	if !s.above(split) {
		s = s.lower(split)
		split = s.split(probs[4])
		if !s.above(split) {
			return s.lower(split), modeHE
		}
		s = s.upper(split)
		split = s.split(probs[5])
		if !s.above(split) {
			return s.lower(split), modeRD
		}
		return s.upper(split), modeVR
	}
	s = s.upper(split)
	split = s.split(probs[6])
	if !s.above(split) {
		return s.lower(split), modeLD
	}
	s = s.upper(split)
	split = s.split(probs[7])
	if !s.above(split) {
		return s.lower(split), modeVL
	}
	s = s.upper(split)
	split = s.split(probs[8])
	if !s.above(split) {
		return s.lower(split), modeHD
	}
	return s.upper(split), modeHU
}
