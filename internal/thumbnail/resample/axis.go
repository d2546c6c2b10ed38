package resample

import "math"

const (
	weightBits = 14              // weights are fractions of 1<<weightBits
	weightOne  = 1 << weightBits // what the weights of one output sum to
	tapBlock   = 16              // the horizontal pass reads weights in blocks of this many
)

// axis holds the weights of one direction: output i is the sum of taps samples from start[i] on.
type axis struct {
	taps    int
	start   []int32
	weights []int16 // taps for each output
	lo, hi  int     // the samples that any output uses
}

// newAxis computes the weights for out outputs over the window [from, to) of a line of n samples.
func newAxis(from, to float64, n, out int) axis {
	step := float64((to - from) / float64(out))
	kernel, radius := filterFor(step)
	stretch := max(1, step)
	taps := int(math.Ceil(2*radius)) + 1
	taps += taps & 1 // the vertical pass takes rows in pairs
	taps = min(taps, n)
	a := axis{taps: taps, start: make([]int32, out), weights: make([]int16, out*taps), lo: n}
	line := make([]float64, taps)
	for i := range out {
		centre := from + float64((float64(i)+0.5)*step)
		first := int(math.Floor(centre - radius))
		start := min(max(first, 0), n-taps)
		clear(line)
		sum := 0.0
		for j := first; float64(j) < centre+radius; j++ {
			w := kernel((float64(j) + 0.5 - centre) / stretch)
			line[min(max(j-start, 0), taps-1)] += w // beyond an edge, the edge repeats
			sum += w
		}
		quantize(a.weights[i*taps:(i+1)*taps], line, sum)
		a.start[i] = int32(start)
		a.lo = min(a.lo, start)
		a.hi = max(a.hi, start+taps)
	}
	return a
}

// quantize rounds weights to fixed point. It rounds the running sum, not the weights one by one, so that
// they add up to exactly weightOne and a flat picture stays as it is.
func quantize(dst []int16, weights []float64, sum float64) {
	running, before := 0.0, 0
	for k, w := range weights {
		running += w
		now := int(math.Floor(float64(running/sum*weightOne) + 0.5))
		dst[k] = int16(now - before)
		before = now
	}
}

// blocked returns the weights with each output's padded by zeros to whole blocks, and the padded length.
func (a *axis) blocked() (weights []int16, taps int) {
	taps = (a.taps + tapBlock - 1) / tapBlock * tapBlock
	weights = make([]int16, len(a.start)*taps)
	for i := range a.start {
		copy(weights[i*taps:], a.weights[i*a.taps:(i+1)*a.taps])
	}
	return weights, taps
}
