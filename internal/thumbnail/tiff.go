package thumbnail

import (
	"bytes"
	"errors"
	"image"

	"golang.org/x/image/tiff"
)

// TIFF's way to say that samples are not compressed. Source: TIFF 6.0, section 3.
const tiffUncompressed = 1

// inspectTIFF reads the first directory: of many pages, the first.
func inspectTIFF(src []byte) (header, error) {
	d, ok := firstDirectory(src)
	if !ok {
		return header{}, errors.New("it has no directory")
	}
	c, err := tiff.DecodeConfig(bytes.NewReader(src))
	if err != nil {
		return header{}, err
	}
	h := header{width: c.Width, height: c.Height, orientation: d.orientation()}
	n := area(c.Width, c.Height)
	samples := int64(d.number(tagSamplesPerPixel, 1))
	if samples >= 3 {
		samples = 4
	}
	h.memory = n * samples
	if d.number(tagBitsPerSample, 1) == 16 {
		h.memory *= 2
	}
	// x/image holds a strip or tile that it decompresses in a buffer that grows by doubling, up to eight
	// bytes a pixel.
	if d.number(tagCompression, tiffUncompressed) != tiffUncompressed {
		block := n
		if rows := d.number(tagRowsPerStrip, 0); rows > 0 && int64(rows) < int64(c.Height) {
			block = area(c.Width, int(rows))
		}
		if w := d.number(tagTileWidth, 0); w > 0 {
			block = area(int(w), int(d.number(tagTileLength, 0)))
		}
		h.memory += 3 * 8 * block
		h.work = n // eight bytes of LZW, which strips may share
	}
	return h, nil
}

func renderTIFF(src []byte, _ header, w window) (*image.NRGBA, error) {
	m, err := tiff.Decode(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	return resize(pixelsOf(m), w), nil
}
