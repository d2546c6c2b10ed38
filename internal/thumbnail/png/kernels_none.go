//go:build !amd64 && !arm64

package png

func subtractPaeth(dst, x, a, b, c []byte) { subtractPaethScalar(dst, x, a, b, c) }
func magnitude(v []byte) int               { return magnitudeScalar(v) }

func undoPixels(f int, dst, src, prev []byte, bpp int) int { return 0 }
