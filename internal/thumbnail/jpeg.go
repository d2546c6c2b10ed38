package thumbnail

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
)

// Markers of a JPEG. Source: ITU-T T.81, table B.1.
const (
	markerSOF0  = 0xc0 // baseline
	markerSOF1  = 0xc1 // extended sequential
	markerSOF2  = 0xc2 // progressive
	markerDHT   = 0xc4
	markerJPG   = 0xc8
	markerDAC   = 0xcc
	markerSOF15 = 0xcf
	markerRST0  = 0xd0
	markerRST7  = 0xd7
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerAPP0  = 0xe0
	markerAPP1  = 0xe1
	markerAPP14 = 0xee
)

// frame is what a start-of-frame segment tells.
type frame struct {
	progressive   bool
	width, height int
	components    []component
	hMax, vMax    int
	rgb           bool // its three components are not luma and chroma
}

type component struct {
	id   byte
	h, v int // sampling factors
}

// inspectJPEG walks all segments up to the end of the image. The scans are skipped, but counted: how many a
// progressive picture has is not bounded by its size, and each visits every block again.
func inspectJPEG(src []byte) (header, error) {
	h := header{orientation: 1}
	var (
		f                      *frame
		exif, jfif, adobePlain bool
	)
	for rest := src[2:]; ; {
		marker, body, next := segment(rest)
		if marker == 0 || marker == markerEOI {
			break
		}
		rest = next
		switch {
		case marker == markerAPP1 && !exif && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			exif = true
			h.orientation = exifOrientation(body)
		case marker == markerAPP0 && bytes.HasPrefix(body, []byte("JFIF\x00")):
			jfif = true
		case marker == markerAPP14 && len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")):
			adobePlain = body[11] == 0
		case isSOF(marker):
			var err error
			if f, err = parseFrame(marker, body); err != nil {
				return header{}, err
			}
		case marker == markerSOS:
			if f != nil {
				h.work += f.blocks(body)
			}
			rest = afterScan(rest)
		}
	}
	if f == nil {
		return header{}, errors.New("it has no frame")
	}
	h.width, h.height = f.width, f.height
	f.rgb = len(f.components) == 3 && (f.components[0].id == 'R' || adobePlain && !jfif)
	h.memory = f.memory()
	return h, nil
}

// segment answers the next marker, its segment's contents, and what follows. The marker is 0 where none is
// left.
func segment(src []byte) (marker byte, body, next []byte) {
	for {
		i := bytes.IndexByte(src, 0xff)
		if i < 0 || i+1 >= len(src) {
			return 0, nil, nil
		}
		src = src[i+1:]
		marker = src[0]
		if marker == 0xff || marker == 0 { // a fill byte, or a stray one of coded data
			continue
		}
		src = src[1:]
		if marker >= markerRST0 && marker <= markerRST7 || marker == markerSOI || marker == 0x01 {
			continue // these have no contents
		}
		if marker == markerEOI {
			return marker, nil, src
		}
		if len(src) < 2 {
			return 0, nil, nil
		}
		n := int(be16(src))
		if n < 2 || n > len(src) {
			return 0, nil, nil
		}
		return marker, src[2:n], src[n:]
	}
}

// afterScan skips the entropy-coded data that follows a scan's header: up to a marker that is not a restart.
func afterScan(src []byte) []byte {
	for {
		i := bytes.IndexByte(src, 0xff)
		if i < 0 || i+1 >= len(src) {
			return nil
		}
		if m := src[i+1]; m != 0 && m != 0xff && (m < markerRST0 || m > markerRST7) {
			return src[i:]
		}
		src = src[i+1:]
	}
}

func isSOF(marker byte) bool {
	return marker >= markerSOF0 && marker <= markerSOF15 &&
		marker != markerDHT && marker != markerJPG && marker != markerDAC
}

// parseFrame reads a start-of-frame segment. Source: ITU-T T.81, B.2.2.
func parseFrame(marker byte, body []byte) (*frame, error) {
	switch {
	case marker > markerSOF2:
		return nil, fmt.Errorf("%w: its coding is lossless, hierarchical or arithmetic", errUnsupported)
	case len(body) < 6:
		return nil, errors.New("its frame header is too short")
	case body[0] != 8:
		return nil, fmt.Errorf("%w: it has %d bits a sample, not 8", errUnsupported, body[0])
	}
	f := &frame{
		progressive: marker == markerSOF2,
		height:      int(be16(body[1:])),
		width:       int(be16(body[3:])),
	}
	n := int(body[5])
	switch {
	case n == 0:
		return nil, errors.New("its frame has no components")
	case len(body) < 6+3*n:
		return nil, errors.New("its frame header is too short")
	}
	for i := range n {
		c := body[6+3*i:]
		k := component{id: c[0], h: int(c[1] >> 4), v: int(c[1] & 15)}
		if k.h < 1 || k.h > 4 || k.v < 1 || k.v > 4 {
			return nil, errors.New("its sampling factors are out of range")
		}
		f.hMax, f.vMax = max(f.hMax, k.h), max(f.vMax, k.v)
		f.components = append(f.components, k)
	}
	return f, nil
}

// blocks answers how many 8x8 blocks a scan with this header visits. Source: ITU-T T.81, A.2 and B.2.3.
func (f *frame) blocks(scan []byte) int64 {
	if len(scan) < 1 {
		return 0
	}
	var in []component
	for i := 1; i+1 < len(scan) && len(in) < int(scan[0]); i += 2 {
		for _, c := range f.components {
			if c.id == scan[i] {
				in = append(in, c)
				break
			}
		}
	}
	if len(in) == 1 {
		c := in[0]
		across := ceilDiv(f.width*c.h, 8*f.hMax)
		down := ceilDiv(f.height*c.v, 8*f.vMax)
		return area(across, down)
	}
	units := area(ceilDiv(f.width, 8*f.hMax), ceilDiv(f.height, 8*f.vMax))
	var blocks int64
	for _, c := range in {
		blocks += units * int64(c.h*c.v)
	}
	return blocks
}

// memory answers what image/jpeg allocates: the samples, for progressive pictures four bytes a coefficient,
// and for those that are not YCbCr a copy that is.
func (f *frame) memory() int64 {
	units := area(ceilDiv(f.width, 8*f.hMax), ceilDiv(f.height, 8*f.vMax))
	var samples int64
	for _, c := range f.components {
		samples += units * 64 * int64(c.h*c.v)
	}
	memory := samples
	if f.progressive {
		memory += 4 * samples
	}
	if len(f.components) == 4 || f.rgb {
		memory += 4 * area(f.width, f.height)
	}
	return memory
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func renderJPEG(src []byte, _ header, w window) (*image.NRGBA, error) {
	m, err := jpeg.Decode(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	return resize(pixelsOf(m), w), nil
}
