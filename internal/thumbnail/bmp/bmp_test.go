package bmp

import (
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"io"
	"slices"
	"testing"
)

// file is a BMP to be written. Fields that are zero stand for what is usual.
type file struct {
	size        uint32 // of the second header; 40
	width       int32
	height      int32
	bits        uint16
	compression uint32
	colors      uint32
	masks       []uint32
	palette     [][3]byte // red, green, blue
	gap         int       // bytes between the palette and the pixels
	pixels      []byte
}

func (f file) bytes() []byte {
	le := binary.LittleEndian
	if f.size == 0 {
		f.size = headerInfo
	}
	info := le.AppendUint32(nil, f.size)
	if f.size == headerCore {
		info = le.AppendUint16(info, uint16(f.width))
		info = le.AppendUint16(info, uint16(f.height))
		info = le.AppendUint16(info, 1)
		info = le.AppendUint16(info, f.bits)
	} else {
		info = le.AppendUint32(info, uint32(f.width))
		info = le.AppendUint32(info, uint32(f.height))
		info = le.AppendUint16(info, 1)
		info = le.AppendUint16(info, f.bits)
		info = le.AppendUint32(info, f.compression)
		info = le.AppendUint32(info, 0)
		info = le.AppendUint32(info, 2835)
		info = le.AppendUint32(info, 2835)
		info = le.AppendUint32(info, f.colors)
		info = le.AppendUint32(info, 0)
		for _, m := range f.masks {
			info = le.AppendUint32(info, m)
		}
		if n := int(f.size); len(info) < n {
			info = append(info, make([]byte, n-len(info))...)
		}
	}
	for _, c := range f.palette {
		info = append(info, c[2], c[1], c[0])
		if f.size != headerCore {
			info = append(info, 0)
		}
	}
	info = append(info, make([]byte, f.gap)...)
	b := []byte("BM")
	b = le.AppendUint32(b, uint32(14+len(info)+len(f.pixels)))
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, uint32(14+len(info)))
	return append(append(b, info...), f.pixels...)
}

var (
	red   = color.NRGBA{255, 0, 0, 255}
	green = color.NRGBA{0, 255, 0, 255}
	blue  = color.NRGBA{0, 0, 255, 255}
	black = color.NRGBA{0, 0, 0, 255}
	none  = color.NRGBA{}
	three = [][3]byte{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}}
)

func TestDecode(t *testing.T) {
	for name, c := range map[string]struct {
		file file
		want []color.NRGBA // row by row, from the top
	}{
		"1 bit": {file{width: 2, height: 2, bits: 1, palette: three[:2], pixels: []byte{0x40, 0, 0, 0, 0x80, 0, 0, 0}},
			[]color.NRGBA{green, red, red, green}},
		"2 bits": {file{width: 3, height: 1, bits: 2, palette: three, pixels: []byte{0b00_01_10_00, 0, 0, 0}},
			[]color.NRGBA{red, green, blue}},
		"4 bits": {file{width: 3, height: 1, bits: 4, palette: three, pixels: []byte{0x01, 0x20, 0, 0}},
			[]color.NRGBA{red, green, blue}},
		"8 bits":                              {file{width: 2, height: 1, bits: 8, palette: three, pixels: []byte{2, 1, 0, 0}}, []color.NRGBA{blue, green}},
		"8 bits, an index beyond the palette": {file{width: 2, height: 1, bits: 8, palette: three, pixels: []byte{2, 77, 0, 0}}, []color.NRGBA{blue, black}},
		"8 bits, a gap before the pixels":     {file{width: 2, height: 1, bits: 8, colors: 3, palette: three, gap: 7, pixels: []byte{2, 1, 0, 0}}, []color.NRGBA{blue, green}},
		"8 bits, more colours than it can name": {file{width: 1, height: 1, bits: 8, colors: 300, palette: make([][3]byte, 300), pixels: []byte{2, 0, 0, 0}},
			[]color.NRGBA{black}},
		"OS/2": {file{size: headerCore, width: 2, height: 1, bits: 8, palette: three, pixels: []byte{2, 1, 0, 0}}, []color.NRGBA{blue, green}},
		"16 bits": {file{width: 2, height: 1, bits: 16, pixels: []byte{0x00, 0x7c, 0xff, 0xff}},
			[]color.NRGBA{red, {255, 255, 255, 255}}},
		"16 bits, 565": {file{width: 2, height: 1, bits: 16, compression: compressBitFields, masks: []uint32{0xf800, 0x07e0, 0x001f}, pixels: []byte{0x00, 0xf8, 0xe0, 0x07}},
			[]color.NRGBA{red, green}},
		"16 bits, 4444": {file{size: headerV5, width: 2, height: 1, bits: 16, compression: compressBitFields, masks: []uint32{0xf00, 0xf0, 0xf, 0xf000}, pixels: []byte{0x00, 0x8f, 0x00, 0x00}},
			[]color.NRGBA{{255, 0, 0, 136}, none}},
		"24 bits, from the top down":  {file{width: 1, height: -2, bits: 24, pixels: []byte{0, 0, 255, 0, 0, 255, 0, 0}}, []color.NRGBA{red, green}},
		"24 bits, from the bottom up": {file{width: 1, height: 2, bits: 24, pixels: []byte{0, 0, 255, 0, 0, 255, 0, 0}}, []color.NRGBA{green, red}},
		"24 bits with a palette":      {file{width: 1, height: 1, bits: 24, colors: 3, palette: three, pixels: []byte{0, 0, 255, 0}}, []color.NRGBA{red}},
		"32 bits, the fourth unused":  {file{width: 2, height: 1, bits: 32, pixels: []byte{0, 0, 255, 0, 0, 255, 0, 0}}, []color.NRGBA{red, green}},
		"32 bits, the fourth used":    {file{width: 2, height: 1, bits: 32, pixels: []byte{0, 0, 255, 0, 0, 255, 0, 9}}, []color.NRGBA{{255, 0, 0, 0}, {0, 255, 0, 9}}},
		"32 bits, a new header":       {file{size: headerV5, width: 1, height: 1, bits: 32, pixels: []byte{0, 0, 255, 9}}, []color.NRGBA{red}},
		"32 bits, ten each": {file{width: 1, height: 1, bits: 32, compression: compressBitFields, masks: []uint32{0x3ff00000, 0xffc00, 0x3ff}, pixels: []byte{0, 0, 0xf0, 0x3f}},
			[]color.NRGBA{red}},
		"32 bits, alpha behind an old header": {file{width: 1, height: 1, bits: 32, compression: compressAlpha, masks: []uint32{0xff000000, 0xff00, 0xff, 0xff0000}, pixels: []byte{0, 0, 7, 255}},
			[]color.NRGBA{{255, 0, 0, 7}}},
		"RLE8": {file{width: 3, height: 2, bits: 8, compression: compressRLE8, palette: three, pixels: []byte{3, 0, 0, 0, 0, 3, 0, 1, 2, 0, 0, 1}},
			[]color.NRGBA{red, green, blue, red, red, red}},
		"RLE8, skipping": {file{width: 3, height: 2, bits: 8, compression: compressRLE8, palette: three, pixels: []byte{0, 2, 1, 1, 1, 2, 0, 1}},
			[]color.NRGBA{none, blue, none, none, none, none}},
		"RLE8, over the edge":         {file{width: 2, height: 1, bits: 8, compression: compressRLE8, palette: three, pixels: []byte{255, 1, 0, 1}}, []color.NRGBA{green, green}},
		"RLE8, ended by its last row": {file{width: 2, height: 1, bits: 8, compression: compressRLE8, palette: three, pixels: []byte{2, 1, 0, 0}}, []color.NRGBA{green, green}},
		"RLE4": {file{width: 3, height: 2, bits: 4, compression: compressRLE4, palette: three, pixels: []byte{3, 0x12, 0, 0, 0, 3, 0x01, 0x20, 0, 1}},
			[]color.NRGBA{red, green, blue, green, blue, green}},
		"RLE24": {file{size: headerOS2, width: 3, height: 1, bits: 24, compression: compressRLE24, pixels: []byte{2, 0, 0, 255, 1, 0, 255, 0, 0, 1}},
			[]color.NRGBA{red, red, green}},
	} {
		t.Run(name, func(t *testing.T) {
			src := c.file.bytes()
			config, err := DecodeConfig(src)
			if err != nil {
				t.Fatal(err)
			}
			m, err := Decode(src)
			if err != nil {
				t.Fatal(err)
			}
			w, h := int(c.file.width), max(int(c.file.height), -int(c.file.height))
			if config.Width != w || config.Height != h || m.Bounds() != image.Rect(0, 0, w, h) || config.PixelsPerMetreX != config.PixelsPerMetreY {
				t.Fatalf("it is %+v, decoded %v", config, m.Bounds())
			}
			var got []color.NRGBA
			for y := range h {
				for x := range w {
					got = append(got, color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA))
				}
			}
			if nrgba, ok := m.(*image.NRGBA); ok { // exact, where alpha is 0 as well
				got = got[:0]
				for y := range h {
					for x := range w {
						got = append(got, nrgba.NRGBAAt(x, y))
					}
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
			for n := range len(src) { // I11
				if _, err := Decode(src[:n]); err == nil {
					t.Fatalf("%d of %d bytes were enough", n, len(src))
				}
			}
		})
	}
}

func TestErrors(t *testing.T) {
	good := file{width: 1, height: 1, bits: 24, pixels: []byte{0, 0, 255, 0}}
	change := func(f func(*file)) []byte { c := good; f(&c); return c.bytes() }
	for name, c := range map[string]struct {
		src  []byte
		want error // nil for any
	}{
		"nothing":               {nil, io.ErrUnexpectedEOF},
		"no BMP":                {append([]byte("PM"), good.bytes()[2:]...), nil},
		"no width":              {change(func(f *file) { f.width = 0 }), nil},
		"a negative width":      {change(func(f *file) { f.width = -1 }), nil},
		"the lowest height":     {change(func(f *file) { f.height = -1 << 31 }), nil},
		"60000x60000":           {change(func(f *file) { f.width, f.height = 60000, 60000 }), io.ErrUnexpectedEOF},
		"3 bits":                {change(func(f *file) { f.bits = 3 }), ErrUnsupported},
		"RLE8 of 24 bits":       {change(func(f *file) { f.compression = compressRLE8 }), ErrUnsupported},
		"RLE from the top down": {change(func(f *file) { f.compression, f.bits, f.height = compressRLE8, 8, -1 }), nil},
		"a JPEG within":         {change(func(f *file) { f.compression = 4 }), ErrUnsupported},
		"a PNG within":          {change(func(f *file) { f.compression = 5 }), ErrUnsupported},
		"Huffman":               {change(func(f *file) { f.size, f.compression = headerOS2, 3 }), ErrUnsupported},
		"a header of 50 bytes":  {change(func(f *file) { f.size = 50 }), ErrUnsupported},
		"a field with a hole":   {change(func(f *file) { f.bits, f.compression, f.masks = 32, 3, []uint32{5, 0, 0} }), nil},
		"no masks":              {change(func(f *file) { f.bits, f.compression, f.pixels = 32, 3, nil }), io.ErrUnexpectedEOF},
	} {
		if m, err := Decode(c.src); err == nil || !errors.Is(err, c.want) && c.want != nil {
			t.Errorf("%s: got %v, %v", name, m, err)
		}
	}
	pixels := good.bytes()
	binary.LittleEndian.PutUint32(pixels[10:], 20) // within the header
	if _, err := Decode(pixels); err == nil {
		t.Error("pixels within the header were read")
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range []file{
		{width: 2, height: 2, bits: 1, palette: three, pixels: make([]byte, 8)},
		{width: 3, height: -2, bits: 4, palette: three, pixels: make([]byte, 8)},
		{size: headerCore, width: 2, height: 1, bits: 8, palette: three, pixels: make([]byte, 4)},
		{width: 2, height: 1, bits: 16, compression: compressBitFields, masks: []uint32{0xf800, 0x07e0, 0x001f}, pixels: make([]byte, 4)},
		{size: headerV5, width: 2, height: 1, bits: 32, compression: compressBitFields, masks: []uint32{0xff, 0xff00, 0xff0000, 0xff000000}, pixels: make([]byte, 8)},
		{width: 9, height: 9, bits: 8, compression: compressRLE8, palette: three, pixels: []byte{3, 0, 0, 2, 1, 1, 0, 3, 0, 1, 2, 0, 0, 1}},
		{width: 9, height: 9, bits: 4, compression: compressRLE4, palette: three, pixels: []byte{3, 0x12, 0, 0, 0, 3, 0x01, 0x20, 0, 1}},
		{size: headerOS2, width: 3, height: 1, bits: 24, compression: compressRLE24, pixels: []byte{2, 0, 0, 255, 1, 0, 255, 0, 0, 1}},
	} {
		f.Add(c.bytes())
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := DecodeConfig(src)
		if err != nil || c.Memory > 1<<20 {
			return
		}
		m, err := Decode(src)
		if err == nil && m.Bounds() != image.Rect(0, 0, c.Width, c.Height) {
			t.Fatalf("%+v became %v", c, m.Bounds())
		}
	})
}
