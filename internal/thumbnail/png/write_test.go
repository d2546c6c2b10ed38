package png

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"math/rand/v2"
	"testing"
)

// testPicture is a picture of any kind that the format has, with a writer of its own.
type testPicture struct {
	width, height int
	colour, depth int
	interlaced    bool
	samples       []uint16 // of depth bits, colourSamples a pixel
	palette, trns []byte
}

func (p testPicture) String() string {
	s := fmt.Sprintf("colour %d depth %d %dx%d", p.colour, p.depth, p.width, p.height)
	if p.interlaced {
		s += " interlaced"
	}
	if p.trns != nil {
		s += " tRNS"
	}
	return s
}

func (p testPicture) perPixel() int {
	return map[int]int{colourGrey: 1, colourRGB: 3, colourPalette: 1, colourGreyAlpha: 2, colourRGBA: 4}[p.colour]
}

// randomPicture fills a picture with samples, a palette and transparency as its kind has them.
func randomPicture(rnd *rand.Rand, colour, depth, width, height int, interlaced, transparent bool) testPicture {
	p := testPicture{width: width, height: height, colour: colour, depth: depth, interlaced: interlaced}
	p.samples = make([]uint16, width*height*p.perPixel())
	for i := range p.samples {
		p.samples[i] = uint16(rnd.IntN(1 << depth))
	}
	switch {
	case colour == colourPalette:
		p.palette = make([]byte, 3<<depth)
		for i := range p.palette {
			p.palette[i] = byte(rnd.IntN(256))
		}
		if transparent {
			p.trns = make([]byte, 1+rnd.IntN(1<<depth)) // the rest is opaque
			for i := range p.trns {
				p.trns[i] = byte(rnd.IntN(256))
			}
		}
	case transparent: // the first pixel's colour
		for _, v := range p.samples[:p.perPixel()] {
			p.trns = binary.BigEndian.AppendUint16(p.trns, v)
		}
		copy(p.samples[len(p.samples)-p.perPixel():], p.samples)
	}
	return p
}

// want is what decoding must give, computed from the samples.
func (p testPicture) want() (pix []byte, channels int) {
	full := uint32(1)<<p.depth - 1
	scale := func(v uint16) byte { return byte((uint32(v)*255*2 + full) / (2 * full)) }
	n := p.perPixel()
	for i := 0; i < len(p.samples); i += n {
		s := p.samples[i : i+n]
		var px []byte
		switch p.colour {
		case colourPalette:
			px = append(px, p.palette[3*s[0]:3*s[0]+3]...)
			if p.trns != nil {
				a := byte(255)
				if int(s[0]) < len(p.trns) {
					a = p.trns[s[0]]
				}
				px = append(px, a)
			}
		case colourGreyAlpha:
			px = []byte{scale(s[0]), scale(s[0]), scale(s[0]), scale(s[1])}
		default:
			for _, v := range s {
				px = append(px, scale(v))
			}
			if p.trns != nil {
				if p.colour == colourGrey {
					px = []byte{px[0], px[0], px[0]}
				}
				a := byte(0)
				for k, v := range s {
					if v != binary.BigEndian.Uint16(p.trns[2*k:]) {
						a = 255
					}
				}
				px = append(px, a)
			}
		}
		channels = len(px)
		pix = append(pix, px...)
	}
	return pix, channels
}

// rows returns the filtered rows of a part of the picture.
func (p testPicture) rows(rnd *rand.Rand, s pass) []byte {
	n := p.perPixel()
	bpp := (n*p.depth + 7) / 8
	var out, prev []byte
	for y := s.y; y < p.height; y += s.dy {
		var row []byte
		bit := 8
		for x := s.x; x < p.width; x += s.dx {
			for _, v := range p.samples[(y*p.width+x)*n:][:n] {
				switch {
				case p.depth == 16:
					row = binary.BigEndian.AppendUint16(row, v)
				case bit == 8:
					row = append(row, 0)
					bit = 0
					fallthrough
				default:
					bit += p.depth
					row[len(row)-1] |= byte(v) << (8 - bit)
				}
			}
		}
		if row == nil {
			return nil
		}
		if prev == nil {
			prev = make([]byte, len(row))
		}
		f := rnd.IntN(filterTypes)
		out = append(out, byte(f))
		filtered := make([]byte, len(row))
		if len(row) >= bpp {
			applyFilter(f, filtered, row, prev, bpp)
		}
		out = append(out, filtered...)
		prev = row
	}
	return out
}

// imageData returns the compressed content of the IDAT chunks.
func (p testPicture) imageData(t testing.TB, rnd *rand.Rand) []byte {
	t.Helper()
	passes := []pass{{0, 0, 1, 1}}
	if p.interlaced {
		passes = adam7[:]
	}
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	for _, s := range passes {
		if _, err := w.Write(p.rows(rnd, s)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// named is a chunk to write.
type named struct {
	name string
	data []byte
}

// chunks returns the chunks of the picture's file, its data in one IDAT.
func (p testPicture) chunks(t testing.TB, rnd *rand.Rand) []named {
	t.Helper()
	ihdr := binary.BigEndian.AppendUint32(nil, uint32(p.width))
	ihdr = binary.BigEndian.AppendUint32(ihdr, uint32(p.height))
	ihdr = append(ihdr, byte(p.depth), byte(p.colour), 0, 0, 0)
	if p.interlaced {
		ihdr[12] = 1
	}
	list := []named{{"IHDR", ihdr}}
	if p.palette != nil {
		list = append(list, named{"PLTE", p.palette})
	}
	if p.trns != nil {
		list = append(list, named{"tRNS", p.trns})
	}
	return append(list, named{"IDAT", p.imageData(t, rnd)}, named{"IEND", nil})
}

func (p testPicture) file(t testing.TB, rnd *rand.Rand) []byte {
	t.Helper()
	return write(p.chunks(t, rnd)...)
}

// write makes a file of chunks.
func write(chunks ...named) []byte {
	out := []byte(signature)
	for _, c := range chunks {
		out = binary.BigEndian.AppendUint32(out, uint32(len(c.data)))
		at := len(out)
		out = append(append(out, c.name...), c.data...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[at:]))
	}
	return out
}

// decode decodes the region of a file.
func decode(file []byte, region image.Rectangle) (pix []byte, p *Picture, err error) {
	if p, err = Parse(file); err != nil {
		return nil, nil, err
	}
	if region.Empty() {
		region = p.Bounds()
	}
	rows := 0
	err = p.Rows(region, func(row []byte) {
		if len(row) != region.Dx()*p.Channels {
			panic(fmt.Sprintf("a row of %d bytes for %d pixels", len(row), region.Dx()))
		}
		pix = append(pix, row...)
		rows++
	})
	if err == nil && rows != region.Dy() {
		panic(fmt.Sprintf("%d rows of %d", rows, region.Dy()))
	}
	return pix, p, err
}

// cut returns the region of pixels.
func cut(pix []byte, width, channels int, r image.Rectangle) []byte {
	var out []byte
	for y := r.Min.Y; y < r.Max.Y; y++ {
		out = append(out, pix[(y*width+r.Min.X)*channels:(y*width+r.Max.X)*channels]...)
	}
	return out
}
