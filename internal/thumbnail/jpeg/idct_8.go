package jpeg

// Constants of the 8-point inverse DCT, in wideBits bits behind the point. Each is a sum of cosines of multiples of
// pi/16, times the square root of 2; the names give the value.
const (
	wideBits = 13

	f0298631336 = 2446
	f0390180644 = 3196
	f0541196100 = 4433
	f0765366865 = 6270
	f0899976223 = 7373
	f1175875602 = 9633
	f1501321110 = 12299
	f1847759065 = 15137
	f1961570560 = 16069
	f2053119869 = 16819
	f2562915447 = 20995
	f3072711026 = 25172

	widePass = 2 // bits kept between the passes

	wideColumnShift = wideBits - widePass
	wideColumnRound = 1 << (wideColumnShift - 1)
	wideRowShift    = wideBits + widePass + 3
	wideRowRound    = 128<<wideRowShift + 1<<(wideRowShift-1)
)

// idct8 is the whole inverse DCT, by the algorithm of Loeffler, Ligtenberg and Moschytz, "Practical fast 1-D DCT
// algorithms with 11 multiplications", 1989, in the variant with 12 multiplications that keeps them in parallel.
func idct8(b *block, out []uint8, stride int) {
	var t [64]int32
	for i := range 8 {
		s0, s1, s2, s3 := int32(b[i]), int32(b[8+i]), int32(b[16+i]), int32(b[24+i])
		s4, s5, s6, s7 := int32(b[32+i]), int32(b[40+i]), int32(b[48+i]), int32(b[56+i])
		if s1|s2|s3|s4|s5|s6|s7 == 0 {
			// The same result, sooner: most columns of most blocks.
			v := s0 << widePass
			t[i], t[8+i], t[16+i], t[24+i], t[32+i], t[40+i], t[48+i], t[56+i] = v, v, v, v, v, v, v, v
			continue
		}
		e0, e1, e2, e3 := even8(s0<<wideBits+wideColumnRound, s2, s4<<wideBits, s6)
		o0, o1, o2, o3 := odd8(s1, s3, s5, s7)
		t[i] = (e0 + o0) >> wideColumnShift
		t[8+i] = (e1 + o1) >> wideColumnShift
		t[16+i] = (e2 + o2) >> wideColumnShift
		t[24+i] = (e3 + o3) >> wideColumnShift
		t[32+i] = (e3 - o3) >> wideColumnShift
		t[40+i] = (e2 - o2) >> wideColumnShift
		t[48+i] = (e1 - o1) >> wideColumnShift
		t[56+i] = (e0 - o0) >> wideColumnShift
	}
	for y := range 8 {
		r := t[8*y:][:8]
		e0, e1, e2, e3 := even8(r[0]<<wideBits+wideRowRound, r[2], r[4]<<wideBits, r[6])
		o0, o1, o2, o3 := odd8(r[1], r[3], r[5], r[7])
		row := out[y*stride:][:8]
		row[0] = clamp((e0 + o0) >> wideRowShift)
		row[1] = clamp((e1 + o1) >> wideRowShift)
		row[2] = clamp((e2 + o2) >> wideRowShift)
		row[3] = clamp((e3 + o3) >> wideRowShift)
		row[4] = clamp((e3 - o3) >> wideRowShift)
		row[5] = clamp((e2 - o2) >> wideRowShift)
		row[6] = clamp((e1 - o1) >> wideRowShift)
		row[7] = clamp((e0 - o0) >> wideRowShift)
	}
}

// even8 returns what the even coefficients give outputs 0 to 3, and 7 to 4. The first and the third come shifted.
func even8(s0, s2, s4, s6 int32) (e0, e1, e2, e3 int32) {
	z := (s2 + s6) * f0541196100
	a, b := z+s2*f0765366865, z-s6*f1847759065
	return s0 + s4 + a, s0 - s4 + b, s0 - s4 - b, s0 + s4 - a
}

// odd8 returns what the odd coefficients give outputs 0 to 3, and with the other sign 7 to 4.
func odd8(s1, s3, s5, s7 int32) (o0, o1, o2, o3 int32) {
	z5 := (s7 + s3 + s5 + s1) * f1175875602
	z3, z4 := z5-(s7+s3)*f1961570560, z5-(s5+s1)*f0390180644
	z1, z2 := (s7+s1)*f0899976223, (s5+s3)*f2562915447
	return s1*f1501321110 - z1 + z4, s3*f3072711026 - z2 + z3, s5*f2053119869 - z2 + z4, s7*f0298631336 - z1 + z3
}
