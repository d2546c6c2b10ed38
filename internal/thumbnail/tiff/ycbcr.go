package tiff

import "io"

// ycbcr says how a picture's YCbCr samples become RGB (section 21), and how many pixels share a pair of Cb and Cr.
type ycbcr struct {
	across, down int // pixels that share; 1, 2 or 4
	// What a sample adds to red, green and blue, in units of 2^-16; luma has the rounding in it.
	luma            [256]int32
	crRed, crGreen  [256]int32
	cbBlue, cbGreen [256]int32
}

// subsampled reports whether pixels share Cb and Cr in the data.
func (c *ycbcr) subsampled() bool { return c.across*c.down > 1 }

// unitRowBytes returns the bytes of as many units as a row of a block has. A unit is the luma samples of the pixels
// that share Cb and Cr, and these.
func (c *ycbcr) unitRowBytes(width int) int {
	return ceilDiv(width, c.across) * (c.across*c.down + 2)
}

func readYCbCr(d *directory) (ycbcr, error) {
	var c ycbcr
	c.across, c.down = 2, 2
	if f := d.fields[tagYCbCrSubSampling]; f.count >= 2 {
		c.across, c.down = int(min(f.at(0), 255)), int(min(f.at(1), 255))
	}
	for _, n := range []int{c.across, c.down} {
		if n != 1 && n != 2 && n != 4 {
			return c, corruptf("pixels that share chroma: %dx%d", c.across, c.down)
		}
	}
	if d.number(tagCompression, compressNone) == compressJPEG {
		c.across, c.down = 1, 1 // the JPEG itself says, and what comes out of it has all samples
	}
	c.makeTables(coefficients(d), references(d))
	return c, nil
}

// coefficients returns how much red, green and blue make luma: of ITU-R BT.601 where the file does not say, or
// nothing sensible.
func coefficients(d *directory) [3]float64 {
	f := d.fields[tagYCbCrCoefficients]
	var c [3]float64
	for i := range c {
		v, ok := f.rational(i)
		if !ok || v < 0.01 || v > 1 {
			return [3]float64{0.299, 0.587, 0.114}
		}
		c[i] = v
	}
	return c
}

// references returns the samples for black and white of Y, Cb and Cr: in full range where the file does not say, or
// nothing sensible.
func references(d *directory) [6]float64 {
	f := d.fields[tagReferenceBlackWhite]
	full := [6]float64{0, 255, 128, 255, 128, 255}
	var r [6]float64
	for i := range r {
		v, ok := f.rational(i)
		if !ok || v > 255 {
			return full
		}
		r[i] = v
	}
	for i := 0; i < len(r); i += 2 {
		if r[i+1] < r[i]+16 {
			return full
		}
	}
	return r
}

// makeTables computes what each sample adds. With luma = red*Y + green*Y + blue*Y:
//
//	R = Y + Cr * (2 - 2*red)
//	B = Y + Cb * (2 - 2*blue)
//	G = (Y - red*R - blue*B) / green
//
// where the coefficients add up to 1, so that of Y alone green gets all. Each operation is rounded by itself, so that no machine takes two in one.
func (c *ycbcr) makeTables(luma [3]float64, reference [6]float64) {
	red, green, blue := luma[0], luma[1], luma[2]
	crRed, cbBlue := 2-float64(2*red), 2-float64(2*blue)
	crGreen, cbGreen := -float64(red*crRed)/green, -float64(blue*cbBlue)/green
	for i := range 256 {
		y := float64((float64(i)-reference[0])*255) / (reference[1] - reference[0])
		cb := float64((float64(i)-reference[2])*127) / (reference[3] - reference[2])
		cr := float64((float64(i)-reference[4])*127) / (reference[5] - reference[4])
		c.luma[i] = fixed(y) + 1<<15
		c.crRed[i], c.crGreen[i] = fixed(float64(cr*crRed)), fixed(float64(cr*crGreen))
		c.cbBlue[i], c.cbGreen[i] = fixed(float64(cb*cbBlue)), fixed(float64(cb*cbGreen))
	}
}

// fixed returns a number in units of 2^-16.
func fixed(v float64) int32 {
	const most = 1 << 12 // of what any sample can add
	return int32(float64(min(max(v, -most), most) * (1 << 16)))
}

// toRGB converts pixels of three bytes each. dst and src may be the same.
func (c *ycbcr) toRGB(dst, src []byte) {
	for i := 0; i+3 <= len(src); i += 3 {
		y, cb, cr := c.luma[src[i]], src[i+1], src[i+2]
		dst[i] = clamp((y + c.crRed[cr]) >> 16)
		dst[i+1] = clamp((y + c.cbGreen[cb] + c.crGreen[cr]) >> 16)
		dst[i+2] = clamp((y + c.cbBlue[cb]) >> 16)
	}
}

func clamp(v int32) byte { return byte(min(max(v, 0), 255)) }

// unitRows reads rows of subsampled YCbCr and gives every pixel its own three samples.
type unitRows struct {
	stream       io.Reader
	across, down int
	units        []byte // a row of them
	y            int    // in the units: the next row
	row          []byte
}

func newUnitRows(stream io.Reader, p *picture) *unitRows {
	c := &p.ycbcr
	return &unitRows{
		stream: stream, across: c.across, down: c.down,
		units: make([]byte, c.unitRowBytes(p.layout.width)),
		row:   make([]byte, 3*p.layout.width),
	}
}

func (r *unitRows) next() ([]byte, error) {
	if r.y == 0 {
		if _, err := io.ReadFull(r.stream, r.units); err != nil {
			return nil, err
		}
	}
	size := r.across*r.down + 2
	for x, unit := 0, r.units; 3*x < len(r.row); unit = unit[size:] {
		luma, chroma := unit[r.y*r.across:][:r.across], unit[size-2:]
		for _, y := range luma {
			if 3*x >= len(r.row) {
				break
			}
			r.row[3*x], r.row[3*x+1], r.row[3*x+2] = y, chroma[0], chroma[1]
			x++
		}
	}
	r.y = (r.y + 1) % r.down
	return r.row, nil
}
