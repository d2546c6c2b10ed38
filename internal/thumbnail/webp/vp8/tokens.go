package vp8

// Kinds of blocks, as the coefficient probabilities tell them apart (RFC 6386, 13.3).
const (
	kindYAfterY2 = iota // luma, whose first coefficients are in Y2
	kindY2              // the first coefficients of the 16 blocks of luma
	kindChroma
	kindY // luma, whole
	blockKinds
)

// Dimensions of the coefficient probabilities.
const (
	tokenBands    = 8
	tokenContexts = 3
	tokenProbs    = 11
)

// coefficientTable holds the probabilities of the coefficient tree (RFC 6386, 13.3): by kind of block, by band
// of coefficients, by context, and by the place in the tree.
type coefficientTable [blockKinds][tokenBands][tokenContexts][tokenProbs]uint8

// bandOf is the band of each coefficient; the last serves who looks beyond the end.
var bandOf = [17]uint8{0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 0}

// zigzag is the place of each coefficient in its block.
var zigzag = [16]uint8{0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15}

// positionProbs are the probabilities of a kind of block by coefficient instead of by band.
type positionProbs [17][tokenContexts][tokenProbs]uint8

type coefficientProbs [blockKinds]positionProbs

func (t *coefficientTable) byPosition() (p coefficientProbs) {
	for kind := range p {
		for i, band := range bandOf {
			p[kind][i] = t[kind][band]
		}
	}
	return p
}

// Values of the categories of large coefficients start at 5, 7, 11, 19, 35 and 67; the bits that are added have these
// probabilities. The first two categories are read without this table.
// RFC 6386, 13.2.
var categories = [4]struct {
	base  int32
	probs []uint8
}{
	{11, []uint8{173, 148, 140}},
	{19, []uint8{176, 155, 140, 135}},
	{35, []uint8{180, 157, 141, 134, 130}},
	{67, []uint8{254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129}},
}

// block reads the coefficients of a block from position first on, and multiplies them by their steps. It returns
// the position after the last. context is the number of neighbours, to the left and above, that have any.
//
// The tree of tokens (RFC 6386, 13.2) is spelt out: p[0] tells whether the block goes on, p[1] whether the coefficient
// is not 0, p[2] whether it is more than 1, and so on. After a 0 the block always goes on.
func (r *reader) block(probs *positionProbs, context int, step steps, first int, out *[16]int16) int {
	s := r.state
	n := first
	p := &probs[n][context]
	if s.count < bitsForFour {
		s = r.fill(s)
	}
	split := s.split(p[0])
	if !s.above(split) {
		r.state = s.lower(split)
		return n
	}
	s = s.upper(split)
	for {
		if s.count < bitsForFour {
			s = r.fill(s)
		}
		split = s.split(p[1])
		if !s.above(split) {
			s = s.lower(split)
			n++
			if n == 16 {
				break
			}
			p = &probs[n][0]
			continue
		}
		s = s.upper(split)
		next := &probs[n+1]
		v := int32(1)
		split = s.split(p[2])
		if !s.above(split) {
			s = s.lower(split)
			p = &next[1]
		} else {
			s, v = r.large(s.upper(split), p)
			p = &next[2]
		}
		var sign int32
		s, sign = s.sign()
		if n == 0 {
			v *= step.dc
		} else {
			v *= step.ac
		}
		out[zigzag[n&15]] = int16((v ^ sign) - sign)
		n++
		if n == 16 {
			break
		}
		split = s.split(p[0])
		if !s.above(split) {
			s = s.lower(split)
			break
		}
		s = s.upper(split)
	}
	r.state = s
	return n
}

// large reads what is left of a coefficient above 1. It leaves bits for two bools.
func (r *reader) large(s state, p *[tokenProbs]uint8) (state, int32) {
	if s.count < bitsForSeven {
		s = r.fill(s)
	}
	split := s.split(p[3])
	if !s.above(split) {
		s = s.lower(split)
		if split = s.split(p[4]); !s.above(split) {
			return s.lower(split), 2
		}
		s = s.upper(split)
		if split = s.split(p[5]); !s.above(split) {
			return s.lower(split), 3
		}
		return s.upper(split), 4
	}
	s = s.upper(split)
	split = s.split(p[6])
	if !s.above(split) {
		s = s.lower(split)
		split = s.split(p[7])
		if !s.above(split) {
			s = s.lower(split)
			s, high := s.bit(159)
			return s, 5 + high
		}
		s = s.upper(split)
		s, high := s.bit(165)
		s, low := s.bit(145)
		return s, 7 + 2*high + low
	}
	s = s.upper(split)
	s, high := s.bit(p[8])
	s, low := s.bit(p[9+high])
	category := &categories[(2*high+low)&3]
	v := int32(0)
	for _, prob := range category.probs {
		if s.count < bitsForOne {
			s = r.fill(s)
		}
		var bit int32
		s, bit = s.bit(prob)
		v = v<<1 | bit
	}
	if s.count < bitsForFour {
		s = r.fill(s)
	}
	return s, category.base + v
}
