package bmp

import (
	"encoding/binary"
	"fmt"
	"image"
	"testing"
)

// file is a BMP to be written. Fields that are zero stand for what is usual.
type file struct {
	size               uint32 // of the second header; 40
	width, height      int32
	bits               uint16
	compression        uint32
	densityX, densityY uint32
	colours            uint32
	masks              []uint32
	palette            [][3]byte // red, green, blue
	gap                int       // bytes between the palette and the pixels
	noOffset           bool      // the file does not say where the pixels begin
	pixels             []byte
}

func (f file) bytes() []byte {
	le := binary.LittleEndian
	if f.size == 0 {
		f.size = headerInfo
	}
	info := f.info()
	for _, c := range f.palette {
		info = append(info, c[2], c[1], c[0])
		if f.size != headerCore {
			info = append(info, 0)
		}
	}
	info = append(info, make([]byte, f.gap)...)
	offset := uint32(fileHeaderSize + len(info))
	b := le.AppendUint32([]byte("BM"), offset+uint32(len(f.pixels)))
	b = le.AppendUint32(b, 0)
	if f.noOffset {
		offset = 0
	}
	b = le.AppendUint32(b, offset)
	return append(append(b, info...), f.pixels...)
}

// info is the second header, with masks behind it where it has no room for them.
func (f file) info() []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, f.size)
	if f.size == headerCore {
		for _, v := range []uint16{uint16(f.width), uint16(f.height), 1, f.bits} {
			b = le.AppendUint16(b, v)
		}
		return b
	}
	b = le.AppendUint32(b, uint32(f.width))
	b = le.AppendUint32(b, uint32(f.height))
	b = le.AppendUint16(b, 1)
	b = le.AppendUint16(b, f.bits)
	if f.size == headerOS2Short {
		return b
	}
	for _, v := range append([]uint32{f.compression, 0, f.densityX, f.densityY, f.colours, 0}, f.masks...) {
		b = le.AppendUint32(b, v)
	}
	if n := int(f.size); len(b) < n {
		b = append(b, make([]byte, n-len(b))...)
	}
	return b
}

// decode decodes a picture and holds what it is given against the header.
func decode(src []byte) (*image.NRGBA, error) {
	h, err := DecodeHeader(src)
	if err != nil {
		return nil, err
	}
	m := &image.NRGBA{Stride: 4 * h.Width, Rect: image.Rect(0, 0, h.Width, h.Height)}
	rows := 0
	err = DecodeRows(src, Options{}, func(y int, pix []byte) error {
		if y != rows || len(pix) != h.Width*h.Channels {
			return fmt.Errorf("row %d of %d bytes in place of row %d", y, len(pix), rows)
		}
		rows++
		for ; len(pix) > 0; pix = pix[h.Channels:] {
			alpha := byte(255)
			if h.Channels == 4 {
				alpha = pix[3]
			}
			m.Pix = append(m.Pix, pix[0], pix[1], pix[2], alpha)
		}
		return nil
	})
	if err == nil && rows != h.Height {
		err = fmt.Errorf("%d rows of %d", rows, h.Height)
	}
	return m, err
}

func mustDecode(t *testing.T, src []byte) *image.NRGBA {
	t.Helper()
	m, err := decode(src)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
