//go:build amd64 || arm64

package jpeg

// inverse makes n x n samples of a block's coefficients, n from 2 to 8. Up to 3 points there is too little to do at
// once for vectors.
func inverse(n int, b *block, out []uint8, stride int) {
	if !vectors || n < 4 {
		inverseScalar(n, b, out, stride)
		return
	}
	_ = out[(n-1)*stride+n-1]
	switch n {
	case 4:
		idct4Vector(&b[0], &out[0], stride)
	case 5:
		idct5Vector(&b[0], &out[0], stride)
	case 6:
		idct6Vector(&b[0], &out[0], stride)
	case 7:
		idct7Vector(&b[0], &out[0], stride)
	case 8:
		idct8Vector(&b[0], &out[0], stride)
	}
}
