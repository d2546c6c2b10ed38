// Package resample scales 8-bit pictures to a given size with windowed filters.
//
// A [Window] says which part of a picture fills the output, as real numbers, so that a crop, chroma
// siting and a decoder's own scaling are all one rectangle. A [Plan] holds the filter weights for one
// window and is made once; [Plan.Plane] resamples a stored one-channel plane with it, and [Stream]
// takes the rows of a picture as they are decoded and keeps no more of them than the filter spans.
//
// Where the picture gets smaller the filter is Lanczos3 stretched over the reduction; where it gets
// larger, Catmull-Rom. Samples beyond an edge repeat the edge. Everything after the weights is integer
// arithmetic and the weights are computed without fused operations, so the result is the same byte for
// byte on every machine.
package resample

import (
	"image"
	"math"
)

// Window is a rectangle in sample coordinates: sample i of a row covers the interval [i, i+1), and its
// value stands at i+0.5. The window is cut into equal cells, one for each output sample.
type Window struct {
	X0, Y0, X1, Y1 float64
}

// Cover returns the window of a width x height picture that fills outWidth x outHeight when the picture
// is scaled evenly until it covers the output and the middle is kept.
//
// The scaled picture has whole pixels, half rounded up, and where an odd number of them is to go, the
// extra one goes from the left or top: what sharp's resize does by default.
func Cover(width, height, outWidth, outHeight int) Window {
	step := min(float64(width)/float64(outWidth), float64(height)/float64(outHeight))
	x0 := coverOffset(width, outWidth, step)
	y0 := coverOffset(height, outHeight, step)
	return Window{x0, y0, x0 + float64(outWidth)*step, y0 + float64(outHeight)*step}
}

// coverOffset returns where, in a line of n samples scaled down by step and cropped to out, the crop starts.
func coverOffset(n, out int, step float64) float64 {
	scaled := max(out, int(math.Floor(float64(n)/step+0.5)))
	cut := (scaled - out + 1) / 2
	return float64(n)/2 + float64((float64(cut)-float64(scaled)/2)*step)
}

// Scale returns the window for a picture whose samples are fx times as many across and fy times down:
// below 1 for a subsampled plane or a decoder that scales.
func (w Window) Scale(fx, fy float64) Window {
	return Window{w.X0 * fx, w.Y0 * fy, w.X1 * fx, w.Y1 * fy}
}

// Sub returns the window for a picture whose first sample is the one at p.
func (w Window) Sub(p image.Point) Window {
	x, y := float64(p.X), float64(p.Y)
	return Window{w.X0 - x, w.Y0 - y, w.X1 - x, w.Y1 - y}
}

// Footprint returns the samples of a width x height picture that make up the window at
// outWidth x outHeight. A picture cut to them gives the same result as the whole one, with the window
// moved by [Window.Sub].
func (w Window) Footprint(width, height, outWidth, outHeight int) image.Rectangle {
	x0, x1 := footprint(w.X0, w.X1, width, outWidth)
	y0, y1 := footprint(w.Y0, w.Y1, height, outHeight)
	return image.Rect(x0, y0, x1, y1)
}

func footprint(from, to float64, n, out int) (lo, hi int) {
	step := (to - from) / float64(out)
	_, radius := filterFor(step)
	reach := radius - step/2 + 1 // from the window's edge; one sample spare for rounding
	lo = int(math.Floor(max(0, min(from-reach, float64(n-1)))))
	hi = int(math.Ceil(max(float64(lo+1), min(to+reach, float64(n)))))
	return lo, hi
}
