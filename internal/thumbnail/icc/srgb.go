package icc

import "math"

// Linear light has 14 bits where it is encoded: near black, where sRGB is steepest, five steps a code.
const (
	linearBits = 14
	linearUnit = 1 << linearBits
)

// The white of the connection space, D50. Source: ICC.1:2022, 7.2.16.
const d50X, d50Y, d50Z = 0.9642, 1, 0.8249

// srgbFromXYZ takes XYZ that is relative to D50's to linear sRGB: white, (1, 1, 1), becomes (1, 1, 1) again.
func srgbFromXYZ() [3][3]float64 {
	// The primaries of IEC 61966-2-1, adapted from D65 to D50 as ICC.1:2022, annex E tells: the colorants of
	// nearly every sRGB profile, in units of 1/65536.
	colorants := [3][3]float64{
		{0x6fa2, 0x6299, 0x24a0},
		{0x38f5, 0xb785, 0x0f84},
		{0x0390, 0x18da, 0xb6cf},
	}
	for row := range 3 {
		sum := colorants[row][0] + colorants[row][1] + colorants[row][2]
		for i := range 3 {
			colorants[row][i] /= sum
		}
	}
	return inverse(colorants)
}

// inverse answers the inverse of a matrix that has one, by Cramer's rule.
func inverse(m [3][3]float64) [3][3]float64 {
	var inv [3][3]float64
	det := 0.0
	for i := range 3 {
		for k := range 3 {
			a, b := m[(k+1)%3], m[(k+2)%3]
			inv[i][k] = float64(a[(i+1)%3]*b[(i+2)%3]) - float64(a[(i+2)%3]*b[(i+1)%3])
		}
		det += float64(m[0][i] * inv[i][0])
	}
	for i := range 3 {
		for k := range 3 {
			inv[i][k] /= det
		}
	}
	return inv
}

// linear answers the light of an sRGB value. Source: IEC 61966-2-1, 5.2.
func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return pow((v+0.055)/1.055, 2.4)
}

// encoding answers the 8-bit sRGB of linear light from low to high, in units of 1/linearUnit: the table's first
// element is that of low. What lies outside [0, linearUnit] is clipped. Low is at most 0, high at least
// linearUnit.
func encoding(low, high int) []byte {
	t := make([]byte, high-low+1)
	// Each code begins half a code before its own light.
	from := 0
	for code := range 255 {
		to := int(math.Ceil(float64(linear((float64(code)+0.5)/255)*linearUnit))) - low
		for i := from; i < to; i++ {
			t[i] = byte(code)
		}
		from = to
	}
	for i := from; i < len(t); i++ {
		t[i] = 255
	}
	return t
}
