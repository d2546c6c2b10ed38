package resample

// The picture is filtered down first and then across: the vertical pass, which sees every column of the
// source, is the one that runs over neighbouring memory.
const (
	middleBits   = 6                       // fraction bits of a sample between the passes
	verticalDrop = weightBits - middleBits // bits the vertical pass rounds away
	acrossDrop   = weightBits + middleBits // bits the horizontal pass rounds away
	verticalHalf = 1 << (verticalDrop - 1) // rounding: half of what is dropped
	acrossHalf   = int32(1) << (acrossDrop - 1)
)

// verticalScalar sums len(weights) rows of src, stride bytes apart, each times its weight. The weights of
// an output sum to 1 and those below zero to no less than -0.3, so that the results fit 16 bits.
func verticalScalar(dst []int16, src []byte, stride int, weights []int16) {
	var sums [256]int32
	for x := 0; x < len(dst); x += len(sums) {
		part := dst[x:min(x+len(sums), len(dst))]
		acc := sums[:len(part)]
		for i := range acc {
			acc[i] = verticalHalf
		}
		for k, w := range weights {
			if w == 0 {
				continue
			}
			row := src[k*stride+x:][:len(acc)]
			for i, v := range row {
				acc[i] += int32(v) * int32(w)
			}
		}
		for i := range part {
			part[i] = int16(acc[i] >> verticalDrop)
		}
	}
}

// horizontalScalar makes each byte of dst from taps samples of line, beginning at its start.
func horizontalScalar(dst []byte, line []int16, start []int32, weights []int16, taps int) {
	for i := range dst {
		in := line[start[i]:][:taps]
		w := weights[i*taps:][:taps]
		var even, odd int32
		for len(in) >= 2 && len(w) >= 2 {
			even += int32(in[0]) * int32(w[0])
			odd += int32(in[1]) * int32(w[1])
			in, w = in[2:], w[2:]
		}
		dst[i] = byte(min(max((even+odd+acrossHalf)>>acrossDrop, 0), 255))
	}
}
