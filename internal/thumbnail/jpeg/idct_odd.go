package jpeg

// Inverse DCTs of 5 to 7 points. Cosines are even or odd around the middle, so that the outputs x and N-1-x are the
// sum and the difference of what even and odd coefficients make.

func idct5(b *block, out []uint8, stride int) {
	var t [25]int32
	for i := range 5 {
		s0, s1, s2, s3, s4 := int32(b[i])<<fixedBits+columnRound, int32(b[5+i]), int32(b[10+i]), int32(b[15+i]), int32(b[20+i])
		e0, e1, e2 := s0+s2*c52+s4*c54, s0-s2*c54-s4*c52, s0+(s4-s2)*root2
		o0, o1 := s1*c51+s3*c53, s1*c53-s3*c51
		t[i] = (e0 + o0) >> columnShift
		t[5+i] = (e1 + o1) >> columnShift
		t[10+i] = e2 >> columnShift
		t[15+i] = (e1 - o1) >> columnShift
		t[20+i] = (e0 - o0) >> columnShift
	}
	for y := range 5 {
		r := t[5*y:][:5]
		s0, s1, s2, s3, s4 := r[0]<<fixedBits+rowRound, r[1], r[2], r[3], r[4]
		e0, e1, e2 := s0+s2*c52+s4*c54, s0-s2*c54-s4*c52, s0+(s4-s2)*root2
		o0, o1 := s1*c51+s3*c53, s1*c53-s3*c51
		row := out[y*stride:][:5]
		row[0] = clamp((e0 + o0) >> rowShift)
		row[1] = clamp((e1 + o1) >> rowShift)
		row[2] = clamp(e2 >> rowShift)
		row[3] = clamp((e1 - o1) >> rowShift)
		row[4] = clamp((e0 - o0) >> rowShift)
	}
}

func idct6(b *block, out []uint8, stride int) {
	var t [36]int32
	for i := range 6 {
		s0, s1, s2 := int32(b[i])<<fixedBits+columnRound, int32(b[6+i]), int32(b[12+i])
		s3, s4, s5 := int32(b[18+i]), int32(b[24+i]), int32(b[30+i])
		e, e1 := s0+s4*c64, s0-s4*(2*c64)
		e0, e2 := e+s2*c62, e-s2*c62
		o := (s1 + s5) * c65
		o0, o1, o2 := o+(s1+s3)<<fixedBits, (s1-s3-s5)<<fixedBits, o+(s5-s3)<<fixedBits
		t[i] = (e0 + o0) >> columnShift
		t[6+i] = (e1 + o1) >> columnShift
		t[12+i] = (e2 + o2) >> columnShift
		t[18+i] = (e2 - o2) >> columnShift
		t[24+i] = (e1 - o1) >> columnShift
		t[30+i] = (e0 - o0) >> columnShift
	}
	for y := range 6 {
		r := t[6*y:][:6]
		s0, s1, s2 := r[0]<<fixedBits+rowRound, r[1], r[2]
		s3, s4, s5 := r[3], r[4], r[5]
		e, e1 := s0+s4*c64, s0-s4*(2*c64)
		e0, e2 := e+s2*c62, e-s2*c62
		o := (s1 + s5) * c65
		o0, o1, o2 := o+(s1+s3)<<fixedBits, (s1-s3-s5)<<fixedBits, o+(s5-s3)<<fixedBits
		row := out[y*stride:][:6]
		row[0] = clamp((e0 + o0) >> rowShift)
		row[1] = clamp((e1 + o1) >> rowShift)
		row[2] = clamp((e2 + o2) >> rowShift)
		row[3] = clamp((e2 - o2) >> rowShift)
		row[4] = clamp((e1 - o1) >> rowShift)
		row[5] = clamp((e0 - o0) >> rowShift)
	}
}

func idct7(b *block, out []uint8, stride int) {
	var t [49]int32
	for i := range 7 {
		s0, s1, s2, s3 := int32(b[i])<<fixedBits+columnRound, int32(b[7+i]), int32(b[14+i]), int32(b[21+i])
		s4, s5, s6 := int32(b[28+i]), int32(b[35+i]), int32(b[42+i])
		e0 := s0 + s2*c72 + s4*c74 + s6*c76
		e1 := s0 + s2*c76 - s4*c72 - s6*c74
		e2 := s0 - s2*c74 - s4*c76 + s6*c72
		e3 := s0 - (s2-s4+s6)*root2
		o0 := s1*c71 + s3*c73 + s5*c75
		o1 := s1*c73 - s3*c75 - s5*c71
		o2 := s1*c75 - s3*c71 + s5*c73
		t[i] = (e0 + o0) >> columnShift
		t[7+i] = (e1 + o1) >> columnShift
		t[14+i] = (e2 + o2) >> columnShift
		t[21+i] = e3 >> columnShift
		t[28+i] = (e2 - o2) >> columnShift
		t[35+i] = (e1 - o1) >> columnShift
		t[42+i] = (e0 - o0) >> columnShift
	}
	for y := range 7 {
		r := t[7*y:][:7]
		s0, s1, s2, s3 := r[0]<<fixedBits+rowRound, r[1], r[2], r[3]
		s4, s5, s6 := r[4], r[5], r[6]
		e0 := s0 + s2*c72 + s4*c74 + s6*c76
		e1 := s0 + s2*c76 - s4*c72 - s6*c74
		e2 := s0 - s2*c74 - s4*c76 + s6*c72
		e3 := s0 - (s2-s4+s6)*root2
		o0 := s1*c71 + s3*c73 + s5*c75
		o1 := s1*c73 - s3*c75 - s5*c71
		o2 := s1*c75 - s3*c71 + s5*c73
		row := out[y*stride:][:7]
		row[0] = clamp((e0 + o0) >> rowShift)
		row[1] = clamp((e1 + o1) >> rowShift)
		row[2] = clamp((e2 + o2) >> rowShift)
		row[3] = clamp(e3 >> rowShift)
		row[4] = clamp((e2 - o2) >> rowShift)
		row[5] = clamp((e1 - o1) >> rowShift)
		row[6] = clamp((e0 - o0) >> rowShift)
	}
}
