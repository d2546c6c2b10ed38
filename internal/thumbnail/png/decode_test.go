package png

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	stdpng "image/png"
	"math/rand/v2"
	"slices"
	"testing"
)

var kinds = []struct {
	colour int
	depths []int
	trns   bool // can have a tRNS chunk
}{
	{colourGrey, []int{1, 2, 4, 8, 16}, true},
	{colourRGB, []int{8, 16}, true},
	{colourPalette, []int{1, 2, 4, 8}, true},
	{colourGreyAlpha, []int{8, 16}, false},
	{colourRGBA, []int{8, 16}, false},
}

// eachKind calls f with a picture of every colour type, depth, interlacing and transparency.
func eachKind(rnd *rand.Rand, width, height int, f func(testPicture)) {
	for _, k := range kinds {
		for _, depth := range k.depths {
			for _, interlaced := range []bool{false, true} {
				f(randomPicture(rnd, k.colour, depth, width, height, interlaced, false))
				if k.trns {
					f(randomPicture(rnd, k.colour, depth, width, height, interlaced, true))
				}
			}
		}
	}
}

// I10
func TestRowsOfEveryKind(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, size := range []image.Point{{1, 1}, {2, 3}, {3, 1}, {1, 9}, {5, 5}, {8, 8}, {37, 29}, {131, 70}} {
		eachKind(rnd, size.X, size.Y, func(p testPicture) {
			want, channels := p.want()
			file := p.file(t, rnd)
			got, header, err := decode(file, image.Rectangle{})
			if err != nil {
				t.Errorf("%v: %v", p, err)
				return
			}
			if header.Width != p.width || header.Height != p.height || header.Depth != p.depth ||
				header.Channels != channels || header.Interlaced != p.interlaced {
				t.Errorf("%v: header %+v", p, header)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%v: other pixels", p)
			}
			checkAgainstStandardLibrary(t, p, file, got, channels)
			for range 4 {
				x, y := rnd.IntN(p.width), rnd.IntN(p.height)
				r := image.Rect(x, y, x+1+rnd.IntN(p.width-x), y+1+rnd.IntN(p.height-y))
				part, _, err := decode(file, r)
				if err != nil || !bytes.Equal(part, cut(want, p.width, channels, r)) {
					t.Errorf("%v: other pixels in %v (%v)", p, r, err)
				}
			}
		})
	}
}

func checkAgainstStandardLibrary(t *testing.T, p testPicture, file, got []byte, channels int) {
	t.Helper()
	m, err := stdpng.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%v: the standard library does not read it: %v", p, err)
	}
	for y := range p.height {
		for x := range p.width {
			c := color.NRGBA64Model.Convert(m.At(x, y)).(color.NRGBA64)
			want := []byte{to8(c.R), to8(c.G), to8(c.B), to8(c.A)}
			px := got[(y*p.width+x)*channels:][:channels]
			if channels == 4 && px[3] == 0 && c.A == 0 {
				continue // its colour is lost there
			}
			for i := range channels {
				// Where alpha is partial the standard library rounds colours on the way.
				if d := int(px[i]) - int(want[i]); d != 0 && (c.A == 0xffff || i == 3) {
					t.Errorf("%v: pixel %d,%d is %v, the standard library has %v", p, x, y, px, want)
					return
				}
			}
		}
	}
}

// The way the data is split into chunks does not matter.
func TestSplitImageData(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	p := randomPicture(rnd, colourRGB, 8, 60, 50, false, false)
	want, _ := p.want()
	data := p.imageData(t, rnd)
	head := p.chunks(t, rnd)[0]
	for _, size := range []int{1, 2, 1000, 1 << 20} {
		list := []named{head, {"IDAT", nil}}
		for part := range slices.Chunk(data, size) {
			list = append(list, named{"IDAT", part}, named{"IDAT", nil})
		}
		got, _, err := decode(write(append(list, named{"IEND", nil})...), image.Rectangle{})
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("chunks of %d bytes: %v", size, err)
		}
	}
}

// I11
func TestTruncatedAnywhere(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 10))
	for _, interlaced := range []bool{false, true} {
		p := randomPicture(rnd, colourPalette, 8, 13, 11, interlaced, true)
		file := p.file(t, rnd)
		for n := range len(file) {
			if _, _, err := decode(file[:n], image.Rectangle{}); !isFormatError(err) {
				t.Fatalf("%v, %d of %d bytes: %v", p, n, len(file), err)
			}
		}
		// Cut in the data, with every chunk whole.
		c := p.chunks(t, rnd)
		data := c[3].data
		for n := range len(data) - 12 { // the sum, and before it an empty last block
			c[3].data = data[:n]
			if _, _, err := decode(write(c...), image.Rectangle{}); !isFormatError(err) {
				t.Fatalf("%v, %d of %d bytes of data: %v", p, n, len(data), err)
			}
		}
	}
}

func TestRowsRefuses(t *testing.T) {
	rnd := rand.New(rand.NewPCG(13, 14))
	p := randomPicture(rnd, colourGrey, 8, 4, 4, false, false)
	list := p.chunks(t, rnd)
	stream := func(rows []byte) named {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		if _, err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return named{"IDAT", b.Bytes()}
	}
	filtered := make([]byte, 20)
	filtered[10] = filterTypes
	for name, idat := range map[string]named{
		"a filter type that is not": stream(filtered),
		"a row missing":             stream(make([]byte, 15)),
		"a stream that is not":      {"IDAT", []byte("not a stream")},
		"an empty stream":           {"IDAT", nil},
	} {
		if _, _, err := decode(write(list[0], idat, list[2]), image.Rectangle{}); !isFormatError(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	whole, err := Parse(write(list...))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []image.Rectangle{{}, image.Rect(0, 0, 5, 4), image.Rect(-1, 0, 2, 2), image.Rect(2, 2, 2, 4)} {
		if err := whole.Rows(r, func([]byte) { t.Errorf("a row of %v", r) }); err == nil {
			t.Errorf("the region %v was taken", r)
		}
	}
}

// An index beyond the palette is black.
func TestPaletteTooShort(t *testing.T) {
	rnd := rand.New(rand.NewPCG(15, 16))
	p := randomPicture(rnd, colourPalette, 8, 16, 16, false, false)
	list := p.chunks(t, rnd)
	list[1].data = list[1].data[:30]
	got, _, err := decode(write(list...), image.Rectangle{})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range p.samples {
		want := []byte{0, 0, 0}
		if v < 10 {
			want = p.palette[3*v : 3*v+3]
		}
		if !bytes.Equal(got[3*i:3*i+3], want) {
			t.Fatalf("index %d is %v, want %v", v, got[3*i:3*i+3], want)
		}
	}
}

// A key's bits beyond the depth count for nothing.
func TestKeyIsMasked(t *testing.T) {
	rnd := rand.New(rand.NewPCG(17, 18))
	p := randomPicture(rnd, colourGrey, 2, 8, 8, false, true)
	want, _ := p.want()
	list := p.chunks(t, rnd)
	list[1].data = []byte{0xab, 0xcc | list[1].data[1]}
	got, _, err := decode(write(list...), image.Rectangle{})
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("other pixels (%v)", err)
	}
}

// FuzzDecode decodes anything. Where it decodes, the size of the rows is right, a second run and a
// region agree with the first.
func FuzzDecode(f *testing.F) {
	rnd := rand.New(rand.NewPCG(21, 22))
	eachKind(rnd, 9, 7, func(p testPicture) { f.Add(p.file(f, rnd)) })
	p := randomPicture(rnd, colourRGB, 8, 5, 5, false, false).chunks(f, rnd)
	f.Add(write(p[0], named{"iCCP", profileChunk(f, []byte("profile"))}, named{"eXIf", []byte("II*\x00")}, p[1], p[2]))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := Parse(file)
		if err != nil {
			if !isFormatError(err) {
				t.Fatalf("Parse: %v", err)
			}
			return
		}
		if p.Width > 1<<20 || p.Height > 1<<20 || p.Width*p.Height > 1<<20 {
			return // who calls it has a limit of pixels
		}
		if _, err := p.Profile(); err != nil && !isFormatError(err) {
			t.Fatalf("Profile: %v", err)
		}
		whole, _, err := decode(file, image.Rectangle{})
		if err != nil {
			if !isFormatError(err) {
				t.Fatalf("Rows: %v", err)
			}
			return
		}
		r := image.Rect(p.Width/3, p.Height/3, p.Width/2+1, p.Height/2+1)
		part, _, err := decode(file, r)
		if err != nil || !bytes.Equal(part, cut(whole, p.Width, p.Channels, r)) {
			t.Fatalf("the region %v differs (%v)", r, err)
		}
	})
}

func BenchmarkRows(b *testing.B) {
	rnd := rand.New(rand.NewPCG(23, 24))
	for _, c := range []struct{ colour, channels int }{{colourRGB, 3}, {colourRGBA, 4}} {
		for f := range filterTypes {
			b.Run(fmt.Sprintf("%d channels, filter %d", c.channels, f), func(b *testing.B) {
				const width, height = 1200, 800
				pix := make([]byte, width*height*c.channels)
				for i := range pix {
					pix[i] = byte(100 + i/c.channels%width/8 + rnd.IntN(20))
				}
				var data bytes.Buffer
				w := zlib.NewWriter(&data)
				row, prev := make([]byte, 1+width*c.channels), make([]byte, width*c.channels)
				for y := range height {
					cur := pix[y*len(prev):][:len(prev)]
					row[0] = byte(f)
					applyFilter(f, row[1:], cur, prev, c.channels)
					prev = cur
					if _, err := w.Write(row); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
				ihdr := randomPicture(rnd, c.colour, 8, 1, 1, false, false).chunks(b, rnd)[0]
				binary.BigEndian.PutUint32(ihdr.data, width)
				binary.BigEndian.PutUint32(ihdr.data[4:], height)
				p, err := Parse(write(ihdr, named{"IDAT", data.Bytes()}, named{"IEND", nil}))
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(pix)))
				for b.Loop() {
					if err := p.Rows(p.Bounds(), func([]byte) {}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
