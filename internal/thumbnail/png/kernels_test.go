package png

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"
)

// The kernels must give the bytes that scalar code gives.

func randomRow(rnd *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.IntN(256))
		if rnd.IntN(3) == 0 {
			b[i] = []byte{0, 1, 127, 128, 254, 255}[rnd.IntN(6)]
		}
	}
	return b
}

func TestSubtractPaethKernel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for n := 1; n < 200; n++ {
		x, a, b, c := randomRow(rnd, n), randomRow(rnd, n), randomRow(rnd, n), randomRow(rnd, n)
		want, got := make([]byte, n), make([]byte, n+1)
		got[n] = 77
		subtractPaethScalar(want, x, a, b, c)
		subtractPaeth(got[:n], x, a, b, c)
		if !bytes.Equal(got[:n], want) || got[n] != 77 {
			t.Fatalf("%d bytes:\n%v\nwant\n%v", n, got, want)
		}
	}
}

func TestSubtractPaethKernelForEveryValue(t *testing.T) {
	const n = 1 << 16
	x, a, b, c := make([]byte, n), make([]byte, n), make([]byte, n), make([]byte, n)
	want, got := make([]byte, n), make([]byte, n)
	for i := range n {
		a[i], b[i] = byte(i), byte(i>>8)
	}
	for v := range 256 {
		for i := range c {
			c[i] = byte(v)
		}
		subtractPaethScalar(want, x, a, b, c)
		subtractPaeth(got, x, a, b, c)
		if !bytes.Equal(got, want) {
			t.Fatalf("differs for c = %d", v)
		}
	}
}

func TestMagnitudeKernel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	for n := range 500 {
		v := randomRow(rnd, n)
		if got, want := magnitude(v), magnitudeScalar(v); got != want {
			t.Fatalf("%d bytes: %d, want %d", n, got, want)
		}
	}
}

func TestUndoFilterKernels(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	for _, bpp := range []int{1, 2, 3, 4, 6, 8} {
		for n := 1; n < 150; n++ {
			src, prev := randomRow(rnd, n), randomRow(rnd, n)
			for _, f := range []int{filterSub, filterAverage, filterPaeth} {
				want, got := make([]byte, n), make([]byte, n+1)
				got[n] = 77
				undoFilterScalar(f, want, src, prev, bpp, 0)
				undoFilter(f, got[:n], src, prev, bpp)
				if !bytes.Equal(got[:n], want) || got[n] != 77 {
					t.Fatalf("filter %d, %d bytes of %d:\n%v\nwant\n%v", f, n, bpp, got, want)
				}
			}
		}
	}
}

// Every a, b and c in turn at the beginning of a row.
func TestUndoPaethKernelForEveryValue(t *testing.T) {
	src, prev := make([]byte, 16), make([]byte, 16)
	want, got := make([]byte, 16), make([]byte, 16)
	for i := range 1 << 24 / 8 {
		for k := range 8 {
			a, b, c := byte(i>>13), byte(i>>5), byte(i<<3+k)
			src[k], prev[k], prev[8+k] = a-c, c, b // the first pixel becomes a
		}
		undoFilterScalar(filterPaeth, want, src, prev, 8, 0)
		undoFilter(filterPaeth, got, src, prev, 8)
		if !bytes.Equal(got, want) {
			t.Fatalf("%v above %v: %v, want %v", prev, src, got, want)
		}
	}
}

// I14: the same file on every architecture.
func TestSameBytesEverywhere(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 4))
	hash := sha256.New()
	for _, channels := range []int{3, 4} {
		for kind := range 4 {
			const width, height = 190, 120
			pix := make([]byte, width*height*channels)
			for i := range pix {
				x, y, c := i/channels%width, i/channels/width, i%channels
				switch kind {
				case 0: // a photograph
					pix[i] = byte(x*x/300 + y + 20*c + rnd.IntN(12))
				case 1: // a drawing
					pix[i] = byte((x/30 + y/20) % 3 * 90)
				case 2: // both
					pix[i] = byte(x * y / (1 + 60*(y/60)))
				default:
					pix[i] = byte(rnd.IntN(256))
				}
			}
			hash.Write(mustAppend(t, pix, width, height, channels))
		}
	}
	const want = "0996e9441647da6361e0e0d2a5c5168ecef52792ac81be14a0d4d97294e20d27"
	if got := fmt.Sprintf("%x", hash.Sum(nil)); got != want {
		t.Errorf("the files have the hash %s, want %s", got, want)
	}
}
