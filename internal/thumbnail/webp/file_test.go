package webp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"math/rand/v2"
	"testing"
)

// riffOf is a file of chunks (RFC 9649, 2.4).
func riffOf(chunks ...[]byte) []byte {
	body := bytes.Join(chunks, nil)
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(body)))
	return append(append(b, "WEBP"...), body...)
}

func chunkOf(name string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data)))
	return append(append(b, data...), make([]byte, len(data)%2)...)
}

// canvasOf is the chunk that says how large the canvas is, and that there is everything.
func canvasOf(width, height int) []byte { return flaggedCanvas(0xff, width, height) }

func flaggedCanvas(flags byte, width, height int) []byte {
	b := append([]byte{flags, 0, 0, 0}, le24(width-1)...)
	return chunkOf("VP8X", append(b, le24(height-1)...))
}

// frameOf is a frame of an animation at x and y, which are even.
func frameOf(x, y, width, height int, chunks ...[]byte) []byte {
	b := append(le24(x/2), le24(y/2)...)
	b = append(append(b, le24(width-1)...), le24(height-1)...)
	return chunkOf("ANMF", append(append(b, 100, 0, 0, 0), bytes.Join(chunks, nil)...))
}

func le24(v int) []byte { return []byte{byte(v), byte(v >> 8), byte(v >> 16)} }

// lossy is a VP8 picture of noise: after a header of zeros, bytes of chance, which are some picture or other.
func lossy(width, height int) []byte {
	const header = 60 // bytes: as many as the flags of the header can take
	r := rand.New(rand.NewPCG(uint64(width), uint64(height)))
	blocks := ((width + 15) / 16) * ((height + 15) / 16)
	first := header + 64*blocks
	b := append(le24(first<<5|1<<4), 0x9d, 0x01, 0x2a)
	b = binary.LittleEndian.AppendUint16(b, uint16(width))
	b = binary.LittleEndian.AppendUint16(b, uint16(height))
	b = append(b, make([]byte, header)...)
	for range first - header + 1024*blocks {
		b = append(b, byte(r.IntN(256)))
	}
	return b
}

// lossless is a VP8L picture of pixels, each of red, green, blue and alpha, with codes of 8 bits for every value
// (RFC 9649, 3).
func lossless(width, height int, alpha bool, pixel func(x, y int) [4]byte) []byte {
	w := &bitWriter{}
	w.write(0x2f, 8)
	w.write(width-1, 14)
	w.write(height-1, 14)
	w.write(map[bool]int{true: 1}[alpha], 1)
	w.write(0, 3)
	w.pixels(width, height, pixel)
	return w.bytes
}

// pixels writes what follows the header.
func (w *bitWriter) pixels(width, height int, pixel func(x, y int) [4]byte) {
	w.write(0, 3) // no transforms, no cache of colours, one group of codes
	for _, symbols := range []int{280, 256, 256, 256} {
		// A code of lengths in which 0 is length 0, and 1 is length 8.
		w.write(0, 1)
		w.write(12-4, 4)
		for _, length := range []int{0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1} { // of 17 18 0 1 2 3 4 5 16 6 7 8
			w.write(length, 3)
		}
		w.write(0, 1)
		for s := range symbols {
			w.write(map[bool]int{true: 1}[s < 256], 1)
		}
	}
	w.write(1, 4) // distances: a code of one symbol, of one bit, which is 0
	for y := range height {
		for x := range width {
			p := pixel(x, y)
			for _, v := range []byte{p[1], p[0], p[2], p[3]} {
				for bit := 7; bit >= 0; bit-- { // codes begin with their highest bit
					w.write(int(v>>bit)&1, 1)
				}
			}
		}
	}
}

// bitWriter writes the lowest bit first.
type bitWriter struct {
	bytes []byte
	used  int
}

func (w *bitWriter) write(v, n int) {
	for i := range n {
		if w.used%8 == 0 {
			w.bytes = append(w.bytes, 0)
		}
		w.bytes[w.used/8] |= byte(v>>i&1) << (w.used % 8)
		w.used++
	}
}

// pattern has another value for each pixel and channel.
func pattern(x, y int) [4]byte {
	v := x*31 + y*57
	return [4]byte{byte(v), byte(v * 3), byte(v * 7), byte(v*11 + 1)}
}

// alphaOf is an ALPH chunk of the pattern's alpha (2.7.1.2), with what a filter predicts taken off.
func alphaOf(width, height int, filter byte, compressed bool) []byte {
	at := func(x, y int) byte { return pattern(x, y)[3] }
	rest := func(x, y int) byte {
		var left, above, corner byte
		switch {
		case x > 0 && y > 0:
			left, above, corner = at(x-1, y), at(x, y-1), at(x-1, y-1)
		case x > 0: // the first row, from the left
			left, above, corner = at(x-1, y), at(x-1, y), at(x-1, y)
		case y > 0: // the first column, from above
			left, above, corner = at(x, y-1), at(x, y-1), at(x, y-1)
		}
		return at(x, y) - [4]byte{0, left, above, byte(min(max(int(left)+int(above)-int(corner), 0), 255))}[filter]
	}
	head := filter << 2
	if compressed {
		w := &bitWriter{}
		w.pixels(width, height, func(x, y int) [4]byte { return [4]byte{0, rest(x, y), 0, 0} })
		return chunkOf("ALPH", append([]byte{head | 1}, w.bytes...))
	}
	b := []byte{head}
	for y := range height {
		for x := range width {
			b = append(b, rest(x, y))
		}
	}
	return chunkOf("ALPH", b)
}

// variant is a file, and what it says of itself.
type variant struct {
	name   string
	file   []byte
	header Header
}

// variants are files of every shape.
func variants() []variant {
	lossy20 := chunkOf("VP8 ", lossy(20, 13))
	lossless20 := chunkOf("VP8L", lossless(20, 13, true, pattern))
	opaque20 := chunkOf("VP8L", lossless(20, 13, false, pattern))
	alpha20 := alphaOf(20, 13, filterGradient, true)
	exif, icc := []byte("II*\x00an odd block"), []byte("a profile")
	frame := image.Rect(0, 0, 20, 13)
	offset := image.Rect(6, 10, 26, 23)
	return []variant{
		{"lossy", riffOf(lossy20), Header{Width: 20, Height: 13, Frame: frame}},
		{"lossless", riffOf(lossless20), Header{Width: 20, Height: 13, Frame: frame, Lossless: true, Alpha: true}},
		{"lossless, opaque", riffOf(opaque20), Header{Width: 20, Height: 13, Frame: frame, Lossless: true}},
		{"extended, lossy", riffOf(canvasOf(20, 13), lossy20), Header{Width: 20, Height: 13, Frame: frame}},
		{"lossy with alpha", riffOf(canvasOf(20, 13), alpha20, lossy20),
			Header{Width: 20, Height: 13, Frame: frame, Alpha: true}},
		{"lossless with an ALPH that is not its own", riffOf(canvasOf(20, 13), alpha20, opaque20),
			Header{Width: 20, Height: 13, Frame: frame, Lossless: true}},
		{"profile and EXIF", riffOf(canvasOf(20, 13), chunkOf("ICCP", icc), lossy20, chunkOf("EXIF", exif), chunkOf("XMP ", exif)),
			Header{Width: 20, Height: 13, Frame: frame, Exif: exif, ICC: icc}},
		{"EXIF as JPEG has it, in front, and once more", riffOf(canvasOf(20, 13), chunkOf("EXIF", append([]byte("Exif\x00\x00"), exif...)),
			chunkOf("EXIF", icc), lossy20), Header{Width: 20, Height: 13, Frame: frame, Exif: exif}},
		{"profile and EXIF that are not announced", riffOf(flaggedCanvas(0, 20, 13), chunkOf("ICCP", icc), lossy20, chunkOf("EXIF", exif)),
			Header{Width: 20, Height: 13, Frame: frame}},
		{"EXIF in a file that is not extended", riffOf(lossy20, chunkOf("EXIF", exif)), Header{Width: 20, Height: 13, Frame: frame}},
		{"an unknown chunk", riffOf(chunkOf("what", icc), lossy20), Header{Width: 20, Height: 13, Frame: frame}},
		{"two pictures", riffOf(opaque20, lossy20), Header{Width: 20, Height: 13, Frame: frame, Lossless: true}},
		{"bytes behind the file", append(riffOf(lossy20), "and more"...), Header{Width: 20, Height: 13, Frame: frame}},
		{"less than a chunk at the end", riffOf(lossy20, []byte("rest")), Header{Width: 20, Height: 13, Frame: frame}},
		{"a frame all over", riffOf(canvasOf(20, 13), frameOf(0, 0, 20, 13, lossy20), frameOf(0, 0, 20, 13, lossless20)),
			Header{Width: 20, Height: 13, Frame: frame, Animated: true}},
		{"a lossy frame", riffOf(canvasOf(40, 30), frameOf(6, 10, 20, 13, lossy20)),
			Header{Width: 40, Height: 30, Frame: offset, Animated: true, Alpha: true}},
		{"a lossy frame with alpha", riffOf(canvasOf(40, 30), frameOf(6, 10, 20, 13, alpha20, lossy20)),
			Header{Width: 40, Height: 30, Frame: offset, Animated: true, Alpha: true}},
		{"a lossless frame", riffOf(canvasOf(40, 30), frameOf(6, 10, 20, 13, lossless20)),
			Header{Width: 40, Height: 30, Frame: offset, Animated: true, Alpha: true, Lossless: true}},
		{"an opaque lossless frame", riffOf(canvasOf(26, 23), frameOf(6, 10, 20, 13, opaque20)),
			Header{Width: 26, Height: 23, Frame: offset, Animated: true, Alpha: true, Lossless: true}},
	}
}

// decode returns the pixels that DecodePixels gives of a crop, row after row.
func decode(src []byte, crop image.Rectangle) ([]byte, error) {
	var pix []byte
	err := DecodePixels(src, Options{Crop: crop}, func(row []byte) { pix = append(pix, row...) })
	return pix, err
}

func mustDecode(t *testing.T, src []byte, crop image.Rectangle) []byte {
	t.Helper()
	pix, err := decode(src, crop)
	if err != nil {
		t.Fatal(err)
	}
	return pix
}

// typed reports whether an error is one that the package names.
func typed(err error) bool {
	return errors.Is(err, ErrCorrupt) || errors.Is(err, ErrUnsupported) || errors.Is(err, ErrTooMuchWork)
}
