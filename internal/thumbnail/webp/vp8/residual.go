package vp8

// context tells which blocks at an edge of a macroblock have coefficients: 1 for each that has (RFC 6386, 13.3).
type context struct {
	y      [4]uint8
	chroma [2][2]uint8 // Cb, Cr
	y2     uint8       // of the nearest macroblock that has a block Y2
}

// clear notes a macroblock without coefficients.
func (c *context) clear(subblocks bool) {
	y2 := c.y2
	*c = context{}
	if subblocks {
		c.y2 = y2
	}
}

// contexts are those above each macroblock of a row, and the one to the left.
type contexts struct {
	above []context
	left  context
}

func newContexts(columns int) contexts { return contexts{above: make([]context, columns)} }

// Blocks of a macroblock: 16 of luma, 4 of Cb, 4 of Cr, row by row each.
const (
	chromaBlock = 16
	pixelBlocks = 24
)

// coefficients are those of a macroblock. What is transformed is set to zero again.
type coefficients struct {
	blocks [pixelBlocks][16]int16
	ends   [pixelBlocks]uint8 // positions after the last coefficient: above 1, there are others than the first
	y2     [16]int16
}

// read reads the coefficients of a macroblock, and reports whether there are any.
func (c *coefficients) read(r *reader, probs *coefficientProbs, q *quantizer, subblocks bool, above, left *context) bool {
	kind, first := kindY, 0
	var any int
	if !subblocks {
		kind, first = kindYAfterY2, 1
		end := r.block(&probs[kindY2], int(above.y2+left.y2), q.y2, 0, &c.y2)
		above.y2 = uint8(min(end, 1))
		left.y2 = above.y2
		if end > 0 {
			any = c.inverseWHT()
		}
	}
	for y := range 4 {
		nonzero := left.y[y]
		for x := range 4 {
			i := 4*y + x
			end := r.block(&probs[kind], int(above.y[x]+nonzero), q.y, first, &c.blocks[i])
			c.ends[i] = uint8(end)
			nonzero = 0
			if end > first {
				nonzero = 1
			}
			above.y[x] = nonzero
			any |= int(nonzero)
		}
		left.y[y] = nonzero
	}
	i := chromaBlock
	for plane := range 2 {
		above, left := &above.chroma[plane], &left.chroma[plane]
		for y := range 2 {
			nonzero := left[y]
			for x := range 2 {
				end := r.block(&probs[kindChroma], int(above[x]+nonzero), q.chroma, 0, &c.blocks[i])
				c.ends[i] = uint8(end)
				nonzero = uint8(min(end, 1))
				above[x] = nonzero
				any |= end
				i++
			}
			left[y] = nonzero
		}
	}
	return any != 0
}

// inverseWHT makes the first coefficients of the blocks of luma from Y2, by an inverse Walsh-Hadamard transform
// (RFC 6386, 14.3). It returns other than 0 when one of them is.
func (c *coefficients) inverseWHT() (any int) {
	var m [16]int32
	in := &c.y2
	for i := range 4 {
		a, b := int32(in[i])+int32(in[12+i]), int32(in[4+i])+int32(in[8+i])
		d, e := int32(in[i])-int32(in[12+i]), int32(in[4+i])-int32(in[8+i])
		m[i], m[4+i], m[8+i], m[12+i] = a+b, d+e, a-b, d-e
	}
	for i := range 4 {
		r := m[4*i : 4*i+4 : 4*i+4]
		a, b := r[0]+r[3]+3, r[1]+r[2]
		d, e := r[0]-r[3]+3, r[1]-r[2]
		out := c.blocks[4*i : 4*i+4 : 4*i+4]
		out[0][0], out[1][0], out[2][0], out[3][0] = int16((a+b)>>3), int16((d+e)>>3), int16((a-b)>>3), int16((d-e)>>3)
		any |= int(out[0][0] | out[1][0] | out[2][0] | out[3][0])
	}
	*in = [16]int16{}
	return any
}
