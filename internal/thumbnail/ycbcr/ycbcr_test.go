package ycbcr

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
)

// TestDefinition holds every luma with a grid of differences against the definition, in floating point.
func TestDefinition(t *testing.T) {
	for name, c := range map[string]struct {
		matrix                   *Matrix
		black, lumaRange, spread float64
	}{
		"full":    {FullRange(), 0, 255, 255},
		"limited": {LimitedRange(), 16, 219, 224},
	} {
		for y := range 256 {
			for cb := 0; cb < 256; cb += 5 {
				for cr := 0; cr < 256; cr += 5 {
					l, u, v := 255*(float64(y)-c.black)/c.lumaRange, 255*float64(cb-128)/c.spread, 255*float64(cr-128)/c.spread
					want := [3]float64{l + 1.402*v, l - 0.344136*u - 0.714136*v, l + 1.772*u}
					var got [3]byte
					c.matrix.Convert(got[:], []byte{byte(y)}, []byte{byte(cb)}, []byte{byte(cr)})
					for i, w := range want {
						if math.Abs(float64(got[i])-min(max(w, 0), 255)) > 0.51 {
							t.Fatalf("%s: %d, %d, %d becomes %v, want %.2f", name, y, cb, cr, got, want)
						}
					}
				}
			}
		}
	}
}

// TestKernel checks that the vector kernel gives the bytes of scalar code, for any number of pixels, and touches
// nothing beside them.
func TestKernel(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	samples := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.IntN(256))
			if r.IntN(3) == 0 {
				b[i] = byte(r.IntN(2) * 255)
			}
		}
		return b
	}
	for range 2000 {
		n := r.IntN(100)
		y, cb, cr := samples(n), samples(n), samples(n)
		want, got := make([]byte, 3*n), make([]byte, 3*n+1)
		got[3*n] = 77
		for _, m := range []*Matrix{FullRange(), LimitedRange()} {
			convertScalar(m, want, y, cb, cr)
			m.Convert(got[:3*n], y, cb, cr)
			if !bytes.Equal(got[:3*n], want) || got[3*n] != 77 {
				t.Fatalf("%d pixels: %v, want %v", n, got, want)
			}
		}
	}
}

func TestTooShort(t *testing.T) {
	b := make([]byte, 40)
	for _, lengths := range [][3]int{{119, 40, 40}, {120, 39, 40}, {120, 40, 39}} {
		if !panics(func() {
			FullRange().Convert(make([]byte, lengths[0]), b, b[:lengths[1]:lengths[1]], b[:lengths[2]:lengths[2]])
		}) {
			t.Errorf("%v: went beyond its slices", lengths)
		}
	}
}

func panics(f func()) (p bool) {
	defer func() { p = recover() != nil }()
	f()
	return false
}

func BenchmarkConvert(b *testing.B) {
	const n = 512
	y, cb, cr, dst := make([]byte, n), make([]byte, n), make([]byte, n), make([]byte, 3*n)
	for _, kernel := range []struct {
		name string
		run  func(m *Matrix, dst, y, cb, cr []byte)
	}{{"scalar", convertScalar}, {"best", convert}} {
		b.Run(kernel.name, func(b *testing.B) {
			b.SetBytes(n)
			for b.Loop() {
				kernel.run(FullRange(), dst, y, cb, cr)
			}
		})
	}
}
