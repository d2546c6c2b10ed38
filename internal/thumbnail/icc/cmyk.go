package icc

// GenericCMYK is for CMYK pictures that come without a profile that can be read. No standard says what those look
// like; this is coated paper, as libvips takes it to be: of 20,000 colours spread over the whole space, the
// result lies 0.9 of 255 from libvips', on average.
func GenericCMYK() *Transform {
	in := make([]curve, len(genericCurves))
	for i := range in {
		in[i] = sampled8(genericCurves[i][:])
	}
	g := layout([]int{5, 5, 5, 5})
	g.fill(genericNodes[:], 1)
	out := []curve{identity, identity, identity}
	return &Transform{space: CMYK, lut: newLUT(in, g, nil, out, connectionCoding(true, false), true)}
}

// The model is a curve for each ink, which is its dot gain, and the L*a*b* of five steps of each ink by those of
// the others. Curves and nodes were found together, by stochastic gradient descent (Adam) from the identity and
// from libvips' answers at the nodes: the least squares of the distance, in sRGB, from what libvips 8.18 answers
// for 120,000 CMYK colours, half of them without black. Where libvips answers 0 or 255, what lies beyond counts
// as met. White paper was pinned to white.

// genericCurves are at 17 steps of cyan, magenta, yellow and black.
var genericCurves = [4][17]byte{
	{0, 17, 32, 46, 59, 71, 82, 93, 104, 115, 125, 146, 171, 191, 212, 233, 255},
	{0, 18, 34, 49, 61, 86, 111, 130, 140, 151, 162, 173, 183, 192, 213, 234, 255},
	{0, 20, 38, 53, 69, 82, 95, 107, 120, 132, 144, 156, 169, 180, 192, 225, 255},
	{0, 17, 32, 46, 58, 69, 80, 90, 100, 110, 119, 130, 147, 166, 184, 230, 255},
}
