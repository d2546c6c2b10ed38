package resample

func vertical(dst []int16, src []byte, stride int, weights []int16) {
	verticalScalar(dst, src, stride, weights)
}

func horizontal(dst []byte, line []int16, start []int32, weights []int16, taps int) {
	horizontalScalar(dst, line, start, weights, taps)
}

func deinterleave3(r, g, b, src []int16) { deinterleave3Scalar(r, g, b, src) }
