//go:build !amd64 && !arm64

package jpeg

func inverse(n int, b *block, out []uint8, stride int) { inverseScalar(n, b, out, stride) }
