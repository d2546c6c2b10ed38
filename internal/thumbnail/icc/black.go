package icc

// compensation is black point compensation: it maps the profile's black to that of sRGB, which has no light, and
// leaves white. Over XYZ relative to white, x becomes scale*x + offset.
//
// Source: ISO 18619:2015; but the black is not searched for among greys. It is the colour of the darkest device
// value, with its tint, as it is for sharp.
type compensation struct{ scale, offset [3]float64 }

// noCompensation changes nothing.
func noCompensation() compensation { return compensation{scale: [3]float64{1, 1, 1}} }

// perceptualBlack is the black that the perceptual tables of version 4 profiles share, relative to white.
// Source: ICC.1:2022, 6.3.4.3.
func perceptualBlack() [3]float64 {
	return [3]float64{0.00336 / d50X, 0.0034731 / d50Y, 0.00287 / d50Z}
}

// compensate answers what a black asks for. Where it is lighter than L* = 50, it is taken to be as dark as that;
// where it is nearly white, the profile is that of a negative, and has no black to compensate.
func compensate(black [3]float64) compensation {
	const middle, light = (50.0 + 16) / 116, (95.0 + 16) / 116
	lightness := toLightness(black[1])
	if lightness > light {
		return noCompensation()
	}
	c := noCompensation()
	for i, v := range black {
		if lightness > middle {
			v = fromLightness(middle + (toLightness(v) - lightness))
		}
		if !(v < 0.5) { // a tint that no black has
			return noCompensation()
		}
		c.scale[i], c.offset[i] = 1/(1-v), -v/(1-v)
	}
	return c
}

// over answers m and what is to be added to its product, for colours that are compensated before.
func (c compensation) over(m [3][3]float64) (scaled [3][3]float64, offset [3]float64) {
	for row := range 3 {
		for i := range 3 {
			scaled[row][i] = float64(m[row][i] * c.scale[i])
			offset[row] += float64(m[row][i] * c.offset[i])
		}
	}
	return scaled, offset
}

// toLightness answers (L*+16)/116 for Y relative to white, and the like for X and Z. Source: CIE 15, 8.2.1.
func toLightness(y float64) float64 {
	if y > 216.0/24389 {
		return pow(y, 1.0/3)
	}
	return float64(y*(841.0/108)) + 4.0/29
}

// fromLightness is the inverse of toLightness.
func fromLightness(f float64) float64 {
	if f > 6.0/29 {
		return float64(float64(f*f) * f)
	}
	return float64((f - 4.0/29) * (108.0 / 841))
}
