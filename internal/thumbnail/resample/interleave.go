package resample

// deinterleave3Scalar takes apart pixels of three samples.
func deinterleave3Scalar(r, g, b, src []int16) {
	for i := range r {
		p := src[3*i:][:3]
		r[i], g[i], b[i] = p[0], p[1], p[2]
	}
}

// deinterleave4Scalar takes apart pixels of four samples.
func deinterleave4Scalar(r, g, b, a, src []int16) {
	for i := range r {
		p := src[4*i:][:4]
		r[i], g[i], b[i], a[i] = p[0], p[1], p[2], p[3]
	}
}

// interleave3Scalar puts pixels of three samples together.
func interleave3Scalar(dst, r, g, b []byte) {
	for i := range r {
		p := dst[3*i:][:3]
		p[0], p[1], p[2] = r[i], g[i], b[i]
	}
}
