//go:build amd64 || arm64

package png

// kernelBlock is how many bytes the kernels that do not go pixel by pixel take at a time.
const kernelBlock = 32

func subtractPaeth(dst, x, a, b, c []byte) {
	n := len(x)
	if !vectors || n < kernelBlock {
		subtractPaethScalar(dst, x, a, b, c)
		return
	}
	dst, a, b, c = dst[:n], a[:n], b[:n], c[:n]
	whole := n / kernelBlock * kernelBlock
	subtractPaethVector(&dst[0], &x[0], &a[0], &b[0], &c[0], whole)
	if last := n - kernelBlock; whole < n { // the last block may overlap the one before
		subtractPaethVector(&dst[last], &x[last], &a[last], &b[last], &c[last], kernelBlock)
	}
}

func magnitude(v []byte) int {
	whole := len(v) / kernelBlock * kernelBlock
	if !vectors || whole == 0 {
		return magnitudeScalar(v)
	}
	return magnitudeVector(&v[0], whole) + magnitudeScalar(v[whole:])
}

// undoWide is how many bytes the kernels that go pixel by pixel read and write for each.
const undoWide = 8

// undoPixels undoes a filter for as many bytes from the beginning of a row as a kernel can, and returns
// how many those are.
func undoPixels(f int, dst, src, prev []byte, bpp int) int {
	n := len(dst)
	if !vectors || n < undoWide {
		return 0
	}
	src, prev = src[:n], prev[:n]
	pixels := (n-undoWide)/bpp + 1
	switch f {
	case filterSub:
		undoSubVector(&dst[0], &src[0], &prev[0], bpp, pixels)
	case filterAverage:
		undoAverageVector(&dst[0], &src[0], &prev[0], bpp, pixels)
	case filterPaeth:
		undoPaethVector(&dst[0], &src[0], &prev[0], bpp, pixels)
	default:
		return 0
	}
	return pixels * bpp
}
