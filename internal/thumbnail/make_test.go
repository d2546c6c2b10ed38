package thumbnail

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// This file makes pictures in every format that is read.

var (
	red    = color.NRGBA{R: 220, A: 255}
	green  = color.NRGBA{G: 200, A: 255}
	blue   = color.NRGBA{B: 230, A: 255}
	yellow = color.NRGBA{R: 210, G: 210, A: 255}
)

// quadrants is red and green above blue and yellow.
func quadrants(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, [2][2]color.NRGBA{{red, green}, {blue, yellow}}[y*2/h][x*2/w])
		}
	}
	return m
}

// gradient has another colour in every pixel, and where alpha is set, another transparency in every row.
func gradient(w, h int, alpha bool) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{R: byte(x * 255 / w), G: byte(y * 255 / h), B: byte((x*7 + y*13) % 256), A: 255}
			if alpha {
				c.A = byte(y * 255 / h)
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// stored is how a camera stores an upright picture whose file then says orientation o: the inverse of what
// a viewer does.
func stored(m *image.NRGBA, o int) *image.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	sw, sh := w, h
	if o >= 5 {
		sw, sh = h, w
	}
	out := image.NewNRGBA(image.Rect(0, 0, sw, sh))
	for y := range h {
		for x := range w {
			// Where the visual pixel (x, y) is stored. EXIF names the visual side that row 0 and column 0 are.
			sx, sy := x, y
			switch o {
			case 2: // top, right
				sx = w - 1 - x
			case 3: // bottom, right
				sx, sy = w-1-x, h-1-y
			case 4: // bottom, left
				sy = h - 1 - y
			case 5: // left, top
				sx, sy = y, x
			case 6: // right, top
				sx, sy = y, w-1-x
			case 7: // right, bottom
				sx, sy = h-1-y, w-1-x
			case 8: // left, bottom
				sx, sy = h-1-y, x
			}
			out.SetNRGBA(sx, sy, m.NRGBAAt(x, y))
		}
	}
	return out
}

// encoder makes a file of a picture and an EXIF orientation; 0 stands for a file without EXIF.
type encoder func(t testing.TB, m image.Image, orientation int) []byte

// oriented are the formats that can say which side is up.
var oriented = map[Format]encoder{JPEG: makeJPEG, PNG: makePNG, WebP: makeWebP, TIFF: makeTIFF}

// exif is a block of EXIF with an orientation, written as the order says.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	b = field(order, b, 0x010f, 2, 4, 0) // the camera's maker, so that orientation is not the first field
	b = order.AppendUint16(b, tagOrientation)
	b = order.AppendUint16(b, typeShort)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, orientation)
	b = order.AppendUint16(b, 0)
	return order.AppendUint32(b, 0)
}

func field(order binary.AppendByteOrder, b []byte, tag, typ uint16, count, value uint32) []byte {
	b = order.AppendUint16(b, tag)
	b = order.AppendUint16(b, typ)
	b = order.AppendUint32(b, count)
	return order.AppendUint32(b, value)
}

func makeJPEG(t testing.TB, m image.Image, orientation int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	if orientation == 0 {
		return b.Bytes()
	}
	return insertSegment(b.Bytes(), 0xe1, append([]byte("Exif\x00\x00"), exif(binary.BigEndian, uint16(orientation))...))
}

// insertSegment puts a segment at the beginning of a JPEG.
func insertSegment(file []byte, marker byte, body []byte) []byte {
	out := append([]byte{0xff, 0xd8, 0xff, marker}, byte((len(body)+2)>>8), byte(len(body)+2))
	out = append(out, body...)
	return append(out, file[2:]...)
}

func makePNG(t testing.TB, m image.Image, orientation int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if orientation == 0 {
		return b.Bytes()
	}
	return insertChunk(b.Bytes(), "eXIf", exif(binary.LittleEndian, uint16(orientation)))
}

// insertChunk puts a chunk behind a PNG's header.
func insertChunk(file []byte, name string, body []byte) []byte {
	const header = 8 + 12 + 13
	return append(append(bytes.Clone(file[:header]), chunk(name, body)...), file[header:]...)
}

func chunk(name string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, name...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func makeGIF(t testing.TB, m image.Image, _ int) []byte {
	t.Helper()
	p := image.NewPaletted(m.Bounds(), append(palette.Plan9[:255:255], color.NRGBA{}))
	draw.Draw(p, p.Rect, m, m.Bounds().Min, draw.Src)
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{p}, Delay: []int{0}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func makeBMP(t testing.TB, m image.Image, _ int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := bmp.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// makeTIFF writes RGBA in strips of 16 rows. x/image writes no orientation.
func makeTIFF(t testing.TB, m image.Image, orientation int) []byte {
	t.Helper()
	order := binary.LittleEndian
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	const rows = 16
	strips := ceilDiv(h, rows)
	var pix []byte
	for y := range h {
		for x := range w {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			pix = append(pix, c.R, c.G, c.B, c.A)
		}
	}
	const fields = 11
	end := uint32(8 + 2 + fields*12 + 4)
	bits, offsets, counts := end, end+8, end+8+4*uint32(strips)
	data := counts + 4*uint32(strips)
	b := append([]byte("II*\x00"), 8, 0, 0, 0, fields, 0)
	b = field(order, b, 0x100, 4, 1, uint32(w))
	b = field(order, b, 0x101, 4, 1, uint32(h))
	b = field(order, b, 0x102, typeShort, 4, bits)
	b = field(order, b, 0x103, typeShort, 1, 1)
	b = field(order, b, 0x106, typeShort, 1, 2)
	b = field(order, b, 273, 4, uint32(max(strips, 2)), offsets)
	b = field(order, b, tagOrientation, typeShort, 1, uint32(max(orientation, 1)))
	b = field(order, b, 0x115, typeShort, 1, 4)
	b = field(order, b, 0x116, typeShort, 1, rows)
	b = field(order, b, 279, 4, uint32(max(strips, 2)), counts)
	b = field(order, b, 338, typeShort, 1, 2) // the extra sample is alpha, not multiplied
	b = order.AppendUint32(b, 0)
	for range 4 {
		b = order.AppendUint16(b, 8)
	}
	for i := range strips {
		b = order.AppendUint32(b, data+uint32(i*rows*w*4))
	}
	for i := range strips {
		b = order.AppendUint32(b, uint32(min(rows, h-i*rows)*w*4))
	}
	return append(b, pix...)
}

// makeDeflatedTIFF has compressed strips.
func makeDeflatedTIFF(t testing.TB, m image.Image, _ int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tiff.Encode(&b, m, &tiff.Options{Compression: tiff.Deflate, Predictor: true}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// makeWebP writes a lossless picture.
func makeWebP(t testing.TB, m image.Image, orientation int) []byte {
	t.Helper()
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	picture := riffChunk("VP8L", vp8l(m))
	if orientation == 0 {
		return riff(picture)
	}
	return riff(vp8x(0x18, w, h), picture, riffChunk("EXIF", exif(binary.LittleEndian, uint16(orientation))))
}

// makeLossyWebP is a mid-grey VP8 picture: all its bits are zero, which makes blocks that are predicted
// from nothing and have no coefficients. alpha is nil or the alpha plane.
func makeLossyWebP(w, h int, alpha []byte) []byte {
	const first = 600 // bytes of the first partition: the header and a macroblock's modes
	mbs := ceilDiv(w, 16) * ceilDiv(h, 16)
	size := first + 16*mbs
	b := []byte{byte(size<<5) | 0x10, byte(size >> 3), byte(size >> 11), 0x9d, 0x01, 0x2a}
	b = binary.LittleEndian.AppendUint16(b, uint16(w))
	b = binary.LittleEndian.AppendUint16(b, uint16(h))
	b = append(b, make([]byte, size+64*mbs)...)
	if alpha == nil {
		return riff(riffChunk("VP8 ", b))
	}
	return riff(vp8x(0x10, w, h), riffChunk("ALPH", append([]byte{0}, alpha...)), riffChunk("VP8 ", b))
}

func riff(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func riffChunk(name string, body []byte) []byte {
	b := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))), body...)
	return append(b, make([]byte, len(body)%2)...)
}

func vp8x(flags byte, w, h int) []byte {
	b := make([]byte, 10)
	b[0] = flags
	putLE24(b[4:], w-1)
	putLE24(b[7:], h-1)
	return riffChunk("VP8X", b)
}

// vp8l codes every sample with eight bits. Source: RFC 9649, section 3.
func vp8l(m image.Image) []byte {
	bounds := m.Bounds()
	w := &bitWriter{}
	w.write(0x2f, 8)
	w.write(uint(bounds.Dx()-1), 14)
	w.write(uint(bounds.Dy()-1), 14)
	w.write(1, 1) // alpha is used
	w.write(0, 3) // version
	w.write(0, 1) // no transforms
	w.write(0, 1) // no colour cache
	w.write(0, 1) // one group of codes
	for _, symbols := range []int{280, 256, 256, 256} {
		// Lengths are coded with one bit each: 0 is length 0, and 1 is length 8.
		w.write(0, 1)    // no simple code
		w.write(12-4, 4) // lengths of the code of lengths follow, in the order 17 18 0 1 2 3 4 5 16 6 7 8
		for _, length := range []uint{0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1} {
			w.write(length, 3)
		}
		w.write(0, 1) // for all symbols
		for s := range symbols {
			if s < 256 {
				w.write(1, 1)
			} else {
				w.write(0, 1)
			}
		}
	}
	w.write(1, 1) // distances have a simple code
	w.write(0, 1) // of one symbol
	w.write(0, 1) // that takes one bit
	w.write(0, 1)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			for _, v := range []byte{c.G, c.R, c.B, c.A} {
				for bit := 7; bit >= 0; bit-- { // codes begin with their highest bit
					w.write(uint(v>>bit)&1, 1)
				}
			}
		}
	}
	return w.bytes
}

// bitWriter writes the lowest bit first.
type bitWriter struct {
	bytes []byte
	used  int // bits of the last byte
}

func (w *bitWriter) write(v uint, n int) {
	for i := range n {
		if w.used%8 == 0 {
			w.bytes = append(w.bytes, 0)
			w.used = 0
		}
		w.bytes[len(w.bytes)-1] |= byte(v>>i&1) << w.used
		w.used++
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func putLE24(b []byte, v int) { b[0], b[1], b[2] = byte(v), byte(v>>8), byte(v>>16) }
