package webp

import (
	"errors"
	"image"
	"io"

	"github.com/thumbing/thumbing/internal/thumbnail/webp/vp8"
)

// bands calls do with the bands of a lossy picture, as far as they matter to a part of it.
func (f *file) bands(part image.Rectangle, do func(b vp8.Band) error) error {
	d, err := vp8.NewDecoder(f.picture, part)
	if err != nil {
		return bitstreamError(err)
	}
	for {
		b, err := d.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return bitstreamError(err)
		}
		if err := do(b); err != nil {
			return err
		}
	}
}

// planes gives the rows of a part of the planes of a lossy picture.
func (f *file) planes(part image.Rectangle, rows Rows) error {
	chroma := ChromaRect(part)
	return f.bands(part, func(b vp8.Band) error {
		give(rows.Y, b.Y, b.YStride, b.Top, b.Bottom, part)
		give(rows.Cb, b.Cb, b.CStride, b.Top/2, (b.Bottom+1)/2, chroma)
		give(rows.Cr, b.Cr, b.CStride, b.Top/2, (b.Bottom+1)/2, chroma)
		return nil
	})
}

// give gives those rows of a plane, from top to bottom, that are part of r.
func give(emit func(row []byte), pix []byte, stride, top, bottom int, r image.Rectangle) {
	for y := max(top, r.Min.Y); y < min(bottom, r.Max.Y); y++ {
		emit(pix[(y-top)*stride:][r.Min.X:r.Max.X])
	}
}

// lossyRows gives the rows of a part of a lossy picture as pixels.
func (f *file) lossyRows(part image.Rectangle, memory int64, emit func(row []byte)) error {
	c := newConverter(part, f.Frame.Size(), f.Channels(), emit)
	if f.alpha != nil {
		var err error
		if c.alpha, err = newAlphaReader(f.alpha, f.Frame.Dx(), f.Frame.Dy(), memory); err != nil {
			return err
		}
	}
	wanted := part
	wanted.Max = wanted.Max.Add(image.Pt(2, 2)) // interpolation reads the next chroma sample
	return f.bands(wanted, c.band)
}
