package vp8

import "encoding/binary"

// predict makes size x size samples, 16 or 8, at place at, from the row above and the column to the left. Where those
// lie outside of the picture, there is no mean of them to be had.
// RFC 6386, 12.2 and 12.3.
func (w *workspace) predict(m mode, at, size int, hasAbove, hasLeft bool) {
	switch m {
	case modeDC:
		v := w.mean(at, size, hasAbove, hasLeft)
		for y := range size {
			w.fill(at+y*stride, size, v)
		}
	case modeTM:
		w.trueMotion(at, size)
	case modeVE:
		for x := at; x < at+size; x += 8 {
			above := binary.LittleEndian.Uint64(w[x-stride:])
			for y := range size {
				binary.LittleEndian.PutUint64(w[x+y*stride:], above)
			}
		}
	default: // modeHE
		for y := range size {
			w.fill(at+y*stride, size, w[at+y*stride-1])
		}
	}
}

// fill sets n samples, a multiple of 8, to v.
func (w *workspace) fill(at, n int, v uint8) {
	for x := at; x < at+n; x += 8 {
		binary.LittleEndian.PutUint64(w[x:], uint64(v)*0x0101010101010101)
	}
}

// mean returns the mean of the edges that are inside the picture, or the middle of the range.
func (w *workspace) mean(at, size int, hasAbove, hasLeft bool) uint8 {
	sum, n := 0, 0
	if hasAbove {
		for _, v := range w[at-stride : at-stride+size] {
			sum += int(v)
		}
		n += size
	}
	if hasLeft {
		for y := range size {
			sum += int(w[at+y*stride-1])
		}
		n += size
	}
	if n == 0 {
		return 128
	}
	return uint8((sum + n/2) / n)
}

// trueMotion predicts each sample as left + above - the one at the corner. It does so for 8 at a time, in lanes of 16
// bits.
func (w *workspace) trueMotion(at, size int) {
	corner := uint64(w[at-stride-1])
	for x := at; x < at+size; x += 8 {
		above := binary.LittleEndian.Uint64(w[x-stride:])
		even, odd := above&evenBytes, above>>8&evenBytes
		for y := range size {
			step := (laneBias + uint64(w[at+y*stride-1]) - corner) * lanes
			binary.LittleEndian.PutUint64(w[x+y*stride:], clampLanes(even+step)|clampLanes(odd+step)<<8)
		}
	}
}

// Constants of arithmetic on several bytes at a time.
const (
	lanes     = 0x0001000100010001
	evenBytes = 0x00ff * lanes
	laneBias  = 256
)

// clampLanes brings four numbers from -255 to 511, to which laneBias was added, into the range of samples.
func clampLanes(v uint64) uint64 {
	above := v >> 9 & lanes
	within := v >> 8 & lanes
	return v&(within<<8-within) | (above<<8 - above)
}
