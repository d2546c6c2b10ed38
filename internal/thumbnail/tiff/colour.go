package tiff

// newConverter returns a function that makes pixels, as Header says, of a row of samples of 8 bits. It may change the
// samples, and what it returns is valid until the next call.
func newConverter(p *picture) func(samples []byte) []byte {
	out := make([]byte, p.Width*p.Channels)
	inPlace := func(change func([]byte)) func([]byte) []byte {
		return func(samples []byte) []byte {
			change(samples)
			return samples
		}
	}
	grey := p.photometric == photometricWhiteIsZero || p.photometric == photometricBlackIsZero
	switch {
	case p.photometric == photometricPalette:
		return func(samples []byte) []byte {
			for i, v := range samples {
				copy(out[3*i:3*i+3], p.palette[3*int(v):])
			}
			return out
		}
	case p.photometric == photometricYCbCr:
		return inPlace(func(s []byte) { p.ycbcr.toRGB(s, s) })
	case p.photometric == photometricCIELab:
		lab := labTables{newLightTable()}
		return inPlace(func(s []byte) { lab.toRGB(s, s) })
	case grey && p.Channels == 4:
		return func(samples []byte) []byte {
			p.greyAlpha(out, samples)
			return out
		}
	case p.photometric == photometricWhiteIsZero:
		return inPlace(invert)
	case p.associated:
		return inPlace(divideByAlpha)
	}
	return inPlace(func([]byte) {})
}

// greyAlpha makes RGBA of grey and alpha.
func (p *picture) greyAlpha(dst, src []byte) {
	for i := 0; i+2 <= len(src); i += 2 {
		v := src[i]
		if p.photometric == photometricWhiteIsZero {
			v = ^v
		}
		q := dst[2*i : 2*i+4]
		q[0], q[1], q[2], q[3] = v, v, v, src[i+1]
	}
	if p.associated {
		divideByAlpha(dst)
	}
}

func invert(samples []byte) {
	for i := range samples {
		samples[i] = ^samples[i]
	}
}

// divideByAlpha makes alpha straight that the colour has been multiplied with.
func divideByAlpha(rgba []byte) {
	for ; len(rgba) >= 4; rgba = rgba[4:] {
		a := int(rgba[3])
		if a == 0 || a == 255 {
			continue
		}
		for c := range 3 {
			rgba[c] = byte(min((int(rgba[c])*255+a/2)/a, 255))
		}
	}
}
