package icc

import "math"

// parseGrey reads the profile of grey pictures: a curve from the picture's values to luminance, or to lightness
// where the connection space is Lab. Source: ICC.1:2022, 8.3.4 and F.2.
func parseGrey(p profile) (*[256]byte, error) {
	curve, err := p.curve(tagGreyTRC)
	if err != nil {
		return nil, err
	}
	light := func(v int) float64 {
		y := curve(float64(v) / 255)
		if p.pcs == pcsLab {
			y = fromLightness((float64(100*y) + 16) / 116)
		}
		return y
	}
	y := light(0)
	black := compensate([3]float64{y, y, y})
	encode := encoding(0, linearUnit)
	t := new([256]byte)
	for v := range t {
		y := clip(float64(black.scale[1]*light(v)) + black.offset[1])
		t[v] = encode[int(math.Round(float64(y*linearUnit)))]
	}
	return t, nil
}

func applyGrey(t *[256]byte, pix []byte, channels int) {
	colours := 1
	if channels >= 3 {
		colours = 3
	}
	for ; len(pix) >= channels; pix = pix[channels:] {
		for i := range colours {
			pix[i] = t[pix[i]]
		}
	}
}
