package thumbnail

import (
	"errors"
	"image"

	"github.com/thumbing/thumbing/internal/thumbnail/jpeg"
	"github.com/thumbing/thumbing/internal/thumbnail/resample"
)

func inspectJPEG(src []byte) (header, error) {
	j, err := jpeg.DecodeHeader(src)
	if err != nil {
		return header{}, jpegError(err)
	}
	return header{width: j.Width, height: j.Height, orientation: exifOrientation(j.Exif)}, nil
}

// renderJPEG has the components decoded no larger than is needed, scales each from its own resolution to its
// final place, and makes colours of what is left.
func renderJPEG(src []byte, _ header, w window) (*image.NRGBA, error) {
	j, err := jpeg.Decode(src, jpeg.Options{Crop: w.bounds(), Width: w.width, Height: w.height})
	if err != nil {
		return nil, jpegError(err)
	}
	samples := make([][]byte, len(j.Planes))
	for i, p := range j.Planes {
		plan, err := resample.New(p.Width, p.Height, resample.Window{
			X0: p.X.Sample(w.left), X1: p.X.Sample(w.right()),
			Y0: p.Y.Sample(w.top), Y1: p.Y.Sample(w.bottom()),
		}, w.width, w.height)
		if err != nil {
			return nil, err
		}
		samples[i] = make([]byte, w.width*w.height)
		plan.Plane(samples[i], p.Pix, p.Stride)
	}
	return colours(j.Header, samples, w.width, w.height), nil
}

// colours makes RGB of a picture's components.
func colours(h jpeg.Header, s [][]byte, width, height int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		d := m.Pix[4*i : 4*i+4 : 4*i+4]
		d[3] = 0xff
		switch h.Model {
		case jpeg.Grey:
			d[0], d[1], d[2] = s[0][i], s[0][i], s[0][i]
		case jpeg.RGB:
			d[0], d[1], d[2] = s[0][i], s[1][i], s[2][i]
		case jpeg.YCbCr:
			d[0], d[1], d[2] = fromYCbCr(s[0][i], s[1][i], s[2][i])
		case jpeg.CMYK:
			d[0], d[1], d[2] = fromCMYK(s[0][i], s[1][i], s[2][i], s[3][i], h.Inverted)
		case jpeg.YCCK:
			c, m, y := fromYCbCr(s[0][i], s[1][i], s[2][i])
			d[0], d[1], d[2] = fromCMYK(c, m, y, s[3][i], h.Inverted)
		}
	}
	return m
}

// fromYCbCr converts at full range. Source: ITU-T T.871, clause 7; factors in units of 1/65536.
func fromYCbCr(y, cb, cr byte) (r, g, b byte) {
	l, u, v := int32(y)<<16+1<<15, int32(cb)-128, int32(cr)-128
	return clamp8((l + 91881*v) >> 16), clamp8((l - 22554*u - 46802*v) >> 16), clamp8((l + 116130*u) >> 16)
}

// fromCMYK lets each ink take its part of the light.
func fromCMYK(c, m, y, k byte, inverted bool) (r, g, b byte) {
	if !inverted {
		c, m, y, k = ^c, ^m, ^y, ^k
	}
	light := func(ink byte) byte { return byte((int32(ink)*int32(k) + 127) / 255) }
	return light(c), light(m), light(y)
}

// jpegError gives an error of the decoder its code.
func jpegError(err error) error {
	switch {
	case errors.Is(err, jpeg.ErrTooMuchWork):
		return &Rejection{Code: ExcessWork, Reason: err.Error(), cause: err}
	case errors.Is(err, jpeg.ErrUnsupported):
		return &Rejection{Code: UnsupportedFormat, Reason: err.Error(), cause: err}
	}
	return err
}
