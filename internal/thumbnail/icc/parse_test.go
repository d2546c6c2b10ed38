package icc

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

// set answers b with bytes changed at an offset.
func set(b []byte, offset int, with ...byte) []byte {
	b = bytes.Clone(b)
	copy(b[offset:], with)
	return b
}

// I10: a profile that is broken, or of a kind that is not read, is an error that says why.
func TestParseRejects(t *testing.T) {
	p3 := screen(4, p3Primaries, srgbCurve()).build()
	with := func(trc []byte) []byte { return screen(2, srgbPrimaries, trc).build() }
	rgb := func(tag []byte) []byte { return table(2, spaceRGB, pcsLab, tag).build() }
	lut8 := mft1(3, 2, identity, identity, softRGB)
	lut16 := mft2(3, 2, identity, identity, softRGB)
	full := aToB{
		a: [][]byte{curv(), curv(), curv()}, points: []int{2, 2, 2}, size: 1, nodes: softRGB,
		m: [][]byte{curv(), curv(), curv()}, matrix: make([]float64, 12), b: [][]byte{curv(), curv(), curv()},
	}.tag(3)
	offsetOf := func(field int) int { return int(binary.BigEndian.Uint32(full[field:])) }
	for _, c := range []struct {
		name    string
		profile []byte
		want    string
	}{
		{"nothing", nil, "ends within its header"},
		{"a header's half", p3[:64], "ends within its header"},
		{"another file", set(p3, 36, 'X'), "lacks the signature acsp"},
		{"too large", make([]byte, maxProfile+1), "more than"},
		{"a device link", set(p3, 12, []byte("link")...), `class "link"`},
		{"named colours", set(p3, 12, []byte("nmcl")...), `class "nmcl"`},
		{"Lab pictures", set(p3, 16, []byte("Lab ")...), "neither grey nor RGB nor CMYK"},
		{"another connection space", set(p3, 20, []byte("Yxy ")...), `connection space "Yxy "`},
		{"many tags", set(p3, 128, 0xff, 0xff, 0xff, 0xff), "more than 256"},
		{"a short tag table", set(p3[:200], 128, 0, 0, 0, 9), "ends within its tag table"},
		{"no tags", blueprint{}.build(), "does not tell"},
		{"no curve", blueprint{}.with(tagRedColorant, xyzTag(srgbPrimaries[0])).build(), "rTRC"},
		{"a tag outside", set(p3, 132+4, 0x7f), "does not tell"},
		{"a tag that wraps", set(p3, 132+4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), "does not tell"},
		{"colorants of another type", blueprint{}.
			with(tagRedColorant, tagOf("text")).
			with(tagRedTRC, curv()).with(tagGreenTRC, curv()).with(tagBlueTRC, curv()).build(), "rXYZ"},
		{"a curve of another type", with(append(tagOf("text"), 1, 2, 3, 4)), `"text" is not a curve`},
		{"a curve cut short", with(set(curv(1, 2, 3), 8, 0, 0, 0, 4)), "4 entries ends early"},
		{"a curve of 2^32-1 entries", with(set(curv(1, 2, 3), 8, 0xff, 0xff, 0xff, 0xff)), "ends early"},
		{"an unknown parametric curve", with(para(5, 1, 2, 3, 4, 5, 6, 7)), "unknown type 5"},
		{"a parametric curve cut short", with(para(4, 1, 2, 3)), "ends early"},
		{"grey without a curve", blueprint{space: spaceGrey}.build(), "kTRC"},
		{"CMYK without a table", blueprint{space: spaceCMYK, pcs: pcsLab}.build(), "does not tell"},
		{"a table of another type", rgb(append(tagOf("mBA "), full[8:]...)), `"mBA "`},
		{"a table that is short", rgb(lut8[:31]), "ends early"},
		{"a table from 4 values", rgb(set(lut8, 8, 4)), "from 4 values to 3"},
		{"a table to 4 values", rgb(set(lut8, 9, 4)), "from 3 values to 4"},
		{"lut8 of one point", rgb(set(lut8, 10, 1)), "1 points"},
		{"lut8 of 255 points", rgb(set(lut8, 10, 255)), "ends early"},
		{"lut8 without its last curves", rgb(lut8[:len(lut8)-1]), "last curves"},
		{"lut8 without its first curves", rgb(lut8[:400]), "first curves"},
		{"lut16 of one entry", rgb(set(lut16, 48, 0, 1)), "not 2 to 4096"},
		{"lut16 of 4097 entries", rgb(set(lut16, 50, 0x10, 0x01)), "not 2 to 4096"},
		{"lut16 that is short", rgb(lut16[:50]), "ends early"},
		{"A to B, a part outside", rgb(set(full, 24, 0x7f)), "outside"},
		{"A to B, three bytes a value", rgb(set(full, offsetOf(24)+16, 3)), "3 bytes a value"},
		{"A to B, no points", rgb(set(full, offsetOf(24)+1, 0)), "0 points"},
		{"A to B, too many points", rgb(set(full, offsetOf(24), 255, 255, 255)), "ends early"},
		{"A to B, a table at its end", rgb(set(full, 24, 0, 0, byte((len(full)-8)>>8), byte(len(full)-8))), "within its table"},
		{"A to B, a matrix at its end", rgb(set(full, 16, 0, 0, byte((len(full)-8)>>8), byte(len(full)-8))), "within its matrix"},
		{"A to B, first curves at its end", rgb(set(full, 28, 0, 0, byte((len(full)-8)>>8), byte(len(full)-8))), "ends early"},
		{"A to B, last curves of another type", rgb(set(full, offsetOf(12), 'x')), "is not a curve"},
		{"A to B, middle curves of another type", rgb(set(full, offsetOf(20), 'x')), "is not a curve"},
		{"A to B of CMYK without a table", table(4, spaceCMYK, pcsLab, aToB{b: [][]byte{curv(), curv(), curv()}}.tag(4)).build(), "does not tell"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Parse(c.profile)
			if err == nil || p != nil {
				t.Fatal("it is taken")
			}
			if !strings.HasPrefix(err.Error(), "icc profile: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error says %q, nothing of %q", err, c.want)
			}
		})
	}
}

// Cut off anywhere, a profile is refused or is what it was: its last bytes may not matter.
func TestTruncated(t *testing.T) {
	for name, profile := range specimens() {
		p, err := Parse(profile)
		if err != nil {
			t.Fatal(err)
		}
		want := p.sample()
		step := max(len(profile)/200, 1)
		for n := 0; n < len(profile); n += step {
			p, err := Parse(profile[:n])
			if err == nil && p.sample() != want {
				t.Errorf("%s, cut to %d of %d bytes, makes other colours", name, n, len(profile))
			}
		}
	}
}

// sample is what becomes of a few colours.
func (t *Transform) sample() [4][3]byte {
	var s [4][3]byte
	for i, v := range [...][4]byte{{}, {255, 255, 255, 255}, {200, 100, 50, 10}, {7, 77, 177, 0}} {
		if t.space == CMYK {
			t.ApplyCMYK(s[i][:], v[:1], v[1:2], v[2:3], v[3:])
			continue
		}
		copy(s[i][:], v[:])
		t.Apply(s[i][:], 3)
	}
	return s
}

// Numbers that no profile has: the result is some colour, and the same every time.
func TestExtremes(t *testing.T) {
	const most, least = math.MaxInt32 / 65536.0, math.MinInt32 / 65536.0
	huge := primaries{{most, most, most}, {least, least, least}, {most, least, most}}
	extreme := []float64{most, least, most, least, most, least, most, most, most, least, most, least}
	plain := [][]byte{curv(), curv(), curv()}
	steep := [][]byte{curv(0, 0, 0, 0xffff), curv(0xffff, 0), para(0, least)}
	for name, profile := range map[string][]byte{
		"colorants":      screen(2, huge, curv(0xffff)).build(),
		"curves":         screen(4, srgbPrimaries, para(4, most, most, least, most, least, most, least)).build(),
		"negative gamma": screen(4, srgbPrimaries, para(0, least)).build(),
		"division by 0":  screen(4, srgbPrimaries, para(1, 0, 0, 0)).build(),
		"black":          screen(2, huge, curv(0xffff, 0)).build(),
		"matrix, XYZ":    table(4, spaceRGB, pcsXYZ, aToB{m: plain, matrix: extreme, b: steep}.tag(3)).build(),
		"matrix, Lab":    table(2, spaceRGB, pcsLab, aToB{m: steep, matrix: extreme, b: steep}.tag(3)).build(),
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Parse(profile)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := Parse(profile); err != nil || again.sample() != p.sample() {
				t.Errorf("%v, and other colours the second time", err)
			}
		})
	}
}

// Whatever the bytes, an error or a transform that takes memory in proportion to them, makes the same
// colours each time, and keeps alpha.
func FuzzParse(f *testing.F) {
	for _, profile := range specimens() {
		f.Add(profile)
	}
	f.Fuzz(func(t *testing.T, profile []byte) {
		p, err := Parse(profile)
		if err != nil {
			if p != nil {
				t.Fatal("an error and a transform")
			}
			return
		}
		if p.lut != nil && len(p.lut.grid.nodes) > max(len(profile), len(corners)) {
			t.Fatalf("%d nodes of %d bytes", len(p.lut.grid.nodes), len(profile))
		}
		if p.shaper != nil && len(p.shaper.encode) > 32*linearUnit {
			t.Fatalf("%d codes", len(p.shaper.encode))
		}
		again, err := Parse(profile)
		if err != nil || again.sample() != p.sample() || again.srgb != p.srgb {
			t.Fatalf("another answer the second time: %v", err)
		}
		pix := noise(4 * 64)
		alpha := noise(4 * 64)
		p.Apply(pix, 4)
		for i := 3; i < len(pix); i += 4 {
			if pix[i] != alpha[i] {
				t.Fatalf("alpha %d becomes %d", alpha[i], pix[i])
			}
		}
		dst := make([]byte, 3*64)
		p.ApplyCMYK(dst, pix[:64], pix[64:128], pix[128:192], pix[192:])
	})
}
