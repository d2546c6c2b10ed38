package thumbnail

import "github.com/thumbing/thumbing/internal/thumbnail/png"

// picture is a thumbnail in the making: RGB of 8 bits, or RGBA with straight alpha, row after row.
type picture struct {
	pix           []byte
	channels      int // 3 or 4
	width, height int
}

func newPicture(channels, width, height int) picture {
	return picture{make([]byte, channels*width*height), channels, width, height}
}

// pictureOf makes a picture of pixels with 1 channel (grey), 3 (RGB) or 4 (RGB with alpha).
func pictureOf(pix []byte, channels, width, height int) picture {
	if channels > 1 {
		return picture{pix, channels, width, height}
	}
	p := newPicture(3, width, height)
	for i, v := range pix[:width*height] {
		q := (*[3]byte)(p.pix[3*i:])
		q[0], q[1], q[2] = v, v, v
	}
	return p
}

// upright turns a picture as its EXIF orientation says.
// Source: CIPA DC-008 (EXIF 2.32), 4.6.4 A, tag Orientation.
func (p picture) upright(orientation int) picture {
	if orientation == 1 {
		return p
	}
	out := newPicture(p.channels, p.width, p.height)
	if orientation >= 5 {
		out.width, out.height = p.height, p.width
	}
	// Where the first pixel is, and how far it is from each to the one on its right and to the one below.
	var first, right, below int
	last, row := p.width*p.height-1, p.width
	switch orientation {
	case 2:
		first, right, below = row-1, -1, row
	case 3:
		first, right, below = last, -1, -row
	case 4:
		first, right, below = last-row+1, 1, -row
	case 5:
		first, right, below = 0, row, 1
	case 6:
		first, right, below = last-row+1, -row, 1
	case 7:
		first, right, below = last, -row, -1
	case 8:
		first, right, below = row-1, row, -1
	}
	to := out.pix
	for y := range out.height {
		from := (first + y*below) * p.channels
		for range out.width {
			s, d := p.pix[from:from+3:from+3], to[:3:3]
			d[0], d[1], d[2] = s[0], s[1], s[2]
			if p.channels == 4 {
				to[3] = p.pix[from+3]
			}
			to = to[p.channels:]
			from += right * p.channels
		}
	}
	return out
}

// encode writes a PNG of 8-bit RGB, or RGBA where a pixel is not opaque, and nothing but its pixels.
func (p picture) encode() ([]byte, error) {
	if p.channels == 4 && p.opaque() {
		rgb := newPicture(3, p.width, p.height)
		for i := range p.width * p.height {
			copy(rgb.pix[3*i:3*i+3], p.pix[4*i:])
		}
		p = rgb
	}
	return png.Append(nil, p.pix, p.width, p.height, p.channels)
}

func (p picture) opaque() bool {
	for i := 3; i < len(p.pix); i += 4 {
		if p.pix[i] != 0xff {
			return false
		}
	}
	return true
}
