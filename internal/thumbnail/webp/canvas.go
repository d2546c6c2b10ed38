package webp

import "image"

// canvas gives the rows of a part of a canvas, of which a frame covers some and the rest is transparent.
type canvas struct {
	crop  image.Rectangle
	frame image.Rectangle
	cover image.Rectangle // what of the crop the frame covers
	pixel int             // bytes
	emit  func(row []byte)
	row   []byte // made only if it is not the frame's
}

func newCanvas(h Header, crop image.Rectangle, emit func(row []byte)) *canvas {
	c := &canvas{crop: crop, frame: h.Frame, cover: crop.Intersect(h.Frame), pixel: h.Channels(), emit: emit}
	if c.cover != crop {
		c.row = make([]byte, crop.Dx()*c.pixel)
	}
	return c
}

// draw gives all rows. It calls decode with the part of the frame that is wanted, to give the rows of it.
func (c *canvas) draw(decode func(part image.Rectangle, emit func(row []byte)) error) error {
	if c.cover.Empty() {
		c.blank(c.crop.Dy())
		return nil
	}
	c.blank(c.cover.Min.Y - c.crop.Min.Y)
	if err := decode(c.cover.Sub(c.frame.Min), c.place); err != nil {
		return err
	}
	c.blank(c.crop.Max.Y - c.cover.Max.Y)
	return nil
}

// place gives a row of the frame in its place.
func (c *canvas) place(row []byte) {
	if c.row != nil {
		copy(c.row[(c.cover.Min.X-c.crop.Min.X)*c.pixel:], row)
		row = c.row
	}
	c.emit(row)
}

// blank gives n rows that are transparent.
func (c *canvas) blank(n int) {
	clear(c.row)
	for range n {
		c.emit(c.row)
	}
}
