//go:build amd64 || arm64

package ycbcr

// convert has the kernel take whole blocks. The last may overlap the one before it, so that nothing beyond the pixels is
// touched; fewer than a block are left to scalar code.
func convert(m *Matrix, dst, y, cb, cr []byte) {
	const block = 16
	n := len(y)
	if !vectors || n < block {
		convertScalar(m, dst, y, cb, cr)
		return
	}
	whole := n / block * block
	convertVector(&dst[0], &y[0], &cb[0], &cr[0], whole, &m.luma)
	if last := n - block; whole < n {
		convertVector(&dst[3*last], &y[last], &cb[last], &cr[last], block, &m.luma)
	}
}
