package thumbnail

import (
	"github.com/thumbing/thumbing/internal/thumbnail/tiff"
)

func inspectTIFF(src []byte) (header, error) {
	t, err := tiff.DecodeHeader(src)
	return header{width: t.Width, height: t.Height, orientation: t.Orientation}, err
}

func renderTIFF(src []byte, _ header, w window) (picture, error) {
	t, err := tiff.DecodeHeader(src)
	if err != nil {
		return picture{}, err
	}
	if t.CMYK {
		r, err := newInkRows(w, t.Width, t.Height, inkTransform(t.ICC))
		if err != nil {
			return picture{}, err
		}
		if err := tiff.DecodeRows(src, tiff.Options{}, r.take); err != nil {
			return picture{}, err
		}
		return r.picture(w.width, w.height), nil
	}
	r, err := newRows(w, t.Width, t.Height, t.Channels)
	if err != nil {
		return picture{}, err
	}
	if err := tiff.DecodeRows(src, tiff.Options{}, r.take); err != nil {
		return picture{}, err
	}
	m := pictureOf(r.out[0], t.Channels, w.width, w.height)
	toSRGB(m, t.ICC, space(t.Channels))
	return m, nil
}
