package vp8

import "encoding/binary"

// workspace is where a macroblock is put together: its samples, and those around it that predict them.
//
//	row 0       the luma row above, from the sample above and to the left on, and 4 samples further to the right
//	rows 1-16   luma, with the column to its left
//	row 17      the chroma rows above
//	rows 18-25  Cb and Cr side by side, each with the column to its left
type workspace [26 * stride]uint8

const (
	stride = 32

	lumaAt = 1*stride + 8
	cbAt   = 18*stride + 8
	crAt   = 18*stride + 24
)

// Samples that stand in for those outside of the picture (RFC 6386, 12.2).
const (
	outsideAbove = 127
	outsideLeft  = 129
)

// startRow sets the columns to the left to what is outside of the picture.
func (w *workspace) startRow(row int) {
	for _, block := range [...]struct{ at, size int }{{lumaAt, 16}, {cbAt, 8}, {crAt, 8}} {
		for y := range block.size {
			w[block.at+y*stride-1] = outsideLeft
		}
		w[block.at-stride-1] = outsideLeft
		if row == 0 {
			w[block.at-stride-1] = outsideAbove
		}
	}
}

// moveOn makes the right-most columns those to the left of the next macroblock.
func (w *workspace) moveOn() {
	for y := range 17 {
		w[y*stride+7] = w[y*stride+23]
	}
	for y := 17; y < 26; y++ {
		w[y*stride+7] = w[y*stride+15]
		w[y*stride+23] = w[y*stride+31]
	}
}

// aboveRows are the lowest rows of the macroblocks above, before the loop filter.
type aboveRows struct {
	y, cb, cr []uint8 // y has 4 more samples
}

func newAboveRows(columns int) aboveRows {
	a := aboveRows{make([]uint8, 16*columns+4), make([]uint8, 8*columns), make([]uint8, 8*columns)}
	for _, row := range [][]uint8{a.y, a.cb, a.cr} {
		for i := range row {
			row[i] = outsideAbove
		}
	}
	return a
}

// load puts the samples above the macroblock in column x into the workspace. To the right of the picture, the
// last macroblock's last sample goes on.
func (a *aboveRows) load(w *workspace, x int) {
	copy8(w[lumaAt-stride:], a.y[16*x:])
	copy8(w[lumaAt-stride+8:], a.y[16*x+8:])
	copy(w[lumaAt-stride+16:lumaAt-stride+20], a.y[16*x+16:16*x+20])
	copy8(w[cbAt-stride:], a.cb[8*x:])
	copy8(w[crAt-stride:], a.cr[8*x:])
}

// save keeps the lowest rows of the macroblock in column x.
func (a *aboveRows) save(w *workspace, x int) {
	copy8(a.y[16*x:], w[lumaAt+15*stride:])
	copy8(a.y[16*x+8:], w[lumaAt+15*stride+8:])
	copy8(a.cb[8*x:], w[cbAt+7*stride:])
	copy8(a.cr[8*x:], w[crAt+7*stride:])
}

// endRow continues the last sample.
func (a *aboveRows) endRow() {
	end := len(a.y) - 4
	for i := range 4 {
		a.y[end+i] = a.y[end-1]
	}
}

// continueAbove puts the samples above and to the right of the macroblock where subblocks in lower rows look for
// theirs: those of the macroblock to the right are not known yet (RFC 6386, 12.3).
func (w *workspace) continueAbove() {
	const right = lumaAt - stride + 16
	for y := 4; y < 16; y += 4 {
		copy(w[right+y*stride:right+y*stride+4], w[right:right+4])
	}
}

// copy8 copies 8 bytes.
func copy8(dst, src []uint8) {
	binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src))
}
