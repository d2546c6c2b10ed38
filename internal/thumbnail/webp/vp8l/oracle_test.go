package vp8l

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/vp8l"
)

const plenty = 1 << 26 // bytes

// picture returns pixels of some kind: noise, few colours, or a drawing with a little noise.
func picture(r *rand.Rand, width, height, kind int) []uint32 {
	pixels := make([]uint32, width*height)
	colours := []uint32{0xff000000, 0xffffffff, 0x80123456, 0, 0xffff0000, 0xff00ff00, 0x7fabcdef}
	for range r.IntN(249) {
		colours = append(colours, r.Uint32())
	}
	colours = colours[:1+r.IntN(len(colours))]
	for i := range pixels {
		x, y := uint32(i%width), uint32(i/width)
		switch kind {
		case 0:
			pixels[i] = r.Uint32()
		case 1:
			pixels[i] = colours[(x/5+y/3+uint32(r.IntN(9)/8))%uint32(len(colours))]
		default:
			pixels[i] = (x*3&255)<<24 | (y*5&255)<<16 | ((x+y)&255)<<8 | x*y/7&255
			if r.IntN(10) == 0 {
				pixels[i] ^= r.Uint32() & 0x03030303
			}
		}
	}
	return pixels
}

// someOptions chooses ways to write a picture.
func someOptions(r *rand.Rand, kind int) options {
	o := options{modes: 14, copies: r.IntN(3) > 0}
	if r.IntN(2) == 0 {
		o.cacheBits = uint(1 + r.IntN(11))
	}
	if r.IntN(2) == 0 {
		o.groups = 2 + r.IntN(20)
	}
	for _, t := range r.Perm(transformTypes) {
		if r.IntN(2) == 0 && (t != indexingTransform || kind == 1 && len(o.transforms) == 0) {
			o.transforms = append(o.transforms, t)
		}
	}
	return o
}

// roundTrip writes a picture, and reads it here and by golang.org/x/image.
func roundTrip(seed uint64, width, height, kind int) error {
	r := rand.New(rand.NewPCG(seed, 3))
	pixels := picture(r, width, height, kind)
	o := someOptions(r, kind)
	e := encoder{r: r}
	data := e.encode(pixels, width, height, true, o)
	got, err := decode(data, plenty)
	if err != nil {
		return fmt.Errorf("%+v: %w", o, err)
	}
	m, err := vp8l.Decode(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("the oracle: %+v: %w", o, err)
	}
	oracle := m.(*image.NRGBA)
	for i, v := range pixels {
		p := oracle.Pix[4*i:]
		if w := uint32(p[3])<<24 | uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2]); got[i] != v || w != v {
			return fmt.Errorf("%+v: at %d, %d: %08x, and %08x by the oracle, not %08x", o, i%width, i/width, got[i], w, v)
		}
	}
	return nil
}

func decode(data []byte, bytes int64) ([]uint32, error) {
	d, err := NewDecoder(data, bytes)
	if err != nil {
		return nil, err
	}
	var pixels []uint32
	for {
		row, err := d.Row()
		if errors.Is(err, io.EOF) {
			return pixels, nil
		}
		if err != nil {
			return nil, err
		}
		pixels = append(pixels, row...)
	}
}

// TestOracle writes pictures of all kinds in all ways.
func TestOracle(t *testing.T) {
	for seed := range uint64(300) {
		width, height := 1+int(seed*7%67), 1+int(seed*11%41)
		if err := roundTrip(seed, width, height, int(seed%3)); err != nil {
			t.Fatalf("seed %d, %dx%d: %v", seed, width, height, err)
		}
	}
}

// FuzzOracle is TestOracle for as many pictures as there is time for.
func FuzzOracle(f *testing.F) {
	for seed := range uint64(6) {
		f.Add(seed, uint8(seed*40), uint8(seed*9), uint8(seed))
	}
	f.Fuzz(func(t *testing.T, seed uint64, width, height, kind uint8) {
		if err := roundTrip(seed, 1+int(width), 1+int(height), int(kind%3)); err != nil {
			t.Fatal(err)
		}
	})
}

// TestLargeHistory has copies reach across rows of a picture that does not fit the history.
func TestLargeHistory(t *testing.T) {
	const width, height = 1100, 1000
	r := rand.New(rand.NewPCG(1, 1))
	pixels := make([]uint32, width*height)
	for i := range pixels {
		pixels[i] = 0xff000000 | uint32(i/width%7)<<8 | uint32(i%width/200)
	}
	e := encoder{r: r}
	data := e.encode(pixels, width, height, true, options{copies: true})
	const budget = 4*window + 1<<16
	got, err := decode(data, budget)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range pixels {
		if got[i] != v {
			t.Fatalf("at %d: %08x, not %08x", i, got[i], v)
		}
	}
}

// TestFarthestCopy copies over the longest distance that can be written.
func TestFarthestCopy(t *testing.T) {
	const width, height, farthest = 1 << 10, 1<<10 + 8, window - 120
	var e encoder
	e.w.write(0, 1) // no transforms
	e.w.write(0, 1) // no cache
	e.w.write(0, 1) // one group
	simple := func(symbols ...int) {
		e.w.write(1, 1)
		e.w.write(len(symbols)-1, 1)
		e.w.write(1, 1)
		for _, s := range symbols {
			e.w.write(s, 8)
		}
	}
	// Green: 0, 7 and a copy of 4096 pixels, by lengths 2, 2, 1.
	last := number(0, literals, 4096).symbol
	lengths := make([]int, literals+copyLengths)
	lengths[0], lengths[7], lengths[last] = 2, 2, 1
	e.r = rand.New(rand.NewPCG(2, 2))
	e.w.write(0, 1)
	e.writeLengths(lengths)
	green := canonical(lengths)
	simple(0)
	simple(0)
	simple(255)
	one, far := number(4, 0, 2), number(4, 0, farthest+120) // the second near code is the pixel to the left
	simple(one.symbol, far.symbol)
	copyFrom := func(n codeSymbol, bit int) {
		green.write(&e.w, last)
		s := number(0, literals, 4096)
		e.w.write(s.extra, s.extraBits)
		e.w.write(bit, 1)
		e.w.write(n.extra, n.extraBits)
	}
	green.write(&e.w, 7)
	green.write(&e.w, 0)
	made := 2
	for ; made+4096 <= farthest; made += 4096 {
		copyFrom(one, 0)
	}
	for ; made < farthest; made++ {
		green.write(&e.w, 0)
	}
	copyFrom(far, 1)
	for made += 4096; made < width*height; made++ {
		green.write(&e.w, 0)
	}
	d, err := NewBareDecoder(e.w.finish(), width, height, plenty)
	if err != nil {
		t.Fatal(err)
	}
	for y := range height {
		row, err := d.Row()
		if err != nil {
			t.Fatal(err)
		}
		for x, v := range row {
			want := uint32(0xff000000)
			if at := y*width + x; at == 0 || at == farthest {
				want |= 7 << 8
			}
			if v != want {
				t.Fatalf("at %d, %d: %08x", x, y, v)
			}
		}
	}
}

// TestReservedModes: what has no meaning predicts black, as mode 0 does.
func TestReservedModes(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	pixels := picture(r, 40, 30, 2)
	e := encoder{r: r}
	data := e.encode(pixels, 40, 30, true, options{transforms: []int{predictorTransform}, modes: 16})
	got, err := decode(data, plenty)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range pixels {
		if got[i] != v {
			t.Fatalf("at %d: %08x, not %08x", i, got[i], v)
		}
	}
}
