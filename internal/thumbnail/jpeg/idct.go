package jpeg

// The inverse DCT of N points, N from 1 to 8, from the lowest N x N coefficients of a block:
//
//	s(x,y) = 128 + 1/8 sum over u,v < N of a(u) a(v) F(u,v) cos((2x+1)u pi/2N) cos((2y+1)v pi/2N)
//
// where a(0) is 1 and a(k) the square root of 2. For N = 8 it is that of T.81 A.3.3. Smaller ones sample the same
// cosines at N places: what the block looks like at N/8 of its resolution (Dugad and Ahuja, "A fast scheme for
// image size change in the compressed domain", 2001; libjpeg's scaled decoding).
//
// Each runs over the columns first, then over the rows. Integers are of 32 bits; constants have fixedBits bits
// behind the point, and between the passes passBits are kept. Whatever the coefficients, sums wrap alike on
// every machine.
const (
	fixedBits = 12
	passBits  = 3

	columnShift = fixedBits - passBits
	columnRound = 1 << (columnShift - 1)
	rowShift    = fixedBits + passBits + 3
	rowRound    = 128<<rowShift + 1<<(rowShift-1) // with what makes samples unsigned (T.81 A.3.1)
)

func inverseScalar(n int, b *block, out []uint8, stride int) {
	switch n {
	case 2:
		idct2(b, out, stride)
	case 3:
		idct3(b, out, stride)
	case 4:
		idct4(b, out, stride)
	case 5:
		idct5(b, out, stride)
	case 6:
		idct6(b, out, stride)
	case 7:
		idct7(b, out, stride)
	case 8:
		idct8(b, out, stride)
	}
}

// mean returns the sample of a block that is all of one value.
func mean(dc int32) uint8 {
	return clamp((int32(int16(dc))+4)>>3 + 128)
}

// clamp returns v as a sample: the nearest of 0 to 255.
func clamp(v int32) uint8 {
	if uint32(v) > 255 {
		return uint8(^(v >> 31)) // 0 for the negative, 255 for the others
	}
	return uint8(v)
}

// idct2 needs no multiplication: the cosines are all 1/sqrt(2).
func idct2(b *block, out []uint8, stride int) {
	dc, across, down, both := int32(b[0])+128<<3+4, int32(b[1]), int32(b[2]), int32(b[3])
	top, bottom := out[:2], out[stride:stride+2]
	top[0] = clamp((dc + across + down + both) >> 3)
	top[1] = clamp((dc - across + down - both) >> 3)
	bottom[0] = clamp((dc + across - down - both) >> 3)
	bottom[1] = clamp((dc - across - down + both) >> 3)
}

// Cosines times the square root of 2: cNK is that of k*pi/2N.
const (
	c31 = 5017 // 1.224745
	c32 = 2896 // 0.707107

	c41 = 5352 // 1.306563
	c43 = 2217 // 0.541196

	c51 = 5509 // 1.344997
	c52 = 4686 // 1.144123
	c53 = 3405 // 0.831254
	c54 = 1790 // 0.437016

	c62 = 5017 // 1.224745
	c64 = 2896 // 0.707107
	c65 = 1499 // 0.366025; the first is that and 1, the third is 1

	c71 = 5647 // 1.378756
	c72 = 5219 // 1.274162
	c73 = 4529 // 1.105676
	c74 = 3612 // 0.881748
	c75 = 2513 // 0.613604
	c76 = 1289 // 0.314692

	root2 = 5793 // 1.414214
)

func idct3(b *block, out []uint8, stride int) {
	var t [9]int32
	for i := range 3 {
		s0, s1, s2 := int32(b[i])<<fixedBits+columnRound, int32(b[3+i]), int32(b[6+i])
		e, o := s0+s2*c32, s1*c31
		t[i] = (e + o) >> columnShift
		t[3+i] = (s0 - s2*(2*c32)) >> columnShift
		t[6+i] = (e - o) >> columnShift
	}
	for y := range 3 {
		s0, s1, s2 := t[3*y]<<fixedBits+rowRound, t[3*y+1], t[3*y+2]
		e, o := s0+s2*c32, s1*c31
		row := out[y*stride:][:3]
		row[0] = clamp((e + o) >> rowShift)
		row[1] = clamp((s0 - s2*(2*c32)) >> rowShift)
		row[2] = clamp((e - o) >> rowShift)
	}
}

func idct4(b *block, out []uint8, stride int) {
	var t [16]int32
	for i := range 4 {
		s0, s1, s2, s3 := int32(b[i])<<fixedBits+columnRound, int32(b[4+i]), int32(b[8+i])<<fixedBits, int32(b[12+i])
		e0, e1 := s0+s2, s0-s2
		o0, o1 := s1*c41+s3*c43, s1*c43-s3*c41
		t[i] = (e0 + o0) >> columnShift
		t[4+i] = (e1 + o1) >> columnShift
		t[8+i] = (e1 - o1) >> columnShift
		t[12+i] = (e0 - o0) >> columnShift
	}
	for y := range 4 {
		s0, s1, s2, s3 := t[4*y]<<fixedBits+rowRound, t[4*y+1], t[4*y+2]<<fixedBits, t[4*y+3]
		e0, e1 := s0+s2, s0-s2
		o0, o1 := s1*c41+s3*c43, s1*c43-s3*c41
		row := out[y*stride:][:4]
		row[0] = clamp((e0 + o0) >> rowShift)
		row[1] = clamp((e1 + o1) >> rowShift)
		row[2] = clamp((e1 - o1) >> rowShift)
		row[3] = clamp((e0 - o0) >> rowShift)
	}
}
