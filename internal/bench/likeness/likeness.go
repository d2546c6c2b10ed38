// Package likeness says how like a thumbnail is to the one that a full decode and a filter in floating point
// would give.
package likeness

import (
	"bufio"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"

	"github.com/thumbing/thumbing/internal/thumbnail/resample"
)

const side = 512 // pixels of a thumbnail

// Of gives the likeness, at most 1, of the PNG in a file to a reference: the picture of width x height pixels
// with so many channels, upright and in sRGB, cut and scaled with a Lanczos3 filter.
func Of(path string, pixels []byte, width, height, channels int) (float64, error) {
	if len(pixels) != width*height*channels {
		return 0, fmt.Errorf("%d bytes are no picture of %dx%d pixels with %d channels", len(pixels), width, height, channels)
	}
	luma, err := readLuma(path)
	if err != nil {
		return 0, err
	}
	return ssim(lanczos(pixels, width, height, channels), luma), nil
}

// lanczos covers a square of luma with a picture, cut where sharp cuts: Lanczos3, separable, support stretched
// by the reduction, edges weighted by what lies inside.
func lanczos(pixels []byte, width, height, channels int) []float64 {
	window := resample.Cover(width, height, side, side)
	columns := weights(window.X0, (window.X1-window.X0)/side, width)
	rows := weights(window.Y0, (window.Y1-window.Y0)/side, height)
	across := make([]float64, side*height)
	line := make([]float64, width)
	for y := range height {
		for x := range width {
			line[x] = lumaAt(pixels[(y*width+x)*channels:], channels)
		}
		for x, w := range columns {
			across[y*side+x] = w.apply(line, 1, 0)
		}
	}
	out := make([]float64, side*side)
	for y, w := range rows {
		for x := range side {
			out[y*side+x] = math.Min(255, math.Max(0, w.apply(across, side, x)))
		}
	}
	return out
}

// lumaAt is Rec. 601 luma of a pixel, over black where it is transparent.
func lumaAt(p []byte, channels int) float64 {
	y := float64(p[0])
	if channels >= 3 {
		y = 0.299*float64(p[0]) + 0.587*float64(p[1]) + 0.114*float64(p[2])
	}
	if channels == 2 || channels == 4 {
		y *= float64(p[channels-1]) / 255
	}
	return y
}

// taps are the weights of neighbouring samples, from the first on.
type taps struct {
	first  int
	weight []float64
}

func (t taps) apply(samples []float64, stride, offset int) (sum float64) {
	for i, w := range t.weight {
		sum += w * samples[(t.first+i)*stride+offset]
	}
	return sum
}

func weights(from, step float64, n int) []taps {
	scale := math.Max(step, 1)
	all := make([]taps, side)
	for i := range all {
		center := from + (float64(i)+0.5)*step - 0.5
		lo, hi := max(0, int(math.Ceil(center-3*scale))), min(n-1, int(math.Floor(center+3*scale)))
		t, sum := taps{first: lo}, 0.0
		for x := lo; x <= hi; x++ {
			w := sinc((float64(x)-center)/scale) * sinc((float64(x)-center)/scale/3)
			t.weight = append(t.weight, w)
			sum += w
		}
		for j := range t.weight {
			t.weight[j] /= sum
		}
		all[i] = t
	}
	return all
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func readLuma(path string) ([]float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, err := png.Decode(bufio.NewReader(f))
	if err != nil {
		return nil, err
	}
	if img.Bounds() != image.Rect(0, 0, side, side) {
		return nil, fmt.Errorf("%s is %v", path, img.Bounds())
	}
	luma := make([]float64, 0, side*side)
	for y := range side {
		for x := range side {
			r, g, b, _ := img.At(x, y).RGBA() // premultiplied: over black
			luma = append(luma, lumaAt([]byte{byte(r >> 8), byte(g >> 8), byte(b >> 8)}, 3))
		}
	}
	return luma, nil
}

// ssim is the mean structural similarity of two pictures, over windows of 8x8 pixels at every second place.
// Source: Wang, Bovik, Sheikh and Simoncelli, "Image Quality Assessment: From Error Visibility to Structural
// Similarity", IEEE Transactions on Image Processing 13(4), 2004.
func ssim(a, b []float64) float64 {
	const window, stride = 8, 2
	const c1, c2 = (0.01 * 255) * (0.01 * 255), (0.03 * 255) * (0.03 * 255)
	sum, n := 0.0, 0
	for y := 0; y+window <= side; y += stride {
		for x := 0; x+window <= side; x += stride {
			var sa, sb, saa, sbb, sab float64
			for dy := range window {
				for dx := range window {
					p, q := a[(y+dy)*side+x+dx], b[(y+dy)*side+x+dx]
					sa, sb, saa, sbb, sab = sa+p, sb+q, saa+p*p, sbb+q*q, sab+p*q
				}
			}
			const m = window * window
			ma, mb := sa/m, sb/m
			va, vb, cov := saa/m-ma*ma, sbb/m-mb*mb, sab/m-ma*mb
			sum += (2*ma*mb + c1) * (2*cov + c2) / ((ma*ma + mb*mb + c1) * (va + vb + c2))
			n++
		}
	}
	return sum / float64(n)
}
