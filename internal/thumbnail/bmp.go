package thumbnail

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"io"

	"golang.org/x/image/bmp"
)

// inspectBMP also checks that the pixels are all there: they are not compressed, so their size is known.
func inspectBMP(src []byte) (header, error) {
	c, err := bmp.DecodeConfig(bytes.NewReader(src))
	if err != nil {
		return header{}, err
	}
	n := area(c.Width, c.Height)
	h := header{width: c.Width, height: c.Height, orientation: 1, memory: 4 * n}
	if _, ok := c.ColorModel.(color.Palette); ok {
		h.memory = n
	}
	// DecodeConfig has read as far as these. Rows end on a multiple of four bytes.
	offset := int64(binary.LittleEndian.Uint32(src[10:]))
	bits := int64(binary.LittleEndian.Uint16(src[28:]))
	row := (int64(c.Width)*bits + 31) / 32 * 4
	if c.Height > 0 && row > (int64(len(src))-offset)/int64(c.Height) {
		return header{}, io.ErrUnexpectedEOF
	}
	return h, nil
}

func renderBMP(src []byte, _ header, w window) (*image.NRGBA, error) {
	m, err := bmp.Decode(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	return resize(pixelsOf(m), w), nil
}
