package thumbnail

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"slices"
	"testing"

	"github.com/thumbing/thumbing/internal/thumbnail/icc"
)

// inked is a picture of four inks in blocks of 8x8 pixels, each of one colour, and the same picture in RGB.
func inked(blocks int) (planes [4]*image.Gray, rgb *image.NRGBA) {
	side := 8 * blocks
	for i := range planes {
		planes[i] = image.NewGray(image.Rect(0, 0, side, side))
		for y := range side {
			for x := range side {
				if block := y/8*blocks + x/8; block>>i&1 == 1 {
					planes[i].Pix[y*side+x] = 255
				}
			}
		}
	}
	pix := make([]byte, 3*side*side)
	icc.GenericCMYK().ApplyCMYK(pix, planes[0].Pix, planes[1].Pix, planes[2].Pix, planes[3].Pix)
	rgb = image.NewNRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		copy(rgb.Pix[4*i:], []byte{pix[3*i], pix[3*i+1], pix[3*i+2], 255})
	}
	return planes, rgb
}

// Inks that are enlarged look as their colours do that are enlarged: no edge has a colour of its own.
func TestEnlargedInks(t *testing.T) {
	planes, rgb := inked(4)
	_, want := mustMake(t, makePNG(t, rgb, 0), Options{})
	for name, file := range map[string][]byte{
		"TIFF": makeInkTIFF(planes), "BigTIFF": makeInkBigTIFF(planes), "JPEG": makeInkJPEG(t, planes),
	} {
		t.Run(name, func(t *testing.T) {
			_, got := mustMake(t, file, Options{})
			for y := range 512 {
				for x := range 512 {
					near(t, name, got, x, y, want.NRGBAAt(x, y), 2)
				}
			}
		})
	}
}

func interleaved(planes [4]*image.Gray) []byte {
	var pix []byte
	for i := range planes[0].Pix {
		pix = append(pix, planes[0].Pix[i], planes[1].Pix[i], planes[2].Pix[i], planes[3].Pix[i])
	}
	return pix
}

// inkFields are the fields of a TIFF in one strip: tag, type, count, value.
func inkFields(side, bits, data int) [][4]int {
	return [][4]int{
		{0x100, 4, 1, side}, {0x101, 4, 1, side}, {0x102, 3, 4, bits}, {0x103, 3, 1, 1}, {0x106, 3, 1, 5},
		{0x111, 4, 1, data}, {0x115, 3, 1, 4}, {0x116, 4, 1, side}, {0x117, 4, 1, 4 * side * side},
	}
}

func makeInkTIFF(planes [4]*image.Gray) []byte {
	const end = 8 + 2 + 9*12 + 4
	b := append([]byte("II*\x00"), 8, 0, 0, 0, 9, 0)
	for _, f := range inkFields(planes[0].Rect.Dx(), end, end+8) {
		b = field(binary.LittleEndian, b, uint16(f[0]), uint16(f[1]), uint32(f[2]), uint32(f[3]))
	}
	return append(append(b, 0, 0, 0, 0, 8, 0, 8, 0, 8, 0, 8, 0), interleaved(planes)...)
}

// makeInkBigTIFF writes offsets and counts of 64 bits, and short values where their offset would be.
func makeInkBigTIFF(planes [4]*image.Gray) []byte {
	const end = 16 + 8 + 9*20 + 8
	order := binary.BigEndian
	b := append([]byte("MM\x00+\x00\x08\x00\x00"), 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 9)
	for _, f := range inkFields(planes[0].Rect.Dx(), 0, end) {
		b = order.AppendUint16(b, uint16(f[0]))
		b = order.AppendUint16(b, uint16(f[1]))
		b = order.AppendUint64(b, uint64(f[2]))
		var value []byte
		switch {
		case f[0] == 0x102:
			value = []byte{0, 8, 0, 8, 0, 8, 0, 8}
		case f[1] == 3:
			value = order.AppendUint16(nil, uint16(f[3]))
		default:
			value = order.AppendUint32(nil, uint32(f[3]))
		}
		b = append(append(b, value...), make([]byte, 8-len(value))...)
	}
	return append(append(b, make([]byte, 8)...), interleaved(planes)...)
}

// makeInkJPEG puts four grey pictures into one, as a scan for each ink, and as Adobe has it: 255 is no ink.
func makeInkJPEG(t *testing.T, planes [4]*image.Gray) []byte {
	t.Helper()
	file := append([]byte("\xff\xd8"), "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"...)
	for i, plane := range planes {
		inverted := image.NewGray(plane.Rect)
		for k, v := range plane.Pix {
			inverted.Pix[k] = ^v
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, inverted, &jpeg.Options{Quality: 100}); err != nil {
			t.Fatal(err)
		}
		grey := b.Bytes()
		frame, scan := bytes.Index(grey, []byte("\xff\xc0")), bytes.Index(grey, []byte("\xff\xda"))
		const frameLength, scanLength = 2 + 11, 2 + 8
		if i == 0 {
			tables := slices.Concat(grey[2:frame], grey[frame+frameLength:scan])
			components := []byte{1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0}
			header := slices.Concat([]byte{0xff, 0xc0, 0, byte(8 + len(components))}, grey[frame+4:frame+9], []byte{4}, components)
			file = slices.Concat(file, tables, header)
		}
		scanHeader := slices.Clone(grey[scan : scan+scanLength])
		scanHeader[5] = byte(i + 1)
		file = slices.Concat(file, scanHeader, grey[scan+scanLength:len(grey)-2])
	}
	return append(file, 0xff, 0xd9)
}
