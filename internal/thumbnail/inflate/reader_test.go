package inflate

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"testing"
)

// pieces is a source that gives its bytes in pieces of one size.
type pieces struct {
	rest []byte
	size int
}

func (p *pieces) Next() ([]byte, error) {
	if len(p.rest) == 0 {
		return nil, io.EOF
	}
	n := min(p.size, len(p.rest))
	b := p.rest[:n]
	p.rest = p.rest[n:]
	return b, nil
}

// inputs are data that give all kinds of blocks, codes and matches.
func inputs() map[string][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	residuals := make([]byte, 300_000)
	for i := range residuals {
		residuals[i] = byte(int8(math.Round(rnd.NormFloat64() * 5)))
	}
	noise := make([]byte, 150_000)
	for i := range noise {
		noise[i] = byte(rnd.IntN(256))
	}
	runs := make([]byte, 0, 300_000)
	for len(runs) < 299_000 {
		n := 1 + rnd.IntN(12)
		pattern := noise[rnd.IntN(1000):][:n]
		runs = append(runs, bytes.Repeat(pattern, 1+rnd.IntN(60))...)
		if back := rnd.IntN(windowSize); back > 600 && back < len(runs) {
			runs = append(runs, runs[len(runs)-back:][:rnd.IntN(500)]...)
		}
	}
	skewed := make([]byte, 0, 1<<20) // makes codes of 15 bits
	for v, a, b := 0, 1, 1; len(skewed)+a < 1<<20; v, a, b = v+1, b, a+b {
		skewed = append(skewed, bytes.Repeat([]byte{byte(v)}, a)...)
	}
	rnd.Shuffle(len(skewed), func(i, j int) { skewed[i], skewed[j] = skewed[j], skewed[i] })
	far := append(bytes.Clone(noise[:1000]), make([]byte, windowSize-1000)...)
	return map[string][]byte{
		"empty":     {},
		"one byte":  {7},
		"text":      []byte("a man, a plan, a canal: panama; a man, a plan"),
		"zeros":     make([]byte, 200_000),
		"residuals": residuals,
		"noise":     noise,
		"runs":      runs,
		"skewed":    skewed,
		"far":       append(far, far[:1000]...),
	}
}

func compress(t testing.TB, src []byte, level int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zlib.NewWriterLevel(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(src); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readAll reads the stream in pieces of n bytes, and returns the error that ended it, io.EOF if the
// stream ended by itself, nil if it is longer than most.
func readAll(r *Reader, n, most int) ([]byte, error) {
	var all []byte
	for {
		if len(all) > most {
			return all, nil
		}
		p, err := r.Next(n)
		if err != nil {
			all = append(all, r.out[r.read:r.done]...)
			return all, r.err
		}
		all = append(all, p...)
	}
}

func TestNext(t *testing.T) {
	levels := []int{zlib.HuffmanOnly, zlib.NoCompression, zlib.BestSpeed, zlib.DefaultCompression, zlib.BestCompression}
	for name, src := range inputs() {
		for _, level := range levels {
			t.Run(fmt.Sprint(name, " level ", level), func(t *testing.T) {
				stream := compress(t, src, level)
				for _, size := range [][2]int{{1 << 20, 12097}, {8192, 1}, {1, 301}, {100, 200_000}, {1 << 20, 3 << 20}} {
					r := NewReader(&pieces{stream, size[0]}, size[1])
					got, err := readAll(r, size[1], 1<<22)
					if err != io.EOF {
						t.Fatalf("pieces of %d and %d: %v", size[0], size[1], err)
					}
					if !bytes.Equal(got, src) {
						t.Fatalf("pieces of %d and %d: other bytes", size[0], size[1])
					}
				}
			})
		}
	}
}

// I11
func TestTruncated(t *testing.T) {
	src := inputs()["runs"][:3000]
	for _, level := range []int{zlib.NoCompression, zlib.HuffmanOnly, zlib.BestCompression} {
		stream := compress(t, src, level)
		for n := range len(stream) - 4 { // the sum at the end is not read
			r := NewReader(&pieces{stream[:n], 1 << 20}, 100)
			got, err := readAll(r, 100, 1<<20)
			if err != io.ErrUnexpectedEOF && !(err == io.EOF && bytes.Equal(got, src)) {
				t.Fatalf("level %d, %d of %d bytes: %v", level, n, len(stream), err)
			}
			if !bytes.HasPrefix(src, got) {
				t.Fatalf("level %d, %d of %d bytes: bytes that are not there", level, n, len(stream))
			}
		}
	}
}

func TestNextBeyondTheEnd(t *testing.T) {
	r := NewReader(&pieces{compress(t, []byte("abc"), 6), 1}, 10)
	if p, err := r.Next(3); err != nil || string(p) != "abc" {
		t.Fatalf("%q, %v", p, err)
	}
	if _, err := r.Next(1); err != io.ErrUnexpectedEOF {
		t.Errorf("the error is %v", err)
	}
	if _, err := r.Next(11); err == nil || err == io.ErrUnexpectedEOF {
		t.Errorf("a piece longer than was to be: %v", err)
	}
}

type failing struct{ error }

func (f failing) Next() ([]byte, error) { return nil, f.error }

func TestSourceError(t *testing.T) {
	want := errors.New("out of order")
	if _, err := NewReader(failing{want}, 10).Next(1); err != want {
		t.Errorf("the error is %v", err)
	}
}

func TestCorrupt(t *testing.T) {
	for name, stream := range map[string]string{
		"another method":                   "\x79\x9c\x03\x00",
		"a window too large":               "\x88\x1c\x03\x00",
		"a wrong check of the header":      "\x78\x02\x03\x00",
		"a preset dictionary":              "\x78\x20\x03\x00\x00\x00",
		"a block type that is not":         "\x78\x01\x07",
		"a stored length unlike itself":    "\x78\x01\x01\x01\x00\x00\x00a",
		"more literals than there are":     "\x78\x01\xfd\x00\x00",
		"an empty code length code":        "\x78\x01\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"a match before the beginning":     "\x78\x01\x4b\x04\x22\x00",
		"a fixed code without a symbol":    "\x78\x01\x1b\x03\x00\x00",
		"a length code repeated from none": "\x78\x01\x04\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
	} {
		var err error
		for r := NewReader(&pieces{[]byte(stream), 1 << 10}, 10); err == nil; {
			_, err = r.Next(1)
		}
		if err != ErrCorrupt {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := zlib.NewReader(bytes.NewReader([]byte(stream))); err == nil {
			if _, err := io.ReadAll(flate.NewReader(bytes.NewReader([]byte(stream[2:])))); err == nil {
				t.Errorf("%s: the standard library takes it", name)
			}
		}
	}
}

// FuzzInflate holds every stream against the standard library: the same bytes, and an error from both
// or none.
func FuzzInflate(f *testing.F) {
	for _, src := range inputs() {
		for _, level := range []int{zlib.HuffmanOnly, zlib.NoCompression, zlib.BestSpeed, zlib.BestCompression} {
			f.Add(compress(f, src[:min(len(src), 4000)], level)[2:], uint16(700), uint16(100))
		}
	}
	f.Fuzz(func(t *testing.T, deflated []byte, size, n uint16) {
		const most = 3 * windowSize // enough for the window to move
		want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(deflated)), most))
		stream := append([]byte{0x78, 0x01}, deflated...)
		r := NewReader(&pieces{stream, int(size) + 1}, int(n)+1)
		got, err := readAll(r, int(n)+1, most)
		if len(want) == most {
			got = got[:min(len(got), most)]
		} else if (err == io.EOF) != (wantErr == nil) {
			t.Fatalf("error %v, the standard library's %v", err, wantErr)
		}
		if common := min(len(got), len(want)); !bytes.Equal(got[:common], want[:common]) {
			t.Fatal("other bytes than the standard library's")
		}
		if wantErr == nil && len(got) != len(want) {
			t.Fatalf("%d bytes, the standard library has %d", len(got), len(want))
		}
	})
}

func BenchmarkNext(b *testing.B) {
	for _, name := range []string{"residuals", "runs", "noise"} {
		b.Run(name, func(b *testing.B) {
			src := inputs()[name]
			stream := compress(b, src, 6)
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				r := NewReader(&pieces{stream, 8192}, 1000)
				for n := len(src); n > 0; n -= 1000 {
					if _, err := r.Next(min(n, 1000)); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
