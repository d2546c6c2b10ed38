package jpeg

import (
	"bytes"
	"errors"
	"testing"
)

// TestDecodeQuirks decodes what is unusual and right, or wrong and harmless.
func TestDecodeQuirks(t *testing.T) {
	for _, c := range []struct {
		name  string
		apply func(p *picture)
	}{
		{"extended sequential", func(p *picture) { p.sof = markerSOF1 }},
		{"16-bit quantization steps", func(p *picture) { p.wideQuant = true }},
		{"height after the first scan", func(p *picture) { p.dnl = true }},
		{"height after the first of several", func(p *picture) { p.dnl = true; p.scans = separate(3) }},
		{"fill bytes", func(p *picture) { p.fill = 5 }},
		{"bytes between segments", func(p *picture) { p.between = []byte{0, 1, 0xFF, 0, 2, 3} }},
		{"a stray restart marker", func(p *picture) { p.between = []byte{0xFF, 0xD3} }},
		{"without tables, as motion JPEG", func(p *picture) { p.noTables = true }},
		{"components that share an identifier", func(p *picture) {
			for i := range p.components {
				p.components[i].id = 0
			}
		}},
		{"an identifier is any byte", func(p *picture) { p.components[1].id = 255 }},
		{"a segment of no meaning", func(p *picture) { p.segments = append(p.segments, segment{0xF3, []byte("?")}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPicture(61, 50, sampling{{2, 2}, {1, 1}, {1, 1}}, 8, scene)
			c.apply(p)
			src := p.encode()
			m, err := Decode(append(src, "and then something else\xff\xd8"...), Options{})
			if err != nil {
				t.Fatal(err)
			}
			compareToReference(t, p, m)
			h, err := DecodeHeader(src)
			if err != nil || h.Width != 61 || h.Height != 50 {
				t.Fatalf("header %+v, %v", h, err)
			}
		})
	}
}

// TestDecodeSkipsScans checks that scans which change nothing kept are not read, by making them unreadable.
func TestDecodeSkipsScans(t *testing.T) {
	p := newPicture(256, 256, sampling{{2, 2}, {1, 1}, {1, 1}}, 3, scene)
	p.progressive = true
	p.scans = spectral(3)
	src := p.encode()
	start, end := scanData(t, src, len(p.scans)-1)
	for i := start; i < end; i++ {
		src[i] = 0xAA
	}
	m, err := Decode(src, Options{Width: 64, Height: 64})
	if err != nil {
		t.Fatal(err)
	}
	compareToReference(t, p, m)
}

// scanData returns where the entropy-coded data of scan i lie.
func scanData(t *testing.T, src []byte, i int) (start, end int) {
	t.Helper()
	w, err := newWalker(src)
	if err != nil {
		t.Fatal(err)
	}
	for range i + 1 {
		if s, err := w.nextScan(); err != nil || s.marker != markerSOS {
			t.Fatalf("no scan %d: %v", i, err)
		}
		start = w.pos
		end = w.skipScan()
	}
	return start, end
}

// TestDecodeLeavesSource checks that the caller's bytes stay what they were.
func TestDecodeLeavesSource(t *testing.T) {
	src := newPicture(100, 100, sampling{{1, 1}}, 1, scene).encode()
	before := bytes.Clone(src)
	if _, err := Decode(src, Options{}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(src, before) {
		t.Error("the source was changed")
	}
}

// TestDecodeUnsupported checks that other processes are told from damage.
func TestDecodeUnsupported(t *testing.T) {
	for _, c := range []struct {
		name  string
		apply func(p *picture)
	}{
		{"12 bits", func(p *picture) { p.sof, p.precision = markerSOF1, 12 }},
		{"lossless", func(p *picture) { p.sof = 0xC3 }},
		{"differential", func(p *picture) { p.sof = 0xC5 }},
		{"arithmetic", func(p *picture) { p.sof = 0xC9 }},
		{"arithmetic progressive", func(p *picture) { p.sof = 0xCA }},
		{"hierarchical", func(p *picture) { p.segments = []segment{{markerDHP, make([]byte, 9)}} }},
		{"two components", func(p *picture) { p.components = p.components[:2]; p.scans = separate(2) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPicture(20, 20, sampling{{1, 1}, {1, 1}, {1, 1}}, 8, scene)
			c.apply(p)
			src := p.encode()
			if _, err := Decode(src, Options{}); !errors.Is(err, ErrUnsupported) || errors.Is(err, ErrCorrupt) {
				t.Errorf("Decode: %v", err)
			}
			if _, err := DecodeHeader(src); !errors.Is(err, ErrUnsupported) {
				t.Errorf("DecodeHeader: %v", err)
			}
		})
	}
}
