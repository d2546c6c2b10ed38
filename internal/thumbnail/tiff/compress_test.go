package tiff

import (
	"bytes"
	"compress/zlib"
	"image"
	"image/jpeg"
	"math/bits"
)

// compress compresses rows of a block.
func (f file) compress(rows []byte, width int) []byte {
	if f.encode != nil {
		rows = f.encode(rows, width)
	} else {
		switch f.compression {
		case compressPackBits:
			rows = compressPackBitsRows(rows)
		case compressLZW:
			rows = compressLZWRows(rows)
		case compressDeflate, compressDeflateOld:
			var b bytes.Buffer
			w := zlib.NewWriter(&b)
			w.Write(rows)
			w.Close()
			rows = b.Bytes()
		case compressHuffman, compressT4, compressT6:
			rows = (&faxEncoder{width: width, kind: f.compression}).compress(rows)
		}
	}
	if f.reversed {
		rows = bytes.Clone(rows)
		for i, b := range rows {
			rows[i] = bits.Reverse8(b)
		}
	}
	return rows
}

// compressPackBitsRows makes runs of three and more, and whatever is between them.
func compressPackBitsRows(src []byte) []byte {
	var out []byte
	for len(src) > 0 {
		n := 1
		for n < len(src) && n < 128 && src[n] == src[0] {
			n++
		}
		if n > 2 {
			out = append(out, byte(1-n), src[0])
			src = src[n:]
			continue
		}
		n = 1
		for n < len(src) && n < 128 && (n+2 >= len(src) || src[n] != src[n+1] || src[n] != src[n+2]) {
			n++
		}
		out = append(append(out, byte(n-1)), src[:n]...)
		src = src[n:]
		out = append(out, 0x80) // does nothing
	}
	return out
}

// bitWriter puts bits from the highest of a byte on.
type bitWriter struct {
	b []byte
	n int // bits in the last byte
}

func (w *bitWriter) put(v, n int) {
	for i := n - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[len(w.b)-1] |= byte(v >> i & 1 << (7 - w.n%8))
		w.n++
	}
}

// code puts bits that are spelled out.
func (w *bitWriter) code(s string) {
	for _, c := range s {
		w.put(int(c-'0'), 1)
	}
}

func (w *bitWriter) align() { w.n = 8 * len(w.b) }

// compressLZWRows looks up strings of bytes in a map. Codes get wider one code early (section 13).
func compressLZWRows(src []byte) []byte {
	const clear, end, first = 256, 257, 258
	var w bitWriter
	known, next, width := map[string]int{}, first, 9
	w.put(clear, width)
	code := func(s []byte) int {
		if len(s) == 1 {
			return int(s[0])
		}
		return known[string(s)]
	}
	start := 0
	for i := range src {
		s := src[start : i+1]
		if _, ok := known[string(s)]; ok || len(s) == 1 {
			continue
		}
		w.put(code(src[start:i]), width)
		start = i
		known[string(s)] = next
		if next++; next == 4094 {
			w.put(clear, width)
			known, next, width = map[string]int{}, first, 9
		} else if next == 1<<width {
			width++
		}
	}
	if start < len(src) {
		w.put(code(src[start:]), width)
		if next++; next == 1<<width && width < 12 {
			width++
		}
	}
	w.put(end, width)
	return w.b
}

// faxEncoder is an encoder of bilevel pictures, a bit of 1 for black.
type faxEncoder struct {
	width   int
	kind    int
	twoRows bool // T.4: every other row by the one before
	aligned bool // T.4: ends of lines end on bytes
	noEnds  bool // T.4: there are none
	w       bitWriter

	white, black []string // codes
}

func (e *faxEncoder) compress(rows []byte) []byte {
	e.white, e.black = faxWhite(), faxBlack()
	stride := (e.width + 7) / 8
	last := make([]byte, stride)
	for y := 0; len(rows) > 0; y++ {
		row := rows[:stride]
		rows = rows[stride:]
		switch e.kind {
		case compressHuffman:
			e.w.align()
			e.runs(row)
		case compressT4:
			e.endOfLine()
			byLast := e.twoRows && y%2 == 1
			if e.twoRows {
				e.w.put(btoi(!byLast), 1)
			}
			if byLast {
				e.changes(row, last)
			} else {
				e.runs(row)
			}
		default:
			e.changes(row, last)
		}
		last = row
	}
	switch e.kind {
	case compressT4:
		for range 6 * btoi(!e.noEnds) {
			e.endOfLine()
			if e.twoRows {
				e.w.put(1, 1)
			}
		}
	case compressT6:
		e.w.code("000000000001000000000001")
	}
	return e.w.b
}

func (e *faxEncoder) endOfLine() {
	if e.noEnds {
		return
	}
	for e.aligned && e.w.n%8 != 4 {
		e.w.put(0, 1)
	}
	e.w.code("000000000001")
}

func black(row []byte, x int) bool { return row[x/8]>>(7-x%8)&1 == 1 }

// change is where the colour at x, or white at -1, changes next.
func (e *faxEncoder) change(row []byte, x int, colour bool) int {
	for x = max(x, 0); x < e.width && black(row, x) == colour; x++ {
	}
	return x
}

func (e *faxEncoder) runs(row []byte) {
	for x, colour := 0, false; x < e.width; colour = !colour {
		next := e.change(row, x, colour)
		e.run(next-x, colour)
		x = next
	}
}

func (e *faxEncoder) run(n int, colour bool) {
	codes := e.white
	if colour {
		codes = e.black
	}
	for ; n >= 2560; n -= 2560 {
		e.w.code(codes[63+2560/64])
	}
	if n >= 64 {
		e.w.code(codes[63+n/64])
	}
	e.w.code(codes[n%64])
}

// changes codes a row by the one before (T.6, figure 7).
func (e *faxEncoder) changes(row, last []byte) {
	vertical := map[int]string{0: "1", 1: "011", 2: "000011", 3: "0000011", -1: "010", -2: "000010", -3: "0000010"}
	for a0, colour := -1, false; a0 < e.width; {
		a1 := e.change(row, a0, colour)
		b1 := max(a0, 0)
		if a0 >= 0 { // a change right of a0, to the other colour
			b1 = e.change(last, b1, !colour)
		}
		b1 = e.change(last, b1, colour)
		b2 := e.change(last, b1, !colour)
		code, near := vertical[a1-b1]
		switch {
		case b2 < a1:
			e.w.code("0001")
			a0 = b2
		case near:
			e.w.code(code)
			a0, colour = a1, !colour
		default:
			a2 := e.change(row, a1, !colour)
			e.w.code("001")
			e.run(a1-max(a0, 0), colour)
			e.run(a2-a1, !colour)
			a0 = a2
		}
	}
}

// compressJPEG makes a JPEG of rows of one sample, or three, of which the second and third are at half the resolution.
func compressJPEGRows(samples int) func(rows []byte, width int) []byte {
	return func(rows []byte, width int) []byte {
		height := len(rows) / width / samples
		var m image.Image = &image.Gray{Pix: rows, Stride: width, Rect: image.Rect(0, 0, width, height)}
		if samples == 3 {
			c := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio444)
			for i := range width * height {
				c.Y[i], c.Cb[i], c.Cr[i] = rows[3*i], rows[3*i+1], rows[3*i+2]
			}
			m = c
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 98}); err != nil {
			return nil
		}
		return b.Bytes()
	}
}

// splitTables takes the tables out of a JPEG: what a JPEGTables field holds, and what a block does.
func splitTables(src []byte) (tables, rest []byte) {
	tables, rest = []byte{0xff, 0xd8}, []byte{0xff, 0xd8}
	for src = src[2:]; ; {
		n := 2 + int(src[2])<<8 + int(src[3])
		switch marker := src[1]; marker {
		case 0xdb, 0xc4:
			tables = append(tables, src[:n]...)
		case 0xda:
			return append(tables, 0xff, 0xd9), append(rest, src...)
		default:
			rest = append(rest, src[:n]...)
		}
		src = src[n:]
	}
}
