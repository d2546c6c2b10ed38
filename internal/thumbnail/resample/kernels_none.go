//go:build !amd64 && !arm64

package resample

func vertical(dst []int16, src []byte, stride int, weights []int16) {
	verticalScalar(dst, src, stride, weights)
}

func horizontal(dst []byte, line []int16, start []int32, weights []int16, taps int) {
	horizontalScalar(dst, line, start, weights, taps)
}

func deinterleave3(r, g, b, src []int16)    { deinterleave3Scalar(r, g, b, src) }
func deinterleave4(r, g, b, a, src []int16) { deinterleave4Scalar(r, g, b, a, src) }
func interleave3(dst, r, g, b []byte)       { interleave3Scalar(dst, r, g, b) }
func premultiply(dst, src []byte)           { premultiplyScalar(dst, src) }
