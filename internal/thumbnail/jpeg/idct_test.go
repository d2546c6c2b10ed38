package jpeg

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
)

// TestInverseDCT holds each size against the sum that defines it, on blocks of chance, as IEEE 1180 does with the
// 8-point one. The peak error of a sample is that of rounding and little more; the mean error none.
func TestInverseDCT(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for n := 2; n <= 8; n++ {
		worst, bias := 0.0, 0.0
		const rounds = 4000
		for range rounds {
			var b block
			scale := []float64{2, 20, 200, 1000}[r.IntN(4)]
			for i := range n * n {
				if r.IntN(3) == 0 {
					b[i] = int16(r.NormFloat64() * scale / float64(1+i/n+i%n))
				}
			}
			out := make([]uint8, n*n)
			inverse(n, &b, out, n)
			want := definedDCT(&b, n)
			for i, v := range out {
				d := float64(v) - want[i]
				worst = max(worst, math.Abs(d))
				bias += d
			}
		}
		bias /= float64(rounds * n * n)
		most := 0.01
		if n == 2 {
			most = 0.07 // one sum in eight is a half, and rounded up
		}
		if worst > 0.6 || math.Abs(bias) > most {
			t.Errorf("n %d: worst error %.3f, mean %.4f", n, worst, bias)
		}
	}
}

// definedDCT is the definition in idct.go, clamped.
func definedDCT(b *block, n int) []float64 {
	out := make([]float64, n*n)
	for y := range n {
		for x := range n {
			sum := 0.0
			for v := range n {
				for u := range n {
					sum += float64(b[v*n+u]) * bases[n][x][u] * bases[n][y][v]
				}
			}
			out[y*n+x] = min(max(128+sum/8, 0), 255)
		}
	}
	return out
}

// TestInverseDCTFlat checks that a block of one coefficient is one value, whichever way it is made.
func TestInverseDCTFlat(t *testing.T) {
	for n := 2; n <= 8; n++ {
		for dc := -1100; dc <= 1100; dc++ {
			var b block
			b[0] = int16(dc)
			out := make([]uint8, n*n)
			inverse(n, &b, out, n)
			for i, v := range out {
				if want := mean(int32(dc)); v != want {
					t.Fatalf("n %d, dc %d: sample %d is %d, want %d", n, dc, i, v, want)
				}
			}
		}
	}
}

// TestInverseDCTKernels checks that vector kernels give the bytes of scalar code, whatever the coefficients, and touch
// nothing beside their block.
func TestInverseDCTKernels(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for n := 2; n <= 8; n++ {
		for round := range 3000 {
			var b block
			scale := uint(round % 16)
			for i := range b {
				if r.IntN(8) >= round%8 {
					b[i] = int16(r.Uint32()) >> scale
				}
			}
			stride := n + r.IntN(9)
			const before = 5
			want, got := make([]uint8, before+8*stride+16), make([]uint8, before+8*stride+16)
			for i := range want {
				want[i] = uint8(i)
				got[i] = uint8(i)
			}
			inverseScalar(n, &b, want[before:], stride)
			inverse(n, &b, got[before:], stride)
			if !bytes.Equal(got, want) {
				t.Fatalf("n %d, stride %d:\n%v\nwant\n%v", n, stride, got, want)
			}
		}
	}
}

// TestInverseDCTFits gives the kernels no byte more than they may write.
func TestInverseDCTFits(t *testing.T) {
	for n := 2; n <= 8; n++ {
		b := block{0: 100, 1: 50}
		const stride = 20
		out := make([]uint8, (n-1)*stride+n)
		inverse(n, &b, out, stride)
		short := len(out) - 1
		if panics := func() (p bool) {
			defer func() { p = recover() != nil }()
			inverse(n, &b, out[:short:short], stride)
			return false
		}(); !panics {
			t.Errorf("n %d: wrote beyond its slice", n)
		}
	}
}
