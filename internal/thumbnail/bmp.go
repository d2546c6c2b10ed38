package thumbnail

import (
	"github.com/thumbing/thumbing/internal/thumbnail/bmp"
)

func inspectBMP(src []byte) (header, error) {
	b, err := bmp.DecodeHeader(src)
	if err != nil {
		return header{}, err
	}
	h := header{width: b.Width, height: b.Height, orientation: 1}
	// What is far from square is a slip of the writer, and a shape that nobody has looked at.
	if x, y := int64(b.PixelsPerMetreX), int64(b.PixelsPerMetreY); x > 0 && y > 0 && x != y && x < 4*y && y < 4*x {
		h.shownHeight = int(max((2*int64(b.Height)*x+y)/(2*y), 1))
	}
	return h, nil
}

func renderBMP(src []byte, _ header, w window) (picture, error) {
	b, err := bmp.DecodeHeader(src)
	if err != nil {
		return picture{}, err
	}
	r, err := newRows(w, b.Width, b.Height, b.Channels)
	if err != nil {
		return picture{}, err
	}
	if err := bmp.DecodeRows(src, bmp.Options{}, r.take); err != nil {
		return picture{}, err
	}
	return pictureOf(r.out[0], b.Channels, w.width, w.height), nil
}
