// Package icc converts the colours of small 8-bit pictures to sRGB, as their ICC profiles tell.
//
// [Parse] compiles a profile into a [Transform], and [Transform.Apply] runs it over a picture that has its final
// size already. Profiles of grey, RGB and CMYK pictures are read, of versions 2 and 4:
//
//   - a grey tone curve;
//   - three tone curves and the XYZ of red, green and blue (screens and cameras: Display P3, Adobe RGB, ...);
//   - a table of colours, of type lut8Type, lut16Type or lutAToBType (printing presses, scanners).
//
// Not read are tables of grey or of more than four inks, links from device to device, named colours, and the tags
// of multiProcessElementsType, beside which there is always one of the others.
//
// The rendering is the perceptual one with black point compensation, which is what sharp makes of the same
// profiles. Colours that sRGB cannot show are clipped.
//
// # Reproducibility
//
// The same profile and the same pixels give the same bytes on every architecture. Per pixel there are integers
// only. The tables they look into are made with floating-point numbers that no compiler may fuse: each product
// that is added to something is converted to float64 first, which the language defines as a rounding; and
// powers are not left to package math (pow.go).
//
// # Safety
//
// A profile comes with a picture from anybody. Whatever its bytes are, Parse answers a Transform or an error, and
// takes no more memory than a small multiple of the profile's size.
//
// Source of the formats: ICC.1:2022 (profile version 4.4), whose clauses are named where they stand. Version 2
// differs where it is said.
package icc

import (
	"bytes"
	"errors"
	"fmt"
)

// Space is the colour space of the pictures that a profile is for.
type Space uint8

// The colour spaces that profiles are read for.
const (
	Grey Space = iota + 1
	RGB
	CMYK
)

// Transform takes the colours of a picture to sRGB. It does not change, and may be used by several goroutines at
// a time.
type Transform struct {
	space Space
	srgb  bool

	// One of them is set.
	grey   *[256]byte
	shaper *shaper
	lut    *lut
}

// Parse compiles a profile. An error means that the picture is best shown as if it had none: the bytes are
// damaged, or the profile is for a kind of picture or built in a way that is not read.
func Parse(profile []byte) (*Transform, error) {
	t, err := parse(profile)
	if err != nil {
		return nil, fmt.Errorf("icc profile: %w", err)
	}
	return t, nil
}

func parse(b []byte) (*Transform, error) {
	p, err := open(b)
	if err != nil {
		return nil, err
	}
	t := &Transform{}
	switch p.space {
	case spaceGrey:
		t.space = Grey
		t.grey, err = parseGrey(p)
	case spaceRGB:
		t.space = RGB
		if p.tag(tagA2B0) == nil && p.tag(tagRedColorant) != nil {
			t.shaper, err = parseShaper(p)
		} else {
			t.lut, err = parseLUT(p, 3)
		}
	case spaceCMYK:
		t.space = CMYK
		t.lut, err = parseLUT(p, 4)
	default:
		err = fmt.Errorf("its pictures are neither grey nor RGB nor CMYK, but %q", p.space)
	}
	if err != nil {
		return nil, err
	}
	t.srgb = t.changesNothing()
	return t, nil
}

// errNoTable: neither a table of colours nor, for RGB, tone curves and colorants.
var errNoTable = errors.New("it does not tell how to reach the connection space")

// Space answers which pictures the profile is for. One that comes with another kind of picture is to be ignored.
func (t *Transform) Space() Space { return t.space }

// Apply converts pixels in place, unless they are sRGB as they are: where no colour would change by more than 1 of 255,
// none does. Each pixel is channels bytes: 1 for grey, 2 for grey and alpha, 3 for RGB, 4 for RGB and alpha. Colours
// must not be multiplied by alpha; alpha stays as it is.
//
// A grey profile also takes grey pictures that were spread to 3 or 4 channels. Otherwise, where the profile is for
// another kind of picture, nothing is changed; for CMYK there is [Transform.ApplyCMYK].
func (t *Transform) Apply(pix []byte, channels int) {
	if t.srgb || channels < 1 || channels > 4 {
		return
	}
	t.apply(pix, channels)
}

func (t *Transform) apply(pix []byte, channels int) {
	switch {
	case t.space == Grey:
		applyGrey(t.grey, pix, channels)
	case t.space == RGB && channels < 3, t.space == CMYK:
	case t.shaper != nil:
		t.shaper.apply(pix, channels)
	default:
		t.lut.applyRGB(pix, channels)
	}
}

// ApplyCMYK converts planes of ink to pixels of RGB, 3 bytes each: as many as fit dst, and as all four planes
// have. In c, m, y and k, 0 is no ink and 255 is all of it; pictures that are stored inverted, as Adobe's are,
// must be turned first. Nothing happens where the profile is not for CMYK.
func (t *Transform) ApplyCMYK(dst, c, m, y, k []byte) {
	if t.space == CMYK {
		t.lut.applyCMYK(dst, c, m, y, k)
	}
}

// changesNothing probes all greys, and a grid of colours. It stops at the first that changes: of most profiles that
// are not sRGB, a few do.
func (t *Transform) changesNothing() bool {
	if t.space == CMYK {
		return false
	}
	var probe []byte
	for v := range 256 {
		probe = append(probe, byte(v), byte(v), byte(v))
	}
	if t.changes(probe) {
		return false
	}
	if t.space == Grey {
		return true
	}
	const step = 15 // 18 values: 0, 15, ... 255
	for r := 0; r < 256; r += step {
		probe = probe[:0]
		for g := 0; g < 256; g += step {
			for b := 0; b < 256; b += step {
				probe = append(probe, byte(r), byte(g), byte(b))
			}
		}
		if t.changes(probe) {
			return false
		}
	}
	return true
}

// changes reports whether any of some RGB pixels becomes another, by more than rounding does.
func (t *Transform) changes(pix []byte) bool {
	got := bytes.Clone(pix)
	t.apply(got, 3)
	for i, v := range got {
		if d := int(v) - int(pix[i]); d < -1 || d > 1 {
			return true
		}
	}
	return false
}
