package icc

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// lut takes RGB or CMYK through a table of colours to sRGB: a curve for each channel, the table, perhaps curves
// and a matrix, a curve for each value of the connection space, and from there to sRGB.
type lut struct {
	in   [4][256]position // the first curves: where each value of a channel lies in the table
	grid *grid
	mid  *middle // nil where there is none
	out  [3]ramp // the last curves, and how the connection space is encoded
	pcs  *connection
}

// parseLUT reads the table of the perceptual rendering, which no profile with tables may lack.
// Source: ICC.1:2022, 8.3.2, 8.4.2 and 8.5.2.
func parseLUT(p profile, inputs int) (*lut, error) {
	b := p.tag(tagA2B0)
	if b == nil {
		return nil, errNoTable
	}
	l, err := parseLUTTag(p, b, inputs)
	if err != nil {
		return nil, fmt.Errorf("its tag %s: %w", tagA2B0, err)
	}
	l.compensate(p.version, inputs)
	return l, nil
}

func parseLUTTag(p profile, b []byte, inputs int) (*lut, error) {
	if len(b) < 32 {
		return nil, errors.New("it ends early")
	}
	if int(b[8]) != inputs || b[9] != outputs {
		return nil, fmt.Errorf("it goes from %d values to %d, not from %d to %d", b[8], b[9], inputs, outputs)
	}
	switch kind := at(b, 0); kind {
	case "mft1", "mft2":
		return parseLegacy(b, inputs, p.pcs == pcsLab)
	case "mAB ":
		return parseAToB(b, inputs, p.pcs == pcsLab)
	default:
		return nil, fmt.Errorf("the type %q of its table is unknown", kind)
	}
}

// parseLegacy reads a lut8Type or a lut16Type. Their matrix is for pictures that are XYZ, and not used here.
// Source: ICC.1:2022, 10.10 and 10.11.
func parseLegacy(b []byte, inputs int, lab bool) (*lut, error) {
	size, start, entriesIn, entriesOut := 1, 48, 256, 256
	if at(b, 0) == "mft2" {
		if len(b) < 52 {
			return nil, errors.New("it ends early")
		}
		size, start = 2, 52
		entriesIn, entriesOut = int(binary.BigEndian.Uint16(b[48:])), int(binary.BigEndian.Uint16(b[50:]))
		if entriesIn < 2 || entriesIn > 4096 || entriesOut < 2 || entriesOut > 4096 {
			return nil, fmt.Errorf("its curves have %d and %d entries, not 2 to 4096", entriesIn, entriesOut)
		}
	}
	if len(b) < start+inputs*entriesIn*size {
		return nil, errors.New("it ends within its first curves")
	}
	in, rest := curvesOf(b[start:], inputs, entriesIn, size)
	points := make([]int, inputs)
	for i := range points {
		points[i] = int(b[10])
	}
	g, n, err := newGrid(rest, points, size)
	if err != nil {
		return nil, err
	}
	if len(rest) < n+outputs*entriesOut*size {
		return nil, errors.New("it ends within its last curves")
	}
	out, _ := curvesOf(rest[n:], outputs, entriesOut, size)
	return newLUT(in, g, nil, out, connectionCoding(lab, size == 2), lab), nil
}

// curvesOf takes curves of as many entries each from the start of b.
func curvesOf(b []byte, count, entries, size int) (curves []curve, rest []byte) {
	for range count {
		if size == 1 {
			curves = append(curves, sampled8(b[:entries]))
		} else {
			curves = append(curves, sampled16(b[:2*entries]))
		}
		b = b[entries*size:]
	}
	return curves, b
}

// line is a*x + b.
type line struct{ a, b float64 }

// connectionCoding answers how the values of a table, [0, 1], stand for what a connection takes.
// Source: ICC.1:2022, 6.3.4.2; for lut16Type, 10.10.
func connectionCoding(lab, legacy16 bool) [3]line {
	switch {
	case lab && legacy16: // 0xff00 is L* = 100, 0x8000 is a* = b* = 0
		const l, ab = 100.0 * 0xffff / 0xff00, 65535.0 / 256
		return [3]line{{l / 116, 16.0 / 116}, {ab / 500, -128.0 / 500}, {ab / 200, -128.0 / 200}}
	case lab: // 0xff or 0xffff is L* = 100, 0x80 or 0x8080 is a* = b* = 0
		return [3]line{{100.0 / 116, 16.0 / 116}, {255.0 / 500, -128.0 / 500}, {255.0 / 200, -128.0 / 200}}
	}
	const most = 65535.0 / 32768
	return [3]line{{most / d50X, 0}, {most / d50Y, 0}, {most / d50Z, 0}}
}

func newLUT(in []curve, g *grid, mid *middle, out []curve, coding [3]line, lab bool) *lut {
	l := &lut{grid: g, mid: mid, pcs: newConnection(lab)}
	for i, c := range in {
		for v := range l.in[i] {
			l.in[i][v] = g.position(i, c(float64(v)/255))
		}
	}
	for i, c := range out {
		l.out[i].sample(func(x float64) float64 { return float64(coding[i].a*c(x)) + coding[i].b })
	}
	return l
}

// compensate finds the profile's black, and has it become that of sRGB. Version 4 says which it is; else it is
// that of the darkest device value: no light, or all ink.
func (l *lut) compensate(version byte, inputs int) {
	black := perceptualBlack()
	if version < 4 {
		p := &l.in
		var a, b, c int64
		if inputs == 4 {
			a, b, c = l.grid.at4(p[0][255], p[1][255], p[2][255], p[3][255])
		} else {
			a, b, c = l.grid.at3(p[0][0], p[1][0], p[2][0])
		}
		x, y, z := l.pcs.xyz(l.connect(a, b, c))
		black = [3]float64{float64(x) / pcsUnit, float64(y) / pcsUnit, float64(z) / pcsUnit}
	}
	l.pcs.compensate(compensate(black))
}

// connect answers what the connection takes for what the grid gave.
func (l *lut) connect(a, b, c int64) (p, q, r int64) {
	if l.mid != nil {
		a, b, c = l.mid.at(a, b, c)
	}
	return l.out[0].at(a), l.out[1].at(b), l.out[2].at(c)
}

func (l *lut) applyRGB(pix []byte, channels int) {
	var last, result [3]byte
	for known := false; len(pix) >= channels; pix = pix[channels:] {
		p := (*[3]byte)(pix)
		if !known || *p != last {
			last, known = *p, true
			a, b, c := l.grid.at3(l.in[0][p[0]], l.in[1][p[1]], l.in[2][p[2]])
			result[0], result[1], result[2] = l.pcs.rgb(l.connect(a, b, c))
		}
		*p = result
	}
}

func (l *lut) applyCMYK(dst, c, m, y, k []byte) {
	n := min(len(dst)/3, len(c), len(m), len(y), len(k))
	c, m, y, k = c[:n], m[:n], y[:n], k[:n]
	for i := range c {
		p := (*[3]byte)(dst[3*i:])
		a, b, d := l.grid.at4(l.in[0][c[i]], l.in[1][m[i]], l.in[2][y[i]], l.in[3][k[i]])
		p[0], p[1], p[2] = l.pcs.rgb(l.connect(a, b, d))
	}
}
