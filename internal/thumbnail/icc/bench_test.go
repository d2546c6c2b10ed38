package icc

import "testing"

func BenchmarkApply(b *testing.B) {
	pix := noise(3 * 512 * 512)
	for name, p := range map[string][]byte{
		"matrix": screen(4, p3Primaries, srgbCurve()).build(),
		"lut":    table(2, spaceRGB, pcsLab, mft2(3, 17, identity, identity, softRGB)).build(),
	} {
		t, err := Parse(p)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(pix)))
			work := make([]byte, len(pix))
			for b.Loop() {
				copy(work, pix) // what was converted twice is no noise any more
				t.Apply(work, 3)
			}
		})
	}
	b.Run("cmyk", func(b *testing.B) {
		t := GenericCMYK()
		const n = 512 * 512
		ink := noise(4 * n)
		for b.Loop() {
			t.ApplyCMYK(pix, ink[:n], ink[n:2*n], ink[2*n:3*n], ink[3*n:])
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for name, p := range map[string][]byte{
		"matrix": screen(4, p3Primaries, srgbCurve()).build(),
		"lut":    table(2, spaceCMYK, pcsLab, mft2(4, 9, identity, identity, softCMYK)).build(),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Parse(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// noise is a picture without two pixels alike: the worst case for every shortcut.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// softRGB and softCMYK are pictures' spaces for which there is no simple formula, as Lab in lut16Type's coding.
func softRGB(d []float64) [3]float64 {
	return legacyLab(4+96*(0.3*d[0]+0.6*d[1]+0.1*d[2]), 60*(d[0]-d[1]), 60*(0.5*d[0]+0.5*d[1]-d[2]))
}

func softCMYK(d []float64) [3]float64 {
	light := (1 - 0.9*d[3])
	l := 8 + 92*(1-0.45*d[0])*(1-0.5*d[1])*(1-0.08*d[2])*light
	return legacyLab(l, (-35*d[0]+70*d[1]-3*d[2])*light, (-45*d[0]-5*d[1]+90*d[2])*light)
}

func legacyLab(l, a, b float64) [3]float64 {
	return [3]float64{l / 100 * 65280 / 65535, (a + 128) * 256 / 65535, (b + 128) * 256 / 65535}
}
