package png

import (
	"encoding/binary"
	"math"
)

// plainRows returns the rows of pix with no filter.
func plainRows(pix []byte, rowBytes int) []byte {
	rows := make([]byte, 0, len(pix)/rowBytes*(rowBytes+1))
	for len(pix) > 0 {
		rows = append(rows, filterNone)
		rows = append(rows, pix[:rowBytes]...)
		pix = pix[rowBytes:]
	}
	return rows
}

// adaptiveRows returns the rows of pix, each with the filter that suits it.
func adaptiveRows(pix []byte, rowBytes, bpp int) []byte {
	rows := make([]byte, len(pix)/rowBytes*(rowBytes+1))
	prev := make([]byte, rowBytes)
	for y := 0; y*rowBytes < len(pix); y++ {
		cur := pix[y*rowBytes:][:rowBytes]
		row := rows[y*(rowBytes+1):][:rowBytes+1]
		f := chooseFilter(cur, prev, bpp, y)
		row[0] = byte(f)
		applyFilter(f, row[1:], cur, prev, bpp)
		prev = cur
	}
	return rows
}

// chooseFilter returns the filter type that leaves the least sum of absolute differences (section
// 12.7), judged by a stretch of the row that wanders from row to row.
func chooseFilter(cur, prev []byte, bpp, y int) int {
	const stretch, stride = 128, 61 // pixels
	from, to := 0, len(cur)
	if pixels := len(cur) / bpp; pixels > stretch {
		from = y * stride % (pixels - stretch + 1) * bpp
		to = from + stretch*bpp
	}
	var scratch [stretch * 4]byte
	least, best := math.MaxInt, filterSub
	for f := filterSub; f < filterTypes; f++ {
		rest := scratch[:to-from]
		applyFilter(f, rest, cur[from:to], prev[from:to], bpp)
		if sum := magnitude(rest[bpp:]); sum < least { // the first pixel of a stretch has no neighbour here
			least, best = sum, f
		}
	}
	return best
}

// magnitudeScalar returns the sum of absolute values of signed bytes.
func magnitudeScalar(v []byte) int {
	sum := 0
	for _, b := range v {
		sum += int(min(b, -b))
	}
	return sum
}

// applyFilter writes to dst what filter type f leaves of the row cur. prev is the row above, zeros above
// the first; bpp the bytes of a pixel. All rows have one length, a multiple of bpp.
func applyFilter(f int, dst, cur, prev []byte, bpp int) {
	dst, prev = dst[:len(cur)], prev[:len(cur)]
	switch f {
	case filterNone:
		copy(dst, cur)
	case filterSub:
		copy(dst, cur[:bpp])
		subtract(dst[bpp:], cur[bpp:], cur)
	case filterUp:
		subtract(dst, cur, prev)
	case filterAverage:
		for i, v := range cur[:bpp] {
			dst[i] = v - prev[i]/2
		}
		subtractAverage(dst[bpp:], cur[bpp:], cur, prev[bpp:])
	case filterPaeth:
		for i, v := range cur[:bpp] {
			dst[i] = v - prev[i]
		}
		subtractPaeth(dst[bpp:], cur[bpp:], cur, prev[bpp:], prev)
	}
}

const (
	highBits = 0x8080808080808080
	lowBits  = 0x0101010101010101
)

// subtract sets dst[i] = x[i] - a[i], eight bytes at a time.
func subtract(dst, x, a []byte) {
	n := len(x)
	i := 0
	for ; i+8 <= n; i += 8 {
		binary.LittleEndian.PutUint64(dst[i:], sub8(binary.LittleEndian.Uint64(x[i:]), binary.LittleEndian.Uint64(a[i:])))
	}
	for ; i < n; i++ {
		dst[i] = x[i] - a[i]
	}
}

// subtractAverage sets dst[i] = x[i] - (a[i]+b[i])/2, eight bytes at a time.
func subtractAverage(dst, x, a, b []byte) {
	n := len(x)
	i := 0
	for ; i+8 <= n; i += 8 {
		l, u := binary.LittleEndian.Uint64(a[i:]), binary.LittleEndian.Uint64(b[i:])
		average := l&u + (l^u)&^uint64(lowBits)>>1
		binary.LittleEndian.PutUint64(dst[i:], sub8(binary.LittleEndian.Uint64(x[i:]), average))
	}
	for ; i < n; i++ {
		dst[i] = x[i] - byte((int(a[i])+int(b[i]))/2)
	}
}

// sub8 subtracts the bytes of y from those of x: without the top bits no borrow leaves a byte, and the
// top bits are set right afterwards.
func sub8(x, y uint64) uint64 {
	return (x | highBits - y&^uint64(highBits)) ^ (x^^y)&highBits
}

// subtractPaethScalar sets dst[i] = x[i] - paeth(a[i], b[i], c[i]).
func subtractPaethScalar(dst, x, a, b, c []byte) {
	n := len(x)
	dst, a, b, c = dst[:n], a[:n], b[:n], c[:n]
	for i := range x {
		dst[i] = x[i] - paeth(int(a[i]), int(b[i]), int(c[i]))
	}
}

// paeth returns which of a, b and c is nearest to a+b-c, the first of them on a tie (section 9.4).
func paeth(a, b, c int) byte {
	pa, pb := abs(b-c), abs(a-c)
	pc := abs(a + b - c - c)
	if pa <= pb && pa <= pc {
		return byte(a)
	}
	if pb <= pc {
		return byte(b)
	}
	return byte(c)
}

func abs(v int) int { return max(v, -v) }
