package resample

import "math"

// A filter gives the weight of a sample x steps away from the output's centre. Rounding to float64 is
// explicit after each product: the compiler may otherwise fuse it with a sum, on some machines only,
// and the weights would no longer be the same everywhere.
type filter func(x float64) float64

// filterFor returns the filter for outputs that are step samples apart, and how many samples it reaches
// to either side. A reduction stretches Lanczos3 over its step. An enlargement interpolates with
// Catmull-Rom, as libvips does for kernel lanczos3, which rings less.
func filterFor(step float64) (f filter, radius float64) {
	if step > 1 {
		return lanczos3, 3 * step
	}
	return catmullRom, 2
}

// sincTerms are the Taylor coefficients of sin(t)/t in powers of t squared, highest first; on [0, pi]
// they are good to 1e-11.
var sincTerms = [...]float64{
	1.0 / 51090942171709440000, // 1/21!
	-1.0 / 121645100408832000,  // -1/19!
	1.0 / 355687428096000,
	-1.0 / 1307674368000,
	1.0 / 6227020800,
	-1.0 / 39916800,
	1.0 / 362880,
	-1.0 / 5040,
	1.0 / 120,
	-1.0 / 6,
	1,
}

// lanczos3 is sinc(x) * sinc(x/3) for |x| < 3 (C. Duchon, "Lanczos Filtering in One and Two
// Dimensions", 1979). With t = pi*x/3 and sin(3t) = 3 sin t - 4 sin^3 t it is
// (sin t / t)^2 * (3 - 4 sin^2 t) / 3, a polynomial in t squared.
func lanczos3(x float64) float64 {
	if x <= -3 || x >= 3 {
		return 0
	}
	t := float64(x * (math.Pi / 3))
	z := float64(t * t)
	p := sincTerms[0]
	for _, c := range sincTerms[1:] {
		p = float64(p*z) + c
	}
	q := float64(p * p)
	return float64(q*(3-float64(4*float64(z*q)))) / 3
}

// catmullRom is the cubic convolution kernel with a = -1/2 (R. Keys, "Cubic Convolution Interpolation
// for Digital Image Processing", 1981).
func catmullRom(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x >= 2:
		return 0
	case x >= 1:
		return float64(float64(float64(float64(-0.5*x)+2.5)*x-4)*x) + 2
	}
	return float64(float64(float64(float64(1.5*x)-2.5)*x)*x) + 1
}
