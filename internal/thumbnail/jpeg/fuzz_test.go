package jpeg

import (
	"bytes"
	"errors"
	"image"
	"reflect"
	"testing"
)

// seeds returns a file of every kind, small.
func seeds() [][]byte {
	var list [][]byte
	for _, s := range samplings {
		for _, v := range variants {
			p := newPicture(19, 17, s.s, 9, scene)
			v.apply(p)
			list = append(list, p.encode())
		}
	}
	p := newPicture(30, 30, sampling{{2, 2}, {1, 1}, {1, 1}}, 9, scene)
	p.jfif, p.adobe, p.dnl, p.noTables, p.wideQuant = true, 1, true, true, true
	p.segments = []segment{{markerAPP1, []byte("Exif\x00\x00MM")}, {markerAPP2, []byte("ICC_PROFILE\x00\x01\x01x")}}
	return append(list, p.encode(), manyScans(24, 24, 5))
}

// FuzzDecode: whatever the bytes, a picture comes out whole and the same twice, or an error of a known kind. // I2
func FuzzDecode(f *testing.F) {
	for i, s := range seeds() {
		f.Add(s, uint16(i%9), uint16(i%7), uint16(9), uint16(12), uint16(i*5))
	}
	limits := Limits{Scans: 40, Work: 1 << 18, Memory: 1 << 20}
	f.Fuzz(func(t *testing.T, src []byte, x, y, w, h, out uint16) {
		o := Options{
			Crop:  image.Rect(int(x), int(y), int(x)+int(w), int(y)+int(h)),
			Width: int(out), Height: int(out), Limits: limits,
		}
		before := bytes.Clone(src)
		m, err := Decode(src, o)
		if !bytes.Equal(src, before) {
			t.Fatal("the source was changed")
		}
		again, errAgain := Decode(src, o)
		if (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() || !reflect.DeepEqual(m, again) {
			t.Fatalf("another answer the second time: %v, %v", err, errAgain)
		}
		if err != nil {
			if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrTooMuchWork) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		if len(m.Planes) != m.Components {
			t.Fatalf("%d planes of %d components", len(m.Planes), m.Components)
		}
		memory := 0
		for i, p := range m.Planes {
			if p.Width < 1 || p.Height < 1 || p.Stride < p.Width || len(p.Pix) < (p.Height-1)*p.Stride+p.Width {
				t.Fatalf("plane %d: %dx%d, stride %d, %d samples", i, p.Width, p.Height, p.Stride, len(p.Pix))
			}
			if p.X.Num < 1 || p.X.Den < 1 || p.Y.Num < 1 || p.Y.Den < 1 {
				t.Fatalf("plane %d: axes %v, %v", i, p.X, p.Y)
			}
			memory += len(p.Pix)
		}
		if memory > int(limits.Memory) {
			t.Fatalf("%d bytes of samples", memory)
		}
	})
}

// FuzzSkipping: what can be read whole can be read in part and smaller, and a part is as it is in the whole.
func FuzzSkipping(f *testing.F) {
	for i, s := range seeds() {
		f.Add(s, uint16(i%9), uint16(i%7), uint16(4), uint16(5), uint8(i))
	}
	f.Fuzz(func(t *testing.T, src []byte, x, y, w, h uint16, scale uint8) {
		limits := Limits{Scans: 40, Work: 1 << 18, Memory: 1 << 20}
		whole, err := Decode(src, Options{Limits: limits})
		if err != nil {
			return
		}
		crop := image.Rect(int(x), int(y), int(x)+int(w), int(y)+int(h)).Intersect(image.Rect(0, 0, whole.Width, whole.Height))
		if crop.Empty() {
			return
		}
		part, err := Decode(src, Options{Crop: crop, Limits: limits})
		if err != nil {
			t.Fatalf("part: %v", err)
		}
		for i := range part.Planes {
			compareCrop(t, crop, &part.Planes[i], &whole.Planes[i])
		}
		o := scaled(crop, 1+int(scale%8))
		o.Limits = limits
		if _, err := Decode(src, o); err != nil {
			t.Fatalf("smaller: %v", err)
		}
	})
}

// FuzzDecodeHeader: a header that can be read makes sense, and is the one that decoding finds.
func FuzzDecodeHeader(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		h, err := DecodeHeader(src)
		m, errDecode := Decode(src, Options{Width: 1, Height: 1, Limits: Limits{Scans: 40, Work: 1 << 18, Memory: 1 << 20}})
		if err != nil {
			if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrUnsupported) {
				t.Fatalf("an error of no kind: %v", err)
			}
			if errDecode == nil {
				t.Fatalf("%v, but it decodes", err)
			}
			return
		}
		if h.Width < 1 || h.Height < 1 || h.Precision != 8 || h.Model.String() == "" ||
			h.Components != 1 && h.Components != 3 && h.Components != 4 {
			t.Fatalf("%+v", h)
		}
		if errDecode == nil && !reflect.DeepEqual(m.Header, h) {
			t.Fatalf("%+v, but decoding finds %+v", h, m.Header)
		}
	})
}
