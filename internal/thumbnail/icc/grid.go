package icc

import (
	"encoding/binary"
	"fmt"
)

// grid is a table of colours over an even grid of device values. Between the nodes it is interpolated over
// simplices: the cell is cut along its diagonal from the darkest to the lightest corner into tetrahedra, or
// their like of four dimensions, and a colour is the weighted mean of the corners of the one it lies in. Greys
// along the diagonal so stay grey.
//
// Source: J. M. Kasson, S. I. Nin, W. Plouffe, J. L. Hafner, "Performing color space conversions with
// three-dimensional linear interpolation", Journal of Electronic Imaging 4(3), 1995.
type grid struct {
	nodes  []uint16 // outputs each; the last input varies fastest
	points [4]int   // along each input
	stride [4]int   // between neighbours along each input, in elements of nodes
}

// outputs is how many values a node has: the connection space's three.
const outputs = 3

// newGrid reads the nodes, of size bytes each value, and answers how many bytes they take.
func newGrid(b []byte, points []int, size int) (*grid, int, error) {
	elements := outputs
	for _, n := range points {
		if n < 2 {
			return nil, 0, fmt.Errorf("its table has %d points to a side", n)
		}
		// A side has 255 points at most, and b bounds what came before: no overflow.
		if elements *= n; elements*size > len(b) {
			return nil, 0, fmt.Errorf("its table of %v points ends early", points)
		}
	}
	g := layout(points)
	g.fill(b, size)
	return g, len(g.nodes) * size, nil
}

// layout makes a grid with as many points along each input.
func layout(points []int) *grid {
	g := &grid{}
	elements := outputs
	for i := len(points) - 1; i >= 0; i-- {
		g.points[i], g.stride[i] = points[i], elements
		elements *= points[i]
	}
	g.nodes = make([]uint16, elements)
	return g
}

// fill sets the nodes to values of size bytes each, of which b has enough.
func (g *grid) fill(b []byte, size int) {
	for i := range g.nodes {
		if size == 1 {
			g.nodes[i] = uint16(b[i]) * 0x101
		} else {
			g.nodes[i] = binary.BigEndian.Uint16(b[2*i:])
		}
	}
}

// position is where a device value lies along one side of the grid.
type position struct {
	base int32 // of the node below, in elements of nodes
	part int32 // of the way to the next node: whole is all of it
}

const whole = 1 << 16

// position answers where x, of [0, 1], lies along side i.
func (g *grid) position(i int, x float64) position {
	last := g.points[i] - 1
	n := fixed(float64(x*float64(last)), whole, last*whole)
	node := min(n/whole, last-1)
	return position{int32(node * g.stride[i]), int32(n - node*whole)}
}

// edge is a step to a neighbouring node.
type edge struct{ part, stride int32 }

// at3 interpolates between the nodes around a device value of three inputs. The result is of 32 bits: for
// a node's value v, v*whole.
func (g *grid) at3(p0, p1, p2 position) (a, b, c int64) {
	e0, e1, e2 := edge{p0.part, int32(g.stride[0])}, edge{p1.part, int32(g.stride[1])}, edge{p2.part, int32(g.stride[2])}
	if e0.part < e1.part {
		e0, e1 = e1, e0
	}
	if e1.part < e2.part {
		e1, e2 = e2, e1
	}
	if e0.part < e1.part {
		e0, e1 = e1, e0
	}
	at := p0.base + p1.base + p2.base
	var s sum
	s.add(g.nodes[at:], whole-e0.part)
	at += e0.stride
	s.add(g.nodes[at:], e0.part-e1.part)
	at += e1.stride
	s.add(g.nodes[at:], e1.part-e2.part)
	at += e2.stride
	s.add(g.nodes[at:], e2.part)
	return int64(s.a), int64(s.b), int64(s.c)
}

// at4 is at3 for four inputs.
func (g *grid) at4(p0, p1, p2, p3 position) (a, b, c int64) {
	e0, e1 := edge{p0.part, int32(g.stride[0])}, edge{p1.part, int32(g.stride[1])}
	e2, e3 := edge{p2.part, int32(g.stride[2])}, edge{p3.part, int32(g.stride[3])}
	if e0.part < e1.part {
		e0, e1 = e1, e0
	}
	if e2.part < e3.part {
		e2, e3 = e3, e2
	}
	if e0.part < e2.part {
		e0, e2 = e2, e0
	}
	if e1.part < e3.part {
		e1, e3 = e3, e1
	}
	if e1.part < e2.part {
		e1, e2 = e2, e1
	}
	at := p0.base + p1.base + p2.base + p3.base
	var s sum
	s.add(g.nodes[at:], whole-e0.part)
	at += e0.stride
	s.add(g.nodes[at:], e0.part-e1.part)
	at += e1.stride
	s.add(g.nodes[at:], e1.part-e2.part)
	at += e2.stride
	s.add(g.nodes[at:], e2.part-e3.part)
	at += e3.stride
	s.add(g.nodes[at:], e3.part)
	return int64(s.a), int64(s.b), int64(s.c)
}

// sum is a weighted sum of nodes. The weights add up to whole, so that it fits.
type sum struct{ a, b, c uint32 }

func (s *sum) add(node []uint16, weight int32) {
	n := node[:outputs:len(node)]
	w := uint32(weight)
	s.a += w * uint32(n[0])
	s.b += w * uint32(n[1])
	s.c += w * uint32(n[2])
}
