package thumbnail

import (
	"image"

	"github.com/thumbing/thumbing/internal/thumbnail/png"
	"github.com/thumbing/thumbing/internal/thumbnail/resample"
)

func inspectPNG(src []byte) (header, error) {
	p, err := png.Parse(src)
	if err != nil {
		return header{}, err
	}
	return header{width: p.Width, height: p.Height, orientation: exifOrientation(p.EXIF), memory: p.Memory(p.Bounds())}, nil
}

// renderPNG scales rows as they are decoded.
func renderPNG(src []byte, _ header, w window) (*image.NRGBA, error) {
	p, err := png.Parse(src)
	if err != nil {
		return nil, err
	}
	whole := resample.Window{X0: w.left, X1: w.right(), Y0: w.top, Y1: w.bottom()}
	region := whole.Footprint(p.Width, p.Height, w.width, w.height)
	plan, err := resample.New(region.Dx(), region.Dy(), whole.Sub(region.Min), w.width, w.height)
	if err != nil {
		return nil, err
	}
	out := make([]byte, w.width*w.height*p.Channels)
	stream, err := plan.Stream(out, p.Channels)
	if err != nil {
		return nil, err
	}
	if err := p.Rows(region, stream.WriteRow); err != nil {
		return nil, err
	}
	return spread(out, p.Channels, w.width, w.height), nil
}

// spread makes a picture of pixels with 1 channel (grey), 3 (RGB) or 4 (RGB with alpha).
func spread(pix []byte, channels, width, height int) *image.NRGBA {
	if channels == 4 {
		return &image.NRGBA{Pix: pix, Stride: 4 * width, Rect: image.Rect(0, 0, width, height)}
	}
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		d, s := m.Pix[4*i:4*i+4:4*i+4], pix[channels*i:]
		d[0], d[1], d[2], d[3] = s[0], s[0], s[0], 0xff
		if channels == 3 {
			d[1], d[2] = s[1], s[2]
		}
	}
	return m
}
