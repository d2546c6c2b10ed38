package jpeg

import "image"

// Decoding at N/8 keeps the N x N lowest of a block's coefficients and puts them through an N-point inverse DCT.
// That is the resampling of a block by an ideal low-pass filter, but for what happens at its edges. Of samples
// that are to be resampled once more, by a better filter, there must be enough beyond the final resolution
// for those edges not to show. Luma, or what stands for it, gets 1.45 times as many in each direction; colour
// differences, to which eyes are less keen, as many as there are pixels.
const (
	lumaPercent   = 145
	chromaPercent = 100
)

// kernelReach is how far around the crop planes reach, in pixels of the result, or samples where those are
// larger. A Lanczos kernel of three lobes takes 3, its centre lies half a sample off, and rounding takes the rest.
const kernelReach = 4

// chooseScale returns the N of the inverse DCT for component c: the smallest that leaves enough samples of crop
// for width x height pixels, or 8.
func chooseScale(f *frame, c *component, chroma bool, crop image.Rectangle, width, height int) int {
	if width <= 0 || height <= 0 {
		return 8
	}
	percent := lumaPercent
	if chroma {
		percent = chromaPercent
	}
	enough := func(n, pixels, factor, most, want int) bool {
		return pixels*factor*n*100 >= want*percent*most*8
	}
	for n := 1; n < 8; n++ {
		if enough(n, crop.Dx(), c.h, f.hMax, width) && enough(n, crop.Dy(), c.v, f.vMax, height) {
			return n
		}
	}
	return 8
}

// isChroma reports whether component i carries colour differences.
func (m Model) isChroma(i int) bool {
	return (m == YCbCr || m == YCCK) && (i == 1 || i == 2)
}

// cropMCUs returns the MCUs that samples of the crop and what resampling reads around it lie in.
func cropMCUs(f *frame, scales []int, crop image.Rectangle, width, height int) image.Rectangle {
	x, y := 8*f.hMax, 8*f.vMax // pixels of an MCU
	dx := reach(f, scales, crop.Dx(), width, func(c *component) (int, int) { return c.h, f.hMax })
	dy := reach(f, scales, crop.Dy(), height, func(c *component) (int, int) { return c.v, f.vMax })
	return image.Rect(
		max(crop.Min.X-dx, 0)/x, max(crop.Min.Y-dy, 0)/y,
		min(ceilDiv(crop.Max.X+dx, x), f.mcusX), min(ceilDiv(crop.Max.Y+dy, y), f.mcusY))
}

// reach returns kernelReach in pixels of the picture, for the component whose samples are largest.
func reach(f *frame, scales []int, crop, out int, sampling func(c *component) (factor, most int)) int {
	pixels := 1
	if out > 0 {
		pixels = ceilDiv(kernelReach*crop, out)
	}
	for i := range f.components {
		factor, most := sampling(&f.components[i])
		pixels = max(pixels, ceilDiv(kernelReach*8*most, factor*scales[i]))
	}
	return pixels
}
