package resample

// vectors says that this machine runs the kernels: every arm64 has NEON.
const vectors = true

// verticalVector is verticalScalar for a multiple of 32 columns and an even number of rows.
//
//go:noescape
func verticalVector(dst *int16, src *byte, stride, columns int, weights *int16, pairs int)

// horizontalVector is horizontalScalar for a multiple of 8 outputs and of 16 taps.
//
//go:noescape
func horizontalVector(dst *byte, line *int16, start *int32, weights *int16, blocks, outputs int)

// deinterleave3Vector is deinterleave3Scalar for a multiple of 16 pixels.
//
//go:noescape
func deinterleave3Vector(red, green, blue, src *int16, pixels int)

// deinterleave4Vector is deinterleave4Scalar for a multiple of 16 pixels.
//
//go:noescape
func deinterleave4Vector(red, green, blue, alpha, src *int16, pixels int)

// interleave3Vector is interleave3Scalar for a multiple of 16 pixels.
//
//go:noescape
func interleave3Vector(dst, red, green, blue *byte, pixels int)

// premultiplyVector is premultiplyScalar for a multiple of 16 pixels.
//
//go:noescape
func premultiplyVector(dst, src *byte, pixels int)
