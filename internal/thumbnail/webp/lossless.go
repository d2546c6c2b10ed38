package webp

import (
	"image"

	"github.com/thumbing/thumbing/internal/thumbnail/webp/vp8l"
)

// losslessRows gives the rows of a part of a lossless picture.
func (f *file) losslessRows(part image.Rectangle, memory int64, emit func(row []byte)) error {
	d, err := vp8l.NewDecoder(f.picture, memory)
	if err != nil {
		return bitstreamError(err)
	}
	out := make([]byte, part.Dx()*f.Channels())
	for y := range part.Max.Y {
		row, err := d.Row()
		if err != nil {
			return bitstreamError(err)
		}
		if y < part.Min.Y {
			continue
		}
		if row = row[part.Min.X:part.Max.X]; f.Alpha {
			putRGBA(out, row, f.opaque)
		} else {
			putRGB(out, row)
		}
		emit(out)
	}
	return nil
}

func putRGBA(dst []byte, pixels []uint32, opaque bool) {
	always := uint32(0)
	if opaque {
		always = 0xff << 24
	}
	for i, v := range pixels {
		v |= always
		p := (*[4]byte)(dst[4*i:])
		p[0], p[1], p[2], p[3] = byte(v>>16), byte(v>>8), byte(v), byte(v>>24)
	}
}

func putRGB(dst []byte, pixels []uint32) {
	for i, v := range pixels {
		p := (*[3]byte)(dst[3*i:])
		p[0], p[1], p[2] = byte(v>>16), byte(v>>8), byte(v)
	}
}
