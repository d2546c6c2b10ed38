package vp8

// addResidual adds the inverse transform of a block to the 4x4 samples at p, and clears the block.
func addResidual(p *square, c *[16]int16, end uint8) {
	switch {
	case end > 3:
		addInverseDCT(p, c)
		*c = [16]int16{}
	case end > 1:
		addInverseDCTOfThree(p, int32(c[0]), int32(c[1]), int32(c[4]))
		c[0], c[1], c[4] = 0, 0, 0
	case c[0] != 0:
		addConstant(p, (int32(c[0])+4)>>3)
		c[0] = 0
	}
}

// square is 4 rows of 4 samples in the workspace.
type square [3*stride + 4]uint8

// The factors of the transform, less 1 for the first: sqrt(2)*cos(pi/8) and sqrt(2)*sin(pi/8), in units of 1/65536.
const (
	cosineLess1 = 20091
	sine        = 35468
)

func byCosine(v int32) int32 { return v + (v*cosineLess1)>>16 }

func bySine(v int32) int32 { return (v * sine) >> 16 }

// inverse4 is the transform of four numbers (RFC 6386, 14.3).
func inverse4(a, b, c, d int32) (w, x, y, z int32) {
	e, f := a+c, a-c
	g, h := bySine(b)-byCosine(d), byCosine(b)+bySine(d)
	return e + h, f + g, f - g, e - h
}

// addInverseDCT adds the inverse DCT of c, columns first.
func addInverseDCT(p *square, c *[16]int16) {
	a0, b0, c0, d0 := inverse4(int32(c[0]), int32(c[4]), int32(c[8]), int32(c[12]))
	a1, b1, c1, d1 := inverse4(int32(c[1]), int32(c[5]), int32(c[9]), int32(c[13]))
	a2, b2, c2, d2 := inverse4(int32(c[2]), int32(c[6]), int32(c[10]), int32(c[14]))
	a3, b3, c3, d3 := inverse4(int32(c[3]), int32(c[7]), int32(c[11]), int32(c[15]))
	addRow((*[4]uint8)(p[0*stride:]), a0, a1, a2, a3)
	addRow((*[4]uint8)(p[1*stride:]), b0, b1, b2, b3)
	addRow((*[4]uint8)(p[2*stride:]), c0, c1, c2, c3)
	addRow((*[4]uint8)(p[3*stride:]), d0, d1, d2, d3)
}

// addInverseDCTOfThree adds the inverse DCT of a block whose other coefficients are zero: dc, and its neighbours to
// the right and below.
func addInverseDCTOfThree(p *square, dc, right, below int32) {
	g, h := bySine(below), byCosine(below)
	w, x := byCosine(right), bySine(right)
	for i, v := range [4]int32{dc + h + 4, dc + g + 4, dc - g + 4, dc - h + 4} {
		q := (*[4]uint8)(p[i*stride:])
		q[0] = clamp(int32(q[0]) + (v+w)>>3)
		q[1] = clamp(int32(q[1]) + (v+x)>>3)
		q[2] = clamp(int32(q[2]) + (v-x)>>3)
		q[3] = clamp(int32(q[3]) + (v-w)>>3)
	}
}

// addRow transforms a row and adds it.
func addRow(q *[4]uint8, a, b, c, d int32) {
	w, x, y, z := inverse4(a+4, b, c, d)
	q[0] = clamp(int32(q[0]) + w>>3)
	q[1] = clamp(int32(q[1]) + x>>3)
	q[2] = clamp(int32(q[2]) + y>>3)
	q[3] = clamp(int32(q[3]) + z>>3)
}

func addConstant(p *square, v int32) {
	for y := range 4 {
		q := (*[4]uint8)(p[y*stride:])
		q[0] = clamp(int32(q[0]) + v)
		q[1] = clamp(int32(q[1]) + v)
		q[2] = clamp(int32(q[2]) + v)
		q[3] = clamp(int32(q[3]) + v)
	}
}

// clamp brings v into the range of samples. Mostly it is in it already.
func clamp(v int32) uint8 {
	if uint32(v) > 255 {
		v = ^(v >> 31)
	}
	return uint8(v)
}
