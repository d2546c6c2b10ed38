package thumbnail

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"image"
	"image/color"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/disintegration/imaging"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestCover(t *testing.T) {
	for _, c := range []struct {
		width, height, orientation int
		left, top, step            float64
	}{
		{512, 512, 1, 0, 0, 1},
		{1024, 1024, 1, 0, 0, 2},
		{256, 256, 6, 0, 0, 0.5},
		{1024, 512, 1, 256, 0, 1},
		{512, 1024, 1, 0, 256, 1},
		// The margin is one pixel of the scaled picture, which is cut from the left or the top of the upright one.
		{513, 512, 1, 1, 0, 1},
		{513, 512, 2, 0, 0, 1},
		{513, 512, 3, 0, 0, 1},
		{513, 512, 4, 1, 0, 1},
		{512, 513, 1, 0, 1, 1},
		{512, 513, 4, 0, 0, 1},
		{513, 512, 5, 1, 0, 1},
		{513, 512, 6, 1, 0, 1},
		{513, 512, 7, 0, 0, 1},
		{513, 512, 8, 0, 0, 1},
		{512, 513, 5, 0, 1, 1},
		{512, 513, 6, 0, 0, 1},
		{512, 513, 7, 0, 0, 1},
		{512, 513, 8, 0, 1, 1},
		// 600x400 is scaled to 768x512.
		{600, 400, 1, 100, 0, 400. / 512},
		// 1000x600 is scaled to 853x512, not to 853 1/3: the centre stays, so that both sides lose a sixth.
		{1000, 600, 1, 500 - (853/2.-171)*600/512, 0, 600. / 512},
		{1, 4_000_000, 1, 0, 2_000_000 - 256./512, 1. / 512},
	} {
		w := cover(header{width: c.width, height: c.height, orientation: c.orientation}, 512, 512)
		if math.Abs(w.left-c.left) > 1e-9 || math.Abs(w.top-c.top) > 1e-9 || math.Abs(w.stepX-c.step) > 1e-12 || w.stepX != w.stepY {
			t.Errorf("%dx%d, orientation %d: got %+v, want %+v", c.width, c.height, c.orientation, w, c)
		}
	}
	// Pixels that are shown twice as high as they are wide.
	tall := cover(header{width: 512, height: 256, shownHeight: 512, orientation: 1}, 512, 512)
	if want := (window{512, 512, 0, 0, 1, 0.5}); tall != want {
		t.Errorf("tall pixels: got %+v, want %+v", tall, want)
	}
	if w := cover(header{width: 300, height: 100, orientation: 6}, 40, 60); w.width != 60 || w.height != 40 {
		t.Errorf("a picture on its side is cut to %dx%d, and not to 60x40", w.width, w.height)
	}
}

// TestExactReference holds thumbnails against the sum that defines them, in floating point and without any
// of the ways to be fast.
func TestExactReference(t *testing.T) {
	const size = 32
	for _, alpha := range []bool{false, true} {
		for _, p := range []image.Point{{32, 32}, {33, 32}, {32, 33}, {100, 37}, {37, 100}, {129, 257}, {300, 33}} {
			m := gradient(p.X, p.Y, alpha)
			_, out := mustMake(t, makePNG(t, m, 0), Options{Width: size, Height: size})
			w := cover(header{width: p.X, height: p.Y, orientation: 1}, size, size)
			for y := range size {
				for x := range size {
					got, want := multiplied(out.NRGBAAt(x, y)), exact(m, w, x, y)
					for i := range got {
						if math.Abs(got[i]-want[i]) > 1.6 { // it rounds to 8 bits before and after alpha
							t.Fatalf("%v, alpha %v: (%d,%d) is %.2f, want %.2f", p, alpha, x, y, got, want)
						}
					}
				}
			}
		}
	}
}

// multiplied answers the colours multiplied by alpha, which say how a pixel looks however transparent it is.
func multiplied(c color.NRGBA) [4]float64 {
	a := float64(c.A) / 255
	return [4]float64{float64(c.R) * a, float64(c.G) * a, float64(c.B) * a, float64(c.A)}
}

func exact(m *image.NRGBA, w window, x, y int) [4]float64 {
	sinc := func(v float64) float64 {
		if v == 0 {
			return 1
		}
		return math.Sin(math.Pi*v) / (math.Pi * v)
	}
	scale := max(w.stepX, 1)
	cx, cy := w.left+(float64(x)+0.5)*w.stepX, w.top+(float64(y)+0.5)*w.stepY
	weight := func(centre float64, i int) float64 {
		d := (float64(i) + 0.5 - centre) / scale
		if math.Abs(d) >= 3 {
			return 0
		}
		return sinc(d) * sinc(d/3)
	}
	var r, g, b, a, sum float64
	reach := int(3*scale) + 2
	for sy := int(cy) - reach; sy <= int(cy)+reach; sy++ {
		for sx := int(cx) - reach; sx <= int(cx)+reach; sx++ {
			k := weight(cx, sx) * weight(cy, sy)
			c := m.NRGBAAt(min(max(sx, 0), m.Rect.Dx()-1), min(max(sy, 0), m.Rect.Dy()-1))
			p := multiplied(c)
			r, g, b, a, sum = r+k*p[0], g+k*p[1], b+k*p[2], a+k*p[3], sum+k
		}
	}
	a = min(max(a/sum, 0), 255)
	colour := func(v float64) float64 { return min(max(v/sum, 0), a) }
	return [4]float64{colour(r), colour(g), colour(b), a}
}

// TestImagingOracle holds thumbnails against another library's, away from the edges, beyond which it
// continues a picture in another way.
func TestImagingOracle(t *testing.T) {
	for _, p := range []image.Point{{768, 512}, {384, 256}, {192, 288}, {256, 128}} {
		m := gradient(p.X, p.Y, false)
		_, got := mustMake(t, makePNG(t, m, 0), Options{Width: 64, Height: 64})
		short := min(p.X, p.Y)
		w, h := p.X*64/short, p.Y*64/short
		left, top := (w-64+1)/2, (h-64+1)/2
		want := imaging.Crop(imaging.Resize(m, w, h, imaging.Lanczos), image.Rect(left, top, left+64, top+64))
		for y := 6; y < 58; y++ {
			for x := 6; x < 58; x++ {
				near(t, p.String(), got, x, y, want.NRGBAAt(x, y), 6) // it rounds to 8 bits in between
			}
		}
	}
}

// TestOrientationsAreTheSamePicture: whichever way a camera has stored a picture, its thumbnail is the same.
func TestOrientationsAreTheSamePicture(t *testing.T) {
	for _, p := range []image.Point{{97, 61}, {61, 97}, {65, 64}, {64, 65}, {20, 33}} {
		m := gradient(p.X, p.Y, false)
		_, want := mustMake(t, makePNG(t, m, 0), Options{Width: 64, Height: 64})
		for o := 2; o <= 8; o++ {
			_, got := mustMake(t, makePNG(t, stored(m, o), o), Options{Width: 64, Height: 64})
			for y := range 64 {
				for x := range 64 {
					near(t, fmt.Sprintf("%v, orientation %d", p, o), got, x, y, want.NRGBAAt(x, y), 1)
				}
			}
		}
	}
}

// TestGolden fixes the pixels that are made, to the last bit: they must be the same on every machine.
func TestGolden(t *testing.T) {
	const file = "testdata/pixels.golden"
	lines := map[string]string{}
	for _, p := range []image.Point{{7, 13}, {300, 200}, {640, 480}, {513, 512}, {1, 40}} {
		for format, encode := range oriented {
			name := fmt.Sprintf("%s %dx%d", format, p.X, p.Y)
			_, out := mustMake(t, encode(t, gradient(p.X, p.Y, format != JPEG), 6), Options{Width: 96, Height: 96})
			lines[name] = fmt.Sprintf("%s %x\n", name, sha256.Sum256(out.Pix))
		}
	}
	var got bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		got.WriteString(lines[name])
	}
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		for line := range strings.Lines(got.String()) {
			if !strings.Contains(string(want), line) {
				t.Errorf("not in %s: %s", file, line)
			}
		}
	}
}
