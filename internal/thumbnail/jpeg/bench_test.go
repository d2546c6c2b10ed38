package jpeg

import (
	"fmt"
	"image"
	"math/rand/v2"
	"testing"
)

// BenchmarkInverseDCT measures the kernels on blocks with the low coefficients of a photograph.
func BenchmarkInverseDCT(b *testing.B) {
	r := rand.New(rand.NewPCG(11, 12))
	for n := 2; n <= 8; n++ {
		for _, kernel := range []struct {
			name string
			run  func(n int, b *block, out []uint8, stride int)
		}{{"scalar", inverseScalar}, {"best", inverse}} {
			b.Run(fmt.Sprint(n, " ", kernel.name), func(b *testing.B) {
				var coefs block
				for i := range n * n {
					if d := i/n + i%n; d < 5 {
						coefs[i] = int16(r.NormFloat64() * 200 / float64(1+d*d))
					}
				}
				out := make([]uint8, n*n)
				for b.Loop() {
					kernel.run(n, &coefs, out, n)
				}
			})
		}
	}
}

// BenchmarkDecode measures what a thumbnail of 512x512 takes of pictures of several sizes and processes.
func BenchmarkDecode(b *testing.B) {
	for _, c := range []struct {
		name          string
		width, height int
		apply         func(p *picture)
	}{
		{"1MP", 1152, 864, func(*picture) {}},
		{"1MP progressive", 1152, 864, func(p *picture) { p.progressive, p.scans = true, progression(3) }},
		{"3MP", 2048, 1536, func(*picture) {}},
		{"3MP progressive", 2048, 1536, func(p *picture) { p.progressive, p.scans = true, progression(3) }},
	} {
		p := newPicture(c.width, c.height, sampling{{2, 2}, {1, 1}, {1, 1}}, 4, scene)
		c.apply(p)
		src := p.encode()
		left := (c.width - c.height) / 2
		o := Options{Crop: image.Rect(left, 0, left+c.height, c.height), Width: 512, Height: 512}
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				if _, err := Decode(src, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
