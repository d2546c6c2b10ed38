package icc

// Numbers of the connection space have 20 bits after the point.
const (
	pcsBits = 20
	pcsUnit = 1 << pcsBits
)

// connection takes the connection space to sRGB. What it takes, of a Lab connection space, is what the inverse
// of CIE Lab begins with: (L*+16)/116, a*/500 and b*/200; of an XYZ one, XYZ relative to white.
type connection struct {
	lab    bool
	matrix [3][3]int64 // to linear sRGB
	offset [3]int64    // of black point compensation
	encode *[linearUnit + 1]byte
}

func newConnection(lab bool) *connection {
	c := &connection{lab: lab, encode: (*[linearUnit + 1]byte)(encoding(0, linearUnit))}
	c.compensate(noCompensation())
	return c
}

// compensate lays black point compensation into the matrix.
func (c *connection) compensate(black compensation) {
	m, offset := black.over(srgbFromXYZ())
	for row := range 3 {
		for i := range 3 {
			c.matrix[row][i] = int64(fixed(m[row][i], pcsUnit, 16*pcsUnit))
		}
		c.offset[row] = int64(fixed(offset[row], pcsUnit, 16*pcsUnit))
	}
}

// xyz answers XYZ relative to white. Source: CIE 15, 8.2.1.
func (c *connection) xyz(p, q, r int64) (x, y, z int64) {
	if !c.lab {
		return p, q, r
	}
	return cube(p + q), cube(p), cube(p - r)
}

// cube is fromLightness over integers.
func cube(f int64) int64 {
	const (
		knee  = 6 * pcsUnit / 29
		zero  = 4 * pcsUnit / 29
		slope = 108 * pcsUnit / 841
	)
	if f > knee {
		f = min(f, 4*pcsUnit) // no colour; but its cube has to fit
		return f * f >> pcsBits * f >> pcsBits
	}
	return (f - zero) * slope >> pcsBits
}

// rgb answers the sRGB of a colour.
func (c *connection) rgb(p, q, r int64) (red, green, blue byte) {
	x, y, z := c.xyz(p, q, r)
	return c.row(0, x, y, z), c.row(1, x, y, z), c.row(2, x, y, z)
}

func (c *connection) row(i int, x, y, z int64) byte {
	const half = 1 << (pcsBits - linearBits) / 2
	m := &c.matrix[i]
	v := (m[0]*x+m[1]*y+m[2]*z)>>pcsBits + c.offset[i]
	return c.encode[min(max((v+half)>>(pcsBits-linearBits), 0), linearUnit)]
}
