package icc

// GenericCMYK is for CMYK pictures that come without a profile that can be read. No standard says what those look
// like. This is coated paper as libvips takes it to be: for colours from all over the space, the result lies 0.8
// of 255 from libvips' on average.
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

// The model is a curve for each ink, which is its dot gain, and L*a*b* at five steps of each ink by those of the
// others. Curves and nodes were found together, by stochastic gradient descent (Adam) that began at straight curves
// and at libvips' colours of the nodes: the least squares of the distance, in sRGB, from what libvips 8.18 answers
// for 120,000 random CMYK colours, half of them without black, and 6,400 on the space's edges. Where libvips
// answers 0 or 255, what lies beyond counts as met. White paper was pinned to white.

// genericCurves are at 17 steps of cyan, magenta, yellow and black.
var genericCurves = [4][17]byte{
	{0, 17, 33, 47, 61, 72, 83, 94, 105, 115, 126, 148, 172, 191, 212, 233, 255},
	{0, 18, 34, 49, 61, 86, 111, 130, 140, 151, 161, 172, 182, 192, 212, 234, 255},
	{0, 20, 38, 53, 69, 82, 95, 108, 120, 132, 144, 156, 169, 180, 192, 225, 255},
	{0, 17, 32, 45, 57, 68, 78, 88, 98, 108, 117, 127, 144, 164, 184, 230, 255},
}
