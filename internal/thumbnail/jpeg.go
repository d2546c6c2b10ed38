package thumbnail

import (
	"github.com/thumbing/thumbing/internal/thumbnail/icc"
	"github.com/thumbing/thumbing/internal/thumbnail/jpeg"
	"github.com/thumbing/thumbing/internal/thumbnail/resample"
	"github.com/thumbing/thumbing/internal/thumbnail/ycbcr"
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
func renderJPEG(src []byte, _ header, w window) (picture, error) {
	j, err := jpeg.Decode(src, jpeg.Options{Crop: w.bounds(), Width: w.width, Height: w.height})
	if err != nil {
		return picture{}, err
	}
	if len(j.Planes) == 4 && w.enlarges() && alike(j.Planes) {
		return enlargeInks(j, w)
	}
	samples := make([][]byte, len(j.Planes))
	for i, p := range j.Planes {
		plan, err := planFor(p, w)
		if err != nil {
			return picture{}, err
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
func enlargeInks(j *jpeg.Image, w window) (picture, error) {
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
		return picture{}, err
	}
	p := newPicture(small.channels, w.width, w.height)
	stream, err := plan.Stream(p.pix, p.channels)
	if err != nil {
		return picture{}, err
	}
	for y := range height {
		stream.WriteRow(small.pix[y*small.channels*width:][:small.channels*width])
	}
	return p, nil
}

// colours makes sRGB of a picture's components.
func colours(h jpeg.Header, s [][]byte, width, height int) picture {
	if len(s) == 4 {
		return inkColours(h, s, width, height)
	}
	if len(s) == 1 {
		p := pictureOf(s[0], 1, width, height)
		toSRGB(p, h.ICC, icc.Grey)
		return p
	}
	p := newPicture(3, width, height)
	convert := interleave
	if h.Model == jpeg.YCbCr {
		convert = ycbcr.FullRange().Convert
	}
	convert(p.pix, s[0], s[1], s[2])
	toSRGB(p, h.ICC, icc.RGB)
	return p
}

func inkColours(h jpeg.Header, s [][]byte, width, height int) picture {
	if h.Model == jpeg.YCCK { // red, green and blue are what the inks leave
		rgb := make([]byte, 3*width*height)
		ycbcr.FullRange().Convert(rgb, s[0], s[1], s[2])
		for i := range width * height {
			s[0][i], s[1][i], s[2][i] = ^rgb[3*i], ^rgb[3*i+1], ^rgb[3*i+2]
		}
	}
	if h.Inverted {
		invert(s)
	}
	return fromInk(s, inkTransform(h.ICC), width, height)
}

func invert(planes [][]byte) {
	for _, plane := range planes {
		for i, v := range plane {
			plane[i] = ^v
		}
	}
}

func interleave(dst, r, g, b []byte) {
	for i := range r {
		q := (*[3]byte)(dst[3*i:])
		q[0], q[1], q[2] = r[i], g[i], b[i]
	}
}
