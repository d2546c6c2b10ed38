package thumbnail

import (
	"image"

	"github.com/thumbing/thumbing/internal/thumbnail/bmp"
)

func inspectBMP(src []byte) (header, error) {
	c, err := bmp.DecodeConfig(src)
	if err != nil {
		return header{}, err
	}
	h := header{width: c.Width, height: c.Height, orientation: 1, memory: c.Memory}
	// What is far from square is a slip of the writer, and a shape that nobody has looked at.
	if x, y := int64(c.PixelsPerMetreX), int64(c.PixelsPerMetreY); x > 0 && y > 0 && x != y && x < 4*y && y < 4*x {
		h.shownHeight = int(max((2*int64(c.Height)*x+y)/(2*y), 1))
	}
	return h, nil
}

func renderBMP(src []byte, _ header, w window) (*image.NRGBA, error) {
	m, err := bmp.Decode(src)
	if err != nil {
		return nil, err
	}
	return resize(pixelsOf(m), w), nil
}
