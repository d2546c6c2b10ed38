package thumbnail

import (
	"image"

	"github.com/thumbing/thumbing/internal/thumbnail/icc"
	"github.com/thumbing/thumbing/internal/thumbnail/resample"
	"github.com/thumbing/thumbing/internal/thumbnail/webp"
	"github.com/thumbing/thumbing/internal/thumbnail/ycbcr"
)

func inspectWebP(src []byte) (header, error) {
	h, err := webp.DecodeHeader(src)
	if err != nil {
		return header{}, err
	}
	return header{width: h.Width, height: h.Height, orientation: exifOrientation(h.Exif)}, nil
}

func renderWebP(src []byte, _ header, w window) (picture, error) {
	h, err := webp.DecodeHeader(src)
	if err != nil {
		return picture{}, err
	}
	render := webpPixels
	if h.Planar() {
		render = webpPlanes
	}
	m, err := render(src, h, w)
	if err != nil {
		return picture{}, err
	}
	toSRGB(m, h.ICC, icc.RGB)
	return m, nil
}

func webpPixels(src []byte, h webp.Header, w window) (picture, error) {
	r, err := newRows(w, h.Width, h.Height, h.Channels())
	if err != nil {
		return picture{}, err
	}
	if err := webp.DecodePixels(src, webp.Options{Crop: r.region}, r.takePart); err != nil {
		return picture{}, err
	}
	return pictureOf(r.out[0], h.Channels(), w.width, w.height), nil
}

// webpPlanes scales luma and chroma from their own resolutions, and converts only what comes out.
func webpPlanes(src []byte, h webp.Header, w window) (picture, error) {
	whole := resample.Window{X0: w.left, X1: w.right(), Y0: w.top, Y1: w.bottom()}
	// Chroma's filter may reach further, by a few of its samples, which are two pixels wide.
	const reach = 8
	crop := whole.Footprint(h.Width, h.Height, w.width, w.height).Inset(-reach).Intersect(image.Rect(0, 0, h.Width, h.Height))
	chroma := webp.ChromaRect(crop)
	y, yRow, err := planeStream(crop, whole, w)
	if err != nil {
		return picture{}, err
	}
	half := whole.Scale(0.5, 0.5)
	cb, cbRow, err := planeStream(chroma, half, w)
	if err != nil {
		return picture{}, err
	}
	cr, crRow, err := planeStream(chroma, half, w)
	if err != nil {
		return picture{}, err
	}
	if err := webp.DecodeYCbCr(src, webp.Options{Crop: crop}, webp.Rows{Y: yRow, Cb: cbRow, Cr: crRow}); err != nil {
		return picture{}, err
	}
	rgb := make([]byte, 3*w.width*w.height)
	ycbcr.LimitedRange().Convert(rgb, y, cb, cr)
	return pictureOf(rgb, 3, w.width, w.height), nil
}

// planeStream scales the part of a plane that a rectangle covers; row takes its rows.
func planeStream(part image.Rectangle, window resample.Window, w window) (out []byte, row func([]byte), err error) {
	plan, err := resample.New(part.Dx(), part.Dy(), window.Sub(part.Min), w.width, w.height)
	if err != nil {
		return nil, nil, err
	}
	out = make([]byte, w.width*w.height)
	stream, err := plan.Stream(out, 1)
	if err != nil {
		return nil, nil, err
	}
	return out, stream.WriteRow, nil
}
