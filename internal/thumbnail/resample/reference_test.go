package resample

import (
	"math"
	"math/rand/v2"
)

// The reference: the filters by their textbook formulas and one two-dimensional sum in float64, nothing
// rounded before the end.

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func refKernel(x, step float64) float64 {
	if step > 1 {
		x /= step
		if math.Abs(x) >= 3 {
			return 0
		}
		return sinc(x) * sinc(x/3)
	}
	switch x = math.Abs(x); {
	case x < 1:
		return 1.5*x*x*x - 2.5*x*x + 1
	case x < 2:
		return -0.5*x*x*x + 2.5*x*x - 4*x + 2
	}
	return 0
}

// refAxis returns, for each output, the weight of every sample of the line.
func refAxis(from, to float64, n, out int) [][]float64 {
	step := (to - from) / float64(out)
	rows := make([][]float64, out)
	for i := range rows {
		row := make([]float64, n)
		centre := from + (float64(i)+0.5)*step
		sum := 0.0
		reach := 3*math.Max(step, 1) + 1
		for j := int(math.Floor(centre - reach)); float64(j) <= centre+reach; j++ {
			w := refKernel(float64(j)+0.5-centre, step)
			row[min(max(j, 0), n-1)] += w
			sum += w
		}
		for j := range row {
			row[j] /= sum
		}
		rows[i] = row
	}
	return rows
}

// refPlane resamples one plane of float samples; nothing is rounded or clamped.
func refPlane(src []float64, width, height int, w Window, outWidth, outHeight int) []float64 {
	across := refAxis(w.X0, w.X1, width, outWidth)
	down := refAxis(w.Y0, w.Y1, height, outHeight)
	narrow := make([]float64, height*outWidth)
	for y := range height {
		for x := range outWidth {
			sum := 0.0
			for j, weight := range across[x] {
				if weight != 0 {
					sum += weight * src[y*width+j]
				}
			}
			narrow[y*outWidth+x] = sum
		}
	}
	dst := make([]float64, outHeight*outWidth)
	for y := range outHeight {
		for j, weight := range down[y] {
			if weight == 0 {
				continue
			}
			for x := range outWidth {
				dst[y*outWidth+x] += weight * narrow[j*outWidth+x]
			}
		}
	}
	return dst
}

// scene is a plane with what photographs have: slopes, texture, hard edges and noise.
func scene(width, height int, seed uint64) []byte {
	rnd := rand.New(rand.NewPCG(seed, 7))
	pix := make([]byte, width*height)
	for y := range height {
		for x := range width {
			fx, fy := float64(x), float64(y)
			v := 110 + 60*math.Sin(fx/37+fy/51) + 40*math.Sin((fx*fx+fy*fy)/float64(40*(width+height)))
			if (x/29+y/23)%5 == 0 {
				v = 255 - v
			}
			v += rnd.NormFloat64() * 6
			pix[y*width+x] = byte(math.Min(math.Max(v, 0), 255))
		}
	}
	return pix
}

func floats(pix []byte) []float64 {
	f := make([]float64, len(pix))
	for i, v := range pix {
		f[i] = float64(v)
	}
	return f
}

// difference returns the mean and the largest distance of bytes to what they should be.
func difference(got []byte, want []float64) (mean, most float64) {
	for i, v := range got {
		d := math.Abs(float64(v) - math.Min(math.Max(want[i], 0), 255))
		mean += d
		most = math.Max(most, d)
	}
	return mean / float64(len(got)), most
}
