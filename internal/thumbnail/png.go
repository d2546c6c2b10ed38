package thumbnail

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/png"
)

// inspectPNG walks all chunks without reading into them. Of an animated PNG the frames are skipped: its
// default picture is what is shown.
// Source: W3C PNG (third edition), 5.3, 11.2.1 and 11.3.4.5 (eXIf).
func inspectPNG(src []byte) (header, error) {
	h := header{orientation: 1}
	var transparent, exif bool
	var depth, kind, interlace byte
	for i, rest := 0, src[8:]; ; i++ {
		if len(rest) < 12 {
			break
		}
		n := int64(binary.BigEndian.Uint32(rest))
		name := string(rest[4:8])
		if n > int64(len(rest)-12) {
			break
		}
		body := rest[8 : 8+n]
		rest = rest[12+n:]
		switch {
		case i == 0 && name == "IHDR" && n == 13:
			w, ht := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
			if w > 1<<31-1 || ht > 1<<31-1 {
				return header{}, errors.New("its size is out of range")
			}
			h.width, h.height = int(w), int(ht)
			depth, kind, interlace = body[8], body[9], body[12]
		case name == "tRNS":
			transparent = true
		case name == "eXIf" && !exif:
			exif = true
			h.orientation = exifOrientation(body)
		}
		if name == "IEND" {
			break
		}
	}
	if depth == 0 {
		return header{}, errors.New("it has no header")
	}
	h.memory = area(h.width, h.height) * pngPixel(depth, kind, transparent)
	if interlace != 0 {
		h.memory += h.memory / 2 // image/png holds a pass beside the whole, the last of half its size
	}
	return h, nil
}

// pngPixel answers the bytes that image/png takes for a pixel.
func pngPixel(depth, kind byte, transparent bool) int64 {
	var n int64
	switch {
	case kind == 3:
		return 1
	case kind == 0 && !transparent:
		n = 1
	default:
		n = 4
	}
	if depth == 16 {
		n *= 2
	}
	return n
}

func renderPNG(src []byte, _ header, w window) (*image.NRGBA, error) {
	m, err := png.Decode(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	return resize(pixelsOf(m), w), nil
}
