package icc

// ramp is a curve between stages of a lut. What it takes are 32 bits, as the grid answers them: 0xffff0000
// stands for 1. What it gives has pcsBits after the point.
type ramp [rampSteps + 1]int32

const (
	rampBits  = 12
	rampSteps = 1 << rampBits
	rampOne   = 0xffff0000
	rampMost  = 4 * rampOne // what it is asked for lies within -rampMost and this
)

// sample fills the ramp with the values of f over [0, 1].
func (r *ramp) sample(f func(x float64) float64) {
	value := func(x float64) int32 { return int32(fixed(f(x), pcsUnit, 1<<30)) }
	for i := range rampSteps {
		r[i] = value(float64(i) * (1 << (32 - rampBits)) / rampOne)
	}
	// The last step ends a little above 1: it goes on so that it meets the curve at 1.
	const part = float64(rampOne-(rampSteps-1)<<(32-rampBits)) / (1 << (32 - rampBits))
	before := r[rampSteps-1]
	r[rampSteps] = before + int32(float64(value(1)-before)/part)
}

// at answers the value at v. Beyond its ends the ramp goes on straight, so that an identity stays one.
func (r *ramp) at(v int64) int64 {
	i := min(max(v>>(32-rampBits), 0), rampSteps-1)
	part := (v - i<<(32-rampBits)) >> (16 - rampBits)
	lo, hi := int64(r[i]), int64(r[i+1])
	return lo + (hi-lo)*part>>16
}
