package thumbnail

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

func decode(t testing.TB, b []byte) *image.NRGBA {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	switch m := m.(type) {
	case *image.NRGBA:
		return m
	case *image.RGBA: // which is opaque, so that it makes no difference
		return &image.NRGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
	}
	t.Fatalf("the thumbnail is a %T, not RGB or RGBA of 8 bits", m)
	return nil
}

func mustMake(t testing.TB, src []byte, o Options) (Result, *image.NRGBA) {
	t.Helper()
	r, err := Make(src, o)
	if err != nil {
		t.Fatal(err)
	}
	return r, decode(t, r.PNG)
}

// near fails where a pixel is further from the colour than off, in any channel.
func near(t testing.TB, what string, m *image.NRGBA, x, y int, want color.NRGBA, off int) {
	t.Helper()
	got := m.NRGBAAt(x, y)
	d := func(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }
	if d(got.R, want.R) > off || d(got.G, want.G) > off || d(got.B, want.B) > off || d(got.A, want.A) > off {
		t.Fatalf("%s: (%d,%d) is %v, want %v", what, x, y, got, want)
	}
}

func TestFormats(t *testing.T) {
	m := quadrants(90, 60)
	for name, c := range map[string]struct {
		make   encoder
		format Format
	}{
		"JPEG":          {makeJPEG, JPEG},
		"PNG":           {makePNG, PNG},
		"GIF":           {makeGIF, GIF},
		"WebP":          {makeWebP, WebP},
		"BMP":           {makeBMP, BMP},
		"TIFF":          {makeTIFF, TIFF},
		"TIFF, deflate": {makeDeflatedTIFF, TIFF},
	} {
		t.Run(name, func(t *testing.T) {
			r, out := mustMake(t, c.make(t, m, 0), Options{})
			if r.Format != c.format || r.Width != 90 || r.Height != 60 || r.Orientation != 1 {
				t.Errorf("got %s of %dx%d, orientation %d", r.Format, r.Width, r.Height, r.Orientation)
			}
			if out.Rect != image.Rect(0, 0, 512, 512) {
				t.Fatalf("the thumbnail is %v", out.Rect)
			}
			const off = 30 // the palette of GIF
			near(t, "red", out, 128, 128, red, off)
			near(t, "green", out, 384, 128, green, off)
			near(t, "blue", out, 128, 384, blue, off)
			near(t, "yellow", out, 384, 384, yellow, off)
		})
	}
}

func TestOrientation(t *testing.T) { // I6, S7
	upright := quadrants(90, 60)
	for format, encode := range oriented {
		for o := 1; o <= 8; o++ {
			what := fmt.Sprintf("%s, orientation %d", format, o)
			r, out := mustMake(t, encode(t, stored(upright, o), o), Options{Width: 64, Height: 64})
			if r.Orientation != o {
				t.Errorf("%s: read %d", what, r.Orientation)
			}
			near(t, what, out, 16, 16, red, 12)
			near(t, what, out, 48, 16, green, 12)
			near(t, what, out, 16, 48, blue, 12)
			near(t, what, out, 48, 48, yellow, 12)
		}
	}
}

func TestOrientationOddities(t *testing.T) { // I6: what is broken counts as upright
	m := quadrants(30, 20)
	long := exif(binary.LittleEndian, 6)
	long[8+2+12+2] = 4
	loop := exif(binary.LittleEndian, 1)
	copy(loop[len(loop)-4:], []byte{8, 0, 0, 0})
	for name, c := range map[string]struct {
		exif []byte
		want int
	}{
		"little-endian":     {exif(binary.LittleEndian, 6), 6},
		"big-endian":        {exif(binary.BigEndian, 6), 6},
		"0":                 {exif(binary.LittleEndian, 0), 1},
		"9":                 {exif(binary.LittleEndian, 9), 1},
		"65535":             {exif(binary.LittleEndian, 65535), 1},
		"of type LONG":      {long, 1},
		"a loop":            {loop, 1},
		"no directory":      {[]byte("II*\x00\xff\xff\xff\xff"), 1},
		"cut off":           {exif(binary.LittleEndian, 6)[:30], 1},
		"cut off behind it": {exif(binary.LittleEndian, 6)[:34], 6},
		"nothing":           {nil, 1},
		"no EXIF":           {[]byte("Hello, world"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			jpeg := insertSegment(makeJPEG(t, m, 0), 0xe1, append([]byte("Exif\x00\x00"), c.exif...))
			webp := riff(vp8x(0x18, 30, 20), riffChunk("VP8L", vp8l(m)), riffChunk("EXIF", c.exif))
			for _, file := range [][]byte{jpeg, insertChunk(makePNG(t, m, 0), "eXIf", c.exif), webp} {
				if r, _ := mustMake(t, file, Options{Width: 8, Height: 8}); r.Orientation != c.want {
					t.Errorf("%s: got %d, want %d", r.Format, r.Orientation, c.want)
				}
			}
		})
	}
	t.Run("the first of two blocks", func(t *testing.T) {
		two := insertSegment(makeJPEG(t, m, 3), 0xe1, append([]byte("Exif\x00\x00"), exif(binary.LittleEndian, 6)...))
		if r, _ := mustMake(t, two, Options{}); r.Orientation != 6 {
			t.Errorf("got %d", r.Orientation)
		}
	})
}

func TestWrongName(t *testing.T) { // I7: Make has only bytes to go by; Sniff is what tells them apart
	for format, encode := range map[Format]encoder{JPEG: makeJPEG, PNG: makePNG, GIF: makeGIF, WebP: makeWebP, BMP: makeBMP, TIFF: makeTIFF} {
		if got, err := Sniff(encode(t, quadrants(4, 4), 0)); got != format || err != nil {
			t.Errorf("%s: got %s, %v", format, got, err)
		}
	}
}

func TestExtremes(t *testing.T) { // I9
	for _, size := range []image.Point{{1, 1}, {1, 2}, {2, 1}, {1, 100_000}, {100_000, 1}, {3, 65_000}, {511, 513}, {512, 512}} {
		m := image.NewPaletted(image.Rectangle{Max: size}, color.Palette{red})
		_, out := mustMake(t, makePNG(t, m, 0), Options{})
		for _, p := range []image.Point{{0, 0}, {511, 0}, {256, 256}, {0, 511}, {511, 511}} {
			near(t, size.String(), out, p.X, p.Y, red, 0)
		}
	}
}

func TestNothingButPixels(t *testing.T) { // I8
	m := quadrants(30, 20)
	secret := []byte("GPS 47.3769 8.5417 <?php system() ?>")
	photo := insertSegment(makeJPEG(t, m, 6), 0xe1, append([]byte("http://ns.adobe.com/xap/1.0/\x00"), secret...))
	photo = append(photo, append([]byte("PK\x03\x04"), secret...)...)
	drawing := insertChunk(makePNG(t, m, 6), "tEXt", append([]byte("Comment\x00"), secret...))
	drawing = insertChunk(drawing, "iCCP", secret)
	drawing = append(drawing, secret...)
	for _, file := range [][]byte{photo, drawing} {
		r, _ := mustMake(t, file, Options{})
		if bytes.Contains(r.PNG, secret[:8]) {
			t.Errorf("%s: the thumbnail carries what was not to be seen", r.Format)
		}
		rest := r.PNG[8:]
		for len(rest) > 0 {
			n, name := binary.BigEndian.Uint32(rest), string(rest[4:8])
			if !slices.Contains([]string{"IHDR", "IDAT", "IEND"}, name) {
				t.Errorf("%s: the thumbnail has a chunk %s", r.Format, name)
			}
			rest = rest[12+n:]
			if name == "IEND" && len(rest) > 0 {
				t.Errorf("%s: %d bytes follow the thumbnail", r.Format, len(rest))
			}
		}
	}
}

func TestSameBytesAgain(t *testing.T) { // I14, E7
	for format, encode := range oriented {
		src := encode(t, gradient(300, 200, format != JPEG), 6)
		before := bytes.Clone(src)
		first, _ := mustMake(t, src, Options{Width: 96, Height: 96})
		second, _ := mustMake(t, src, Options{Width: 96, Height: 96})
		if !bytes.Equal(first.PNG, second.PNG) {
			t.Errorf("%s: two thumbnails differ", format)
		}
		if !bytes.Equal(src, before) {
			t.Errorf("%s: the source was changed", format)
		}
	}
}

// Pictures that are made beside each other share nothing, which the race detector would tell.
func TestConcurrentUse(t *testing.T) {
	var all sync.WaitGroup
	for format, encode := range oriented {
		src := encode(t, gradient(300, 200, format != JPEG), 6)
		alone, _ := mustMake(t, src, Options{Width: 96, Height: 96})
		for range 4 {
			all.Go(func() {
				if r, err := Make(src, Options{Width: 96, Height: 96}); err != nil || !bytes.Equal(r.PNG, alone.PNG) {
					t.Errorf("%s: beside others it is made differently (%v)", format, err)
				}
			})
		}
	}
	all.Wait()
}

func TestFirstFrameOnly(t *testing.T) { // I5
	t.Run("GIF", func(t *testing.T) {
		file := makeGIF(t, quadrants(40, 40), 0)
		file = file[:len(file)-1]
		// Frames whose coded data would not do: they are never decoded.
		frame := []byte{0x2c, 0, 0, 0, 0, 40, 0, 40, 0, 0, 8, 3, 0xff, 0xff, 0xff, 0}
		file = append(append(file, bytes.Repeat(frame, 10_000)...), 0x3b)
		_, out := mustMake(t, file, Options{})
		near(t, "GIF", out, 128, 128, red, 30)
	})
	t.Run("APNG", func(t *testing.T) {
		file := insertChunk(makePNG(t, quadrants(40, 40), 0), "acTL", []byte{0, 0, 15, 160, 0, 0, 0, 0})
		end := len(file) - 12
		frame := append(chunk("fcTL", make([]byte, 26)), chunk("fdAT", []byte("\x00\x00\x00\x01no picture"))...)
		file = append(append(bytes.Clone(file[:end]), bytes.Repeat(frame, 4_000)...), file[end:]...)
		_, out := mustMake(t, file, Options{})
		near(t, "APNG", out, 128, 128, red, 2)
	})
	t.Run("WebP", func(t *testing.T) {
		frame := func(x int, m image.Image) []byte {
			head := make([]byte, 16)
			putLE24(head, x/2)
			putLE24(head[6:], m.Bounds().Dx()-1)
			putLE24(head[9:], m.Bounds().Dy()-1)
			return riffChunk("ANMF", append(head, riffChunk("VP8L", vp8l(m))...))
		}
		one, two := image.NewNRGBA(image.Rect(0, 0, 20, 40)), quadrants(40, 40)
		for i := range one.Pix {
			one.Pix[i] = 255
		}
		file := riff(vp8x(0x12, 40, 40), riffChunk("ANIM", make([]byte, 6)), frame(20, one), frame(0, two))
		_, out := mustMake(t, file, Options{})
		near(t, "its frame", out, 384, 128, color.NRGBA{255, 255, 255, 255}, 0)
		near(t, "beside it", out, 128, 128, color.NRGBA{}, 0)
	})
}

func TestGIFScreen(t *testing.T) {
	square := image.NewPaletted(image.Rect(10, 10, 30, 30), color.Palette{red, green})
	encode := func(p color.Palette) []byte {
		square.Palette = p
		var b bytes.Buffer
		err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{square}, Delay: []int{0}, Config: image.Config{Width: 40, Height: 40, ColorModel: p}})
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	_, out := mustMake(t, encode(color.Palette{red, green}), Options{})
	near(t, "the frame", out, 256, 256, red, 0)
	near(t, "beside it, in an opaque file", out, 20, 20, color.NRGBA{A: 255}, 0)
	_, out = mustMake(t, encode(color.Palette{red, color.NRGBA{}}), Options{})
	near(t, "the frame", out, 256, 256, red, 0)
	near(t, "beside it, in a transparent file", out, 20, 20, color.NRGBA{}, 0)
}

func TestTransparency(t *testing.T) { // I13, S8
	// An opaque red square on a ground that is transparent, and green underneath.
	m := image.NewNRGBA(image.Rect(0, 0, 60, 60))
	for y := range 60 {
		for x := range 60 {
			m.SetNRGBA(x, y, color.NRGBA{G: 255})
			if x >= 20 && x < 40 && y >= 20 && y < 40 {
				m.SetNRGBA(x, y, red)
			}
		}
	}
	for _, size := range []int{24, 60, 150} { // smaller, the same, larger
		for name, encode := range map[string]encoder{"PNG": makePNG, "WebP": makeWebP, "TIFF": makeTIFF} {
			_, out := mustMake(t, encode(t, m, 0), Options{Width: size, Height: size})
			near(t, name+" inside", out, size/2, size/2, red, 0)
			near(t, name+" outside", out, size/12, size/12, color.NRGBA{}, 0)
			for i := 0; i < len(out.Pix); i += 4 {
				if c := out.Pix[i : i+4]; c[3] > 0 && c[1] > 0 {
					t.Fatalf("%s at %d: what is transparent shows at the edge: %v", name, size, c)
				}
			}
		}
	}
	r, _ := mustMake(t, makePNG(t, gradient(20, 20, false), 0), Options{})
	if kind := r.PNG[25]; kind != 2 {
		t.Errorf("an opaque picture became a PNG of colour type %d, not RGB", kind)
	}
	r, _ = mustMake(t, makePNG(t, gradient(20, 20, true), 0), Options{})
	if kind := r.PNG[25]; kind != 6 {
		t.Errorf("a transparent picture became a PNG of colour type %d, not RGBA", kind)
	}
}

func TestLossyWebPColours(t *testing.T) {
	// VP8's grey of 128 is of limited range: (128-16)*255/219 = 130.4.
	_, out := mustMake(t, makeLossyWebP(32, 32, nil), Options{Width: 8, Height: 8})
	near(t, "opaque", out, 4, 4, color.NRGBA{130, 130, 130, 255}, 2)
	_, out = mustMake(t, makeLossyWebP(32, 32, bytes.Repeat([]byte{100}, 32*32)), Options{Width: 8, Height: 8})
	near(t, "transparent", out, 4, 4, color.NRGBA{130, 130, 130, 100}, 3) // 8 bits of a colour that alpha has taken three fifths of
}

func TestKindsOfPixels(t *testing.T) { // I10
	at := func(m interface {
		image.Image
		Set(x, y int, c color.Color)
	}) image.Image {
		for y := range 8 {
			for x := range 8 {
				m.Set(x, y, color.NRGBA64{R: 0x8000, G: 0x4000, B: 0x2000, A: 0x8000})
			}
		}
		return m
	}
	r := image.Rect(0, 0, 8, 8)
	paletted := image.NewPaletted(r, color.Palette{color.NRGBA{0x80, 0x40, 0x20, 0x80}})
	for name, c := range map[string]struct {
		m    image.Image
		want color.NRGBA
	}{
		"NRGBA":    {at(image.NewNRGBA(r)), color.NRGBA{0x80, 0x40, 0x20, 0x80}},
		"NRGBA64":  {at(image.NewNRGBA64(r)), color.NRGBA{0x80, 0x40, 0x20, 0x80}},
		"Gray":     {at(image.NewGray(r)), color.NRGBA{0x27, 0x27, 0x27, 0xff}},
		"Gray16":   {at(image.NewGray16(r)), color.NRGBA{0x27, 0x27, 0x27, 0xff}},
		"Paletted": {paletted, color.NRGBA{0x80, 0x40, 0x20, 0x80}},
		"RGBA":     {at(image.NewRGBA(r)), color.NRGBA{0x80, 0x40, 0x20, 0x80}},
		"RGBA64":   {at(image.NewRGBA64(r)), color.NRGBA{0x80, 0x40, 0x20, 0x80}},
	} {
		_, out := mustMake(t, makePNG(t, c.m, 0), Options{Width: 4, Height: 4})
		near(t, "PNG of "+name, out, 2, 2, c.want, 1)
	}
}

func TestPhotographs(t *testing.T) {
	files, err := filepath.Glob("../../testdata/pictures/*.*")
	if err != nil || len(files) < 3 {
		t.Fatal("the photographs are missing", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, out := mustMake(t, src, Options{Width: 128, Height: 128})
		lo, hi := uint8(255), uint8(0)
		for i := 1; i < len(out.Pix); i += 4 {
			lo, hi = min(lo, out.Pix[i]), max(hi, out.Pix[i])
		}
		if lo > 30 || hi < 170 {
			t.Errorf("%s has lost its contrast: %d to %d", file, lo, hi)
		}
	}
}

func TestWrongOptions(t *testing.T) {
	src := makePNG(t, quadrants(4, 4), 0)
	for _, o := range []Options{{Width: -1}, {Height: maxSide + 1}, {MaxBytes: -1}, {MaxPixels: -1}, {MaxJPEGPixels: -1}} {
		_, err := Make(src, o)
		if _, ok := errors.AsType[*Rejection](err); err == nil || ok {
			t.Errorf("%+v: got %v", o, err)
		}
	}
	r, out := mustMake(t, src, Options{Width: 40, Height: 10})
	if out.Rect.Dx() != 40 || out.Rect.Dy() != 10 {
		t.Errorf("a thumbnail of %v was not asked for; source %dx%d", out.Rect, r.Width, r.Height)
	}
}

func ExampleMake() {
	src, err := os.ReadFile("../../testdata/pictures/chelsea.png")
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := Make(src, Options{})
	if rejection, ok := errors.AsType[*Rejection](err); ok {
		fmt.Println("rejected:", rejection.Code)
		return
	}
	fmt.Printf("%s of %dx%d\n", r.Format, r.Width, r.Height)
	// Output: PNG of 451x300
}
