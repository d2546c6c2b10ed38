package jpeg

import (
	"math/bits"
	"slices"
)

// scan is what a scan header says (T.81 B.2.3), and where its data lie.
type scan struct {
	components []scanComponent
	ss, se     int  // the band of coefficients, in zigzag order: spectral selection
	ah, al     uint // bit positions of the previous scan of the band and of this one: successive approximation
	start, end int  // the entropy-coded data in the file, which may stop short of end
	needed     bool // the result depends on it: see script.markNeeded
}

// scanComponent is a component's part in a scan.
type scanComponent struct {
	index  int // into frame.components
	dc, ac int // numbers of its Huffman tables
}

// parseScan reads a scan header for frame f.
func parseScan(f *frame, p []byte) (scan, error) {
	if len(p) < 1 {
		return scan{}, corruptf("empty scan header")
	}
	n := int(p[0])
	if n < 1 || n > 4 || len(p) != 4+2*n {
		return scan{}, corruptf("scan header of %d bytes for %d components", len(p), n)
	}
	var s scan
	for i := range n {
		id, tables := p[1+2*i], p[2+2*i]
		// Files exist whose components share an identifier: they are taken in order.
		index := slices.IndexFunc(f.components, func(c component) bool { return c.id == id })
		for index >= 0 && s.has(index) {
			next := slices.IndexFunc(f.components[index+1:], func(c component) bool { return c.id == id })
			if next < 0 {
				return scan{}, corruptf("component %d twice in a scan", id)
			}
			index += 1 + next
		}
		if index < 0 {
			return scan{}, corruptf("scan of component %d, which the frame has not", id)
		}
		dc, ac := int(tables>>4), int(tables&15)
		if dc > 3 || ac > 3 {
			return scan{}, corruptf("huffman tables %d and %d", dc, ac)
		}
		s.components = append(s.components, scanComponent{index, dc, ac})
	}
	p = p[1+2*n:]
	s.ss, s.se, s.ah, s.al = int(p[0]), int(p[1]), uint(p[2]>>4), uint(p[2]&15)
	if !f.progressive {
		// A sequential scan has but one value for these; like other decoders, do not ask for it.
		s.ss, s.se, s.ah, s.al = 0, 63, 0, 0
		return s, nil
	}
	switch { // G.1.1.1
	case s.ss > s.se || s.se > 63,
		s.ss == 0 && s.se != 0, // DC and AC never share a scan
		s.ss > 0 && n != 1,     // AC is never interleaved
		s.al > 13,
		s.ah != 0 && s.ah != s.al+1:
		return scan{}, corruptf("progressive scan of %d components, coefficients %d to %d, bits %d to %d",
			n, s.ss, s.se, s.ah, s.al)
	}
	return s, nil
}

// has reports whether the component at index takes part in the scan.
func (s *scan) has(index int) bool {
	return slices.ContainsFunc(s.components, func(c scanComponent) bool { return c.index == index })
}

// band returns the scan's coefficients, a bit each in zigzag order.
func (s *scan) band() uint64 { return span(s.ss, s.se) }

// blocks returns how many blocks the scan codes.
func (s *scan) blocks(f *frame) int64 {
	if len(s.components) == 1 {
		c := &f.components[s.components[0].index]
		return int64(c.blocksX) * int64(c.blocksY)
	}
	perMCU := 0
	for _, sc := range s.components {
		c := &f.components[sc.index]
		perMCU += c.h * c.v
	}
	return int64(f.mcusX) * int64(f.mcusY) * int64(perMCU)
}

// fewestBits returns the least that the scan's data can take. A Huffman code is of one bit at least; so is a
// correction. Runs of whole blocks without AC coefficients cost next to nothing.
func (s *scan) fewestBits(f *frame) int64 {
	switch {
	case !f.progressive:
		return 2 * s.blocks(f) // DC, and the end of the block
	case s.ss == 0:
		return s.blocks(f)
	}
	return 0
}

// span returns the bits from to to, both included; to is at most 63.
func span(from, to int) uint64 {
	return ^uint64(0) << (from & 63) & (^uint64(0) >> (63 - to&63))
}

// highest returns the index of the highest bit of a nonzero mask.
func highest(mask uint64) int { return bits.Len64(mask) - 1 }
