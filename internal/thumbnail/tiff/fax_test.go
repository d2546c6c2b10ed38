package tiff

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"golang.org/x/image/ccitt"
)

// faxPictures are bilevel pictures, 1 for black: nothing, everything, runs of all lengths, noise, and what is alike in
// neighbouring rows.
func faxPictures() []file {
	f := func(width, height int, black func(x, y int) bool) file {
		return file{
			width: width, height: height, photometric: photometricWhiteIsZero, bits: 1,
			sample: func(x, y, _ int) uint64 { return uint64(btoi(black(x, y))) },
		}
	}
	return []file{
		f(1, 1, func(x, y int) bool { return true }),
		f(37, 5, func(x, y int) bool { return false }),
		f(64, 3, func(x, y int) bool { return true }),
		f(2900, 70, func(x, y int) bool { return x >= y*37 && x < y*37+y*41 }),
		f(2900, 70, func(x, y int) bool { return x < y*41 || x >= y*77 }),
		f(60, 40, func(x, y int) bool { return noise(x, y, 0)%3 == 0 }),
		f(61, 90, func(x, y int) bool { return noise(x, y/9, 0)%9 == 0 }),
		f(113, 60, func(x, y int) bool { return (x-50)*(x-50)+(y-30)*(y-30) < 700 != (x > 40 && x+y < 80) }),
		f(200, 50, func(x, y int) bool { return (x+3*y)%17 < 5 || (x-2*y)%23 > 20 }),
	}
}

func TestFax(t *testing.T) {
	for _, c := range []struct {
		name    string
		encoder faxEncoder
		options uint64
	}{
		{"modified Huffman", faxEncoder{kind: compressHuffman}, 0},
		{"T.4", faxEncoder{kind: compressT4}, 0},
		{"T.4, no ends of lines", faxEncoder{kind: compressT4, noEnds: true}, 0},
		{"T.4, ends of lines end on bytes", faxEncoder{kind: compressT4, aligned: true}, 4},
		{"T.4, two rows", faxEncoder{kind: compressT4, twoRows: true}, 1},
		{"T.4, two rows, aligned", faxEncoder{kind: compressT4, twoRows: true, aligned: true}, 5},
		{"T.6", faxEncoder{kind: compressT6}, 0},
	} {
		for i, f := range faxPictures() {
			for name, f := range layouts(f) {
				f.compression = c.encoder.kind
				f.encode = func(rows []byte, width int) []byte {
					e := c.encoder
					e.width = width
					return e.compress(rows)
				}
				if f.fields == nil {
					f.fields = map[int]values{}
				}
				f.fields[tagT4Options] = longs(c.options)
				f.reversed = i%2 == 1
				t.Run(fmt.Sprintf("%s, picture %d, %s", c.name, i, name), func(t *testing.T) {
					variant{"", f, func(x, y int) []byte { return []byte{byte(255 * (1 - f.sample(x, y, 0)))} }}.check(t, 0)
				})
			}
		}
	}
}

// TestFaxEncoder holds that the encoder of these tests, and so its tables, are understood elsewhere.
func TestFaxEncoder(t *testing.T) {
	for kind, format := range map[int]ccitt.SubFormat{compressT4: ccitt.Group3, compressT6: ccitt.Group4} {
		for i, f := range faxPictures() {
			f = f.defaults()
			rows := f.row(0, 0, f.width, []int{0})[:0]
			for y := range f.height {
				rows = append(rows, f.row(y, 0, f.width, []int{0})...)
			}
			data := (&faxEncoder{width: f.width, kind: kind}).compress(rows)
			r := ccitt.NewReader(bytes.NewReader(data), ccitt.MSB, format, f.width, f.height, &ccitt.Options{Invert: true})
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, rows) {
				t.Errorf("compression %d, picture %d: %v", kind, i, err)
			}
		}
	}
}

func TestFaxDamage(t *testing.T) {
	one := faxPictures()[1]
	one.compression, one.height = compressT6, 1
	for name, c := range map[string]struct {
		compression int
		options     uint64
		code        string
	}{
		"no such mode":                    {compressT6, 0, "0000001111111111"},
		"no such white run":               {compressHuffman, 0, "0000000011111111"},
		"a run over the end":              {compressHuffman, 0, "1101111011000000"},
		"many runs over the end":          {compressHuffman, 0, "000000011111000000011111000000011111"},
		"a change over the end":           {compressT6, 0, "0111111111111111"},
		"a change before the row":         {compressT6, 0, "001" + "00110101" + "0000110111" + "010"},
		"two rows, no end of line":        {compressT4, 1, "11110000"},
		"ends of lines in place of a row": {compressT4, 0, "000000000001000000000001"},
		"an uncompressed mode":            {compressT6, 0, "0000001111"},
		"nothing but zeros":               {compressT4, 0, "000000000000000000000000"},
		"runs of no length, for ever":     {compressT6, 0, "001001101010000110111001001101010000110111001001101010000110111"},
	} {
		f := one
		f.compression = c.compression
		f.fields = map[int]values{tagT4Options: longs(c.options)}
		f.encode = func([]byte, int) []byte {
			var w bitWriter
			w.code(c.code)
			return w.b
		}
		if _, _, err := decode(f.bytes()); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
