package webp

import (
	"image"

	"github.com/thumbing/thumbing/internal/thumbnail/webp/vp8"
)

// ConvertRow converts a row of YCbCr samples of limited range, as [DecodeYCbCr] gives them, to RGB, 3 bytes a pixel.
// There must be as many samples of each, and room for the result.
//
// Source: ITU-R BT.601, 2.5.3: luma from 16 to 235, colour differences from 16 to 240 around 128.
func ConvertRow(dst, y, cb, cr []byte) {
	cb, cr = cb[:len(y)], cr[:len(y)]
	dst = dst[:3*len(y)]
	for i := range y {
		p := (*[3]byte)(dst[3*i:])
		p[0], p[1], p[2] = toRGB(int32(y[i]), int32(cb[i]), int32(cr[i]))
	}
}

// toRGB converts a pixel. The factors are in units of 1/65536: 255/219 for luma, and for the differences 255/224 times
// 1.402, 0.344136, 0.714136 and 1.772.
func toRGB(y, cb, cr int32) (r, g, b byte) {
	l := 76309*(y-16) + 1<<15
	cb -= 128
	cr -= 128
	return clamp(l + 104597*cr), clamp(l - 25675*cb - 53279*cr), clamp(l + 132201*cb)
}

// clamp brings v, in units of 1/65536, into the range of samples. Mostly it is in it already.
func clamp(v int32) byte {
	if v >>= 16; uint32(v) > 255 {
		v = ^(v >> 31)
	}
	return byte(v)
}

// converter makes pixels of a part of a lossy picture. Chroma is interpolated linearly between the four samples
// nearest to a pixel, each of which lies in the middle of four pixels.
type converter struct {
	part     image.Rectangle
	size     image.Point // of the picture
	channels int
	emit     func(row []byte)
	alpha    *alphaReader // nil without alpha

	out    []byte
	cb, cr []int32 // a row of chroma, interpolated down, times 4
	// What the band before leaves: the chroma above the next row, and a row of luma that waits for the chroma below.
	aboveCb, aboveCr []byte
	waiting          []byte
}

func newConverter(part image.Rectangle, size image.Point, channels int, emit func(row []byte)) *converter {
	chroma := (size.X + 1) / 2
	return &converter{
		part: part, size: size, channels: channels, emit: emit,
		out: make([]byte, part.Dx()*channels),
		cb:  make([]int32, chroma), cr: make([]int32, chroma),
		aboveCb: make([]byte, chroma), aboveCr: make([]byte, chroma),
		waiting: make([]byte, size.X),
	}
}

// band converts a band. The last row of one that is not the picture's last waits for the next.
func (c *converter) band(b vp8.Band) error {
	width, chromaWidth := c.size.X, (c.size.X+1)/2
	chromaBottom := (b.Bottom + 1) / 2
	chromaRow := func(pix, above []byte, y int) []byte {
		y = min(y, (c.size.Y+1)/2-1)
		if y < b.Top/2 {
			return above
		}
		return pix[(y-b.Top/2)*b.CStride:][:chromaWidth]
	}
	top := b.Top
	if top > 0 {
		top--
	}
	for y := top; y < b.Bottom; y++ {
		near := y / 2
		far := near - 1 + y%2*2
		if far = max(far, 0); far >= chromaBottom && b.Bottom < c.size.Y {
			copy(c.waiting, b.Y[(y-b.Top)*b.YStride:][:width])
			break
		}
		luma := c.waiting
		if y >= b.Top {
			luma = b.Y[(y-b.Top)*b.YStride:][:width]
		}
		if err := c.row(y, luma,
			chromaRow(b.Cb, c.aboveCb, near), chromaRow(b.Cb, c.aboveCb, far),
			chromaRow(b.Cr, c.aboveCr, near), chromaRow(b.Cr, c.aboveCr, far)); err != nil {
			return err
		}
	}
	copy(c.aboveCb, chromaRow(b.Cb, nil, chromaBottom-1))
	copy(c.aboveCr, chromaRow(b.Cr, nil, chromaBottom-1))
	return nil
}

// row converts row y, if it is wanted.
func (c *converter) row(y int, luma, nearCb, farCb, nearCr, farCr []byte) error {
	if y >= c.part.Max.Y {
		return nil
	}
	var alpha []byte
	if c.alpha != nil {
		var err error
		if alpha, err = c.alpha.next(); err != nil {
			return err
		}
	}
	if y < c.part.Min.Y {
		return nil
	}
	for i := range c.cb {
		c.cb[i] = 3*int32(nearCb[i]) + int32(farCb[i])
		c.cr[i] = 3*int32(nearCr[i]) + int32(farCr[i])
	}
	out := c.out
	for x := c.part.Min.X; x < c.part.Max.X; x++ {
		near := x / 2
		far := min(max(near-1+x%2*2, 0), len(c.cb)-1)
		cb, cr := (3*c.cb[near]+c.cb[far]+8)>>4, (3*c.cr[near]+c.cr[far]+8)>>4
		out[0], out[1], out[2] = toRGB(int32(luma[x]), cb, cr)
		if c.channels == 4 {
			out[3] = 255
			if alpha != nil {
				out[3] = alpha[x]
			}
		}
		out = out[c.channels:]
	}
	c.emit(c.out)
	return nil
}
