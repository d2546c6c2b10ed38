package thumbnail

import (
	"github.com/thumbing/thumbing/internal/thumbnail/png"
)

func inspectPNG(src []byte) (header, error) {
	p, err := png.Parse(src)
	if err != nil {
		return header{}, err
	}
	return header{width: p.Width, height: p.Height, orientation: exifOrientation(p.EXIF), memory: p.Memory(p.Bounds())}, nil
}

func renderPNG(src []byte, _ header, w window) (picture, error) {
	p, err := png.Parse(src)
	if err != nil {
		return picture{}, err
	}
	r, err := newRows(w, p.Width, p.Height, p.Channels)
	if err != nil {
		return picture{}, err
	}
	if err := p.Rows(r.region, r.takePart); err != nil {
		return picture{}, err
	}
	m := pictureOf(r.out[0], p.Channels, w.width, w.height)
	if profile, err := p.Profile(); err == nil { // a broken one is as good as none
		toSRGB(m, profile, space(p.Channels))
	}
	return m, nil
}
