package tiff

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	xtiff "golang.org/x/image/tiff"
)

// noise is a sample that differs from its neighbours, of any number of bits.
func noise(x, y, s int) uint64 {
	v := uint64(x*x*31+y*57+s*101+x*y) * 0x9e3779b97f4a7c15
	return v >> 11
}

// of limits what a function gives to so many bits.
func of(bits int, f func(x, y, s int) uint64) func(x, y, s int) uint64 {
	return func(x, y, s int) uint64 { return f(x, y, s) & (1<<bits - 1) }
}

// variant is a file, and what a pixel of it shows.
type variant struct {
	name string
	file file
	want func(x, y int) []byte
}

// check decodes a file and compares it, to within so many of 255.
func (v variant) check(t *testing.T, tolerance int) {
	t.Helper()
	h, pix := mustDecode(t, v.file.bytes())
	if h.Width != v.file.width || h.Height != v.file.height || h.Channels != len(v.want(0, 0)) {
		t.Fatalf("it is %+v", h)
	}
	for i := 0; len(pix) > 0; i++ {
		x, y := i%h.Width, i/h.Width
		for c, want := range v.want(x, y) {
			if d := int(pix[c]) - int(want); d < -tolerance || d > tolerance {
				t.Fatalf("(%d, %d): got %v, want %v", x, y, pix[:h.Channels], v.want(x, y))
			}
		}
		pix = pix[h.Channels:]
	}
}

// greys are pictures of one sample, of every depth.
func greys() []variant {
	var all []variant
	for _, bits := range []int{1, 2, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16} {
		sample := of(bits, noise)
		f := file{width: 21, height: 5, photometric: photometricBlackIsZero, bits: bits, sample: sample, rowsPerStrip: 2}
		all = append(all, variant{fmt.Sprintf("grey of %d bits", bits), f, func(x, y int) []byte {
			return []byte{scaled(sample(x, y, 0), bits)}
		}})
		f.photometric = photometricWhiteIsZero
		all = append(all, variant{fmt.Sprintf("grey of %d bits, white is 0", bits), f, func(x, y int) []byte {
			return []byte{255 - scaled(sample(x, y, 0), bits)}
		}})
	}
	return all
}

// palettes are pictures of one sample that is an index.
func palettes() []variant {
	var all []variant
	for _, bits := range []int{1, 2, 4, 8} {
		sample := of(bits, noise)
		var wide, narrow []uint64
		for i := range 3 << bits {
			wide, narrow = append(wide, uint64(i*20011%65536)), append(narrow, uint64(i*77%256))
		}
		f := file{width: 19, height: 4, photometric: photometricPalette, bits: bits, sample: sample}
		for name, colours := range map[string][]uint64{"": wide, " whose colours are of 8 bits": narrow} {
			f.fields = map[int]values{tagColorMap: shorts(colours...)}
			all = append(all, variant{fmt.Sprintf("palette of %d bits%s", bits, name), f, func(x, y int) []byte {
				var c []byte
				for s := range 3 {
					v := colours[s<<bits|int(sample(x, y, 0))]
					if name == "" {
						v >>= 8
					}
					c = append(c, byte(v))
				}
				return c
			}})
		}
	}
	return all
}

// colours are pictures of several samples.
func colours() []variant {
	var all []variant
	plain := func(name string, f file, used ...int) {
		f.width, f.height, f.sample = 17, 6, of(f.bits, noise)
		all = append(all, variant{name, f, func(x, y int) []byte {
			var c []byte
			for _, s := range used {
				c = append(c, scaled(f.sample(x, y, s), f.bits))
			}
			return c
		}})
	}
	extra := func(kinds ...uint64) map[int]values { return map[int]values{tagExtraSamples: shorts(kinds...)} }
	for _, bits := range []int{4, 8, 12, 16} {
		for _, planar := range []bool{false, true} {
			for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
				name := fmt.Sprintf(" of %d bits, planar %v, %v", bits, planar, order)
				f := file{photometric: photometricRGB, bits: bits, samples: 3, planar: planar, order: order, rowsPerStrip: 4}
				plain("RGB"+name, f, 0, 1, 2)
				f.samples = 4
				plain("RGB and a fourth"+name, f, 0, 1, 2, 3)
				f.fields = extra(extraUnassociated)
				plain("RGBA"+name, f, 0, 1, 2, 3)
				f.fields = extra(0)
				plain("RGB and an unknown"+name, f, 0, 1, 2, 3)
				f.samples, f.fields = 5, extra(0, 0)
				plain("RGB and two unknown"+name, f, 0, 1, 2)
				f.samples, f.fields = 6, extra(0, extraUnassociated, extraUnassociated)
				plain("RGB, an unknown and alpha"+name, f, 0, 1, 2, 4)
				f.photometric, f.samples, f.fields = photometricBlackIsZero, 2, extra(extraUnassociated)
				plain("grey and alpha"+name, f, 0, 0, 0, 1)
				f.samples, f.fields = 3, nil
				plain("grey and two unknown"+name, f, 0)
				f.photometric, f.samples = photometricCMYK, 5
				plain("CMYK and an unknown"+name, f, 0, 1, 2, 3)
			}
		}
	}
	for bits, of := range map[int]func(float64) uint64{
		32: func(v float64) uint64 { return uint64(math.Float32bits(float32(v))) },
		64: math.Float64bits,
		16: halfBits,
	} {
		light := func(x, y, s int) float64 { return float64(x*5+y*2+s) / 32 }
		f := file{
			width: 7, height: 2, photometric: photometricRGB, bits: bits, samples: 3,
			sample: func(x, y, s int) uint64 { return of(light(x, y, s)) },
			fields: map[int]values{tagSampleFormat: shorts(3, 3, 3)},
		}
		all = append(all, variant{fmt.Sprintf("RGB of floating point, %d bits", bits), f, func(x, y int) []byte {
			var c []byte
			for s := range 3 {
				c = append(c, sRGB(light(x, y, s)))
			}
			return c
		}})
	}
	return all
}

// halfBits is a number from 2^-14 on in 16 bits, or 0.
func halfBits(v float64) uint64 {
	if v == 0 {
		return 0
	}
	fraction, exponent := math.Frexp(v)
	return uint64(exponent+14)<<10 | uint64(fraction*2048)&1023
}

// sRGB encodes light as IEC 61966-2-1 spells it out.
func sRGB(light float64) byte {
	light = min(light, 1)
	if light <= 0.0031308 {
		return byte(light*12.92*255 + 0.5)
	}
	return byte((1.055*math.Pow(light, 1/2.4)-0.055)*255 + 0.5)
}

func TestSamples(t *testing.T) { // I10, I13
	for _, all := range [][]variant{greys(), palettes(), colours()} {
		for _, v := range all {
			t.Run(v.name, func(t *testing.T) { v.check(t, 0) })
		}
	}
}

// TestAlphaTogether divides colours by the alpha that they have been multiplied with.
func TestAlphaTogether(t *testing.T) { // I13
	for _, grey := range []bool{false, true} {
		f := file{
			width: 16, height: 9, photometric: photometricRGB, samples: 4,
			sample: func(x, y, s int) uint64 { return uint64([]int{x * y, 3 * y, x + 7, 17 * x}[s]) },
			fields: map[int]values{tagExtraSamples: shorts(extraAssociated)},
		}
		if grey {
			f.photometric, f.samples = photometricBlackIsZero, 2
			f.sample = func(x, y, s int) uint64 { return uint64([]int{x * y, 17 * x}[s]) }
		}
		variant{"", f, func(x, y int) []byte {
			a := f.sample(x, y, f.samples-1)
			c := []byte{byte(f.sample(x, y, 0)), byte(f.sample(x, y, 0)), byte(f.sample(x, y, 0)), byte(a)}
			for s := range 3 {
				if !grey {
					c[s] = byte(f.sample(x, y, s))
				}
				if a > 0 {
					c[s] = byte(min(math.Round(float64(c[s])*255/float64(a)), 255))
				}
			}
			return c
		}}.check(t, 0)
	}
}

// layouts are all ways to cut a picture into blocks.
func layouts(f file) map[string]file {
	all := map[string]file{"one strip": f}
	strips, rows, tiles, wide := f, f, f, f
	strips.rowsPerStrip, rows.rowsPerStrip = 7, 1
	tiles.tile, wide.tile = image.Pt(16, 16), image.Pt(64, 32)
	all["strips"], all["a strip a row"], all["tiles"], all["a tile larger than the picture"] = strips, rows, tiles, wide
	endless := f
	endless.fields = map[int]values{tagRowsPerStrip: longs(1<<32 - 1)}
	all["an endless strip"] = endless
	return all
}

// TestLayouts reads every compression with every predictor out of strips and tiles, in planes and together, in either
// byte order, from files of either size.
func TestLayouts(t *testing.T) {
	type coding struct{ compression, predictor, bits int }
	codings := []coding{
		{compressNone, 1, 8}, {compressPackBits, 1, 8}, {compressPackBits, 1, 16}, {compressLZW, 1, 8},
		{compressLZW, predictorHorizontal, 8}, {compressLZW, predictorHorizontal, 16}, {compressDeflate, 1, 4},
		{compressDeflateOld, predictorHorizontal, 8}, {compressDeflate, predictorHorizontal, 16},
	}
	for i, c := range codings {
		base := file{
			width: 43, height: 38, photometric: photometricRGB, samples: 3, bits: c.bits, compression: c.compression,
			predictor: c.predictor, planar: i%2 == 1, big: i%3 == 1, reversed: i%4 == 3,
			// Some that repeats, and some that does not.
			sample: of(c.bits, func(x, y, s int) uint64 { return noise(x/5, y/3, s) + uint64(x*s) }),
		}
		for name, f := range layouts(base) {
			for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
				f.order = order
				t.Run(fmt.Sprintf("%+v, %s, %v", c, name, order), func(t *testing.T) {
					variant{"", f, func(x, y int) []byte {
						return []byte{scaled(f.sample(x, y, 0), c.bits), scaled(f.sample(x, y, 1), c.bits), scaled(f.sample(x, y, 2), c.bits)}
					}}.check(t, 0)
				})
			}
		}
	}
}

// TestFloatPredictors reads what both predictors make of floating point.
func TestFloatPredictors(t *testing.T) {
	for _, v := range colours() {
		if v.file.fields[tagSampleFormat].typ == 0 {
			continue
		}
		for _, predictor := range []int{predictorHorizontal, predictorFloat} {
			for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
				v.file.compression, v.file.predictor, v.file.order = compressDeflate, predictor, order
				v.check(t, 0)
			}
		}
	}
}

// TestUncounted reads blocks whose sizes the file does not say.
func TestUncounted(t *testing.T) {
	for _, c := range []int{compressNone, compressPackBits, compressLZW, compressDeflate} {
		f := file{width: 9, height: 5, photometric: photometricBlackIsZero, compression: c, rowsPerStrip: 2, sample: of(8, noise)}
		f.fields = map[int]values{tagStripByteCounts: {}, tagPlanarConfiguration: {}, tagFillOrder: {}, tagRowsPerStrip: longs(2)}
		variant{"", f, func(x, y int) []byte { return []byte{byte(f.sample(x, y, 0))} }}.check(t, 0)
	}
}

// TestAsXImage compares with another decoder, where that reads what the encoder here writes, or has written it itself.
func TestAsXImage(t *testing.T) {
	var files [][]byte
	for _, c := range []int{compressNone, compressPackBits, compressLZW, compressDeflate} {
		for _, bits := range []int{8, 16} {
			for name, f := range layouts(file{width: 40, height: 33, photometric: photometricRGB, samples: 3, bits: bits, compression: c, sample: of(bits, noise)}) {
				if c != compressNone || name != "an endless strip" {
					files = append(files, f.bytes())
				}
			}
		}
	}
	nrgba, grey, paletted := image.NewNRGBA(image.Rect(0, 0, 31, 17)), image.NewGray16(image.Rect(0, 0, 31, 17)), image.NewPaletted(image.Rect(0, 0, 31, 17), color.Palette{color.White, color.Black, color.RGBA{1, 2, 3, 255}})
	for i := range nrgba.Pix {
		nrgba.Pix[i] = byte(noise(i, 1, 2))
	}
	for i := range grey.Pix {
		grey.Pix[i] = byte(noise(i, 3, 4))
	}
	for i := range paletted.Pix {
		paletted.Pix[i] = byte(noise(i, 5, 6) % 3)
	}
	for _, m := range []image.Image{nrgba, grey, paletted} {
		for _, o := range []*xtiff.Options{nil, {Compression: xtiff.Deflate}, {Compression: xtiff.Deflate, Predictor: true}} {
			var b bytes.Buffer
			if err := xtiff.Encode(&b, m, o); err != nil {
				t.Fatal(err)
			}
			files = append(files, b.Bytes())
		}
	}
	for i, src := range files {
		m, err := xtiff.Decode(bytes.NewReader(src))
		if err != nil {
			t.Fatal(i, err)
		}
		h, pix := mustDecode(t, src)
		for y := range h.Height {
			for x := range h.Width {
				p := pix[(y*h.Width+x)*h.Channels:][:h.Channels]
				got := color.NRGBA{p[0], p[0], p[0], 255}
				if h.Channels >= 3 {
					got.G, got.B = p[1], p[2]
				}
				if h.Channels == 4 {
					got.A = p[3]
				}
				want := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
				for k, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B), int(got.A) - int(want.A)} {
					if (d < -1 || d > 1) && (k == 3 || want.A > 0) { // of 16 bits, it drops the lower 8
						t.Fatalf("%d, (%d, %d): got %v, want %v", i, x, y, got, want)
					}
				}
			}
		}
	}
}

func TestHeader(t *testing.T) { // I6
	base := file{width: 3, height: 2, photometric: photometricBlackIsZero, sample: of(8, noise)}
	for name, c := range map[string]struct {
		orientation values
		want        int
	}{
		"missing": {values{}, 1}, "1": {shorts(1), 1}, "6": {shorts(6), 6}, "8": {shorts(8), 8},
		"0": {shorts(0), 1}, "9": {shorts(9), 1}, "65535": {shorts(65535), 1}, "LONG": {longs(6), 1}, "two": {shorts(6, 6), 1},
	} {
		f := base
		f.fields = map[int]values{tagOrientation: c.orientation, tagICCProfile: {typ: typeUndefined, bytes: []byte("a profile")}}
		h, err := DecodeHeader(f.bytes())
		if err != nil || h.Orientation != c.want || string(h.ICC) != "a profile" {
			t.Errorf("%s: got %+v, %v", name, h, err)
		}
	}
	base.photometric, base.samples = photometricCIELab, 3
	base.fields = map[int]values{tagICCProfile: {typ: typeUndefined, bytes: []byte("a profile")}}
	if h, err := DecodeHeader(base.bytes()); err != nil || h.ICC != nil || h.Orientation != 1 || h.CMYK {
		t.Errorf("L*a*b*: got %+v, %v", h, err)
	}
	base.photometric, base.samples = photometricCMYK, 4
	if h, err := DecodeHeader(base.bytes()); err != nil || h.ICC == nil || !h.CMYK || h.Channels != 4 {
		t.Errorf("CMYK: got %+v, %v", h, err)
	}
}

func TestRowError(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	f := file{width: 3, height: 2, photometric: photometricBlackIsZero, sample: of(8, noise)}
	err := DecodeRows(f.bytes(), Options{}, func(int, []byte) error { calls++; return stop })
	if err != stop || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}
