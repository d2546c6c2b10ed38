package thumbnail

import (
	"image"

	"github.com/thumbing/thumbing/internal/thumbnail/jpeg"
	"github.com/thumbing/thumbing/internal/thumbnail/resample"
)

func inspectJPEG(src []byte) (header, error) {
	j, err := jpeg.DecodeHeader(src)
	if err != nil {
		return header{}, err
	}
	return header{width: j.Width, height: j.Height, orientation: exifOrientation(j.Exif)}, nil
}

// renderJPEG has the components decoded no larger than is needed, scales each from its own resolution to its
// final place, and makes colours of what is left.
func renderJPEG(src []byte, _ header, w window) (*image.NRGBA, error) {
	j, err := jpeg.Decode(src, jpeg.Options{Crop: w.bounds(), Width: w.width, Height: w.height})
	if err != nil {
		return nil, err
	}
	if len(j.Planes) == 4 && w.enlarges() && alike(j.Planes) {
		return enlargeInks(j, w)
	}
	samples := make([][]byte, len(j.Planes))
	for i, p := range j.Planes {
		plan, err := planFor(p, w)
		if err != nil {
			return nil, err
		}
		samples[i] = make([]byte, w.width*w.height)
		plan.Plane(samples[i], p.Pix, p.Stride)
	}
	return colours(j.Header, samples, w.width, w.height), nil
}

func planFor(p jpeg.Plane, w window) (*resample.Plan, error) {
	return resample.New(p.Width, p.Height, resample.Window{
		X0: p.X.Sample(w.left), X1: p.X.Sample(w.right()),
		Y0: p.Y.Sample(w.top), Y1: p.Y.Sample(w.bottom()),
	}, w.width, w.height)
}

// alike reports whether planes have their samples in the same places.
func alike(planes []jpeg.Plane) bool {
	for _, p := range planes[1:] {
		if p.Width != planes[0].Width || p.Height != planes[0].Height || p.X != planes[0].X || p.Y != planes[0].Y {
			return false
		}
	}
	return true
}

// enlargeInks makes colours of the inks first, as inkRows does.
func enlargeInks(j *jpeg.Image, w window) (*image.NRGBA, error) {
	width, height := j.Planes[0].Width, j.Planes[0].Height
	inks := make([][]byte, len(j.Planes))
	for i, p := range j.Planes {
		for y := range height {
			inks[i] = append(inks[i], p.Pix[y*p.Stride:][:width]...)
		}
	}
	small := colours(j.Header, inks, width, height)
	plan, err := planFor(j.Planes[0], w)
	if err != nil {
		return nil, err
	}
	m := image.NewNRGBA(image.Rect(0, 0, w.width, w.height))
	stream, err := plan.Stream(m.Pix, 4)
	if err != nil {
		return nil, err
	}
	for y := range height {
		stream.WriteRow(small.Pix[y*small.Stride:][:4*width])
	}
	return m, nil
}

// colours makes sRGB of a picture's components.
func colours(h jpeg.Header, s [][]byte, width, height int) *image.NRGBA {
	if h.Model == jpeg.YCbCr || h.Model == jpeg.YCCK {
		for i := range width * height {
			s[0][i], s[1][i], s[2][i] = fromYCbCr(s[0][i], s[1][i], s[2][i])
		}
	}
	if h.Model == jpeg.YCCK { // red, green and blue are what the inks leave
		invert(s[:3])
	}
	if len(s) == 4 {
		if h.Inverted {
			invert(s)
		}
		return fromInk(s, inkTransform(h.ICC), width, height)
	}
	red, green, blue := s[0], s[0], s[0]
	if len(s) == 3 {
		green, blue = s[1], s[2]
	}
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		d := m.Pix[4*i : 4*i+4 : 4*i+4]
		d[0], d[1], d[2], d[3] = red[i], green[i], blue[i], 0xff
	}
	toSRGB(m, h.ICC, space(len(s)))
	return m
}

func invert(planes [][]byte) {
	for _, plane := range planes {
		for i, v := range plane {
			plane[i] = ^v
		}
	}
}

// fromYCbCr converts at full range. Source: ITU-T T.871, clause 7; factors in units of 1/65536.
func fromYCbCr(y, cb, cr byte) (r, g, b byte) {
	l, u, v := int32(y)<<16+1<<15, int32(cb)-128, int32(cr)-128
	return clamp8((l + 91881*v) >> 16), clamp8((l - 22554*u - 46802*v) >> 16), clamp8((l + 116130*u) >> 16)
}

func clamp8(v int32) byte { return byte(min(max(v, 0), 0xff)) }
