package icc

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// middle is what a lutAToBType may have between its table and its last curves: curves and a matrix.
type middle struct {
	curves [3]ramp
	matrix [3][3]int64 // 16 bits after the point
	offset [3]int64    // pcsBits after the point
}

// at takes and answers values as the grid does. What the matrix takes out of [0, 1] is not clipped yet: negative
// XYZ, of colours outside sRGB, may come back into it.
func (m *middle) at(a, b, c int64) (int64, int64, int64) {
	p, q, r := m.curves[0].at(a), m.curves[1].at(b), m.curves[2].at(c)
	return m.row(0, p, q, r), m.row(1, p, q, r), m.row(2, p, q, r)
}

func (m *middle) row(i int, p, q, r int64) int64 {
	e := &m.matrix[i]
	v := (e[0]*p+e[1]*q+e[2]*r)>>16 + m.offset[i]
	const most = rampMost / rampOne * pcsUnit
	return min(max(v, -most), most) * rampOne >> pcsBits
}

// parseAToB reads a lutAToBType: "A" curves, a table, "M" curves, a matrix and "B" curves, of which all but the
// last may be missing. Source: ICC.1:2022, 10.12.
func parseAToB(b []byte, inputs int, lab bool) (*lut, error) {
	section := func(field int) ([]byte, error) {
		offset := binary.BigEndian.Uint32(b[field:])
		if uint64(offset) > uint64(len(b)) {
			return nil, errors.New("a part lies outside it")
		}
		if offset == 0 {
			return nil, nil
		}
		return b[offset:], nil
	}
	var parts [5][]byte // B, matrix, M, table, A
	for i := range parts {
		var err error
		if parts[i], err = section(12 + 4*i); err != nil {
			return nil, err
		}
	}
	out, err := curveSequence(parts[0], outputs)
	if err != nil {
		return nil, err
	}
	mid, err := parseMiddle(parts[1], parts[2])
	if err != nil {
		return nil, err
	}
	in, err := curveSequence(parts[4], inputs)
	if err != nil {
		return nil, err
	}
	g, err := parseTable(parts[3], inputs)
	if err != nil {
		return nil, err
	}
	return newLUT(in, g, mid, out, connectionCoding(lab, false), lab), nil
}

// curveSequence reads curves that follow each other, each filled up to a multiple of four bytes. Where there are
// none, they change nothing.
func curveSequence(b []byte, count int) ([]curve, error) {
	curves := make([]curve, count)
	for i := range curves {
		if b == nil {
			curves[i] = identity
			continue
		}
		c, size, err := parseCurve(b)
		if err != nil {
			return nil, err
		}
		curves[i] = c
		b = b[min((size+3)&^3, len(b)):]
	}
	return curves, nil
}

// parseMiddle reads the matrix, by rows and then the offsets, and the "M" curves.
func parseMiddle(matrix, curves []byte) (*middle, error) {
	if matrix == nil && curves == nil {
		return nil, nil
	}
	sequence, err := curveSequence(curves, outputs)
	if err != nil {
		return nil, err
	}
	m := &middle{matrix: [3][3]int64{{1 << 16, 0, 0}, {0, 1 << 16, 0}, {0, 0, 1 << 16}}}
	for i, c := range sequence {
		m.curves[i].sample(c)
	}
	if matrix == nil {
		return m, nil
	}
	if len(matrix) < 48 {
		return nil, errors.New("it ends within its matrix")
	}
	entry := func(i int) int64 { return int64(int32(binary.BigEndian.Uint32(matrix[4*i:]))) }
	for row := range 3 {
		for i := range 3 {
			m.matrix[row][i] = entry(3*row + i)
		}
		m.offset[row] = entry(9+row) << (pcsBits - 16)
	}
	return m, nil
}

// parseTable reads the table of colours. Without one, the three values stay what they are: as in a table of two
// points a side, whose colours are its corners.
func parseTable(b []byte, inputs int) (*grid, error) {
	if b == nil {
		if inputs != outputs {
			return nil, errNoTable
		}
		g := layout([]int{2, 2, 2})
		g.fill(corners[:], 1)
		return g, nil
	}
	if len(b) < 20 {
		return nil, errors.New("it ends within its table")
	}
	points := make([]int, inputs)
	for i := range points {
		points[i] = int(b[i])
	}
	size := int(b[16])
	if size != 1 && size != 2 {
		return nil, fmt.Errorf("its table has %d bytes a value, not 1 or 2", size)
	}
	g, _, err := newGrid(b[20:], points, size)
	return g, err
}

// corners are those of the unit cube, the last coordinate varying fastest.
var corners = [8 * outputs]byte{
	0, 0, 0, 0, 0, 0xff, 0, 0xff, 0, 0, 0xff, 0xff,
	0xff, 0, 0, 0xff, 0, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0xff,
}
