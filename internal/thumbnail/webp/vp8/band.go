package vp8

// bandDelay is how many luma rows are held back until the macroblocks below are filtered, which reads 4 and changes 3
// rows above their edge, of chroma as of luma.
const bandDelay = 8

// band holds the samples of a row of macroblocks, and the lowest of the row above.
type band struct {
	y, cb, cr        []uint8
	yStride, cStride int
}

func newBand(columns int) band {
	b := band{yStride: 16 * columns, cStride: 8 * columns}
	b.y = make([]uint8, (bandDelay+16)*b.yStride)
	b.cb = make([]uint8, (bandDelay/2+8)*b.cStride)
	b.cr = make([]uint8, (bandDelay/2+8)*b.cStride)
	return b
}

// next makes room for a row of macroblocks.
func (b *band) next() {
	copy(b.y, b.y[16*b.yStride:])
	copy(b.cb, b.cb[8*b.cStride:])
	copy(b.cr, b.cr[8*b.cStride:])
}

// store takes over the macroblock in column x.
func (b *band) store(w *workspace, x int) {
	at := bandDelay*b.yStride + 16*x
	for y := range 16 {
		to, from := b.y[at+y*b.yStride:], w[lumaAt+y*stride:]
		copy8(to, from)
		copy8(to[8:], from[8:])
	}
	at = bandDelay/2*b.cStride + 8*x
	for y := range 8 {
		copy8(b.cb[at+y*b.cStride:], w[cbAt+y*stride:])
		copy8(b.cr[at+y*b.cStride:], w[crAt+y*stride:])
	}
}

// finished returns the rows that will not change any more, when so many of all rows of macroblocks are done.
func (b *band) finished(done, rows, bottom int) Band {
	f := Band{
		Top: 16*(done-1) - bandDelay, Bottom: 16*done - bandDelay,
		Y: b.y, Cb: b.cb, Cr: b.cr, YStride: b.yStride, CStride: b.cStride,
	}
	if done == 1 {
		f.Top = 0
		f.Y, f.Cb, f.Cr = b.y[bandDelay*b.yStride:], b.cb[bandDelay/2*b.cStride:], b.cr[bandDelay/2*b.cStride:]
	}
	if done == rows {
		f.Bottom = 16 * done
	}
	f.Bottom = min(f.Bottom, bottom)
	return f
}
