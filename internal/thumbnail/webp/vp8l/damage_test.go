package vp8l

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

func TestParseHeader(t *testing.T) {
	e := encoder{r: rand.New(rand.NewPCG(1, 1))}
	data := e.encode(make([]uint32, 300), 100, 3, true, options{})
	if h, err := ParseHeader(data); err != nil || h != (Header{100, 3, true}) {
		t.Fatal(h, err)
	}
	for name, c := range map[string]struct {
		change func(d []byte) []byte
		want   error
	}{
		"empty":     {func([]byte) []byte { return nil }, ErrShort},
		"short":     {func(d []byte) []byte { return d[:4] }, ErrShort},
		"signature": {func(d []byte) []byte { d[0] = 0x2e; return d }, FormatError("no signature")},
		"version":   {func(d []byte) []byte { d[4] |= 0x20; return d }, ErrUnsupported},
	} {
		changed := c.change(bytes.Clone(data))
		if _, err := ParseHeader(changed); !errors.Is(err, c.want) {
			t.Errorf("%s: ParseHeader: %v", name, err)
		}
		if _, err := NewDecoder(changed, plenty); !errors.Is(err, c.want) {
			t.Errorf("%s: NewDecoder: %v", name, err)
		}
	}
}

// TestTruncated cuts pictures off at every byte. // I11
func TestTruncated(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 4))
		kind := int(seed % 3)
		e := encoder{r: r}
		data := e.encode(picture(r, 30, 20, kind), 30, 20, true, someOptions(r, kind))
		for n := range data {
			if _, err := decode(data[:n], plenty); err == nil {
				t.Fatalf("seed %d: %d bytes of %d are enough", seed, n, len(data))
			}
		}
	}
}

// broken writes pictures of 8x8 pixels that are wrong in one way.
var broken = map[string]struct {
	write func(e *encoder)
	want  error
}{
	"a transform comes twice": {func(e *encoder) {
		for range 2 {
			e.w.write(1, 1)
			e.w.write(subtractGreenTransform, 2)
		}
	}, FormatError("a transform comes twice")},
	"a cache of no bits": {func(e *encoder) { e.w.write(0b0000_1_0, 6) }, FormatError("a colour cache of a wrong size")},
	"a cache of 12 bits": {func(e *encoder) { e.w.write(0b1100_1_0, 6) }, FormatError("a colour cache of a wrong size")},
	"too many codes":     {func(e *encoder) { e.plain(); e.lengthCode(1, 1, 1) }, errCode},
	"too few codes":      {func(e *encoder) { e.plain(); e.lengthCode(1, 2) }, errCode},
	"no codes":           {func(e *encoder) { e.plain(); e.lengthCode() }, errCode},
	"a symbol too high": {func(e *encoder) {
		e.plain()
		e.simple(0)
		e.simple(0)
		e.simple(0)
		e.simple(0)
		e.simple(40)
	}, errCode},
	"a second too high": {func(e *encoder) {
		e.plain()
		e.simple(0)
		e.simple(0)
		e.simple(0)
		e.simple(0)
		e.simple(1, 40)
	}, errCode},
	"a repetition too far": {func(e *encoder) { e.plain(); e.repetitions(literals+copyLengths, 138) }, errCode},
	"too many lengths": {func(e *encoder) {
		e.plain()
		e.lengthCode(1, 1)
		e.w.write(1, 1)
		e.w.write(7, 3)
		e.w.write(literals+copyLengths-1, 16)
	}, errCode},
	"a copy before the start": {func(e *encoder) {
		e.copies(number(4, 0, 120+5))
		e.pixelsThenCopy(4, 4)
	}, FormatError("a copy from or to outside the picture")},
	"a copy beyond the end": {func(e *encoder) {
		e.copies(number(4, 0, 2))
		e.pixelsThenCopy(62, 3)
	}, FormatError("a copy from or to outside the picture")},
}

// plain writes that there are no transforms, no cache, and one group of codes.
func (e *encoder) plain() { e.w.write(0, 3) }

// simple writes a code of one symbol or two.
func (e *encoder) simple(symbols ...int) {
	e.w.write(1, 1)
	e.w.write(len(symbols)-1, 1)
	e.w.write(1, 1)
	for _, s := range symbols {
		e.w.write(s, 8)
	}
}

// lengthCode begins a code by the lengths of the code that its lengths are written in: those of 17, 18, 0, 1.
func (e *encoder) lengthCode(lengths ...int) {
	e.w.write(0, 1)
	e.w.write(0, 4)
	for i := range 4 {
		n := 0
		if i < len(lengths) {
			n = lengths[i]
		}
		e.w.write(n, 3)
	}
}

// repetitions writes runs of zeros until they are more than there are symbols.
func (e *encoder) repetitions(symbols, run int) {
	e.lengthCode(0, 1)
	e.w.write(0, 1)
	for n := 0; n <= symbols; n += run {
		e.w.write(run-11, 7)
	}
}

// copies writes codes for black pixels, in one bit, and for copies over one distance.
func (e *encoder) copies(distance codeSymbol) {
	e.plain()
	lengths := make([]int, literals+copyLengths)
	lengths[0], lengths[literals+2], lengths[literals+3] = 1, 2, 2
	e.w.write(0, 1)
	e.writeLengths(lengths)
	e.simple(0)
	e.simple(0)
	e.simple(255)
	e.simple(distance.symbol)
	e.extra = distance
}

// pixelsThenCopy writes n pixels and a copy of 3 or 4.
func (e *encoder) pixelsThenCopy(n, length int) {
	e.w.write(0, uint(n))
	e.w.write(1|(length-3)<<1, 2)
	e.w.write(e.extra.extra, e.extra.extraBits)
}

func TestBroken(t *testing.T) {
	for name, b := range broken {
		e := encoder{r: rand.New(rand.NewPCG(7, 7))}
		b.write(&e)
		e.w.write(0, 32)
		d, err := NewBareDecoder(e.w.finish(), 8, 8, plenty)
		for err == nil {
			_, err = d.Row()
		}
		if !errors.Is(err, b.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBudget: nothing is allocated beyond the budget.
func TestBudget(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	e := encoder{r: r}
	pixels := picture(r, 300, 300, 2)
	data := e.encode(pixels, 300, 300, true, options{transforms: []int{predictorTransform, colourTransform}, modes: 14, cacheBits: 11, groups: 200})
	enough := int64(0)
	for budget := int64(0); ; budget += 1 << 15 {
		_, err := decode(data, budget)
		if err == nil {
			enough = budget
			break
		}
		if !errors.Is(err, ErrBudget) {
			t.Fatalf("%d bytes: %v", budget, err)
		}
	}
	if enough < 300*300*4 || enough > 4<<20 {
		t.Fatalf("it takes %d bytes", enough)
	}
}

// TestHeaderAlone: a picture that is all promise and no data costs nearly nothing. // I3
func TestHeaderAlone(t *testing.T) {
	e := encoder{}
	e.w.write(0x2f, 8)
	e.w.write(1<<14-1, 14)
	e.w.write(1<<14-1, 14)
	e.w.write(0, 4)
	data := e.w.finish()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := decode(data, plenty); !errors.Is(err, ErrShort) && !errors.Is(err, errCode) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
		t.Fatalf("%d bytes allocated", n)
	}
}

// FuzzDecoder: whatever the bytes, all rows come, the same twice, or an error of a known kind. // I2
func FuzzDecoder(f *testing.F) {
	for seed := range uint64(24) {
		r := rand.New(rand.NewPCG(seed, 5))
		kind := int(seed % 3)
		e := encoder{r: r}
		f.Add(e.encode(picture(r, 20, 10, kind), 20, 10, true, someOptions(r, kind)))
	}
	for _, b := range broken {
		e := encoder{r: rand.New(rand.NewPCG(7, 7))}
		e.w.write(0x2f, 8)
		e.w.write(7|7<<14, 32)
		b.write(&e)
		f.Add(e.w.finish())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ParseHeader(data)
		if err == nil && h.Width*h.Height > 1<<18 {
			t.Skip("large")
		}
		before := bytes.Clone(data)
		pixels, err := decode(data, 1<<22)
		if !bytes.Equal(data, before) {
			t.Fatal("the data was changed")
		}
		again, errAgain := decode(data, 1<<22)
		if !errors.Is(errAgain, err) || !slices.Equal(pixels, again) {
			t.Fatalf("another answer the second time: %v, %v", err, errAgain)
		}
		if err != nil {
			if _, ok := errors.AsType[FormatError](err); !ok && !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrBudget) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		if len(pixels) != h.Width*h.Height {
			t.Fatalf("%d pixels of %dx%d", len(pixels), h.Width, h.Height)
		}
	})
}
