package icc

import "math"

// pow answers x to the power of y, and 0 for x <= 0. The relative error is below 1e-13 where the result is
// within [2^-20, 1] and y is the gamma of a tone curve.
//
// math.Pow is not used: its last bits differ between architectures, some of which have exponentials in assembly
// or fuse multiplications and additions. Here each operation rounds by itself, as IEEE 754 defines it.
func pow(x, y float64) float64 {
	if !(x > 0) {
		return 0
	}
	return exp2(float64(y * log2(x)))
}

// log2 answers the binary logarithm of a positive number, by the series of artanh:
// ln m = 2 (s + s^3/3 + s^5/5 + ...), s = (m-1)/(m+1), with m within [sqrt(1/2), sqrt(2)].
func log2(x float64) float64 {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	s := (m - 1) / (m + 1) // |s| < 0.172: what is left out is below 1e-17
	return float64(e) + float64(2*math.Log2E*float64(s*horner(float64(s*s), artanhSeries)))
}

// exp2 answers 2 to the power of x, by Taylor's series of exp over [-ln(2)/2, ln(2)/2].
func exp2(x float64) float64 {
	x = min(max(x, -2000), 2000)
	n := math.Floor(x + 0.5)
	return math.Ldexp(horner(float64((x-n)*math.Ln2), expSeries), int(n))
}

// The series' coefficients, highest power first.
var (
	artanhSeries = []float64{1. / 21, 1. / 19, 1. / 17, 1. / 15, 1. / 13, 1. / 11, 1. / 9, 1. / 7, 1. / 5, 1. / 3, 1}
	expSeries    = []float64{
		1. / 6227020800, 1. / 479001600, 1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320, 1. / 5040, 1. / 720,
		1. / 120, 1. / 24, 1. / 6, 1. / 2, 1, 1,
	}
)

// horner answers a polynomial at x.
func horner(x float64, coefficients []float64) float64 {
	sum := 0.0
	for _, c := range coefficients {
		sum = float64(sum*x) + c
	}
	return sum
}
