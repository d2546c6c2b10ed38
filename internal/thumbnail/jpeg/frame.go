package jpeg

// frame is what a frame header says (T.81 B.2.2), and what follows from it about the blocks.
type frame struct {
	width, height int // in pixels; height is 0 while a DNL segment is to give it
	progressive   bool
	components    []component
	hMax, vMax    int // the largest sampling factors
	mcusX, mcusY  int // MCUs of a scan of all components (A.2.4)
}

// parseFrame reads the parameters of the frame header with marker m.
func parseFrame(m byte, p []byte) (frame, error) {
	switch m {
	case markerSOF0, markerSOF1, markerSOF2:
	default:
		return frame{}, unsupportedf("%s", process(m))
	}
	if len(p) < 6 {
		return frame{}, corruptf("frame header of %d bytes", len(p))
	}
	n := int(p[5])
	if precision := p[0]; precision != 8 {
		return frame{}, unsupportedf("samples of %d bits", precision)
	}
	if n != 1 && n != 3 && n != 4 {
		return frame{}, unsupportedf("%d components", n)
	}
	if len(p) != 6+3*n {
		return frame{}, corruptf("frame header of %d bytes for %d components", len(p), n)
	}
	f := frame{
		progressive: m == markerSOF2,
		height:      int(p[1])<<8 | int(p[2]),
		width:       int(p[3])<<8 | int(p[4]),
		components:  make([]component, n),
		hMax:        1,
		vMax:        1,
	}
	if f.width == 0 {
		return frame{}, corruptf("no columns")
	}
	for i := range f.components {
		q := p[6+3*i:]
		c := &f.components[i]
		c.id, c.h, c.v, c.quant = q[0], int(q[1]>>4), int(q[1]&15), q[2]
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.quant > 3 {
			return frame{}, corruptf("component with sampling factors %dx%d, quantization table %d", c.h, c.v, c.quant)
		}
		if n == 1 {
			// A lone component is never interleaved: its factors mean nothing (A.2.2).
			c.h, c.v = 1, 1
		}
		f.hMax, f.vMax = max(f.hMax, c.h), max(f.vMax, c.v)
	}
	return f, nil
}

// process names the process of a frame that is neither sequential nor progressive with Huffman coding (T.81 table
// B.1).
func process(m byte) string {
	switch {
	case m == markerSOF3:
		return "lossless"
	case m == markerJPG:
		return "an extension"
	case m < markerJPG:
		return "hierarchical"
	}
	return "arithmetic coding"
}

// measure works out the sizes in blocks, once the height is known.
func (f *frame) measure() {
	f.mcusX = ceilDiv(f.width, 8*f.hMax)
	f.mcusY = ceilDiv(f.height, 8*f.vMax)
	for i := range f.components {
		c := &f.components[i]
		c.width = ceilDiv(f.width*c.h, f.hMax)
		c.height = ceilDiv(f.height*c.v, f.vMax)
		c.blocksX, c.blocksY = ceilDiv(c.width, 8), ceilDiv(c.height, 8)
	}
}

// component is one component of the frame.
type component struct {
	id               byte
	h, v             int  // sampling factors
	quant            byte // number of its quantization table
	width, height    int  // in samples (A.1.1)
	blocksX, blocksY int  // blocks that hold samples: what a scan of this component alone codes (A.2.2)
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
