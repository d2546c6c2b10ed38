package icc

import "testing"

// I10: what libvips makes of these.
func TestGenericCMYK(t *testing.T) {
	p := GenericCMYK()
	if p.Space() != CMYK || p.srgb {
		t.Fatalf("space %d, sRGB %t", p.Space(), p.srgb)
	}
	for _, c := range []struct {
		name string
		ink  [4]byte
		want [3]byte
	}{
		{"paper", [4]byte{0, 0, 0, 0}, [3]byte{255, 255, 255}},
		{"black", [4]byte{0, 0, 0, 255}, [3]byte{20, 5, 0}},
		{"yellow", [4]byte{0, 0, 255, 0}, [3]byte{255, 240, 0}},
		{"magenta", [4]byte{0, 255, 0, 0}, [3]byte{234, 0, 128}},
		{"red", [4]byte{0, 255, 255, 0}, [3]byte{232, 0, 0}},
		{"cyan", [4]byte{255, 0, 0, 0}, [3]byte{0, 153, 227}},
		{"green", [4]byte{255, 0, 255, 0}, [3]byte{0, 141, 45}},
		{"blue", [4]byte{255, 255, 0, 0}, [3]byte{32, 6, 117}},
		{"three inks", [4]byte{255, 255, 255, 0}, [3]byte{33, 17, 31}},
		{"all inks", [4]byte{255, 255, 255, 255}, [3]byte{0, 0, 0}},
		{"half black", [4]byte{0, 0, 0, 128}, [3]byte{134, 133, 132}},
		{"half cyan", [4]byte{128, 0, 0, 0}, [3]byte{91, 193, 240}},
		{"half magenta", [4]byte{0, 128, 0, 0}, [3]byte{245, 138, 182}},
		{"half yellow", [4]byte{0, 0, 128, 0}, [3]byte{255, 248, 131}},
		{"grey of three inks", [4]byte{77, 60, 60, 20}, [3]byte{160, 158, 159}},
		{"skin", [4]byte{20, 60, 80, 0}, [3]byte{230, 184, 158}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got [3]byte
			p.ApplyCMYK(got[:], c.ink[:1], c.ink[1:2], c.ink[2:3], c.ink[3:])
			tolerance := 6
			if c.name == "paper" {
				tolerance = 0
			}
			if d, _ := difference(got[:], c.want[:]); d > tolerance {
				t.Errorf("%v becomes %v, not %v", c.ink, got, c.want)
			}
		})
	}
}
