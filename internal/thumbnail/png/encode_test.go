package png

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/draw"
	stdpng "image/png"
	"math/rand/v2"
	"testing"
)

func mustAppend(t testing.TB, pix []byte, width, height, channels int) []byte {
	t.Helper()
	out, err := Append(nil, pix, width, height, channels)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// stdPixels decodes with the standard library, to straight alpha or RGB.
func stdPixels(t testing.TB, file []byte, channels int) (pix []byte, width, height int) {
	t.Helper()
	m, err := stdpng.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("the standard library does not read it: %v", err)
	}
	b := m.Bounds()
	straight, ok := m.(*image.NRGBA)
	if !ok {
		straight = image.NewNRGBA(b)
		draw.Draw(straight, b, m, b.Min, draw.Src) // what is not NRGBA here is opaque
	}
	for i := 0; i < len(straight.Pix); i += 4 {
		pix = append(pix, straight.Pix[i:i+channels]...)
	}
	return pix, b.Dx(), b.Dy()
}

func TestAppendRoundTrip(t *testing.T) {
	for _, channels := range []int{3, 4} {
		for name, pix := range pictures(channels) {
			t.Run(fmt.Sprint(name, channels), func(t *testing.T) {
				file := mustAppend(t, pix, testWidth, testHeight, channels)
				got, width, height := stdPixels(t, file, channels)
				if width != testWidth || height != testHeight || !bytes.Equal(got, pix) {
					t.Error("another picture came back")
				}
				if again := mustAppend(t, pix, testWidth, testHeight, channels); !bytes.Equal(again, file) { // I14
					t.Error("a second run made other bytes")
				}
			})
		}
	}
}

func TestAppendSmallPictures(t *testing.T) {
	rnd := rand.New(rand.NewPCG(8, 8))
	for width := 1; width < 20; width++ {
		for height := 1; height < 5; height++ {
			for _, channels := range []int{3, 4} {
				pix := make([]byte, width*height*channels)
				for i := range pix {
					pix[i] = byte(rnd.IntN(256))
				}
				got, w, h := stdPixels(t, mustAppend(t, pix, width, height, channels), channels)
				if w != width || h != height || !bytes.Equal(got, pix) {
					t.Errorf("%dx%d, %d channels: another picture came back", width, height, channels)
				}
			}
		}
	}
}

// I8
func TestAppendWritesCriticalChunksOnly(t *testing.T) {
	prefix := []byte("before")
	file, err := Append(prefix, pictures(4)["fading"], testWidth, testHeight, 4)
	if err != nil {
		t.Fatal(err)
	}
	file, ok := bytes.CutPrefix(file, append(prefix, signature...))
	if !ok {
		t.Fatal("no signature after what was in dst")
	}
	var names []string
	for len(file) > 0 {
		n := binary.BigEndian.Uint32(file)
		names = append(names, string(file[4:8]))
		if sum := binary.BigEndian.Uint32(file[8+n:]); sum != crc32.ChecksumIEEE(file[4:8+n]) {
			t.Errorf("wrong CRC of %s", names[len(names)-1])
		}
		file = file[12+n:]
	}
	if fmt.Sprint(names) != "[IHDR IDAT IEND]" {
		t.Errorf("chunks %v", names)
	}
}

// What an encoder with zlib's usual level and no filter makes is the bar for drawings and noise; filters
// must beat it on everything smooth.
func TestAppendSizes(t *testing.T) {
	for _, channels := range []int{3, 4} {
		for name, pix := range pictures(channels) {
			var plain bytes.Buffer
			w := zlib.NewWriter(&plain)
			if _, err := w.Write(plainRows(pix, testWidth*channels)); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			got := len(mustAppend(t, pix, testWidth, testHeight, channels))
			t.Logf("%-10s %d: %6d bytes, plain %6d", name, channels, got, plain.Len())
			bar := plain.Len() + plain.Len()/100 + 100
			if name == "photograph" || name == "gradient" || name == "half" {
				bar = plain.Len() * 8 / 10
			}
			if got > bar {
				t.Errorf("%s of %d channels: %d bytes, without filters %d", name, channels, got, plain.Len())
			}
		}
	}
}

func TestDivide(t *testing.T) {
	pix := pictures(3)["gradient"]
	file := mustAppend(t, pix, testWidth, testHeight, 3)
	data := len(file) - len(signature) - 3*12 - 13
	seen := map[string]bool{string(file): true}
	for _, n := range []int{1, 2, data / 2, data - 1} {
		divided := Divide(file, n)
		if seen[string(divided)] || len(divided) != len(file)+12 {
			t.Errorf("after %d bytes: %d bytes that were there before, or too many; want other %d", n, len(divided), len(file)+12)
		}
		seen[string(divided)] = true
		if got, _, _ := stdPixels(t, divided, 3); !bytes.Equal(got, pix) {
			t.Errorf("after %d bytes: another picture", n)
		}
	}
	for _, n := range []int{-1, 0, data, data + 1} {
		if !bytes.Equal(Divide(file, n), file) {
			t.Errorf("after %d bytes of %d: it is another file", n, data)
		}
	}
	for n := range len(file) - 12 { // all but the last chunk
		if !bytes.Equal(Divide(file[:n], 1), file[:n]) {
			t.Fatalf("cut to %d bytes: it is another file", n)
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	for _, c := range []struct{ width, height, channels, bytes int }{
		{0, 1, 3, 0},
		{1, 0, 3, 0},
		{-1, 1, 3, 3},
		{1, 1, 1, 1},
		{2, 2, 3, 11},
		{1 << 31, 1, 3, 100},
		{1 << 30, 1 << 30, 4, 100},
	} {
		if _, err := Append(nil, make([]byte, c.bytes), c.width, c.height, c.channels); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}

func TestFilters(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 3))
	for _, bpp := range []int{1, 2, 3, 4, 6, 8} {
		for _, pixels := range []int{1, 2, 3, 7, 40, 101} {
			n := pixels * bpp
			cur, prev, got := make([]byte, n), make([]byte, n), make([]byte, n)
			for i := range cur {
				cur[i], prev[i] = byte(rnd.IntN(256)), byte(rnd.IntN(256))
			}
			for f := range filterTypes {
				applyFilter(f, got, cur, prev, bpp)
				for i, x := range cur {
					var a, c int
					if i >= bpp {
						a, c = int(cur[i-bpp]), int(prev[i-bpp])
					}
					b := int(prev[i])
					predicted := [filterTypes]int{0, a, b, (a + b) / 2, int(paeth(a, b, c))}[f]
					if want := x - byte(predicted); got[i] != want {
						t.Fatalf("filter %d, %d bytes a pixel, byte %d of %d: %d, want %d", f, bpp, i, n, got[i], want)
					}
				}
			}
		}
	}
}

func FuzzAppend(f *testing.F) {
	for _, channels := range []int{3, 4} {
		for _, pix := range pictures(channels) {
			f.Add(pix[:3000], uint16(25), channels == 4)
		}
	}
	f.Fuzz(func(t *testing.T, pix []byte, width uint16, alpha bool) {
		channels := 3
		if alpha {
			channels = 4
		}
		row := int(width) * channels
		if row == 0 || len(pix) < row {
			return
		}
		height := len(pix) / row
		got, w, h := stdPixels(t, mustAppend(t, pix, int(width), height, channels), channels)
		if w != int(width) || h != height || !bytes.Equal(got, pix[:height*row]) {
			t.Error("another picture came back")
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	const side = 512
	rnd := rand.New(rand.NewPCG(1, 1))
	photograph, drawing := make([]byte, side*side*3), make([]byte, side*side*3)
	for i := range photograph {
		x, y := i/3%side, i/3/side
		photograph[i] = byte(100 + x/8 + y/5 + rnd.IntN(20))
		if (x/40+y/30)%3 == 0 {
			drawing[i] = byte(100 * (i % 3))
		}
	}
	for name, pix := range map[string][]byte{"photograph": photograph, "drawing": drawing} {
		b.Run(name, func(b *testing.B) {
			var out []byte
			for b.Loop() {
				var err error
				if out, err = Append(out[:0], pix, side, side, 3); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(out)), "bytes")
		})
	}
}
