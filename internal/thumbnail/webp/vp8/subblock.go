package vp8

import (
	"encoding/binary"
	"math/bits"
)

// predictSubblock makes the 4x4 samples at place at. Each mode but two interpolates along lines, so that its rows are
// parts of one or two sequences of means of neighbouring edge samples.
// RFC 6386, 12.3: the edge is, from the lower left to the upper right, left[3] to left[0], the corner, and above[0] to
// above[7].
func (w *workspace) predictSubblock(m mode, at int) {
	var (
		out    = (*square)(w[at:])
		edge   = (*[8 + 1]uint8)(w[at-stride-1:])
		above  = binary.LittleEndian.Uint64(edge[1:])
		corner = binary.LittleEndian.Uint64(edge[:]) // and above[0] to above[6]
		left   = uint64(w[at-1]) | uint64(w[at+stride-1])<<8 | uint64(w[at+2*stride-1])<<16 | uint64(w[at+3*stride-1])<<24
	)
	switch m {
	case modeDC:
		sum := above&evenBytes&0xffffffff + above>>8&0x00ff00ff + left&evenBytes + left>>8&evenBytes
		mean := (sum + sum>>16 + 4) >> 3 & 0xff * 0x01010101
		out.set(mean, mean, mean, mean)
	case modeTM:
		even, odd := above&evenBytes, above>>8&evenBytes
		var rows [4]uint64
		for y := range rows {
			step := (laneBias + left>>(8*y)&0xff - corner&0xff) * lanes
			rows[y] = clampLanes(even+step) | clampLanes(odd+step)<<8
		}
		out.set(rows[0], rows[1], rows[2], rows[3])
	case modeVE:
		row := mean3(corner, above, above>>8)
		out.set(row, row, row, row)
	case modeHE:
		last := left >> 24
		column := mean3(corner&0xff|left<<8, left, left>>8|last<<24)
		out.set(column&0xff*0x01010101, column>>8&0xff*0x01010101, column>>16&0xff*0x01010101, column>>24&0xff*0x01010101)
	case modeLD:
		last := above >> 56
		line := mean3(above, above>>8, above>>16|last<<48)
		out.set(line, line>>8, line>>16, line>>24)
	case modeRD:
		line := downRight(left, corner, above)
		out.set(line>>24, line>>16, line>>8, line)
	case modeVR:
		line := downRight(left, corner, above)
		row0, row1 := mean2(corner, above), line>>24
		out.set(row0, row1, line>>16&0xff|row0<<8, line>>8&0xff|row1<<8)
	case modeVL:
		row0, row1 := mean2(above, above>>8), mean3(above, above>>8, above>>16)
		out.set(row0, row1, row0>>8&0xffffff|row1>>32&0xff<<24, row1>>8&0xffffff|row1>>40&0xff<<24)
	case modeHD:
		line := downRight(left, corner, above)
		lower := uint64(bits.ReverseBytes32(uint32(left))) | corner<<32
		zip := interleave(mean2(lower, lower>>8), line)
		out.set(zip>>48|line>>32<<16, zip>>32, zip>>16, zip)
	default: // modeHU
		last := left >> 24
		zip := interleave(mean2(left, left>>8), mean3(left, left>>8, left>>16|last<<16))
		zip = zip&(1<<48-1) | last<<48 | last<<56
		out.set(zip, zip>>16, zip>>32, last*0x01010101)
	}
}

// downRight returns the means of three along the edge, the seven from around left[2] to around above[2].
func downRight(left, corner, above uint64) uint64 {
	edge := uint64(bits.ReverseBytes32(uint32(left))) | corner<<32
	next := edge>>8 | above>>24<<56
	return mean3(edge, next, next>>8)
}

// set sets the rows from the lower four bytes of each.
func (p *square) set(a, b, c, d uint64) {
	binary.LittleEndian.PutUint32(p[0*stride:], uint32(a))
	binary.LittleEndian.PutUint32(p[1*stride:], uint32(b))
	binary.LittleEndian.PutUint32(p[2*stride:], uint32(c))
	binary.LittleEndian.PutUint32(p[3*stride:], uint32(d))
}

// The lower 7 bits of all bytes, when shifted right by one.
const upperSeven = 0xfefefefefefefefe

// mean2 returns (a+b+1)/2 of each byte.
func mean2(a, b uint64) uint64 { return a | b - (a^b)&upperSeven>>1 }

// mean3 returns (a+2b+c+2)/4 of each byte, which is (b+(a+c)/2+1)/2.
func mean3(a, b, c uint64) uint64 { return mean2(a&c+(a^c)&upperSeven>>1, b) }

// interleave returns the lower four bytes of a and b by turns.
func interleave(a, b uint64) uint64 { return spread(a) | spread(b)<<8 }

// spread puts a byte between each of the lower four.
func spread(v uint64) uint64 {
	v = (v&0xffffffff | v<<16) & 0x0000ffff0000ffff
	return (v | v<<8) & evenBytes
}
