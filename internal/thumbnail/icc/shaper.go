package icc

import (
	"math"
	"slices"
)

// shaper takes RGB through tone curves and a matrix to sRGB. Curves and matrix are one table: what each value of
// each channel adds to the linear red, green and blue of the result, side by side in a word.
type shaper struct {
	red, green, blue [256]uint64
	encode           []byte // spans all sums there are, so that none has to be clipped
}

// A lane of the word is a number with 16 bits after the point. The shares of three colours and an offset add up
// to less than 16, and are kept positive by a bias of less than 16.
const (
	laneBits  = 21
	laneMask  = 1<<laneBits - 1
	laneUnit  = 1 << 16
	laneShift = 16 - linearBits          // from there to the table
	maxShare  = 4*laneUnit - laneUnit/16 // ordinary matrices have no entry above 3.2
)

// parseShaper reads three tone curves and three colorants. Source: ICC.1:2022, 8.3.3 and F.3.
//
// The colorants of both versions are relative to D50 already; the tag chad tells how they became so, and is not
// applied again.
func parseShaper(p profile) (*shaper, error) {
	var (
		curves [3]curve
		toXYZ  [3][3]float64
		err    error
	)
	for i, tag := range [...]signature{tagRedTRC, tagGreenTRC, tagBlueTRC} {
		if curves[i], err = p.curve(tag); err != nil {
			return nil, err
		}
	}
	for i, tag := range [...]signature{tagRedColorant, tagGreenColorant, tagBlueColorant} {
		xyz, err := p.xyz(tag)
		if err != nil {
			return nil, err
		}
		toXYZ[0][i], toXYZ[1][i], toXYZ[2][i] = xyz[0]/d50X, xyz[1]/d50Y, xyz[2]/d50Z
	}
	var black [3]float64
	for row := range 3 {
		for i, c := range curves {
			black[row] += float64(toXYZ[row][i] * c(0))
		}
	}
	m, offset := compensate(black).over(srgbFromXYZ())
	return newShaper(curves, product(m, toXYZ), offset), nil
}

// newShaper lays curves, a matrix to linear sRGB and an offset into a shaper.
func newShaper(curves [3]curve, m [3][3]float64, offset [3]float64) *shaper {
	s := &shaper{}
	var low, high [3]int // what the lanes sum up to, at least and at most
	for row := range 3 {
		const half = 1 << laneShift / 2 // rounds where the lane is cut to linearBits
		low[row] = half + fixed(offset[row], laneUnit, maxShare)
	}
	constant := low
	high = low
	for i, table := range [...]*[256]uint64{&s.red, &s.green, &s.blue} {
		var least, most [3]int
		for v := range table {
			light := curves[i](float64(v) / 255)
			for row := range 3 {
				share := fixed(float64(m[row][i]*light), laneUnit, maxShare)
				least[row], most[row] = min(least[row], share), max(most[row], share)
				// A negative share borrows from the lanes above. The constant pays it back once all is added.
				table[v] += uint64(share) << (row * laneBits)
			}
		}
		for row := range 3 {
			low[row] += least[row]
			high[row] += most[row]
		}
	}
	first := min(slices.Min(low[:])>>laneShift, 0)
	last := max(slices.Max(high[:])>>laneShift, linearUnit)
	s.encode = encoding(first, last)
	for row := range 3 {
		bias := uint64(constant[row]-first<<laneShift) << (row * laneBits)
		for v := range s.red {
			s.red[v] += bias
		}
	}
	return s
}

func (s *shaper) apply(pix []byte, channels int) {
	encode := s.encode
	for i := 0; i+channels <= len(pix); i += channels {
		p := (*[3]byte)(pix[i:])
		sum := s.red[p[0]] + s.green[p[1]] + s.blue[p[2]]
		p[0] = encode[sum&laneMask>>laneShift]
		p[1] = encode[sum>>laneBits&laneMask>>laneShift]
		p[2] = encode[sum>>(2*laneBits)&laneMask>>laneShift]
	}
}

// fixed answers x as a multiple of 1/unit, kept within limit.
func fixed(x float64, unit, limit int) int {
	v := math.Round(float64(x * float64(unit)))
	return int(min(max(v, -float64(limit)), float64(limit)))
}

// product answers a times b.
func product(a, b [3][3]float64) [3][3]float64 {
	var m [3][3]float64
	for row := range 3 {
		for col := range 3 {
			for i := range 3 {
				m[row][col] += float64(a[row][i] * b[i][col])
			}
		}
	}
	return m
}
