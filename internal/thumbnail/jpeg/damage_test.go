package jpeg

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// TestTruncated cuts small pictures at every byte. There is one policy: what lacks its end is corrupt. // I11
func TestTruncated(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			p := newPicture(33, 25, sampling{{2, 2}, {1, 1}, {1, 1}}, 12, scene)
			v.apply(p)
			src := p.encode()
			for n := range src {
				if _, err := Decode(src[:n], Options{}); !errors.Is(err, ErrCorrupt) {
					t.Fatalf("of %d bytes %d: %v", len(src), n, err)
				}
			}
		})
	}
}

// TestShortScan takes bytes out of the middle of the data, so that the file ends as it should.
func TestShortScan(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			p := newPicture(160, 120, sampling{{1, 1}}, 6, scene)
			v.apply(p)
			src := p.encode()
			start, end := scanData(t, src, 0)
			half := (start + end) / 2
			if _, err := Decode(slices.Concat(src[:half], src[end:]), Options{}); !errors.Is(err, ErrCorrupt) {
				t.Errorf("half a scan: %v", err)
			}
		})
	}
}

// TestRestartMarkers takes away, doubles and renumbers restart markers.
func TestRestartMarkers(t *testing.T) {
	p := newPicture(80, 80, sampling{{1, 1}}, 6, scene)
	p.restart = 4
	src := p.encode()
	third := bytes.Index(src, []byte{0xFF, 0xD2})
	for _, c := range []struct {
		name string
		src  []byte
	}{
		{"gone", slices.Concat(src[:third], src[third+2:])},
		{"doubled", slices.Concat(src[:third], src[third:third+2], src[third:])},
		{"renumbered", slices.Concat(src[:third+1], []byte{0xD5}, src[third+2:])},
	} {
		if _, err := Decode(c.src, Options{}); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// Bytes to spare before a marker do no harm.
	m, err := Decode(slices.Concat(src[:third], []byte{1, 2, 3}, src[third:]), Options{})
	if err != nil {
		t.Fatal(err)
	}
	compareToReference(t, p, m)
}

// TestContradictions changes single bytes of headers to what must not be.
func TestContradictions(t *testing.T) {
	p := newPicture(40, 40, sampling{{2, 1}, {1, 1}, {1, 1}}, 6, scene)
	p.progressive, p.scans = true, progression(3)
	src := p.encode()
	// at returns the position of byte i of the first segment with a marker.
	at := func(marker byte, i int) int { return bytes.Index(src, []byte{0xFF, marker}) + 4 + i }
	for _, c := range []struct {
		name  string
		pos   int
		value byte
	}{
		{"no columns", at(markerSOF2, 4), 0},
		{"no lines", at(markerSOF2, 2), 0},
		{"sampling factor 0", at(markerSOF2, 7), 0x01},
		{"sampling factor 5", at(markerSOF2, 7), 0x15},
		{"quantization table 4", at(markerSOF2, 8), 4},
		{"more components than bytes", at(markerSOF2, 5), 4},
		{"quantization table 9", at(markerDQT, 0), 9},
		{"quantization of 32 bits", at(markerDQT, 0), 0x20},
		{"huffman table 4", at(markerDHT, 0), 4},
		{"huffman class 2", at(markerDHT, 0), 0x20},
		{"three codes of one bit", at(markerDHT, 1), 3},
		{"scan of no component", at(markerSOS, 0), 0},
		{"scan of a stranger", at(markerSOS, 1), 77},
		{"scan with table 9", at(markerSOS, 2), 0x90},
		{"DC and AC in one scan", at(markerSOS, 8), 5},
		{"coefficients backwards", at(markerSOS, 7), 9},
		{"bit 14", at(markerSOS, 9), 0x0E},
		{"two bits at once", at(markerSOS, 9), 0x31},
	} {
		broken := bytes.Clone(src)
		broken[c.pos] = c.value
		if _, err := Decode(broken, Options{}); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestStructure tries files whose parts are missing, doubled or out of order.
func TestStructure(t *testing.T) {
	make3 := func(apply func(p *picture)) []byte {
		p := newPicture(40, 40, sampling{{2, 1}, {1, 1}, {1, 1}}, 6, scene)
		apply(p)
		return p.encode()
	}
	plain := make3(func(*picture) {})
	frame := bytes.Index(plain, []byte{0xFF, markerSOF0})
	scan := bytes.Index(plain, []byte{0xFF, markerSOS})
	tables := bytes.Index(plain, []byte{0xFF, markerDQT})
	for _, c := range []struct {
		name string
		src  []byte
	}{
		{"nothing", nil},
		{"a byte", []byte{0xFF}},
		{"start alone", []byte{0xFF, markerSOI}},
		{"start and end", []byte{0xFF, markerSOI, 0xFF, markerEOI}},
		{"something else", []byte("GIF89a")},
		{"no frame", slices.Concat(plain[:frame], plain[frame+19:])},
		{"two frames", slices.Concat(plain[:frame+19], plain[frame:])},
		{"two starts", slices.Concat(plain[:2], plain)},
		{"no scan", slices.Concat(plain[:scan], []byte{0xFF, markerEOI})},
		{"no quantization tables", slices.Concat(plain[:tables], plain[frame:])},
		{"no end", make3(func(p *picture) { p.noEOI = true })},
		{"a component without a scan", make3(func(p *picture) { p.scans = separate(2) })},
		{"a component twice in a scan", make3(func(p *picture) { p.scans[0].components = []int{0, 1, 1} })},
		{"AC before DC", make3(func(p *picture) {
			p.progressive, p.scans = true, []scanScript{{components: []int{0}, ss: 1, se: 5}, {components: []int{0, 1, 2}}}
		})},
		{"no DC", make3(func(p *picture) {
			p.progressive, p.scans = true, []scanScript{{components: []int{0, 1}}, {components: []int{2}, ss: 1, se: 5}}
		})},
		{"progressive without tables", make3(func(p *picture) {
			p.progressive, p.noTables, p.scans = true, true, spectral(3)
		})},
		{"segment of length 1", slices.Concat(plain[:2], []byte{0xFF, 0xE5, 0, 1}, plain[2:])},
		{"restart interval of three bytes", slices.Concat(plain[:2], []byte{0xFF, markerDRI, 0, 5, 0, 0, 1}, plain[2:])},
	} {
		if _, err := Decode(c.src, Options{}); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestScanLimit refuses a picture of many scans before it decodes any. // I4
func TestScanLimit(t *testing.T) {
	p := newPicture(64, 64, sampling{{1, 1}}, 6, scene)
	p.progressive = true
	p.scans = spectral(1)
	for range 400 {
		p.scans = append(p.scans, scanScript{components: []int{0}, ss: 1, se: 63})
	}
	src := p.encode()
	if _, err := Decode(src, Options{}); !errors.Is(err, ErrTooMuchWork) {
		t.Errorf("400 scans: %v", err)
	}
	if _, err := Decode(src, Options{Limits: Limits{Scans: 1000}}); err != nil {
		t.Errorf("400 scans of 1000: %v", err)
	}
}

// manyScans returns a progressive picture of many blocks and almost no data: each AC scan is a few runs of
// blocks that end at once.
func manyScans(width, height, scans int) []byte {
	p := newPicture(width, height, sampling{{1, 1}}, 6, func(int, float64, float64) float64 { return 100 })
	p.progressive = true
	p.scans = spectral(1)[:1]
	for range scans {
		p.scans = append(p.scans, scanScript{components: []int{0}, ss: 1, se: 63})
	}
	return p.encode()
}

// TestWorkLimit counts blocks of all scans, not bytes. // I4
func TestWorkLimit(t *testing.T) {
	src := manyScans(512, 512, 100) // 101 scans of 4096 blocks
	for _, c := range []struct {
		work int64
		ok   bool
	}{{101*4096 + int64(len(src)) - 1, false}, {101*4096 + int64(len(src)), true}} {
		_, err := Decode(src, Options{Limits: Limits{Work: c.work}})
		if c.ok && err != nil || !c.ok && !errors.Is(err, ErrTooMuchWork) {
			t.Errorf("limit %d: %v", c.work, err)
		}
	}
}

// TestMemoryLimit refuses what takes too much room before it takes any.
func TestMemoryLimit(t *testing.T) {
	src := newPicture(256, 256, sampling{{1, 1}}, 6, scene).encode()
	if _, err := Decode(src, Options{Limits: Limits{Memory: 256*256 - 1}}); !errors.Is(err, ErrTooMuchWork) {
		t.Errorf("64 KiB less one: %v", err)
	}
	if _, err := Decode(src, Options{Limits: Limits{Memory: 256 * 256}}); err != nil {
		t.Errorf("64 KiB: %v", err)
	}
}

// TestHugeFrame claims more pixels than its data could code. // I3
func TestHugeFrame(t *testing.T) {
	src := newPicture(64, 64, sampling{{1, 1}}, 6, scene).encode()
	frame := bytes.Index(src, []byte{0xFF, markerSOF0})
	copy(src[frame+5:], []byte{0xFF, 0xDC, 0xFF, 0xDC})
	h, err := DecodeHeader(src)
	if err != nil || h.Width != 65500 || h.Height != 65500 {
		t.Errorf("header %+v, %v", h, err)
	}
	allocated := testing.AllocsPerRun(1, func() {
		if _, err := Decode(src, Options{}); !errors.Is(err, ErrCorrupt) {
			t.Errorf("Decode: %v", err)
		}
	})
	if allocated > 50 {
		t.Errorf("%v allocations", allocated)
	}
}

// TestManyTables defines tables a hundred thousand times over and uses the last of them.
func TestManyTables(t *testing.T) {
	p := newPicture(16, 16, sampling{{1, 1}}, 6, scene)
	table := segment{markerDHT, append([]byte{0x10, 1, 1}, make([]byte, 16)...)}
	for range 100000 {
		p.segments = append(p.segments, table)
	}
	m, err := Decode(p.encode(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	compareToReference(t, p, m)
}
