package vp8

import (
	"bytes"
	"errors"
	"image"
	"math/rand/v2"
	"testing"
)

func TestSizeErrors(t *testing.T) {
	good := randomFrame(rand.New(rand.NewPCG(1, 1)), 200, 100)
	if w, h, err := Size(good.encode()); w != 200 || h != 100 || err != nil {
		t.Fatal(w, h, err)
	}
	for name, c := range map[string]struct {
		change func(data []byte) []byte
		want   error
	}{
		"short":       {func(d []byte) []byte { return d[:9] }, ErrShort},
		"empty":       {func([]byte) []byte { return nil }, ErrShort},
		"inter frame": {func(d []byte) []byte { d[0] |= 1; return d }, FormatError("not a key frame")},
		"hidden":      {func(d []byte) []byte { d[0] &^= 1 << 4; return d }, FormatError("a frame that is not to be shown")},
		"version 4":   {func(d []byte) []byte { d[0] |= 4 << 1; return d }, ErrUnsupported},
		"start code":  {func(d []byte) []byte { d[5] = 0; return d }, FormatError("no start code")},
		"no width":    {func(d []byte) []byte { d[6], d[7] = 0, 0xc0; return d }, FormatError("no pixels")},
		"no height":   {func(d []byte) []byte { d[8], d[9] = 0, 0; return d }, FormatError("no pixels")},
	} {
		data := c.change(good.encode())
		if _, _, err := Size(data); !errors.Is(err, c.want) {
			t.Errorf("%s: Size: %v", name, err)
		}
		if _, err := NewDecoder(data, image.Rect(0, 0, 1, 1)); !errors.Is(err, c.want) {
			t.Errorf("%s: NewDecoder: %v", name, err)
		}
	}
}

// TestTruncated cuts frames off at every byte but the last few: zeros, which are read for what is missing, may take
// next to no bits. That a file is cut short its container tells. // I11
func TestTruncated(t *testing.T) {
	for _, partitions := range []int{1, 2, 8} {
		f := randomFrame(rand.New(rand.NewPCG(3, 3)), 48, 140)
		f.partitions = partitions
		data := f.encode()
		for n := range len(data) - 32 {
			if _, err := decode(data[:n], image.Rect(0, 0, 48, 140)); !errors.Is(err, ErrShort) {
				t.Fatalf("%d partitions, %d bytes of %d: %v", partitions, n, len(data), err)
			}
		}
		if _, err := decode(data, image.Rect(0, 0, 48, 140)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPartitionBeyondEnd has a partition say that it is longer than the frame.
func TestPartitionBeyondEnd(t *testing.T) {
	f := randomFrame(rand.New(rand.NewPCG(4, 4)), 48, 48)
	f.partitions = 4
	data := f.encode()
	sizes := tagBytes + (int(data[0])|int(data[1])<<8|int(data[2])<<16)>>5
	data[sizes+2] = 0xff
	if _, err := decode(data, image.Rect(0, 0, 48, 48)); !errors.Is(err, ErrShort) {
		t.Fatal(err)
	}
}

// TestSegmentsWithoutData: values that a key frame does not give are 0, and added (RFC 6386, 9.3).
func TestSegmentsWithoutData(t *testing.T) {
	f := randomFrame(rand.New(rand.NewPCG(5, 5)), 48, 48)
	f.segments, f.level, f.quantizer = nil, 30, 40
	want, err := decode(f.encode(), image.Rect(0, 0, 48, 48))
	if err != nil {
		t.Fatal(err)
	}
	f.segments = &frameSegments{probs: &[3]uint8{100, 150, 200}}
	got, err := decode(f.encode(), image.Rect(0, 0, 48, 48))
	if err != nil {
		t.Fatal(err)
	}
	if err := difference(got, want, got.Rect); err != nil {
		t.Fatal(err)
	}
}

// FuzzDecoder: whatever the bytes, the bands make up what was asked for, the same twice, or there is an error. // I2
func FuzzDecoder(f *testing.F) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 1))
		f.Add(randomFrame(r, 1+r.IntN(50), 1+r.IntN(50)).encode(), uint16(10), uint16(40))
	}
	f.Fuzz(func(t *testing.T, data []byte, right, bottom uint16) {
		if w, h, err := Size(data); err == nil && w*h > 1<<18 {
			t.Skip("large")
		}
		bounds := image.Rect(0, 0, int(right), int(bottom))
		before := bytes.Clone(data)
		m, err := decode(data, bounds)
		if !bytes.Equal(data, before) {
			t.Fatal("the data was changed")
		}
		again, errAgain := decode(data, bounds)
		if !errors.Is(errAgain, err) {
			t.Fatalf("another answer the second time: %v, %v", err, errAgain)
		}
		if err != nil {
			if _, ok := errors.AsType[FormatError](err); !ok && !errors.Is(err, ErrUnsupported) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		if !bytes.Equal(m.Y, again.Y) || !bytes.Equal(m.Cb, again.Cb) || !bytes.Equal(m.Cr, again.Cr) {
			t.Fatal("another picture the second time")
		}
	})
}
