// Package ycbcr converts luma and colour differences, as JPEG and VP8 store them, to RGB.
//
// All arithmetic is on integers, and the same everywhere. Machines with AVX2 or NEON convert 16 pixels at a time.
package ycbcr

// Matrix is a conversion. A sample of RGB is luma and the two differences, each times a factor, and a constant, in units
// of 1/65536.
type Matrix struct {
	luma                                     int32
	redCr, greenCb, greenCr, blueCb          int32
	constantRed, constantGreen, constantBlue int32
}

const (
	unitBits = 16
	grey     = 128 // of the differences: none
)

// FullRange is the conversion of JPEG: samples from 0 to 255 (ITU-T T.871, clause 7).
func FullRange() *Matrix { return fullRange }

// LimitedRange is the conversion of video: luma from 16 to 235, differences from 16 to 240 (ITU-R BT.601, 2.5.3).
func LimitedRange() *Matrix { return limitedRange }

var (
	fullRange = newMatrix(1<<unitBits, 0, 91881, -22554, -46802, 116130)
	// 255/219 for luma, and 255/224 times 1.402, 0.344136, 0.714136 and 1.772.
	limitedRange = newMatrix(76309, 16, 104597, -25675, -53279, 132201)
)

func newMatrix(luma, black, redCr, greenCb, greenCr, blueCb int32) *Matrix {
	rest := 1<<(unitBits-1) - luma*black // rounds
	return &Matrix{
		luma: luma, redCr: redCr, greenCb: greenCb, greenCr: greenCr, blueCb: blueCb,
		constantRed:   rest - redCr*grey,
		constantGreen: rest - (greenCb+greenCr)*grey,
		constantBlue:  rest - blueCb*grey,
	}
}

// Convert makes pixels of RGB, 3 bytes each, of as many samples of luma and differences. It panics when there is less of
// cb, cr, or room in dst.
func (m *Matrix) Convert(dst, y, cb, cr []byte) {
	convert(m, dst[:3*len(y)], y, cb[:len(y)], cr[:len(y)])
}

func convertScalar(m *Matrix, dst, y, cb, cr []byte) {
	cb, cr = cb[:len(y)], cr[:len(y)]
	for i := range y {
		l, u, v := m.luma*int32(y[i]), int32(cb[i]), int32(cr[i])
		p := (*[3]byte)(dst[3*i:])
		p[0] = sample(l + m.redCr*v + m.constantRed)
		p[1] = sample(l + m.greenCb*u + m.greenCr*v + m.constantGreen)
		p[2] = sample(l + m.blueCb*u + m.constantBlue)
	}
}

// sample brings v into the range of samples. Mostly it is in it already.
func sample(v int32) byte {
	if v >>= unitBits; uint32(v) > 255 {
		v = ^(v >> 31)
	}
	return byte(v)
}
