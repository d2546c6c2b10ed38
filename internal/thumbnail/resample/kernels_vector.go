//go:build amd64 || arm64

package resample

// The kernels take whole blocks. The last block of a line may overlap the one before it, so that nothing
// beyond the line is touched; what is shorter than a block is left to scalar code.

func vertical(dst []int16, src []byte, stride int, weights []int16) {
	const block = 32
	n := len(dst)
	if !vectors || n < block || len(weights)%2 != 0 {
		verticalScalar(dst, src, stride, weights)
		return
	}
	src = src[:(len(weights)-1)*stride+n]
	whole := n / block * block
	verticalVector(&dst[0], &src[0], stride, whole, &weights[0], len(weights)/2)
	if last := n - block; whole < n {
		verticalVector(&dst[last], &src[last], stride, block, &weights[0], len(weights)/2)
	}
}

func horizontal(dst []byte, line []int16, start []int32, weights []int16, taps int) {
	const block = 8
	n := len(dst)
	if !vectors || n < block {
		horizontalScalar(dst, line, start, weights, taps)
		return
	}
	start, weights = start[:n], weights[:n*taps]
	blocks := taps / tapBlock
	whole := n / block * block
	horizontalVector(&dst[0], &line[0], &start[0], &weights[0], blocks, whole)
	if last := n - block; whole < n {
		horizontalVector(&dst[last], &line[0], &start[last], &weights[last*taps], blocks, block)
	}
}

// pixelBlock is how many pixels the kernels for pixels take at a time.
const pixelBlock = 16

func deinterleave3(r, g, b, src []int16) {
	n := len(r)
	if !vectors || n < pixelBlock {
		deinterleave3Scalar(r, g, b, src)
		return
	}
	g, b, src = g[:n], b[:n], src[:3*n]
	whole := n / pixelBlock * pixelBlock
	deinterleave3Vector(&r[0], &g[0], &b[0], &src[0], whole)
	if last := n - pixelBlock; whole < n {
		deinterleave3Vector(&r[last], &g[last], &b[last], &src[3*last], pixelBlock)
	}
}

func deinterleave4(r, g, b, a, src []int16) {
	n := len(r)
	if !vectors || n < pixelBlock {
		deinterleave4Scalar(r, g, b, a, src)
		return
	}
	g, b, a, src = g[:n], b[:n], a[:n], src[:4*n]
	whole := n / pixelBlock * pixelBlock
	deinterleave4Vector(&r[0], &g[0], &b[0], &a[0], &src[0], whole)
	if last := n - pixelBlock; whole < n {
		deinterleave4Vector(&r[last], &g[last], &b[last], &a[last], &src[4*last], pixelBlock)
	}
}

func interleave3(dst, r, g, b []byte) {
	n := len(r)
	if !vectors || n < pixelBlock {
		interleave3Scalar(dst, r, g, b)
		return
	}
	dst, g, b = dst[:3*n], g[:n], b[:n]
	whole := n / pixelBlock * pixelBlock
	interleave3Vector(&dst[0], &r[0], &g[0], &b[0], whole)
	if last := n - pixelBlock; whole < n {
		interleave3Vector(&dst[3*last], &r[last], &g[last], &b[last], pixelBlock)
	}
}

func premultiply(dst, src []byte) {
	n := len(src) / 4
	if !vectors || n < pixelBlock {
		premultiplyScalar(dst, src)
		return
	}
	dst = dst[:4*n]
	whole := n / pixelBlock * pixelBlock
	premultiplyVector(&dst[0], &src[0], whole)
	if last := n - pixelBlock; whole < n {
		premultiplyVector(&dst[4*last], &src[4*last], pixelBlock)
	}
}
