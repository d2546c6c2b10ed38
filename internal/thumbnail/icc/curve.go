package icc

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// curve is a function from [0, 1] to [0, 1].
type curve func(x float64) float64

func identity(x float64) float64 { return x }

// parseCurve reads a curve of curveType or parametricCurveType, and answers how many bytes it takes.
func parseCurve(b []byte) (c curve, size int, err error) {
	if len(b) < 12 {
		return nil, 0, errors.New("a curve is missing or ends early")
	}
	switch kind := at(b, 0); kind {
	case "curv":
		return parseSampled(b)
	case "para":
		return parseParametric(b)
	default:
		return nil, 0, fmt.Errorf("%q is not a curve", kind)
	}
}

// parseSampled reads a curveType: no entries for the identity, one for a gamma, else samples at even distances.
// Source: ICC.1:2022, 10.6.
func parseSampled(b []byte) (curve, int, error) {
	n := int64(binary.BigEndian.Uint32(b[8:]))
	size := 12 + 2*n
	if size > int64(len(b)) {
		return nil, 0, fmt.Errorf("a curve of %d entries ends early", n)
	}
	entries := b[12:size]
	switch n {
	case 0:
		return identity, int(size), nil
	case 1:
		gamma := float64(binary.BigEndian.Uint16(entries)) / 256 // u8Fixed8Number
		return func(x float64) float64 { return clip(pow(x, gamma)) }, int(size), nil
	}
	return sampled16(entries), int(size), nil
}

// sampled16 interpolates between big-endian samples, of which there are two at least.
func sampled16(b []byte) curve {
	last := len(b)/2 - 1
	return func(x float64) float64 {
		i, f := split(x, last)
		lo, hi := float64(binary.BigEndian.Uint16(b[2*i:])), float64(binary.BigEndian.Uint16(b[2*i+2:]))
		return (lo + float64((hi-lo)*f)) / 0xffff
	}
}

// sampled8 interpolates between samples of 8 bits, of which there are two at least.
func sampled8(b []byte) curve {
	last := len(b) - 1
	return func(x float64) float64 {
		i, f := split(x, last)
		lo, hi := float64(b[i]), float64(b[i+1])
		return (lo + float64((hi-lo)*f)) / 0xff
	}
}

// split finds x, of [0, 1], among samples numbered from 0 to last: the one before it, which is never the last,
// and the way from there to the next.
func split(x float64, last int) (i int, f float64) {
	x = float64(x * float64(last))
	i = min(int(x), last-1)
	return i, x - float64(i)
}

// parseParametric reads a parametricCurveType. Source: ICC.1:2022, 10.18.
func parseParametric(b []byte) (curve, int, error) {
	kind := binary.BigEndian.Uint16(b[8:])
	counts := [...]int{1, 3, 4, 5, 7}
	if int(kind) >= len(counts) {
		return nil, 0, fmt.Errorf("a parametric curve of the unknown type %d", kind)
	}
	n := counts[kind]
	size := 12 + 4*n
	if size > len(b) {
		return nil, 0, errors.New("a parametric curve ends early")
	}
	var p [7]float64
	for i := range n {
		p[i] = s15Fixed16(b[12+4*i:])
	}
	g, a, bb, c, d, e, f := p[0], p[1], p[2], p[3], p[4], p[5], p[6]
	power := func(x float64) float64 { return pow(float64(a*x)+bb, g) }
	// Below -b/a the base of the power is negative, where a is positive; then the lower branch holds.
	rises := func(x float64) bool { return float64(a*x)+bb >= 0 }
	var fn curve
	switch kind {
	case 0:
		fn = func(x float64) float64 { return pow(x, g) }
	case 1:
		fn = func(x float64) float64 {
			if rises(x) {
				return power(x)
			}
			return 0
		}
	case 2:
		fn = func(x float64) float64 {
			if rises(x) {
				return power(x) + c
			}
			return c
		}
	case 3:
		fn = func(x float64) float64 {
			if x >= d {
				return power(x)
			}
			return float64(c * x)
		}
	case 4:
		fn = func(x float64) float64 {
			if x >= d {
				return power(x) + e
			}
			return float64(c*x) + f
		}
	}
	return func(x float64) float64 { return clip(fn(x)) }, size, nil
}

// clip answers the nearest number of [0, 1]; 0 for what is none.
func clip(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	return min(x, 1)
}
