package jpeg

import (
	"bytes"
	"slices"
	"testing"
)

// TestModel checks how the meaning of components is found out.
func TestModel(t *testing.T) {
	three := sampling{{1, 1}, {1, 1}, {1, 1}}
	four := append(slices.Clone(three), [2]int{1, 1})
	for _, c := range []struct {
		name     string
		s        sampling
		jfif     bool
		adobe    int
		ids      string
		want     Model
		inverted bool
	}{
		{"one", sampling{{1, 1}}, false, -1, "", Grey, false},
		{"one with adobe", sampling{{1, 1}}, false, 0, "", Grey, false},
		{"three", three, false, -1, "", YCbCr, false},
		{"jfif", three, true, -1, "RGB", YCbCr, false},
		{"jfif and adobe", three, true, 0, "", YCbCr, false},
		{"adobe 0", three, false, 0, "", RGB, false},
		{"adobe 1", three, false, 1, "RGB", YCbCr, false},
		{"named", three, false, -1, "RGB", RGB, false},
		{"four", four, false, -1, "", CMYK, false},
		{"four with adobe 0", four, false, 0, "", CMYK, true},
		{"four with adobe 2", four, false, 2, "", YCCK, true},
	} {
		p := newPicture(8, 8, c.s, 6, scene)
		p.jfif, p.adobe = c.jfif, c.adobe
		for i, id := range []byte(c.ids) {
			p.components[i].id = id
		}
		h, err := DecodeHeader(p.encode())
		if err != nil {
			t.Fatal(err)
		}
		if h.Model != c.want || h.Inverted != c.inverted || h.Components != len(c.s) {
			t.Errorf("%s: %v, inverted %v, %d components", c.name, h.Model, h.Inverted, h.Components)
		}
	}
}

// TestExif takes the first Exif segment. // I6
func TestExif(t *testing.T) {
	p := newPicture(8, 8, sampling{{1, 1}}, 6, scene)
	p.segments = []segment{
		{markerAPP1, []byte("http://ns.adobe.com/xap/1.0/\x00<x/>")},
		{markerAPP1, []byte("Exif\x00\x00MM first")},
		{markerAPP1, []byte("Exif\x00\x00MM second")},
	}
	h, err := DecodeHeader(p.encode())
	if err != nil || string(h.Exif) != "MM first" {
		t.Errorf("%q, %v", h.Exif, err)
	}
}

// TestICC joins profiles, and drops those that are not whole. // I10
func TestICC(t *testing.T) {
	part := func(number, total byte, data string) segment {
		return segment{markerAPP2, slices.Concat(signatureICC, []byte{number, total}, []byte(data))}
	}
	for _, c := range []struct {
		name  string
		parts []segment
		want  string
	}{
		{"none", nil, ""},
		{"one", []segment{part(1, 1, "abc")}, "abc"},
		{"two", []segment{part(1, 2, "abc"), part(2, 2, "def")}, "abcdef"},
		{"two the other way", []segment{part(2, 2, "def"), part(1, 2, "abc")}, "abcdef"},
		{"one of two", []segment{part(2, 2, "def")}, ""},
		{"twice the same", []segment{part(1, 2, "abc"), part(1, 2, "abc")}, ""},
		{"disagreeing", []segment{part(1, 2, "abc"), part(2, 3, "def")}, ""},
		{"number 0", []segment{part(0, 1, "abc")}, ""},
		{"beyond the last", []segment{part(2, 1, "abc")}, ""},
		{"empty", []segment{part(1, 1, "")}, ""},
		{"no numbers", []segment{{markerAPP2, signatureICC}}, ""},
		{"another APP2", []segment{{markerAPP2, []byte("MPF\x00")}, part(1, 1, "abc")}, "abc"},
	} {
		p := newPicture(8, 8, sampling{{1, 1}}, 6, scene)
		p.segments = c.parts
		h, err := DecodeHeader(p.encode())
		if err != nil || string(h.ICC) != c.want || (h.ICC == nil) != (c.want == "") {
			t.Errorf("%s: %q, %v", c.name, h.ICC, err)
		}
	}
}

// TestHeaderAlike checks that Decode and DecodeHeader tell the same.
func TestHeaderAlike(t *testing.T) {
	p := newPicture(70, 40, sampling{{2, 2}, {1, 1}, {1, 1}, {2, 2}}, 6, scene)
	p.progressive, p.scans, p.adobe = true, progression(4), 2
	p.segments = []segment{{markerAPP1, []byte("Exif\x00\x00II*")}}
	src := p.encode()
	h, err := DecodeHeader(src)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(src, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if m.Width != h.Width || m.Height != h.Height || m.Model != h.Model || m.Model.String() != "YCCK" ||
		!m.Progressive || !h.Progressive || m.Precision != 8 || !bytes.Equal(m.Exif, h.Exif) {
		t.Errorf("%+v and %+v", m.Header, h)
	}
}
