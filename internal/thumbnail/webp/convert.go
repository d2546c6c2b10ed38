package webp

import (
	"image"

	"github.com/thumbing/thumbing/internal/thumbnail/webp/vp8"
	"github.com/thumbing/thumbing/internal/thumbnail/ycbcr"
)

// converter makes pixels of a part of a lossy picture. Chroma is interpolated linearly between the four samples
// nearest to a pixel, each of which lies in the middle of four pixels.
type converter struct {
	part     image.Rectangle
	size     image.Point // of the picture
	channels int
	emit     func(row []byte)
	alpha    *alphaReader // nil without alpha

	pixels []byte
	rgb    []byte  // where there is alpha: the colours of a row, 3 bytes a pixel
	downCb []int32 // a row of chroma, interpolated down, times 4
	downCr []int32
	cb, cr []byte // the same, interpolated across: a sample a pixel
	// What the band before leaves: the chroma above the next row, and a row of luma that waits for the chroma below.
	aboveCb, aboveCr []byte
	waiting          []byte
}

func newConverter(part image.Rectangle, size image.Point, channels int, emit func(row []byte)) *converter {
	chroma := (size.X + 1) / 2
	return &converter{
		part: part, size: size, channels: channels, emit: emit,
		pixels: make([]byte, part.Dx()*channels), rgb: make([]byte, part.Dx()*3),
		downCb: make([]int32, chroma), downCr: make([]int32, chroma),
		cb: make([]byte, part.Dx()), cr: make([]byte, part.Dx()),
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
	for i := range c.downCb {
		c.downCb[i] = 3*int32(nearCb[i]) + int32(farCb[i])
		c.downCr[i] = 3*int32(nearCr[i]) + int32(farCr[i])
	}
	for i := range c.cb {
		x := c.part.Min.X + i
		near := x / 2
		far := min(max(near-1+x%2*2, 0), len(c.downCb)-1)
		c.cb[i] = byte((3*c.downCb[near] + c.downCb[far] + 8) >> 4)
		c.cr[i] = byte((3*c.downCr[near] + c.downCr[far] + 8) >> 4)
	}
	luma = luma[c.part.Min.X:c.part.Max.X]
	if c.channels == 3 {
		ycbcr.LimitedRange().Convert(c.pixels, luma, c.cb, c.cr)
		c.emit(c.pixels)
		return nil
	}
	ycbcr.LimitedRange().Convert(c.rgb, luma, c.cb, c.cr)
	for i := range luma {
		p := (*[4]byte)(c.pixels[4*i:])
		p[0], p[1], p[2], p[3] = c.rgb[3*i], c.rgb[3*i+1], c.rgb[3*i+2], 255
		if alpha != nil {
			p[3] = alpha[c.part.Min.X+i]
		}
	}
	c.emit(c.pixels)
	return nil
}
