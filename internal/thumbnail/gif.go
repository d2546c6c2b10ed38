package thumbnail

import (
	"github.com/thumbing/thumbing/internal/thumbnail/gif"
)

func inspectGIF(src []byte) (header, error) {
	g, err := gif.DecodeHeader(src)
	return header{width: g.Width, height: g.Height, orientation: 1}, err
}

func renderGIF(src []byte, _ header, w window) (picture, error) {
	g, err := gif.DecodeHeader(src)
	if err != nil {
		return picture{}, err
	}
	r, err := newRows(w, g.Width, g.Height, g.Channels)
	if err != nil {
		return picture{}, err
	}
	if err := gif.DecodeRows(src, gif.Options{}, r.take); err != nil {
		return picture{}, err
	}
	return pictureOf(r.out[0], g.Channels, w.width, w.height), nil
}
