package icc

import "math"

// The reference says what the colours are, in floating point and without tables, from the definitions alone.

// vector is XYZ relative to the white of D50, linear light, or what stands for a colour in a profile.
type vector = [3]float64

// referenceSRGB answers the 8-bit sRGB of XYZ relative to white, where black is that of the profile.
func referenceSRGB(xyz, black vector) [3]byte {
	white := vector{0.9642, 1, 0.8249}
	for i := range xyz {
		xyz[i] = (xyz[i] - black[i]) / (1 - black[i]) * white[i]
	}
	// Lindbloom, "RGB/XYZ Matrices", sRGB relative to D50.
	m := [3]vector{
		{3.1338561, -1.6168667, -0.4906146},
		{-0.9787684, 1.9161415, 0.0334540},
		{0.0719453, -0.2289914, 1.4052427},
	}
	var c [3]byte
	for i, row := range m {
		v := row[0]*xyz[0] + row[1]*xyz[1] + row[2]*xyz[2]
		c[i] = byte(math.Round(min(max(referenceEncode(v), 0), 1) * 255))
	}
	return c
}

func referenceEncode(v float64) float64 {
	if v <= 0.0031308 {
		return 12.92 * v
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}

func referenceDecode(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// referenceXYZ answers XYZ relative to white for L*, a* and b*.
func referenceXYZ(lab vector) vector {
	f := (lab[0] + 16) / 116
	g := func(t float64) float64 {
		if t > 6.0/29 {
			return t * t * t
		}
		return 3 * 36.0 / 841 * (t - 4.0/29)
	}
	return vector{g(f + lab[1]/500), g(f), g(f - lab[2]/200)}
}

// mix answers the XYZ of light in these primaries.
func (p primaries) mix(light vector) vector {
	var v vector
	white := vector{0.9642, 1, 0.8249}
	for i := range v {
		v[i] = (p[0][i]*light[0] + p[1][i]*light[1] + p[2][i]*light[2]) / white[i]
	}
	return v
}

// difference is how far two pictures are apart: the largest of all samples.
func difference(a, b []byte) (largest int, at int) {
	for i := range a {
		d := int(a[i]) - int(b[i])
		if d = max(d, -d); d > largest {
			largest, at = d, i
		}
	}
	return largest, at
}

// cubeOf is a picture of all colours whose channels are multiples of 17, and of all greys.
func cubeOf(channels int) []byte {
	var pix []byte
	pixel := make([]byte, channels)
	var walk func(i int)
	walk = func(i int) {
		if i == channels {
			pix = append(pix, pixel...)
			return
		}
		for v := 0; v < 256; v += 17 {
			pixel[i] = byte(v)
			walk(i + 1)
		}
	}
	walk(0)
	for v := range 256 {
		for range channels {
			pix = append(pix, byte(v))
		}
	}
	return pix
}

// unit answers a pixel's channels, of [0, 1].
func unit(pixel []byte) []float64 {
	u := make([]float64, len(pixel))
	for i, v := range pixel {
		u[i] = float64(v) / 255
	}
	return u
}

// planes takes pixels of four channels apart.
func planes(pix []byte) (p [4][]byte) {
	for i, v := range pix {
		p[i%4] = append(p[i%4], v)
	}
	return p
}
