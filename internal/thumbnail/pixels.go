package thumbnail

import (
	"image"
	"image/color"
)

// pixels is a decoded picture, read a row at a time.
type pixels struct {
	width, height int
	// row sets dst to the pixels x0 to x1 of row y: red, green, blue and alpha, 16 bits each, the colours
	// multiplied by alpha.
	row func(y, x0, x1 int, dst []uint16)
}

// pixelsOf reads what the decoders make. The types that they make have a loop each: it is many times
// faster than to ask for one pixel at a time.
func pixelsOf(m image.Image) pixels {
	b := m.Bounds()
	p := pixels{width: b.Dx(), height: b.Dy()}
	switch m := m.(type) {
	case *image.Gray:
		p.row = func(y, x0, x1 int, dst []uint16) {
			src := m.Pix[m.PixOffset(b.Min.X+x0, b.Min.Y+y):]
			for i := range x1 - x0 {
				v := uint16(src[i]) * 0x101
				set(dst, i, v, v, v, 0xffff)
			}
		}
	case *image.Gray16:
		p.row = func(y, x0, x1 int, dst []uint16) {
			src := m.Pix[m.PixOffset(b.Min.X+x0, b.Min.Y+y):]
			for i := range x1 - x0 {
				v := be16(src[2*i:])
				set(dst, i, v, v, v, 0xffff)
			}
		}
	case *image.RGBA: // made by decoders of opaque pictures, and of those whose colours are multiplied already
		p.row = func(y, x0, x1 int, dst []uint16) {
			src := m.Pix[m.PixOffset(b.Min.X+x0, b.Min.Y+y):]
			for i := range (x1 - x0) * 4 {
				dst[i] = uint16(src[i]) * 0x101
			}
		}
	case *image.NRGBA:
		p.row = func(y, x0, x1 int, dst []uint16) {
			src := m.Pix[m.PixOffset(b.Min.X+x0, b.Min.Y+y):]
			for i := range x1 - x0 {
				s := src[i*4 : i*4+4 : i*4+4]
				setMultiplied8(dst, i, s[0], s[1], s[2], s[3])
			}
		}
	case *image.RGBA64:
		p.row = func(y, x0, x1 int, dst []uint16) {
			src := m.Pix[m.PixOffset(b.Min.X+x0, b.Min.Y+y):]
			for i := range (x1 - x0) * 4 {
				dst[i] = be16(src[2*i:])
			}
		}
	case *image.NRGBA64:
		p.row = func(y, x0, x1 int, dst []uint16) {
			src := m.Pix[m.PixOffset(b.Min.X+x0, b.Min.Y+y):]
			for i := range x1 - x0 {
				s := src[i*8 : i*8+8 : i*8+8]
				a := be16(s[6:])
				set(dst, i, multiply(be16(s), a), multiply(be16(s[2:]), a), multiply(be16(s[4:]), a), a)
			}
		}
	case *image.Paletted:
		var table [256][4]uint16 // indices beyond the palette are transparent
		for i, c := range m.Palette[:min(len(m.Palette), 256)] {
			r, g, b, a := c.RGBA()
			table[i] = [4]uint16{uint16(r), uint16(g), uint16(b), uint16(a)}
		}
		p.row = func(y, x0, x1 int, dst []uint16) {
			src := m.Pix[m.PixOffset(b.Min.X+x0, b.Min.Y+y):]
			for i := range x1 - x0 {
				*(*[4]uint16)(dst[i*4:]) = table[src[i]]
			}
		}
	case *image.YCbCr:
		p.row = func(y, x0, x1 int, dst []uint16) {
			luma, chroma := m.Y[m.YOffset(b.Min.X, b.Min.Y+y):], m.COffset(b.Min.X, b.Min.Y+y)
			cb, cr, shift := m.Cb[chroma:], m.Cr[chroma:], chromaShift(m.SubsampleRatio)
			for x := x0; x < x1; x++ {
				c := (b.Min.X+x)>>shift - b.Min.X>>shift
				r, g, b := color.YCbCrToRGB(luma[x], cb[c], cr[c])
				set(dst, x-x0, uint16(r)*0x101, uint16(g)*0x101, uint16(b)*0x101, 0xffff)
			}
		}
	case *image.CMYK:
		p.row = func(y, x0, x1 int, dst []uint16) {
			src := m.Pix[m.PixOffset(b.Min.X+x0, b.Min.Y+y):]
			for i := range x1 - x0 {
				s := src[i*4 : i*4+4 : i*4+4]
				r, g, b := color.CMYKToRGB(s[0], s[1], s[2], s[3])
				set(dst, i, uint16(r)*0x101, uint16(g)*0x101, uint16(b)*0x101, 0xffff)
			}
		}
	default:
		p.row = func(y, x0, x1 int, dst []uint16) {
			for i := range x1 - x0 {
				r, g, bl, a := m.At(b.Min.X+x0+i, b.Min.Y+y).RGBA()
				set(dst, i, uint16(r), uint16(g), uint16(bl), uint16(a))
			}
		}
	}
	return p
}

// placed is a picture whose corner lies at (x, y) on a transparent canvas. What reaches over the canvas is
// cut off.
func placed(p pixels, x, y, width, height int) pixels {
	if x == 0 && y == 0 && p.width == width && p.height == height {
		return p
	}
	return pixels{width: width, height: height, row: func(cy, x0, x1 int, dst []uint16) {
		clear(dst[:(x1-x0)*4])
		from, to := max(x0, x), min(x1, x+p.width)
		if cy < y || cy >= y+p.height || from >= to {
			return
		}
		p.row(cy-y, from-x, to-x, dst[(from-x0)*4:])
	}}
}

// opaque is a picture without its alpha: the colours stay as they were multiplied.
func opaque(p pixels) pixels {
	return pixels{width: p.width, height: p.height, row: func(y, x0, x1 int, dst []uint16) {
		p.row(y, x0, x1, dst)
		for i := 3; i < (x1-x0)*4; i += 4 {
			dst[i] = 0xffff
		}
	}}
}

// chromaShift is the binary logarithm of how many pixels across share a chroma sample.
func chromaShift(r image.YCbCrSubsampleRatio) int {
	switch r {
	case image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420:
		return 1
	case image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410:
		return 2
	}
	return 0
}

func set(dst []uint16, i int, r, g, b, a uint16) {
	d := dst[i*4 : i*4+4 : i*4+4]
	d[0], d[1], d[2], d[3] = r, g, b, a
}

func setMultiplied8(dst []uint16, i int, r, g, b, a uint8) {
	a16 := uint16(a) * 0x101
	if a == 0xff {
		set(dst, i, uint16(r)*0x101, uint16(g)*0x101, uint16(b)*0x101, a16)
		return
	}
	set(dst, i, multiply(uint16(r)*0x101, a16), multiply(uint16(g)*0x101, a16), multiply(uint16(b)*0x101, a16), a16)
}

// multiply answers c*a where 0xffff stands for 1.
func multiply(c, a uint16) uint16 { return uint16((uint32(c)*uint32(a) + 0x7fff) / 0xffff) }

func be16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }
