package gif

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	stdgif "image/gif"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var (
	red   = color.NRGBA{255, 0, 0, 255}
	green = color.NRGBA{0, 255, 0, 255}
	blue  = color.NRGBA{0, 0, 255, 255}
	black = color.NRGBA{0, 0, 0, 255}
	none  = color.NRGBA{}
	three = [][3]byte{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}}
	// comment is an extension of no meaning.
	comment = "\x21\xfe\x05hello\x03you\x00"
)

// variant is a small file of every kind, and what it shows, row by row from the top.
type variant struct {
	name string
	file file
	want []color.NRGBA
}

func variants() []variant {
	two := picked{width: 2, height: 1, indices: []byte{0, 1}}
	with := func(change func(*picked)) []picked { p := two; change(&p); return []picked{p} }
	return []variant{
		{"global table", file{2, 1, three, []picked{two}, ""}, []color.NRGBA{red, green}},
		{"local table", file{2, 1, three, with(func(p *picked) { p.table = [][3]byte{{0, 0, 255}, {255, 0, 0}} }), ""},
			[]color.NRGBA{blue, red}},
		{"no table", file{2, 1, nil, []picked{two}, ""}, []color.NRGBA{black, black}},
		{"beyond the table", file{2, 1, three[:2], with(func(p *picked) { p.indices = []byte{1, 3} }), ""},
			[]color.NRGBA{green, black}},
		{"extensions", file{2, 1, three, with(func(p *picked) { p.extensions = comment + comment }), ""},
			[]color.NRGBA{red, green}},
		{"transparent", file{2, 1, three, with(func(p *picked) { p.transparent = 2 }), ""}, []color.NRGBA{red, none}},
		{"transparent beyond the table", file{2, 1, three, with(func(p *picked) { p.transparent = 200 }), ""},
			[]color.NRGBA{red, green}},
		{"transparency given up", file{2, 1, three, with(func(p *picked) {
			p.extensions = "\x21\xf9\x04\x01\x00\x00\x00\x00" + "\x21\xf9\x04\x00\x00\x00\x00\x00"
		}), ""}, []color.NRGBA{red, green}},
		{"smaller than the screen", file{3, 3, three, with(func(p *picked) { p.x, p.y = 1, 1 }), ""},
			[]color.NRGBA{black, black, black, black, red, green, black, black, black}},
		{"smaller than a transparent screen", file{3, 2, three, with(func(p *picked) { p.x, p.transparent = 1, 1 }), ""},
			[]color.NRGBA{none, none, green, none, none, none}},
		{"larger than the screen", file{1, 1, three, with(func(p *picked) { p.y = 1 }), ""},
			[]color.NRGBA{black, black, red, green}},
		{"no screen", file{0, 0, three, []picked{two}, ""}, []color.NRGBA{red, green}},
		{"two frames", file{2, 1, three, []picked{two, {x: 7, y: 7, width: 1, height: 1, indices: []byte{2}}}, ""},
			[]color.NRGBA{red, green}},
		{"a transparent second frame", file{3, 1, three, []picked{two, {width: 1, height: 1, transparent: 1, indices: []byte{2}}}, ""},
			[]color.NRGBA{red, green, none}},
		{"a broken second frame", file{2, 1, three, []picked{two, {width: 1, height: 1, data: []byte{0xff, 0xff}}}, ""},
			[]color.NRGBA{red, green}},
		{"interlaced", file{1, 11, three, []picked{{width: 1, height: 11, interlaced: true, indices: []byte{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1}}}, ""},
			[]color.NRGBA{red, green, blue, red, green, blue, red, green, blue, red, green}},
		{"codes of one bit", file{2, 1, three, with(func(p *picked) { p.codeSize = 1 }), ""}, []color.NRGBA{red, green}},
		{"codes of eleven bits", file{2, 1, three, with(func(p *picked) { p.codeSize = 11 }), ""}, []color.NRGBA{red, green}},
		{"more pixels than the frame has", file{2, 1, three, with(func(p *picked) { p.indices = []byte{0, 1, 2, 2, 2} }), ""},
			[]color.NRGBA{red, green}},
	}
}

func TestDecodeRows(t *testing.T) { // I13
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			m := mustDecode(t, v.file.bytes())
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
			t.Errorf("%s: bytes behind the trailer: %v", v.name, err)
		}
		v.file.tail = "rubbish"
		if _, err := decode(v.file.bytes()); err != nil {
			t.Errorf("%s: bytes in place of the trailer: %v", v.name, err)
		}
	}
}

// TestAsImageGIF compares larger pictures with another decoder, where that reads them.
func TestAsImageGIF(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, size := range []image.Point{{1, 1}, {3, 9}, {16, 16}, {100, 70}, {211, 150}} {
		for codeSize := 2; codeSize <= 8; codeSize++ {
			for _, interlaced := range []bool{false, true} {
				for _, keepTable := range []bool{false, true} {
					p := picked{x: 5, y: 2, width: size.X, height: size.Y, interlaced: interlaced, codeSize: codeSize, keepTable: keepTable, transparent: 2}
					f := file{width: size.X + 9, height: size.Y + 7}
					for range 1 << codeSize {
						f.table = append(f.table, [3]byte{byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32())})
					}
					for i := range size.X * size.Y { // some runs, some noise
						v := byte(i / 50)
						if random.IntN(3) == 0 {
							v = byte(random.Uint32())
						}
						p.indices = append(p.indices, v&(1<<codeSize-1))
					}
					f.frames = []picked{p}
					src := f.bytes()
					frame, err := stdgif.Decode(bytes.NewReader(src))
					if err != nil {
						t.Fatalf("%v, %d bits, %v %v: %v", size, codeSize, interlaced, keepTable, err)
					}
					want := image.NewNRGBA(image.Rect(0, 0, f.width, f.height))
					draw.Draw(want, frame.Bounds(), frame, frame.Bounds().Min, draw.Over)
					if got := mustDecode(t, src); !bytes.Equal(got.Pix, want.Pix) {
						t.Errorf("%v, %d bits, interlaced %v, table kept %v: it is another picture", size, codeSize, interlaced, keepTable)
					}
				}
			}
		}
	}
}

// TestManyFrames passes over frames that no decoder would survive. // I5
func TestManyFrames(t *testing.T) {
	f := file{width: 2, height: 1, table: three, frames: []picked{{width: 2, height: 1, indices: []byte{2, 0}}}}
	broken := picked{x: 60_000, y: 60_000, width: 65_535, height: 65_535, data: []byte{0xff}}
	f.frames = append(f.frames, slices.Repeat([]picked{broken}, 10_000)...)
	m := mustDecode(t, f.bytes())
	if m.NRGBAAt(0, 0) != blue || m.NRGBAAt(1, 0) != red {
		t.Errorf("got %v", m.Pix)
	}
}

func TestErrors(t *testing.T) {
	good := picked{width: 2, height: 1, indices: []byte{0, 1}}
	with := func(change func(*picked)) []byte {
		p := good
		change(&p)
		return file{2, 1, three, []picked{p}, ""}.bytes()
	}
	for name, c := range map[string]struct {
		src  []byte
		want error
	}{
		"nothing":             {nil, ErrTruncated},
		"another signature":   {[]byte("GIF88a" + strings.Repeat("\x00", 20)), ErrCorrupt},
		"no frame":            {file{2, 1, three, nil, ""}.bytes(), ErrCorrupt},
		"an unknown block":    {with(func(p *picked) { p.extensions = "\x77" }), ErrCorrupt},
		"no width":            {with(func(p *picked) { p.width = 0 }), ErrCorrupt},
		"no height":           {with(func(p *picked) { p.height = 0 }), ErrCorrupt},
		"codes of twelve":     {with(func(p *picked) { p.codeSize, p.data = 12, []byte{0} }), ErrCorrupt},
		"one pixel":           {with(func(p *picked) { p.indices = p.indices[:1] }), ErrTruncated},
		"data without an end": {with(func(p *picked) { p.data = []byte{0b00_000_100} }), ErrTruncated},
		"no data":             {with(func(p *picked) { p.data = []byte{} }), ErrTruncated},
		"an undefined code":   {with(func(p *picked) { p.data = []byte{0b11_000_100, 0b001} }), ErrCorrupt},
		"a first code of two": {with(func(p *picked) { p.data = []byte{0b00_110_100} }), ErrCorrupt},
		"interlaced, short":   {with(func(p *picked) { p.interlaced, p.height, p.data = true, 2, []byte{0b00_000_100} }), ErrTruncated},
	} {
		if _, err := decode(c.src); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestLimits(t *testing.T) {
	one := func(width, height int, interlaced bool) []byte {
		return file{0, 0, three, []picked{{width: width, height: height, interlaced: interlaced, data: []byte{0}}}, ""}.bytes()
	}
	screen := file{60_000, 60_000, three, []picked{{width: 1, height: 1, indices: []byte{0}}}, ""}.bytes()
	for name, c := range map[string]struct {
		src    []byte
		limits Limits
	}{
		"a large screen":            {screen, Limits{}},
		"a large frame":             {one(60_000, 60_000, false), Limits{}},
		"frame and screen":          {one(100, 100, false), Limits{Work: 19_999}},
		"a row":                     {one(100, 100, false), Limits{Memory: 300}},
		"an interlaced frame":       {one(100, 100, true), Limits{Memory: 1<<15 + 9_999}},
		"a large interlaced frame":  {one(12_000, 11_200, true), Limits{Work: 1 << 40}},
		"a wide screen, and a rest": {one(65_535, 4096, false), Limits{}},
	} {
		err := DecodeRows(c.src, Options{Limits: c.limits}, func(int, []byte) error {
			t.Errorf("%s: a row", name)
			return nil
		})
		if !errors.Is(err, ErrTooMuchWork) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := DecodeHeader(c.src); err != nil {
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
