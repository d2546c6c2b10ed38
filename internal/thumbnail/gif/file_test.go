package gif

import (
	"encoding/binary"
	"fmt"
	"image"
	"testing"
)

// file is a GIF to be written.
type file struct {
	width, height int
	table         [][3]byte
	frames        []picked
	tail          string // in place of the trailer, if not empty
}

// picked is a frame, of indices from the top left. Fields that are zero stand for what is usual.
type picked struct {
	x, y, width, height int
	interlaced          bool
	table               [][3]byte
	transparent         int // the colour that is, plus 1
	codeSize            int
	keepTable           bool // when it is full, the LZW table is not cleared
	indices             []byte
	data                []byte // in place of what the indices make
	extensions          string // in front
}

func (f file) bytes() []byte {
	le := binary.LittleEndian
	b := []byte("GIF89a")
	b = le.AppendUint16(b, uint16(f.width))
	b = le.AppendUint16(b, uint16(f.height))
	b = append(b, packedSize(f.table), 0, 0)
	b = appendTable(b, f.table)
	for _, p := range f.frames {
		b = append(b, p.extensions...)
		if p.transparent > 0 {
			b = append(b, blockExtension, labelGraphicControl, 4, 1, 0, 0, byte(p.transparent-1), 0)
		}
		b = append(b, blockImage)
		for _, v := range []int{p.x, p.y, p.width, p.height} {
			b = le.AppendUint16(b, uint16(v))
		}
		packed := packedSize(p.table)
		if p.interlaced {
			packed |= 0x40
		}
		b = appendTable(append(b, packed), p.table)
		b = append(b, p.compressed()...)
	}
	if f.tail != "" {
		return append(b, f.tail...)
	}
	return append(b, blockTrailer)
}

func packedSize(table [][3]byte) byte {
	if table == nil {
		return 0
	}
	size := byte(0)
	for 2<<size < len(table) {
		size++
	}
	return 0x80 | size
}

// appendTable appends a table, filled up to a power of two.
func appendTable(b []byte, table [][3]byte) []byte {
	if table == nil {
		return b
	}
	for i := range 2 << (packedSize(table) & 7) {
		c := [3]byte{}
		if i < len(table) {
			c = table[i]
		}
		b = append(b, c[:]...)
	}
	return b
}

// compressed is the size of codes and the sub-blocks.
func (p picked) compressed() []byte {
	if p.codeSize == 0 {
		p.codeSize = 2
	}
	if p.data == nil {
		p.data = compress(p.stored(), p.codeSize, p.keepTable)
	}
	b := []byte{byte(p.codeSize)}
	for rest := p.data; len(rest) > 0; {
		n := min(len(rest), 255)
		b = append(append(b, byte(n)), rest[:n]...)
		rest = rest[n:]
	}
	return append(b, 0)
}

// stored is the indices in the order of the file.
func (p picked) stored() []byte {
	if !p.interlaced {
		return p.indices
	}
	var b []byte
	for _, pass := range [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
		for y := pass[0]; y < p.height; y += pass[1] {
			b = append(b, p.indices[y*p.width:(y+1)*p.width]...)
		}
	}
	return b
}

// compress is an LZW encoder that looks up strings of pixels in a map.
func compress(pixels []byte, codeSize int, keepTable bool) []byte {
	w := bitWriter{}
	clear := 1 << codeSize
	known, next, width := map[string]int{}, clear+2, codeSize+1
	w.put(clear, width)
	code := func(s []byte) int {
		if len(s) == 1 {
			return int(s[0])
		}
		return known[string(s)]
	}
	start := 0
	for i := range pixels {
		s := pixels[start : i+1]
		if _, ok := known[string(s)]; ok || len(s) == 1 {
			continue
		}
		w.put(code(pixels[start:i]), width)
		start = i
		if next < maxCodes {
			known[string(s)] = next
			if next == 1<<width && width < maxCodeBits {
				width++
			}
			next++
			continue
		}
		if !keepTable {
			w.put(clear, width)
			known, next, width = map[string]int{}, clear+2, codeSize+1
		}
	}
	if start < len(pixels) {
		w.put(code(pixels[start:]), width)
		// The reader defines one code more than was defined here, and may take a wider one for the end.
		if next < maxCodes && next == 1<<width && width < maxCodeBits {
			width++
		}
	}
	w.put(clear+1, width)
	return w.flush()
}

// bitWriter puts bits from the lowest of a byte on.
type bitWriter struct {
	b    []byte
	bits uint32
	n    int
}

func (w *bitWriter) put(code, width int) {
	w.bits |= uint32(code) << w.n
	for w.n += width; w.n >= 8; w.n -= 8 {
		w.b = append(w.b, byte(w.bits))
		w.bits >>= 8
	}
}

func (w *bitWriter) flush() []byte {
	if w.n > 0 {
		return append(w.b, byte(w.bits))
	}
	return w.b
}

// decode decodes a picture and holds what it is given against the header.
func decode(src []byte) (*image.NRGBA, error) {
	h, err := DecodeHeader(src)
	if err != nil {
		return nil, err
	}
	m := &image.NRGBA{Stride: 4 * h.Width, Rect: image.Rect(0, 0, h.Width, h.Height)}
	rows := 0
	err = DecodeRows(src, Options{}, func(y int, pix []byte) error {
		if y != rows || len(pix) != h.Width*h.Channels {
			return fmt.Errorf("row %d of %d bytes in place of row %d", y, len(pix), rows)
		}
		rows++
		for ; len(pix) > 0; pix = pix[h.Channels:] {
			alpha := byte(255)
			if h.Channels == 4 {
				alpha = pix[3]
			}
			m.Pix = append(m.Pix, pix[0], pix[1], pix[2], alpha)
		}
		return nil
	})
	if err == nil && rows != h.Height {
		err = fmt.Errorf("%d rows of %d", rows, h.Height)
	}
	return m, err
}

func mustDecode(t *testing.T, src []byte) *image.NRGBA {
	t.Helper()
	m, err := decode(src)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
