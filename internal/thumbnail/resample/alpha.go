package resample

// premultiplyScalar multiplies the colour of each RGBA pixel by its alpha, rounding to the nearest.
func premultiplyScalar(dst, src []byte) {
	for i := 0; i+4 <= len(src); i += 4 {
		p, q := src[i:i+4:i+4], dst[i:i+4:i+4]
		switch a := uint32(p[3]); a {
		case 255:
			q[0], q[1], q[2], q[3] = p[0], p[1], p[2], 255
		case 0:
			q[0], q[1], q[2], q[3] = 0, 0, 0, 0
		default:
			q[0], q[1], q[2], q[3] = div255(uint32(p[0])*a), div255(uint32(p[1])*a), div255(uint32(p[2])*a), p[3]
		}
	}
}

// div255 divides by 255, rounding to the nearest; exact for x up to 255*255.
func div255(x uint32) byte {
	x += 128
	return byte((x + x>>8) >> 8)
}

// unpremultiply puts RGBA pixels together and divides their colour by alpha. Filtering may leave a
// colour above its alpha: it is then full.
func unpremultiply(dst, r, g, b, a []byte) {
	for i, alpha := range a {
		q := dst[4*i : 4*i+4 : 4*i+4]
		switch alpha {
		case 255:
			q[0], q[1], q[2], q[3] = r[i], g[i], b[i], 255
		case 0:
			q[0], q[1], q[2], q[3] = 0, 0, 0, 0
		default:
			q[0], q[1], q[2], q[3] = unscale(r[i], alpha), unscale(g[i], alpha), unscale(b[i], alpha), alpha
		}
	}
}

// unscale returns v*255/alpha, rounded to the nearest, at most 255.
func unscale(v, alpha uint8) byte {
	x := uint64(v)*255 + uint64(alpha/2)
	return byte(min(x*reciprocals[alpha]>>24, 255))
}

// reciprocals divide numbers below 1<<16 exactly: by v, when they are multiplied by reciprocals[v] and
// shifted right by 24 (T. Granlund, P. Montgomery, "Division by Invariant Integers using
// Multiplication", 1994).
var reciprocals = func() (table [256]uint64) {
	for v := 1; v < len(table); v++ {
		table[v] = uint64((1<<24 + v - 1) / v)
	}
	return table
}()
