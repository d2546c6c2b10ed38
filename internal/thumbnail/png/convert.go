package png

import "encoding/binary"

// converter turns the bytes of a row into pixels of 8-bit samples.
type converter struct {
	colour, depth int
	channels      int
	palette       [256][4]uint8
	key           [3]uint16 // the samples that mean transparent, where hasKey
	hasKey        bool
}

func newConverter(p *Picture) converter {
	c := converter{colour: p.colour, depth: p.Depth, channels: p.Channels}
	switch {
	case p.colour == colourPalette:
		for i := range c.palette {
			c.palette[i][3] = 255 // an index beyond the palette is opaque black
		}
		for i := 0; 3*i+3 <= len(p.palette); i++ {
			copy(c.palette[i][:], p.palette[3*i:3*i+3])
		}
		for i, a := range p.trns[:min(len(p.trns), len(c.palette))] {
			c.palette[i][3] = a
		}
	case p.trns != nil:
		c.hasKey = true
		for i := 0; 2*i+2 <= len(p.trns); i++ {
			c.key[i] = binary.BigEndian.Uint16(p.trns[2*i:]) & (1<<p.Depth - 1)
		}
	}
	return c
}

// row returns the pixels from index from up to index to of a row, in dst if they are not in src as they
// should be.
func (c *converter) row(dst, src []byte, from, to int) []byte {
	if c.depth == 8 && !c.hasKey {
		switch c.colour {
		case colourGrey, colourRGB, colourRGBA:
			return src[from*c.channels : to*c.channels]
		}
	}
	dst = dst[:(to-from)*c.channels]
	switch {
	case c.colour == colourPalette:
		c.fromPalette(dst, src, from)
	case c.colour == colourGrey && c.depth < 8:
		c.fromPackedGrey(dst, src, from)
	case c.depth == 8:
		c.from8(dst, src, from)
	default:
		c.from16(dst, src, from)
	}
	return dst
}

// packed returns sample i of a row of samples of depth bits, at most 8 (section 7.2).
func packed(src []byte, i, depth int) uint8 {
	bit := i * depth
	return src[bit/8] >> (8 - depth - bit%8) & (1<<depth - 1)
}

func (c *converter) fromPalette(dst, src []byte, from int) {
	for i := from; len(dst) > 0; i++ {
		index := uint8(0)
		if c.depth == 8 {
			index = src[i]
		} else {
			index = packed(src, i, c.depth)
		}
		copy(dst[:c.channels], c.palette[index][:])
		dst = dst[c.channels:]
	}
}

func (c *converter) fromPackedGrey(dst, src []byte, from int) {
	full := uint8(255 / (1<<c.depth - 1))
	for i := from; len(dst) > 0; i++ {
		v := packed(src, i, c.depth)
		if c.hasKey {
			dst[3] = 255
			if uint16(v) == c.key[0] {
				dst[3] = 0
			}
			dst[1], dst[2] = v*full, v*full
		}
		dst[0] = v * full
		dst = dst[c.channels:]
	}
}

// from8 converts samples of 8 bits: grey with a key or alpha, and RGB with a key.
func (c *converter) from8(dst, src []byte, from int) {
	switch c.colour {
	case colourGrey:
		for _, v := range src[from:][:len(dst)/4] {
			dst[0], dst[1], dst[2], dst[3] = v, v, v, c.alpha(uint16(v))
			dst = dst[4:]
		}
	case colourGreyAlpha:
		for src = src[2*from:]; len(dst) >= 4; dst, src = dst[4:], src[2:] {
			dst[0], dst[1], dst[2], dst[3] = src[0], src[0], src[0], src[1]
		}
	case colourRGB:
		for src = src[3*from:]; len(dst) >= 4; dst, src = dst[4:], src[3:] {
			dst[0], dst[1], dst[2] = src[0], src[1], src[2]
			dst[3] = c.alpha(uint16(src[0]), uint16(src[1]), uint16(src[2]))
		}
	}
}

// from16 converts samples of 16 bits.
func (c *converter) from16(dst, src []byte, from int) {
	at := func(i int) uint16 { return binary.BigEndian.Uint16(src[2*i:]) }
	n := len(dst) / c.channels
	for i := range n {
		q := dst[i*c.channels:][:c.channels]
		switch c.colour {
		case colourGrey:
			v := at(from + i)
			q[0] = to8(v)
			if c.hasKey {
				q[1], q[2], q[3] = q[0], q[0], c.alpha(v)
			}
		case colourGreyAlpha:
			v := to8(at(2 * (from + i)))
			q[0], q[1], q[2], q[3] = v, v, v, to8(at(2*(from+i)+1))
		case colourRGB:
			r, g, b := at(3*(from+i)), at(3*(from+i)+1), at(3*(from+i)+2)
			q[0], q[1], q[2] = to8(r), to8(g), to8(b)
			if c.hasKey {
				q[3] = c.alpha(r, g, b)
			}
		case colourRGBA:
			for k := range q {
				q[k] = to8(at(4*(from+i) + k))
			}
		}
	}
}

// alpha returns the alpha of a pixel without its own: none if its samples are the key.
func (c *converter) alpha(samples ...uint16) uint8 {
	for i, v := range samples {
		if v != c.key[i] {
			return 255
		}
	}
	return 0
}

// to8 scales a sample of 16 bits to 8, to the nearest (section 13.12).
func to8(v uint16) uint8 { return uint8((uint32(v)*255 + 32895) >> 16) }
