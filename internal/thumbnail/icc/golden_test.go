package icc

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// specimens answers a profile of each kind, by name.
func specimens() map[string][]byte {
	plain := [][]byte{curv(), curv(), curv()}
	bent := [][]byte{para(0, 1.7), sampledCurve(33, square), para(3, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)}
	matrix := []float64{0.9, -0.2, 0.1, -0.1, 0.8, 0.05, 0.02, -0.1, 0.7, 0.001, -0.002, 0.003}
	return map[string][]byte{
		"display-p3":  screen(4, p3Primaries, srgbCurve()).build(),
		"adobe-rgb":   screen(2, adobePrimaries, curv(0x233)).build(),
		"prophoto":    screen(2, proPhotoPrimaries, curv(0x1cd)).build(),
		"rec2020":     screen(4, rec2020Primaries, para(3, 1/0.45, 1/1.09929682681, 0.09929682681/1.09929682681, 1/4.5, 0.0812428583)).build(),
		"sampled":     screen(2, p3Primaries, sampledCurve(1024, referenceDecode)).build(),
		"para-1":      screen(4, srgbPrimaries, para(1, 2.1, 1.25, -0.25)).build(),
		"para-2":      screen(4, srgbPrimaries, para(2, 1.9, 1.2, -0.3, 0.1)).build(),
		"para-4":      screen(4, srgbPrimaries, para(4, 2.2, 0.9, 0.05, 0.25, 0.2, 0.01, 0.02)).build(),
		"srgb":        screen(4, srgbPrimaries, srgbCurve()).build(),
		"grey":        greyscale(pcsXYZ, curv(0x1cd)).build(),
		"grey-lab":    greyscale(pcsLab, curv()).build(),
		"rgb-lut8":    table(2, spaceRGB, pcsLab, mft1(3, 5, identity, square, softRGB)).build(),
		"rgb-lut16":   table(2, spaceRGB, pcsLab, mft2(3, 7, square, identity, softRGB)).build(),
		"rgb-xyz":     table(2, spaceRGB, pcsXYZ, mft2(3, 5, square, identity, encodedXYZ)).build(),
		"cmyk-lut8":   table(2, spaceCMYK, pcsLab, mft1(4, 4, identity, identity, softCMYK)).build(),
		"cmyk-lut16":  table(2, spaceCMYK, pcsLab, mft2(4, 5, square, identity, softCMYK)).build(),
		"rgb-a-to-b":  table(4, spaceRGB, pcsLab, aToB{a: bent, points: []int{3, 4, 5}, size: 2, nodes: softRGB, m: bent, matrix: matrix, b: bent}.tag(3)).build(),
		"rgb-matrix":  table(4, spaceRGB, pcsXYZ, aToB{m: bent, matrix: matrix, b: plain}.tag(3)).build(),
		"cmyk-a-to-b": table(4, spaceCMYK, pcsLab, aToB{a: append(bent, curv()), points: []int{2, 3, 4, 3}, size: 1, nodes: softCMYK, b: plain}.tag(4)).build(),
	}
}

// convert runs a transform over all colours of a coarse cube.
func (t *Transform) convert() []byte {
	switch t.space {
	case Grey:
		pix := cubeOf(1)
		t.Apply(pix, 1)
		return pix
	case CMYK:
		pix := cubeOf(4)
		ink := planes(pix)
		dst := make([]byte, len(pix)/4*3)
		t.ApplyCMYK(dst, ink[0], ink[1], ink[2], ink[3])
		return dst
	}
	pix := cubeOf(3)
	t.Apply(pix, 3)
	return pix
}

// I14: every architecture makes the same bytes. This proves it where it is run on another one than the file was
// written on.
func TestSameBytesEverywhere(t *testing.T) {
	var lines []string
	add := func(name string, p *Transform) {
		lines = append(lines, fmt.Sprintf("%-12s %x", name, sha256.Sum256(p.convert())))
	}
	for name, profile := range specimens() {
		p, err := Parse(profile)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		add(name, p)
	}
	add("generic-cmyk", GenericCMYK())
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	file := filepath.Join("testdata", "colours.sha256")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the colours have changed; if they should have, run go test -update\ngot\n%swant\n%s", got, want)
	}
}
