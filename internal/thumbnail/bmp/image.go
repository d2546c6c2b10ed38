package bmp

import "image"

// Config is what a picture's header tells.
type Config struct {
	Width, Height int
	Memory        int64 // bytes that Decode takes for the pixels

	// How dense the pixels are meant to be shown. 0 where the file does not say.
	PixelsPerMetreX, PixelsPerMetreY int32
}

// DecodeConfig reads the header as DecodeHeader does, for those who want the picture whole.
func DecodeConfig(src []byte) (Config, error) {
	h, err := DecodeHeader(src)
	if err != nil {
		return Config{}, err
	}
	return Config{
		Width: h.Width, Height: h.Height, Memory: 4 * int64(h.Width) * int64(h.Height),
		PixelsPerMetreX: h.PixelsPerMetreX, PixelsPerMetreY: h.PixelsPerMetreY,
	}, nil
}

// Decode decodes a picture whole, as DecodeRows does row by row. The caller has looked at its size before.
func Decode(src []byte) (image.Image, error) {
	h, err := DecodeHeader(src)
	if err != nil {
		return nil, err
	}
	m := image.NewNRGBA(image.Rect(0, 0, h.Width, h.Height))
	err = DecodeRows(src, Options{}, func(y int, pix []byte) error {
		out := m.Pix[y*m.Stride:]
		for x := range h.Width {
			out[4*x+3] = 0xff
			copy(out[4*x:4*x+4], pix[x*h.Channels:(x+1)*h.Channels])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}
