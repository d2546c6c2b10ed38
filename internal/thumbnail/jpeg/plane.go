package jpeg

import "image"

// plane is a component in the making.
type plane struct {
	*component
	keep    keeper
	blocks  image.Rectangle // the blocks that are wanted
	pix     []uint8
	stride  int
	latched bool // the quantization table is known: there was a scan

	// Of a progressive frame:
	coefs   []int16  // keep.n*keep.n of each wanted block
	history []uint64 // of every block, in zigzag order, which coefficients are nonzero; nil if nobody asks
}

// memory returns how many bytes allocate will take.
func (p *plane) memory(progressive, history bool) int64 {
	perBlock := int64(p.keep.n) * int64(p.keep.n)
	bytes := int64(p.blocks.Dx()) * int64(p.blocks.Dy()) * perBlock
	if progressive {
		bytes *= 3
		if history {
			bytes += 8 * int64(p.blocksX) * int64(p.blocksY)
		}
	}
	return bytes
}

func (p *plane) allocate(progressive, history bool) {
	n := p.keep.n
	p.stride = p.blocks.Dx() * n
	p.pix = make([]uint8, p.stride*p.blocks.Dy()*n)
	if progressive {
		p.coefs = make([]int16, len(p.pix))
		if history {
			p.history = make([]uint64, p.blocksX*p.blocksY)
		}
	}
}

// offset returns where the samples of a wanted block start.
func (p *plane) offset(x, y int) int {
	return ((y-p.blocks.Min.Y)*p.stride + x - p.blocks.Min.X) * p.keep.n
}

// coefsAt returns the coefficients kept of a block, or nil of one that is not wanted.
func (p *plane) coefsAt(x, y int) []int16 {
	x -= p.blocks.Min.X
	y -= p.blocks.Min.Y
	if uint(x) >= uint(p.blocks.Dx()) || uint(y) >= uint(p.blocks.Dy()) {
		return nil
	}
	size := p.keep.n * p.keep.n
	i := (y*p.blocks.Dx() + x) * size
	return p.coefs[i : i+size]
}

// coefIndex returns where the coefficients of a wanted block start.
func (p *plane) coefIndex(x, y int) int {
	return ((y-p.blocks.Min.Y)*p.blocks.Dx() + x - p.blocks.Min.X) * p.keep.n * p.keep.n
}

// put makes the samples of a block, of which last is the highest coefficient, in zigzag order, that may not be
// zero.
func (p *plane) put(x, y int, b *block, last int) {
	n := p.keep.n
	out := p.pix[p.offset(x, y):]
	if last == 0 || n == 1 {
		fill(out, p.stride, n, mean(int32(b[0])))
		return
	}
	if n == 2 {
		idct2(b, out, p.stride) // by far the most frequent
		return
	}
	inverse(n, b, out, p.stride)
}

// fill makes n x n samples of one value.
func fill(out []uint8, stride, n int, v uint8) {
	for y := range n {
		row := out[y*stride:][:n]
		for x := range row {
			row[x] = v
		}
	}
}
