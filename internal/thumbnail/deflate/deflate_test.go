package deflate

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"testing"
)

// inputs are what pictures' rows look like after filtering, and the corners of the format.
func inputs() map[string][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 300_000)
	for i := range noise {
		noise[i] = byte(rnd.IntN(256))
	}
	residuals := make([]byte, 500_001)
	for i := range residuals {
		residuals[i] = byte(int8(math.Round(rnd.NormFloat64() * 5)))
	}
	drawing := make([]byte, 0, 400_000)
	for len(drawing) < 400_000 {
		drawing = append(drawing, bytes.Repeat([]byte{byte(rnd.IntN(4)), 200, 9}, 1+rnd.IntN(90))...)
		if back := rnd.IntN(40_000); back > 600 && back < len(drawing) {
			drawing = append(drawing, drawing[len(drawing)-back:][:500]...)
		}
	}
	skewed := make([]byte, 0, 1<<20) // frequencies that grow as Fibonacci numbers make the deepest tree
	for v, a, b := 0, 1, 1; len(skewed)+a < 1<<20; v, a, b = v+1, b, a+b {
		skewed = append(skewed, bytes.Repeat([]byte{byte(v)}, a)...)
	}
	rnd.Shuffle(len(skewed), func(i, j int) { skewed[i], skewed[j] = skewed[j], skewed[i] })
	return map[string][]byte{
		"empty":       {},
		"one byte":    {7},
		"three bytes": {1, 2, 3},
		"four bytes":  {9, 9, 9, 9},
		"zeros":       make([]byte, 200_000),
		"every byte":  everyByte(),
		"noise":       noise,
		"residuals":   residuals,
		"drawing":     drawing,
		"skewed":      skewed,
		"far":         append(append(bytes.Clone(noise[:300]), make([]byte, maxDistance-300)...), noise[:300]...),
		"too far":     append(append(bytes.Clone(noise[:300]), make([]byte, maxDistance-299)...), noise[:300]...),
	}
}

func everyByte() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

var methods = []struct {
	name     string
	compress func(dst, src []byte) []byte
}{
	{"literals", Literals},
	{"quick matches", func(dst, src []byte) []byte { return Matches(dst, src, Quick) }},
	{"matches", func(dst, src []byte) []byte { return Matches(dst, src, Thorough) }},
	{"deep matches", func(dst, src []byte) []byte { return Matches(dst, src, Deep) }},
}

func inflate(t testing.TB, src []byte) []byte {
	t.Helper()
	r := bytes.NewReader(src)
	out, err := io.ReadAll(flate.NewReader(r))
	if err != nil {
		t.Fatalf("compress/flate does not read it: %v", err)
	}
	if r.Len() > 0 {
		t.Fatalf("%d bytes after the end", r.Len())
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	for name, src := range inputs() {
		for _, m := range methods {
			t.Run(fmt.Sprint(name, " as ", m.name), func(t *testing.T) {
				out := m.compress([]byte("before"), src)
				if !bytes.HasPrefix(out, []byte("before")) {
					t.Fatal("what was in dst is gone")
				}
				if !bytes.Equal(inflate(t, out[6:]), src) {
					t.Fatal("something else came back")
				}
				if again := m.compress([]byte("before"), src); !bytes.Equal(again, out) {
					t.Error("a second run made other bytes")
				}
			})
		}
	}
}

// The sizes of literals are held against the standard library's.
func TestSizes(t *testing.T) {
	for name, src := range inputs() {
		var want bytes.Buffer
		w, err := flate.NewWriter(&want, flate.HuffmanOnly)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(src); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got := len(Literals(nil, src))
		t.Logf("%-12s %7d of %7d bytes, standard library %7d", name, got, len(src), want.Len())
		if got > want.Len()+want.Len()/50+100 {
			t.Errorf("%s: %d bytes, standard library %d", name, got, want.Len())
		}
	}
}

// Deeper trees than a code may have are cut back to a code that is still complete.
func TestCodesAreComplete(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	fibonacci := make([]uint32, 40)
	for i := range fibonacci {
		fibonacci[i] = 1
		if i > 1 {
			fibonacci[i] = fibonacci[i-1] + fibonacci[i-2]
		}
	}
	freqs := [][]uint32{fibonacci, {5}, {0, 0, 9, 1}, {1, 1, 1}}
	for range 200 {
		f := make([]uint32, 1+rnd.IntN(litSymbols))
		for i := range f {
			f[i] = uint32(math.Exp(rnd.Float64()*21) - 1)
		}
		freqs = append(freqs, f)
	}
	var k coder
	for _, freq := range freqs {
		for _, limit := range []int{9, literalLimit, maxCode} {
			c := make(code, len(freq))
			k.build(c, freq, limit)
			sum, used := 0, 0
			for symbol, f := range freq {
				length := int(c.length(symbol))
				if (f > 0) != (length > 0) || length > limit {
					t.Fatalf("frequency %d got %d bits, limit %d", f, length, limit)
				}
				if length > 0 {
					sum += 1 << (limit - length)
					used++
				}
				for other := range symbol {
					if f > freq[other] && freq[other] > 0 && length > int(c.length(other)) {
						t.Fatalf("a symbol of frequency %d has %d bits, one of %d has %d", f, length, freq[other], c.length(other))
					}
				}
			}
			if used > 1 && sum != 1<<limit {
				t.Fatalf("the code of %d symbols is not complete: %d of %d", used, sum, 1<<limit)
			}
		}
	}
}

func TestEstimates(t *testing.T) {
	for name, src := range inputs() {
		if len(src) < 1000 {
			continue
		}
		if estimate, got := LiteralBits(src), 8*len(Literals(nil, src)); math.Abs(float64(estimate-got)) > 0.15*float64(got) {
			t.Errorf("%s as literals: estimated %d bits, made %d", name, estimate, got)
		}
		repetition := Repetition(src)
		if want := map[string]bool{"zeros": true, "drawing": true, "far": true, "too far": true}[name]; want != (repetition > 0.3) {
			t.Errorf("%s: repetition %.3f", name, repetition)
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	for _, src := range inputs() {
		f.Add(src[:min(len(src), 5000)], uint16(1))
	}
	f.Add([]byte("abcdefg"), uint16(9000))
	f.Fuzz(func(t *testing.T, src []byte, times uint16) {
		if len(src)*int(times) > 1<<20 {
			times = uint16(1<<20/len(src) + 1)
		}
		src = bytes.Repeat(src, int(times))
		for _, m := range methods {
			if !bytes.Equal(inflate(t, m.compress(nil, src)), src) {
				t.Fatalf("%s: something else came back", m.name)
			}
		}
		if r := Repetition(src); r < 0 || r > 1 {
			t.Fatalf("repetition %v", r)
		}
	})
}

func BenchmarkLiterals(b *testing.B) {
	src := inputs()["residuals"]
	dst := make([]byte, 0, 2*len(src))
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		dst = Literals(dst[:0], src)
	}
}

func BenchmarkMatches(b *testing.B) {
	for _, name := range []string{"drawing", "residuals"} {
		for _, m := range methods[1:] {
			b.Run(fmt.Sprint(m.name, " of ", name), func(b *testing.B) {
				src := inputs()[name]
				b.SetBytes(int64(len(src)))
				for b.Loop() {
					m.compress(nil, src)
				}
			})
		}
	}
}

func BenchmarkRepetition(b *testing.B) {
	for _, name := range []string{"drawing", "residuals"} {
		b.Run(name, func(b *testing.B) {
			src := inputs()[name]
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				Repetition(src)
			}
		})
	}
}
