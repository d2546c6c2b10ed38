package vp8

// filter is the loop filter (RFC 6386, section 15), which smooths the edges of blocks.
type filter struct {
	off, simple bool
	edges       [segments][2]edgeLimits // by segment, and whether subblocks are predicted
	columns     int                     // macroblocks across that matter
}

// edgeLimits say how much difference across an edge is taken for an artefact of coding.
type edgeLimits struct {
	block    int32 // at edges of macroblocks
	subblock int32 // at those inside
	interior int32 // between neighbours on either side
	variance int32 // above which an edge is left sharper
}

// newFilter prepares the filter for a picture of which columns of pixels to the right of right do not matter.
func newFilter(h filterHeader, s *segmentation, columns, right int) filter {
	f := filter{off: h.level == 0, simple: h.simple}
	// What is to the right of the last column wanted changes its last samples.
	f.columns = min(columns, (max(right, 1)+15)/16+1)
	for i := range f.edges {
		level := h.level
		if s.enabled {
			level = s.filter[i]
			if !s.absolute {
				level += h.level
			}
		}
		level += h.intraDelta
		f.edges[i][0] = newEdgeLimits(level, h.sharpness)
		f.edges[i][1] = newEdgeLimits(level+h.subblockDelta, h.sharpness)
	}
	return f
}

// newEdgeLimits returns the limits for a filter level (RFC 6386, 15.2 to 15.4). All are zero where nothing is filtered.
func newEdgeLimits(level, sharpness int) edgeLimits {
	if level <= 0 {
		return edgeLimits{}
	}
	level = min(level, 63)
	interior := level
	if sharpness > 0 {
		interior >>= 1
		if sharpness > 4 {
			interior >>= 1
		}
		interior = min(interior, 9-sharpness)
	}
	interior = max(interior, 1)
	l := edgeLimits{
		block:    int32(2*(level+2) + interior),
		subblock: int32(2*level + interior),
		interior: int32(interior),
	}
	switch {
	case level >= 40:
		l.variance = 2
	case level >= 15:
		l.variance = 1
	}
	return l
}

// row filters a row of macroblocks in the band, and with it the lowest samples of those above. Within a macroblock
// the vertical edges come first, from the left, and then the horizontal ones, from the top.
func (f *filter) row(b *band, row int, blocks []macroblock) {
	if f.off {
		return
	}
	for x := range blocks[:f.columns] {
		block := &blocks[x]
		kind := 0
		if block.subblocks {
			kind = 1
		}
		limits := &f.edges[block.segment][kind]
		if limits.block == 0 {
			continue
		}
		// The edges inside matter where subblocks are predicted, or transformed.
		inside := block.subblocks || !block.skip
		if f.simple {
			simpleMacroblock(b, x, row, limits, inside)
		} else {
			normalMacroblock(b, x, row, limits, inside)
		}
	}
}

func simpleMacroblock(b *band, x, row int, limits *edgeLimits, inside bool) {
	at, down := bandDelay*b.yStride+16*x, b.yStride
	if x > 0 {
		simpleDown(b.y, at, down, limits.block)
	}
	if inside {
		for i := 4; i < 16; i += 4 {
			simpleDown(b.y, at+i, down, limits.subblock)
		}
	}
	if row > 0 {
		simpleAcross(b.y, at, down, limits.block)
	}
	if inside {
		for i := 4; i < 16; i += 4 {
			simpleAcross(b.y, at+i*down, down, limits.subblock)
		}
	}
}

func normalMacroblock(b *band, x, row int, limits *edgeLimits, inside bool) {
	at, down := bandDelay*b.yStride+16*x, b.yStride
	chromaAt, chromaDown := bandDelay/2*b.cStride+8*x, b.cStride
	if x > 0 {
		blockDown(b.y, at, down, 16, limits)
		blockDown(b.cb, chromaAt, chromaDown, 8, limits)
		blockDown(b.cr, chromaAt, chromaDown, 8, limits)
	}
	if inside {
		for i := 4; i < 16; i += 4 {
			subblockDown(b.y, at+i, down, 16, limits)
		}
		subblockDown(b.cb, chromaAt+4, chromaDown, 8, limits)
		subblockDown(b.cr, chromaAt+4, chromaDown, 8, limits)
	}
	if row > 0 {
		blockAcross(b.y, at, down, 16, limits)
		blockAcross(b.cb, chromaAt, chromaDown, 8, limits)
		blockAcross(b.cr, chromaAt, chromaDown, 8, limits)
	}
	if inside {
		for i := 4; i < 16; i += 4 {
			subblockAcross(b.y, at+i*down, down, 16, limits)
		}
		subblockAcross(b.cb, chromaAt+4*chromaDown, chromaDown, 8, limits)
		subblockAcross(b.cr, chromaAt+4*chromaDown, chromaDown, 8, limits)
	}
}
