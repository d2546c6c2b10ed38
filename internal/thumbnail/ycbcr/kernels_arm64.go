package ycbcr

// vectors says that this machine runs the kernel: every arm64 has NEON.
const vectors = true

// convertVector is convertScalar for a multiple of 16 pixels. m is the first field of a Matrix.
//
//go:noescape
func convertVector(dst, y, cb, cr *byte, pixels int, m *int32)
