package icc

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func gamma(g float64) func(float64) float64 {
	return func(x float64) float64 { return math.Pow(x, g) }
}

// rec709 is the tone curve of ITU-R BT.709 and BT.2020, inverted.
func rec709(v float64) float64 {
	if v < 0.0812428583 {
		return v / 4.5
	}
	return math.Pow((v+0.09929682681)/1.09929682681, 1/0.45)
}

// I10
func TestScreens(t *testing.T) {
	rotated := primaries{srgbPrimaries[1], srgbPrimaries[2], srgbPrimaries[0]}
	for _, c := range []struct {
		name      string
		version   byte
		primaries primaries
		trc       []byte
		curve     func(float64) float64
	}{
		{"Display P3", 4, p3Primaries, srgbCurve(), referenceDecode},
		{"Display P3, sampled", 2, p3Primaries, sampledCurve(1024, referenceDecode), referenceDecode},
		{"Adobe RGB", 2, adobePrimaries, curv(0x233), gamma(563.0 / 256)},
		{"ProPhoto", 2, proPhotoPrimaries, curv(0x1cd), gamma(461.0 / 256)},
		{"ProPhoto, with its foot", 4, proPhotoPrimaries, para(3, 1.8, 1, 0, 1.0/16, 1.0/32), func(x float64) float64 {
			if x < 1.0/32 {
				return x / 16
			}
			return math.Pow(x, 1.8)
		}},
		{"Rec. 2020", 4, rec2020Primaries,
			para(3, 1/0.45, 1/1.09929682681, 0.09929682681/1.09929682681, 1/4.5, 0.0812428583), rec709},
		{"rotated channels", 2, rotated, curv(0x233), gamma(563.0 / 256)},
		{"linear", 2, srgbPrimaries, curv(), gamma(1)},
		{"parametric 0", 4, srgbPrimaries, para(0, 1.5), gamma(1.5)},
		{"parametric 1", 4, srgbPrimaries, para(1, 2, 1.25, -0.25), func(x float64) float64 {
			return math.Pow(max(1.25*x-0.25, 0), 2)
		}},
		{"parametric 2", 4, srgbPrimaries, para(2, 2, 1.25, -0.375, 0.125), func(x float64) float64 {
			return math.Pow(max(1.25*x-0.375, 0), 2) + 0.125
		}},
		{"parametric 4", 4, srgbPrimaries, para(4, 2, 0.875, 0.0625, 0.25, 0.25, 0.0625, 0), func(x float64) float64 {
			if x < 0.25 {
				return 0.25 * x
			}
			return math.Pow(0.875*x+0.0625, 2) + 0.0625
		}},
		{"a black that shines", 2, srgbPrimaries, sampledCurve(2, func(x float64) float64 { return 0.02 + 0.98*x }),
			func(x float64) float64 { return 0.02 + 0.98*x }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Parse(screen(c.version, c.primaries, c.trc).build())
			if err != nil {
				t.Fatal(err)
			}
			if p.Space() != RGB || p.srgb {
				t.Fatalf("space %d, sRGB %t", p.Space(), p.srgb)
			}
			pix := cubeOf(3)
			want := make([]byte, 0, len(pix))
			dark := c.curve(0)
			black := c.primaries.mix(vector{dark, dark, dark})
			for i := 0; i < len(pix); i += 3 {
				var light vector
				for k, v := range unit(pix[i : i+3]) {
					light[k] = min(c.curve(v), 1)
				}
				rgb := referenceSRGB(c.primaries.mix(light), black)
				want = append(want, rgb[:]...)
			}
			got := slices.Clone(pix)
			p.Apply(got, 3)
			if d, i := difference(got, want); d > 1 {
				i -= i % 3
				t.Errorf("%v becomes %v, not %v", pix[i:i+3], got[i:i+3], want[i:i+3])
			}
		})
	}
}

// I10: colours that are known by heart.
func TestKnownColours(t *testing.T) {
	gbr := primaries{srgbPrimaries[1], srgbPrimaries[2], srgbPrimaries[0]} // the first channel is green
	for _, c := range []struct {
		name     string
		profile  []byte
		in, want [3]byte
	}{
		{"sRGB's red in Display P3", screen(4, p3Primaries, srgbCurve()).build(), [3]byte{234, 51, 35}, [3]byte{255, 0, 0}},
		{"Display P3's red", screen(4, p3Primaries, srgbCurve()).build(), [3]byte{255, 0, 0}, [3]byte{255, 0, 0}},
		{"Display P3's white", screen(4, p3Primaries, srgbCurve()).build(), [3]byte{255, 255, 255}, [3]byte{255, 255, 255}},
		{"sRGB's red in Adobe RGB", screen(2, adobePrimaries, curv(0x233)).build(), [3]byte{219, 0, 0}, [3]byte{255, 0, 0}},
		{"sRGB's green in Adobe RGB", screen(2, adobePrimaries, curv(0x233)).build(), [3]byte{144, 255, 60}, [3]byte{0, 255, 0}},
		{"sRGB's red in ProPhoto", screen(2, proPhotoPrimaries, curv(0x1cd)).build(), [3]byte{179, 70, 26}, [3]byte{255, 0, 0}},
		{"green that is stored first", screen(2, gbr, srgbCurve()).build(), [3]byte{200, 10, 20}, [3]byte{20, 200, 10}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Parse(c.profile)
			if err != nil {
				t.Fatal(err)
			}
			got := c.in
			p.Apply(got[:], 3)
			// In 8 bits, the last step of a wide space is up to 4 steps of sRGB's clipped channels.
			for i := range got {
				if d := int(got[i]) - int(c.want[i]); d < -4 || d > 4 {
					t.Fatalf("%v becomes %v, not %v", c.in, got, c.want)
				}
			}
		})
	}
}

func TestSRGBIsLeftAlone(t *testing.T) {
	chad := appendFixed(tagOf("sf32"), 1.04788, 0.02292, -0.0502, 0.02959, 0.99048, -0.01706, -0.00923, 0.01508, 0.75168)
	for name, profile := range map[string][]byte{
		"parametric":           screen(4, srgbPrimaries, srgbCurve()).build(),
		"sampled":              screen(2, srgbPrimaries, sampledCurve(1024, referenceDecode)).build(),
		"with a chad":          screen(4, srgbPrimaries, srgbCurve()).with("chad", chad).build(),
		"colorants off by two": screen(2, primaries{{0.43604, 0.22252, 0.01395}, {0.38512, 0.7169, 0.09705}, {0.14304, 0.06064, 0.71407}}, srgbCurve()).build(),
		"grey":                 greyscale(pcsXYZ, srgbCurve()).build(),
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Parse(profile)
			if err != nil {
				t.Fatal(err)
			}
			if !p.srgb {
				t.Fatal("it is not taken as sRGB")
			}
			pix := cubeOf(3)
			got := slices.Clone(pix)
			if p.Apply(got, 3); !slices.Equal(got, pix) {
				t.Error("it changes colours")
			}
		})
	}
	if p, err := Parse(screen(2, srgbPrimaries, curv(0x233)).build()); err != nil || p.srgb {
		t.Errorf("a gamma of 2.2 is taken as sRGB's curve (%v)", err)
	}
}

// I10, I13
func TestChannels(t *testing.T) {
	parse := func(profile []byte) *Transform {
		p, err := Parse(profile)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	profiles := map[Space]*Transform{
		Grey: parse(greyscale(pcsXYZ, curv(0x100)).build()),
		RGB:  parse(screen(2, srgbPrimaries, curv()).build()),
		CMYK: GenericCMYK(),
	}
	table := parse(table(2, spaceRGB, pcsLab, mft2(3, 5, identity, identity, softRGB)).build())
	applies := func(s Space, channels int) bool {
		return s == Grey && channels >= 1 && channels <= 4 || s == RGB && (channels == 3 || channels == 4)
	}
	check := func(p *Transform, channels int) {
		t.Helper()
		n := max(channels, 1) // and a pixel that ends early, which stays
		pix := slices.Repeat([]byte{90, 91, 92, 93, 94}, n)[:5*n-1]
		got := slices.Clone(pix)
		p.Apply(got, channels)
		alpha := channels == 2 || channels == 4
		for i := range pix {
			whole := i < len(pix)/n*n
			colour := whole && (!alpha || i%n != n-1)
			if changed := got[i] != pix[i]; changed != (colour && applies(p.Space(), channels)) {
				t.Errorf("space %d, %d channels, sample %d: %d becomes %d", p.Space(), channels, i, pix[i], got[i])
			}
		}
	}
	for _, p := range profiles {
		for channels := 1; channels <= 4; channels++ {
			check(p, channels)
		}
		check(p, 0) // nothing happens
		check(p, 5)
	}
	check(table, 1)
	check(table, 3)
	check(table, 4)

	dst := []byte{1, 2, 3, 4, 5}
	ink := []byte{9, 9}
	profiles[RGB].ApplyCMYK(dst, ink, ink, ink, ink)
	if !slices.Equal(dst, []byte{1, 2, 3, 4, 5}) {
		t.Error("a profile of RGB converts CMYK")
	}
	profiles[CMYK].ApplyCMYK(dst, ink, ink, ink, ink[:1])
	if dst[0] == 1 || dst[3] != 4 {
		t.Errorf("one pixel of CMYK gives %v", dst)
	}
}

// I10
func TestGrey(t *testing.T) {
	for _, c := range []struct {
		name  string
		pcs   signature
		trc   []byte
		light func(float64) float64
	}{
		{"gamma 2.2", pcsXYZ, curv(0x233), gamma(563.0 / 256)},
		{"gamma 1.8", pcsXYZ, curv(0x1cd), gamma(461.0 / 256)},
		{"linear", pcsXYZ, curv(), gamma(1)},
		{"lightness", pcsLab, curv(), func(x float64) float64 { return referenceXYZ(vector{100 * x, 0, 0})[1] }},
		{"ink on paper", pcsXYZ, sampledCurve(2, func(x float64) float64 { return 0.03 + 0.97*x }),
			func(x float64) float64 { return x }}, // once black is compensated
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Parse(greyscale(c.pcs, c.trc).build())
			if err != nil {
				t.Fatal(err)
			}
			if p.Space() != Grey {
				t.Errorf("space %d", p.Space())
			}
			for v := range 256 {
				y := c.light(float64(v) / 255)
				want := int(referenceSRGB(vector{y, y, y}, vector{})[1])
				got := []byte{byte(v)}
				if p.Apply(got, 1); int(got[0]) < want-1 || int(got[0]) > want+1 {
					t.Errorf("%d becomes %d, not %d", v, got[0], want)
				}
			}
		})
	}
}

// I10: what is no darker than a middle grey is compensated in part, and a negative not at all.
func TestBlackPoint(t *testing.T) {
	for _, c := range []struct {
		curve func(float64) float64
		black byte // what black becomes
	}{
		{func(x float64) float64 { return x * x }, 0},
		{func(x float64) float64 { return 0.05 + 0.95*x*x }, 0},
		{func(x float64) float64 { return 0.18 + 0.82*x*x }, 0},
		{func(x float64) float64 { return 0.3 + 0.7*x*x }, 105}, // of the Y 0.1419 that is left over 0.1842
		{func(x float64) float64 { return 1 - x }, 255},
	} {
		t.Run(fmt.Sprint(c.curve(0)), func(t *testing.T) {
			p, err := Parse(screen(2, srgbPrimaries, sampledCurve(256, c.curve)).build())
			if err != nil {
				t.Fatal(err)
			}
			got := []byte{0, 0, 0}
			p.Apply(got, 3)
			if d, _ := difference(got, []byte{c.black, c.black, c.black}); d > 1 {
				t.Errorf("black becomes %v, not %d", got, c.black)
			}
		})
	}
}
