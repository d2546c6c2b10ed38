package bmp

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"testing"

	ximage "golang.org/x/image/bmp"
)

var (
	red   = color.NRGBA{255, 0, 0, 255}
	green = color.NRGBA{0, 255, 0, 255}
	blue  = color.NRGBA{0, 0, 255, 255}
	white = color.NRGBA{255, 255, 255, 255}
	black = color.NRGBA{0, 0, 0, 255}
	none  = color.NRGBA{}
	three = [][3]byte{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}}
)

// variant is a small file of every kind, and what it shows, row by row from the top.
type variant struct {
	name string
	file file
	want []color.NRGBA
}

func variants() []variant {
	bgr := []byte{0, 0, 255, 0, 0, 255, 0, 0} // two rows of a pixel of 24 bits: red, green
	rgb565 := []uint32{0xf800, 0x07e0, 0x001f}
	return []variant{
		{"1 bit", file{width: 2, height: 2, bits: 1, palette: three[:2], pixels: []byte{0x40, 0, 0, 0, 0x80, 0, 0, 0}},
			[]color.NRGBA{green, red, red, green}},
		{"2 bits", file{width: 3, height: 1, bits: 2, palette: three, pixels: []byte{0b00_01_10_00, 0, 0, 0}},
			[]color.NRGBA{red, green, blue}},
		{"4 bits", file{width: 3, height: 1, bits: 4, palette: three, pixels: []byte{0x01, 0x20, 0, 0}},
			[]color.NRGBA{red, green, blue}},
		{"8 bits", file{width: 2, height: 1, bits: 8, palette: three, pixels: []byte{2, 1, 0, 0}},
			[]color.NRGBA{blue, green}},
		{"8 bits, an index beyond the palette", file{width: 2, height: 1, bits: 8, palette: three, pixels: []byte{2, 77, 0, 0}},
			[]color.NRGBA{blue, black}},
		{"8 bits, a gap before the pixels", file{width: 2, height: 1, bits: 8, colours: 3, palette: three, gap: 7, pixels: []byte{2, 1, 0, 0}},
			[]color.NRGBA{blue, green}},
		{"8 bits, not said where", file{width: 2, height: 1, bits: 8, colours: 3, palette: three, noOffset: true, pixels: []byte{2, 1, 0, 0}},
			[]color.NRGBA{blue, green}},
		{"8 bits, more colours than it can name", file{width: 1, height: 1, bits: 8, colours: 300, palette: make([][3]byte, 300), pixels: []byte{2, 0, 0, 0}},
			[]color.NRGBA{black}},
		{"OS/2 1", file{size: headerCore, width: 2, height: 1, bits: 8, palette: three, pixels: []byte{2, 1, 0, 0}},
			[]color.NRGBA{blue, green}},
		{"OS/2 2, short", file{size: headerOS2Short, width: 2, height: 1, bits: 8, palette: three, pixels: []byte{2, 1, 0, 0}},
			[]color.NRGBA{blue, green}},
		{"OS/2 2", file{size: headerOS2, width: 2, height: 1, bits: 8, palette: three, pixels: []byte{2, 1, 0, 0}},
			[]color.NRGBA{blue, green}},
		{"16 bits", file{width: 2, height: 1, bits: 16, pixels: []byte{0x00, 0x7c, 0xff, 0xff}},
			[]color.NRGBA{red, white}},
		{"16 bits, 565", file{width: 2, height: 1, bits: 16, compression: compressBitFields, masks: rgb565, pixels: []byte{0x00, 0xf8, 0xe0, 0x07}},
			[]color.NRGBA{red, green}},
		{"16 bits, masks in the header", file{size: headerV2, width: 2, height: 1, bits: 16, compression: compressBitFields, masks: rgb565, pixels: []byte{0x00, 0xf8, 0xe0, 0x07}},
			[]color.NRGBA{red, green}},
		{"16 bits, 4444", file{size: headerV5, width: 2, height: 1, bits: 16, compression: compressBitFields, masks: []uint32{0xf00, 0xf0, 0xf, 0xf000}, pixels: []byte{0x00, 0x8f, 0x00, 0x00}},
			[]color.NRGBA{{255, 0, 0, 136}, none}},
		{"16 bits, no alpha anywhere, but a mask for it", file{size: headerV3, width: 1, height: 1, bits: 16, compression: compressBitFields, masks: []uint32{0x7c00, 0x3e0, 0x1f, 0x8000}, pixels: []byte{0x00, 0x7c, 0, 0}},
			[]color.NRGBA{{255, 0, 0, 0}}},
		{"24 bits, from the top down", file{width: 1, height: -2, bits: 24, pixels: bgr}, []color.NRGBA{red, green}},
		{"24 bits, from the bottom up", file{width: 1, height: 2, bits: 24, pixels: bgr}, []color.NRGBA{green, red}},
		{"24 bits with a palette", file{width: 1, height: 1, bits: 24, colours: 3, palette: three, pixels: []byte{0, 0, 255, 0}},
			[]color.NRGBA{red}},
		{"32 bits, the fourth unused", file{width: 2, height: 1, bits: 32, pixels: []byte{0, 0, 255, 0, 0, 255, 0, 0}},
			[]color.NRGBA{red, green}},
		{"32 bits, the fourth used", file{width: 2, height: 1, bits: 32, pixels: []byte{0, 0, 255, 0, 0, 255, 0, 9}},
			[]color.NRGBA{{255, 0, 0, 0}, {0, 255, 0, 9}}},
		{"32 bits, a new header", file{size: headerV5, width: 1, height: 1, bits: 32, pixels: []byte{0, 0, 255, 9}},
			[]color.NRGBA{red}},
		{"32 bits, V4 with alpha", file{size: headerV4, width: 1, height: 1, bits: 32, compression: compressBitFields, masks: []uint32{0xff, 0xff00, 0xff0000, 0xff000000}, pixels: []byte{255, 0, 0, 9}},
			[]color.NRGBA{{255, 0, 0, 9}}},
		{"32 bits, ten each", file{width: 1, height: 1, bits: 32, compression: compressBitFields, masks: []uint32{0x3ff00000, 0xffc00, 0x3ff}, pixels: []byte{0, 0, 0xf0, 0x3f}},
			[]color.NRGBA{red}},
		{"32 bits, no blue", file{width: 1, height: 1, bits: 32, compression: compressBitFields, masks: []uint32{0xff, 0xff00, 0}, pixels: []byte{255, 255, 255, 255}},
			[]color.NRGBA{{255, 255, 0, 255}}},
		{"32 bits, alpha behind an old header", file{width: 1, height: 1, bits: 32, compression: compressAlpha, masks: []uint32{0xff000000, 0xff00, 0xff, 0xff0000}, pixels: []byte{0, 0, 7, 255}},
			[]color.NRGBA{{255, 0, 0, 7}}},
		{"RLE8", file{width: 3, height: 2, bits: 8, compression: compressRLE8, palette: three, pixels: []byte{3, 0, 0, 0, 0, 3, 0, 1, 2, 0, 0, 1}},
			[]color.NRGBA{red, green, blue, red, red, red}},
		{"RLE8, skipping", file{width: 3, height: 2, bits: 8, compression: compressRLE8, palette: three, pixels: []byte{0, 2, 1, 1, 1, 2, 0, 1}},
			[]color.NRGBA{none, blue, none, none, none, none}},
		{"RLE8, skipping within rows", file{width: 4, height: 3, bits: 8, compression: compressRLE8, palette: three, pixels: []byte{1, 0, 0, 2, 1, 0, 1, 1, 0, 2, 0, 2, 1, 2, 0, 1}},
			[]color.NRGBA{none, none, none, blue, none, none, none, none, red, none, green, none}},
		{"RLE8, skipping all of it", file{width: 1, height: 2, bits: 8, compression: compressRLE8, palette: three, pixels: []byte{0, 2, 0, 200}},
			[]color.NRGBA{none, none}},
		{"RLE8, over the edge", file{width: 2, height: 1, bits: 8, compression: compressRLE8, palette: three, pixels: []byte{255, 1, 255, 2, 0, 1}},
			[]color.NRGBA{green, green}},
		{"RLE8, ended by its last row", file{width: 2, height: 1, bits: 8, compression: compressRLE8, palette: three, pixels: []byte{2, 1, 0, 0}},
			[]color.NRGBA{green, green}},
		{"RLE4", file{width: 3, height: 2, bits: 4, compression: compressRLE4, palette: three, pixels: []byte{3, 0x12, 0, 0, 0, 3, 0x01, 0x20, 0, 1}},
			[]color.NRGBA{red, green, blue, green, blue, green}},
		{"RLE24", file{size: headerOS2, width: 3, height: 1, bits: 24, compression: compressRLE24, pixels: []byte{2, 0, 0, 255, 1, 0, 255, 0, 0, 1}},
			[]color.NRGBA{red, red, green}},
		{"RLE24, pixels as they are", file{size: headerOS2, width: 3, height: 1, bits: 24, compression: compressRLE24, pixels: []byte{0, 3, 0, 0, 255, 0, 255, 0, 255, 0, 0, 0, 0, 1}},
			[]color.NRGBA{red, green, blue}},
	}
}

func TestDecodeRows(t *testing.T) { // I10, I13
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			src := v.file.bytes()
			m := mustDecode(t, src)
			if w, h := int(v.file.width), max(int(v.file.height), -int(v.file.height)); m.Rect != image.Rect(0, 0, w, h) {
				t.Fatalf("it is %v", m.Rect)
			}
			var got []color.NRGBA
			for p := m.Pix; len(p) > 0; p = p[4:] {
				got = append(got, color.NRGBA{p[0], p[1], p[2], p[3]})
			}
			if !slices.Equal(got, v.want) {
				t.Errorf("got %v, want %v", got, v.want)
			}
		})
	}
}

// TestTruncated cuts files at every byte. // I11
func TestTruncated(t *testing.T) {
	for _, v := range variants() {
		src := v.file.bytes()
		for n := range src {
			if _, err := decode(src[:n]); !errors.Is(err, ErrTruncated) {
				t.Fatalf("%s: %d of %d bytes: %v", v.name, n, len(src), err)
			}
		}
		if _, err := decode(append(src, "rubbish"...)); err != nil {
			t.Errorf("%s: bytes behind the picture: %v", v.name, err)
		}
	}
}

// TestAsXImage compares larger pictures with another decoder, where that reads them.
func TestAsXImage(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	palette := make([][3]byte, 256)
	for i := range palette {
		palette[i] = [3]byte{byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32())}
	}
	for _, size := range []image.Point{{1, 1}, {7, 5}, {8, 3}, {33, 21}, {64, 64}} {
		for _, bits := range []uint16{1, 2, 4, 8, 24, 32} {
			for _, height := range []int{size.Y, -size.Y} {
				f := file{width: int32(size.X), height: int32(height), bits: bits}
				if bits <= 8 {
					f.palette = palette[:1<<bits]
				}
				if bits == 32 {
					f.size, f.compression, f.masks = headerV4, compressBitFields, []uint32{0xff0000, 0xff00, 0xff, 0xff000000}
				}
				stride := (size.X*int(bits) + 31) / 32 * 4
				f.pixels = make([]byte, stride*size.Y)
				for i := range f.pixels {
					f.pixels[i] = byte(random.Uint32())
				}
				src := f.bytes()
				want, err := ximage.Decode(bytes.NewReader(src))
				if err != nil {
					t.Fatalf("%d bits: %v", bits, err)
				}
				m := mustDecode(t, src)
				for y := range size.Y {
					for x := range size.X {
						got, want := m.NRGBAAt(x, y), color.NRGBAModel.Convert(want.At(x, y)).(color.NRGBA)
						if got != want {
							t.Fatalf("%d bits, %v, (%d, %d): got %v, want %v", bits, size, x, y, got, want)
						}
					}
				}
			}
		}
	}
}

func TestErrors(t *testing.T) {
	good := file{width: 1, height: 1, bits: 24, pixels: []byte{0, 0, 255, 0}}
	change := func(f func(*file)) []byte { c := good; f(&c); return c.bytes() }
	within := good.bytes()
	within[10] = 20
	for name, c := range map[string]struct {
		src  []byte
		want error
	}{
		"nothing":               {nil, ErrTruncated},
		"no BMP":                {append([]byte("PM"), good.bytes()[2:]...), ErrCorrupt},
		"no width":              {change(func(f *file) { f.width = 0 }), ErrCorrupt},
		"no height":             {change(func(f *file) { f.height = 0 }), ErrCorrupt},
		"a negative width":      {change(func(f *file) { f.width = -1 }), ErrCorrupt},
		"the lowest height":     {change(func(f *file) { f.height = -1 << 31 }), ErrCorrupt},
		"60000x60000":           {change(func(f *file) { f.width, f.height = 60000, 60000 }), ErrTruncated},
		"3 bits":                {change(func(f *file) { f.bits = 3 }), ErrUnsupported},
		"RLE8 of 24 bits":       {change(func(f *file) { f.compression = compressRLE8 }), ErrUnsupported},
		"RLE from the top down": {change(func(f *file) { f.compression, f.bits, f.height = compressRLE8, 8, -1 }), ErrCorrupt},
		"a JPEG within":         {change(func(f *file) { f.compression = 4 }), ErrUnsupported},
		"a PNG within":          {change(func(f *file) { f.compression = 5 }), ErrUnsupported},
		"Huffman":               {change(func(f *file) { f.size, f.compression = headerOS2, 3 }), ErrUnsupported},
		"compression 77":        {change(func(f *file) { f.compression = 77 }), ErrUnsupported},
		"a header of 50 bytes":  {change(func(f *file) { f.size = 50 }), ErrUnsupported},
		"a field with a hole":   {change(func(f *file) { f.bits, f.compression, f.masks = 32, 3, []uint32{5, 0, 0} }), ErrCorrupt},
		"no masks":              {change(func(f *file) { f.bits, f.compression, f.pixels = 32, 3, nil }), ErrTruncated},
		"masks of a short header": {change(func(f *file) { f.size, f.bits, f.compression = headerV2, 32, compressAlpha }),
			ErrCorrupt},
		"pixels within the header": {within, ErrCorrupt},
	} {
		if _, err := decode(c.src); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
		if err := DecodeRows(c.src, Options{}, func(int, []byte) error { return nil }); !errors.Is(err, c.want) {
			t.Errorf("%s, without a header: got %v", name, err)
		}
	}
}

func TestLimits(t *testing.T) {
	plain := file{width: 100, height: 100, bits: 1, pixels: make([]byte, 1600)}.bytes()
	runs := file{width: 9000, height: 9000, bits: 8, compression: compressRLE8, pixels: []byte{0, 1}}.bytes()
	for name, c := range map[string]struct {
		src    []byte
		limits Limits
		fits   bool
	}{
		"as usual":         {plain, Limits{}, true},
		"few pixels":       {plain, Limits{Work: 10_000}, false},
		"little memory":    {plain, Limits{Memory: 299}, false},
		"enough":           {plain, Limits{Work: 12_000, Memory: 300}, true},
		"tall runs":        {runs, Limits{}, true},
		"memory for runs":  {runs, Limits{Memory: 9000 * 4}, false},
		"81 million":       {runs, Limits{Work: 80_000_000}, false},
		"the largest runs": {file{width: maxSide, height: maxSide, bits: 8, compression: compressRLE8, pixels: []byte{0, 1}}.bytes(), Limits{}, false},
	} {
		err := DecodeRows(c.src, Options{Limits: c.limits}, func(int, []byte) error { return nil })
		if c.fits && err != nil || !c.fits && !errors.Is(err, ErrTooMuchWork) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRowError(t *testing.T) {
	stop := errors.New("stop")
	for _, v := range variants() {
		calls := 0
		err := DecodeRows(v.file.bytes(), Options{}, func(int, []byte) error { calls++; return stop })
		if err != stop || calls != 1 {
			t.Errorf("%s: %v after %d calls", v.name, err, calls)
		}
	}
}

func TestDensity(t *testing.T) {
	h, err := DecodeHeader(file{width: 1, height: 1, bits: 24, densityX: 1000, densityY: 2000, pixels: make([]byte, 4)}.bytes())
	if err != nil || h.PixelsPerMetreX != 1000 || h.PixelsPerMetreY != 2000 || h.Channels != 3 {
		t.Errorf("got %+v, %v", h, err)
	}
}
