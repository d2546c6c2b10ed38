package vp8

import "encoding/binary"

// Each filter has a form for edges that go down (they are filtered along rows) and one for edges that go across.
// RFC 6386, 15.2 and 15.3.

// simpleDown filters 16 samples along an edge of luma that goes down in front of the sample at.
func simpleDown(pix []uint8, at, stride int, limit int32) {
	for range 16 {
		p := (*[4]uint8)(pix[at-2:])
		p1, p0, q0, q1 := int32(p[0]), int32(p[1]), int32(p[2]), int32(p[3])
		if 2*abs(p0-q0)+abs(p1-q1)>>1 <= limit {
			p[1], p[2] = adjusted(p0, q0, 3*(q0-p0)+clampSigned(p1-q1))
		}
		at += stride
	}
}

// simpleAcross filters 16 samples along an edge of luma that goes across above the sample at.
func simpleAcross(pix []uint8, at, stride int, limit int32) {
	var (
		row1 = (*[16]uint8)(pix[at-2*stride:])
		row0 = (*[16]uint8)(pix[at-stride:])
		low0 = (*[16]uint8)(pix[at:])
		low1 = (*[16]uint8)(pix[at+stride:])
	)
	for i := range row0 {
		p1, p0, q0, q1 := int32(row1[i]), int32(row0[i]), int32(low0[i]), int32(low1[i])
		if 2*abs(p0-q0)+abs(p1-q1)>>1 <= limit {
			row0[i], low0[i] = adjusted(p0, q0, 3*(q0-p0)+clampSigned(p1-q1))
		}
	}
}

// adjusted returns the samples at an edge, changed by an eighth of a.
func adjusted(p0, q0, a int32) (p, q uint8) {
	a = clampSigned(a)
	return clamp(p0 + min(a+3, 127)>>3), clamp(q0 - min(a+4, 127)>>3)
}

// blockDown filters n samples along an edge between macroblocks that goes down in front of the sample at.
func blockDown(pix []uint8, at, stride, n int, l *edgeLimits) {
	for range n {
		p := (*[8]uint8)(pix[at-4:])
		v := binary.LittleEndian.Uint64(p[:])
		p3, p2, p1, p0 := int32(v&255), int32(v>>8&255), int32(v>>16&255), int32(v>>24&255)
		q0, q1, q2, q3 := int32(v>>32&255), int32(v>>40&255), int32(v>>48&255), int32(v>>56)
		if roomAt(p1, p0, q0, q1, l.block)|roomBeside(p3, p2, p1, p0, l.interior)|roomBeside(q3, q2, q1, q0, l.interior) >= 0 {
			f := newBlockChange(p1, p0, q0, q1, l.variance)
			p[1], p[6] = clamp(p2+f.third), clamp(q2-f.third)
			p[2], p[5] = clamp(p1+f.second), clamp(q1-f.second)
			p[3], p[4] = clamp(p0+f.before), clamp(q0-f.behind)
		}
		at += stride
	}
}

// blockAcross filters n samples along an edge between macroblocks that goes across above the sample at.
func blockAcross(pix []uint8, at, stride, n int, l *edgeLimits) {
	var (
		row3 = pix[at-4*stride:][:n]
		row2 = pix[at-3*stride:][:n]
		row1 = pix[at-2*stride:][:n]
		row0 = pix[at-stride:][:n]
		low0 = pix[at:][:n]
		low1 = pix[at+stride:][:n]
		low2 = pix[at+2*stride:][:n]
		low3 = pix[at+3*stride:][:n]
	)
	for i := range n {
		p3, p2, p1, p0 := int32(row3[i]), int32(row2[i]), int32(row1[i]), int32(row0[i])
		q0, q1, q2, q3 := int32(low0[i]), int32(low1[i]), int32(low2[i]), int32(low3[i])
		if roomAt(p1, p0, q0, q1, l.block)|roomBeside(p3, p2, p1, p0, l.interior)|roomBeside(q3, q2, q1, q0, l.interior) >= 0 {
			f := newBlockChange(p1, p0, q0, q1, l.variance)
			row2[i], low2[i] = clamp(p2+f.third), clamp(q2-f.third)
			row1[i], low1[i] = clamp(p1+f.second), clamp(q1-f.second)
			row0[i], low0[i] = clamp(p0+f.before), clamp(q0-f.behind)
		}
	}
}

// subblockDown filters n samples along an edge inside a macroblock that goes down in front of the sample at.
func subblockDown(pix []uint8, at, stride, n int, l *edgeLimits) {
	for range n {
		p := (*[8]uint8)(pix[at-4:])
		v := binary.LittleEndian.Uint64(p[:])
		p3, p2, p1, p0 := int32(v&255), int32(v>>8&255), int32(v>>16&255), int32(v>>24&255)
		q0, q1, q2, q3 := int32(v>>32&255), int32(v>>40&255), int32(v>>48&255), int32(v>>56)
		if roomAt(p1, p0, q0, q1, l.subblock)|roomBeside(p3, p2, p1, p0, l.interior)|roomBeside(q3, q2, q1, q0, l.interior) >= 0 {
			f := newSubblockChange(p1, p0, q0, q1, l.variance)
			p[2], p[5] = clamp(p1+f.second), clamp(q1-f.second)
			p[3], p[4] = clamp(p0+f.before), clamp(q0-f.behind)
		}
		at += stride
	}
}

// subblockAcross filters n samples along an edge inside a macroblock that goes across above the sample at.
func subblockAcross(pix []uint8, at, stride, n int, l *edgeLimits) {
	var (
		row3 = pix[at-4*stride:][:n]
		row2 = pix[at-3*stride:][:n]
		row1 = pix[at-2*stride:][:n]
		row0 = pix[at-stride:][:n]
		low0 = pix[at:][:n]
		low1 = pix[at+stride:][:n]
		low2 = pix[at+2*stride:][:n]
		low3 = pix[at+3*stride:][:n]
	)
	for i := range n {
		p3, p2, p1, p0 := int32(row3[i]), int32(row2[i]), int32(row1[i]), int32(row0[i])
		q0, q1, q2, q3 := int32(low0[i]), int32(low1[i]), int32(low2[i]), int32(low3[i])
		if roomAt(p1, p0, q0, q1, l.subblock)|roomBeside(p3, p2, p1, p0, l.interior)|roomBeside(q3, q2, q1, q0, l.interior) >= 0 {
			f := newSubblockChange(p1, p0, q0, q1, l.variance)
			row1[i], low1[i] = clamp(p1+f.second), clamp(q1-f.second)
			row0[i], low0[i] = clamp(p0+f.before), clamp(q0-f.behind)
		}
	}
}

// change is what is added to the samples before an edge, and taken off those behind it, in their distance from it.
type change struct{ before, behind, second, third int32 }

// roomAt returns how much the difference across an edge is below the limit.
func roomAt(p1, p0, q0, q1, limit int32) int32 { return limit - 2*abs(p0-q0) - abs(p1-q1)>>1 }

// roomBeside returns a number below zero if neighbours on one side of an edge differ by more than limit.
func roomBeside(p3, p2, p1, p0, limit int32) int32 {
	return (limit - abs(p3-p2)) | (limit - abs(p2-p1)) | (limit - abs(p1-p0))
}

// uneven returns -1 if one of the sides has more variance than the limit, else 0.
func uneven(p1, p0, q0, q1, limit int32) int32 {
	return (limit-abs(p1-p0))>>31 | (limit-abs(q1-q0))>>31
}

func newBlockChange(p1, p0, q0, q1, variance int32) change {
	a := clampSigned(3*(q0-p0) + clampSigned(p1-q1))
	if uneven(p1, p0, q0, q1, variance) != 0 {
		return change{before: min(a+3, 127) >> 3, behind: min(a+4, 127) >> 3}
	}
	f := change{second: (18*a + 63) >> 7, third: (9*a + 63) >> 7}
	f.before = (27*a + 63) >> 7
	f.behind = f.before
	return f
}

func newSubblockChange(p1, p0, q0, q1, variance int32) change {
	uneven := uneven(p1, p0, q0, q1, variance)
	a := clampSigned(3*(q0-p0) + clampSigned(p1-q1)&uneven)
	f := change{before: min(a+3, 127) >> 3, behind: min(a+4, 127) >> 3}
	f.second = (f.behind + 1) >> 1 &^ uneven
	return f
}

func clampSigned(v int32) int32 { return min(max(v, -128), 127) }

func abs(v int32) int32 {
	sign := v >> 31
	return (v ^ sign) - sign
}
