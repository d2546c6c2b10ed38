package thumbnail

import (
	"image"
	"math"
)

// resize draws the window of a picture: separable Lanczos with three lobes, widened to the step where that
// shrinks, over colours multiplied by their alpha, so that what is transparent lends no colour to its
// neighbours. Beyond the edges the source continues with its last pixel.
//
// Source: K. Turkowski, "Filters for Common Resampling Tasks", 1990. Like most tools it works on the encoded
// values, not on linear light.
func resize(src pixels, w window) *image.NRGBA {
	across := lanczos(w.width, w.left, w.stepX, src.width)
	down := lanczos(w.height, w.top, w.stepY, src.height)
	x0, x1 := across[0].first, 0
	for _, k := range across {
		x0, x1 = min(x0, k.first), max(x1, k.first+len(k.weights))
	}

	// One row of the source at a time is scaled across. The rows that the kernel spans are kept in a ring.
	span := 0
	for _, k := range down {
		span = max(span, len(k.weights))
	}
	ring := make([]int32, span*w.width*4)
	row := make([]uint16, (x1-x0)*4)
	out := image.NewNRGBA(image.Rect(0, 0, w.width, w.height))
	next := down[0].first
	rows := make([][]int32, span)
	for y, k := range down {
		for next = max(next, k.first); next < k.first+len(k.weights); next++ {
			src.row(next, x0, x1, row)
			at := next % span * w.width * 4
			scaleRow(ring[at:at+w.width*4], row, across, x0)
		}
		for i := range k.weights {
			at := (k.first + i) % span * w.width * 4
			rows[i] = ring[at : at+w.width*4]
		}
		mixRows(out.Pix[y*out.Stride:], rows[:len(k.weights)], k.weights)
	}
	return out
}

// unit is the weight 1 in fixed point.
const (
	unitBits = 15
	unit     = 1 << unitBits
	half     = unit / 2
)

// scaleRow sets dst to the row, scaled across. Values keep 16 bits and may lie outside of them by the
// kernel's overshoot.
func scaleRow(dst []int32, row []uint16, across []kernel, x0 int) {
	for x, k := range across {
		var r, g, b, a int64
		p := row[(k.first-x0)*4:]
		for i, weight := range k.weights {
			q := p[i*4 : i*4+4 : i*4+4]
			w := int64(weight)
			r += w * int64(q[0])
			g += w * int64(q[1])
			b += w * int64(q[2])
			a += w * int64(q[3])
		}
		d := dst[x*4 : x*4+4 : x*4+4]
		d[0] = int32((r + half) >> unitBits)
		d[1] = int32((g + half) >> unitBits)
		d[2] = int32((b + half) >> unitBits)
		d[3] = int32((a + half) >> unitBits)
	}
}

// mixRows sets dst to the weighted sum of the rows, divided by alpha and rounded to 8 bits.
func mixRows(dst []byte, rows [][]int32, weights []int32) {
	for x := 0; x < len(rows[0]); x += 4 {
		var r, g, b, a int64
		for i, weight := range weights {
			q := rows[i][x : x+4 : x+4]
			w := int64(weight)
			r += w * int64(q[0])
			g += w * int64(q[1])
			b += w * int64(q[2])
			a += w * int64(q[3])
		}
		d := dst[x : x+4 : x+4]
		a = min(max((a+half)>>unitBits, 0), 0xffff)
		d[3] = byte((a*255 + 0x7fff) / 0xffff)
		if d[3] == 0 {
			continue // and the colour stays black
		}
		d[0] = unmultiplied((r+half)>>unitBits, a)
		d[1] = unmultiplied((g+half)>>unitBits, a)
		d[2] = unmultiplied((b+half)>>unitBits, a)
	}
}

// unmultiplied answers the 8-bit colour of a 16-bit one that was multiplied by alpha.
func unmultiplied(c, a int64) byte { return byte((min(max(c, 0), a)*255 + a/2) / a) }

// kernel is what one output pixel is made of: len(weights) source pixels from first on. The weights' sum is
// unit, exactly, so that a flat colour stays what it is.
type kernel struct {
	first   int
	weights []int32
}

// lanczos answers the kernels of n output pixels in a source of size pixels.
func lanczos(n int, origin, step float64, size int) []kernel {
	scale := math.Max(step, 1)
	radius := 3 * scale
	kernels := make([]kernel, n)
	for i := range kernels {
		centre := origin + float64(step*(float64(i)+0.5)) - 0.5 // in pixel centres
		lo, hi := int(math.Ceil(centre-radius)), int(math.Floor(centre+radius))
		first := min(max(lo, 0), size-1)
		last := max(min(hi, size-1), first)
		exact := make([]float64, last-first+1)
		sum := 0.0
		for p := lo; p <= hi; p++ {
			v := lanczos3((float64(p) - centre) / scale)
			exact[min(max(p, first), last)-first] += v
			sum += v
		}
		kernels[i] = kernel{first, fixed(exact, sum)}
	}
	return kernels
}

// fixed answers the weights divided by their sum, in fixed point. What rounding leaves goes to the largest.
func fixed(exact []float64, sum float64) []int32 {
	weights := make([]int32, len(exact))
	rest, largest := int32(unit), 0
	for i, v := range exact {
		weights[i] = int32(math.Round(v / sum * unit))
		rest -= weights[i]
		if weights[i] > weights[largest] {
			largest = i
		}
	}
	weights[largest] += rest
	return weights
}

// lanczos3 is sinc(x) sinc(x/3) for |x| <= 3.
func lanczos3(x float64) float64 {
	if math.Abs(x) >= 3 {
		return 0
	}
	return float64(sinc(x) * sinc(x/3))
}

// sinc is sin(pi x) / (pi x). math.Sin is not used: its last bit differs between architectures, where the
// compiler may or may not fuse a multiplication and an addition. Here they are fused everywhere.
func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	n := math.RoundToEven(x)
	t := math.Pi * (x - n) // sin(pi x) = (-1)^n sin(t), |t| <= pi/2
	z := float64(t * t)
	// Taylor's series up to t^17: the error is below 1e-13.
	s := 1.0 / 355687428096000
	for _, c := range [...]float64{
		-1.0 / 1307674368000, 1.0 / 6227020800, -1.0 / 39916800, 1.0 / 362880, -1.0 / 5040, 1.0 / 120, -1.0 / 6, 1,
	} {
		s = math.FMA(s, z, c)
	}
	if int(n)%2 != 0 {
		s = -s
	}
	return float64(t*s) / float64(math.Pi*x)
}
