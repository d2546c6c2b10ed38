//go:build !amd64 && !arm64

package ycbcr

func convert(m *Matrix, dst, y, cb, cr []byte) { convertScalar(m, dst, y, cb, cr) }
