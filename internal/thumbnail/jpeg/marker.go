package jpeg

import "bytes"

// Marker codes, the second byte of a marker (T.81 table B.1).
const (
	markerTEM  = 0x01
	markerSOF0 = 0xC0 // baseline sequential
	markerSOF1 = 0xC1 // extended sequential
	markerSOF2 = 0xC2 // progressive
	markerSOF3 = 0xC3 // lossless
	markerDHT  = 0xC4
	markerJPG  = 0xC8
	markerDAC  = 0xCC
	markerSOFF = 0xCF // the last of the SOFs
	markerRST0 = 0xD0
	markerRST7 = 0xD7
	markerSOI  = 0xD8
	markerEOI  = 0xD9
	markerSOS  = 0xDA
	markerDQT  = 0xDB
	markerDNL  = 0xDC
	markerDRI  = 0xDD
	markerDHP  = 0xDE
	markerEXP  = 0xDF
	markerAPP0 = 0xE0
	markerAPP1 = 0xE1
	markerAPP2 = 0xE2
	markerAPPE = 0xEE
)

// segment is a marker and the parameters that follow it, without their length.
type segment struct {
	marker  byte
	payload []byte
}

// isFrame reports whether the segment is a frame header.
func (s segment) isFrame() bool {
	return markerSOF0 <= s.marker && s.marker <= markerSOFF && s.marker != markerDHT && s.marker != markerDAC
}

// walker goes through a file marker by marker (T.81 B.1.1).
type walker struct {
	src []byte
	pos int
}

// newWalker returns a walker behind the SOI marker that every JPEG file starts with.
func newWalker(src []byte) (*walker, error) {
	if len(src) < 2 || src[0] != 0xFF || src[1] != markerSOI {
		return nil, corruptf("no start of image")
	}
	return &walker{src: src, pos: 2}, nil
}

// next returns the next segment. Fill bytes before a marker (B.1.1.2), bytes between segments, and markers
// without meaning outside a scan are passed over. Behind an SOS segment the entropy-coded data follows:
// see skipScan. Running out of bytes before EOI is an error.
func (w *walker) next() (segment, error) {
	for {
		i := nextMarker(w.src, w.pos)
		if i < 0 {
			return segment{}, ErrTruncated
		}
		m := w.src[i+1]
		w.pos = i + 2
		switch {
		case m == markerEOI:
			return segment{marker: m}, nil
		case m == markerSOI:
			return segment{}, corruptf("a second start of image")
		case m == markerTEM, markerRST0 <= m && m <= markerRST7:
			continue
		}
		if w.pos+2 > len(w.src) {
			return segment{}, ErrTruncated
		}
		n := int(w.src[w.pos])<<8 | int(w.src[w.pos+1]) // counts its own two bytes
		if n < 2 {
			return segment{}, corruptf("segment %02x of length %d", m, n)
		}
		if w.pos+n > len(w.src) {
			return segment{}, ErrTruncated
		}
		payload := w.src[w.pos+2 : w.pos+n]
		w.pos += n
		return segment{m, payload}, nil
	}
}

// skipScan moves past the entropy-coded data of a scan, its restart markers included, and returns where it ends.
func (w *walker) skipScan() (end int) {
	for {
		i := nextMarker(w.src, w.pos)
		if i < 0 {
			w.pos = len(w.src)
			return w.pos
		}
		w.pos = i
		if m := w.src[i+1]; m < markerRST0 || m > markerRST7 {
			return i
		}
		w.pos += 2
	}
}

// nextMarker returns the index of the first marker in src from position from on, or -1. A 0xFF before a zero is
// a stuffed data byte (B.1.1.5), and one before another 0xFF is a fill byte.
func nextMarker(src []byte, from int) int {
	for {
		i := bytes.IndexByte(src[from:], 0xFF)
		if i < 0 || from+i+1 >= len(src) {
			return -1
		}
		from += i
		switch src[from+1] {
		case 0:
			from += 2
		case 0xFF:
			from++
		default:
			return from
		}
	}
}
