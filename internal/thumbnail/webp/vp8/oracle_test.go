package vp8

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/vp8"
)

// sizes are those of pictures that end at the edge of a macroblock, or short of it, or in one alone.
var sizes = []image.Point{{1, 1}, {16, 16}, {17, 15}, {64, 48}, {95, 33}, {33, 130}}

// TestOracle holds the samples of frames that say everything that can be said against those that another decoder finds.
func TestOracle(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 8))
		size := sizes[seed%uint64(len(sizes))]
		data := randomFrame(r, size.X, size.Y).encode()
		if err := compare(data); err != nil {
			t.Fatalf("seed %d, %v: %v", seed, size, err)
		}
	}
}

// FuzzOracle is TestOracle for as many frames as there is time for.
func FuzzOracle(f *testing.F) {
	for i, s := range sizes {
		f.Add(uint64(i), uint8(s.X), uint8(s.Y))
	}
	f.Fuzz(func(t *testing.T, seed uint64, width, height uint8) {
		r := rand.New(rand.NewPCG(seed, 8))
		data := randomFrame(r, 1+int(width), 1+int(height)).encode()
		if err := compare(data); err != nil {
			t.Fatal(err)
		}
	})
}

// compare decodes a frame here and by golang.org/x/image, and reports where the results differ.
func compare(data []byte) error {
	want, err := reference(data)
	if err != nil {
		return fmt.Errorf("the oracle: %w", err)
	}
	got, err := decode(data, image.Rect(0, 0, 1<<14, 1<<14))
	if err != nil {
		return err
	}
	return difference(got, want, want.Rect)
}

func reference(data []byte) (*image.YCbCr, error) {
	d := vp8.NewDecoder()
	d.Init(bytes.NewReader(data), len(data))
	if _, err := d.DecodeFrameHeader(); err != nil {
		return nil, err
	}
	return d.DecodeFrame()
}

// decode puts bands together.
func decode(data []byte, bounds image.Rectangle) (*image.YCbCr, error) {
	d, err := NewDecoder(data, bounds)
	if err != nil {
		return nil, err
	}
	m := image.NewYCbCr(image.Rect(0, 0, d.tag.width, d.tag.height), image.YCbCrSubsampleRatio420)
	bottom := 0
	for {
		b, err := d.Next()
		if err == io.EOF {
			if bottom < min(bounds.Max.Y, d.tag.height) {
				return nil, fmt.Errorf("the last band ends at %d", bottom)
			}
			return m, nil
		}
		if err != nil {
			return nil, err
		}
		if b.Top != bottom || b.Bottom <= b.Top || b.Bottom > d.tag.height || b.Bottom%2 != 0 && b.Bottom != d.tag.height {
			return nil, fmt.Errorf("a band from %d to %d after %d", b.Top, b.Bottom, bottom)
		}
		bottom = b.Bottom
		put(m.Y, m.YStride, b.Y, b.YStride, b.Top, b.Bottom)
		put(m.Cb, m.CStride, b.Cb, b.CStride, b.Top/2, (b.Bottom+1)/2)
		put(m.Cr, m.CStride, b.Cr, b.CStride, b.Top/2, (b.Bottom+1)/2)
	}
}

func put(dst []byte, dstStride int, src []byte, srcStride, top, bottom int) {
	for y := top; y < bottom; y++ {
		copy(dst[y*dstStride:][:dstStride], src[(y-top)*srcStride:])
	}
}

// difference compares what lies within r.
func difference(got, want *image.YCbCr, r image.Rectangle) error {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if g, w := got.YCbCrAt(x, y), want.YCbCrAt(x, y); g != w {
				return fmt.Errorf("at %d, %d: %v, not %v", x, y, g, w)
			}
		}
	}
	return nil
}

// TestPart shows that what lies within bounds does not depend on them.
func TestPart(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 9))
		f := randomFrame(r, 80+r.IntN(40), 80+r.IntN(40))
		f.level = max(f.level, 20)
		data := f.encode()
		whole, err := decode(data, image.Rect(0, 0, f.width, f.height))
		if err != nil {
			t.Fatal(err)
		}
		x, y := r.IntN(f.width), r.IntN(f.height)
		part := image.Rect(x, y, x+1+r.IntN(f.width-x), y+1+r.IntN(f.height-y))
		got, err := decode(data, part)
		if err != nil {
			t.Fatal(err)
		}
		if err := difference(got, whole, part); err != nil {
			t.Fatalf("seed %d: %v of %dx%d: %v", seed, part, f.width, f.height, err)
		}
	}
}

// TestPartSkipsRows shows that rows below those wanted are not even read.
func TestPartSkipsRows(t *testing.T) {
	f := randomFrame(rand.New(rand.NewPCG(1, 2)), 64, 160)
	f.partitions = 1
	data := f.encode()
	data = data[:len(data)-len(data)/5]
	if _, err := decode(data, image.Rect(0, 0, 64, 16)); err != nil {
		t.Fatal(err)
	}
	if _, err := decode(data, image.Rect(0, 0, 64, 160)); err == nil {
		t.Fatal("the whole frame decodes without its end")
	}
}
