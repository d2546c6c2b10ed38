package icc

import (
	"encoding/binary"
	"math"
)

// blueprint is a profile to be built. The zero value of a field stands for a screen's profile of version 2.
type blueprint struct {
	version    byte
	class      signature
	space, pcs signature
	tags       []builtTag
}

type builtTag struct {
	name signature
	data []byte
}

func (p blueprint) with(name signature, data []byte) blueprint {
	p.tags = append(p.tags[:len(p.tags):len(p.tags)], builtTag{name, data})
	return p
}

// build answers the bytes. Tags with the same contents share them, as in profiles by Apple and Google.
func (p blueprint) build() []byte {
	or := func(s, d signature) signature {
		if s == "" {
			return d
		}
		return s
	}
	b := make([]byte, headerSize)
	b[8] = max(p.version, 2)
	copy(b[12:], or(p.class, "mntr"))
	copy(b[16:], or(p.space, spaceRGB))
	copy(b[20:], or(p.pcs, pcsXYZ))
	copy(b[36:], magic)
	copy(b[68:], []byte{0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d}) // D50
	b = binary.BigEndian.AppendUint32(b, uint32(len(p.tags)))
	data := []byte{}
	seen := map[string]int{}
	start := len(b) + tagEntrySize*len(p.tags)
	for _, t := range p.tags {
		offset, ok := seen[string(t.data)]
		if !ok {
			offset = start + len(data)
			seen[string(t.data)] = offset
			data = append(data, t.data...)
			for len(data)%4 != 0 {
				data = append(data, 0)
			}
		}
		b = append(b, t.name...)
		b = binary.BigEndian.AppendUint32(b, uint32(offset))
		b = binary.BigEndian.AppendUint32(b, uint32(len(t.data)))
	}
	b = append(b, data...)
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

// primaries are colorants, relative to D50: a column of the matrix each.
type primaries [3][3]float64

// Colorants as the profiles of the field have them.
var (
	srgbPrimaries     = primaries{{0.43607, 0.22249, 0.01392}, {0.38515, 0.71687, 0.09708}, {0.14307, 0.06061, 0.71410}}
	p3Primaries       = primaries{{0.51512, 0.24120, -0.00105}, {0.29198, 0.69225, 0.04189}, {0.15710, 0.06657, 0.78407}}
	adobePrimaries    = primaries{{0.60974, 0.31111, 0.01947}, {0.20528, 0.62567, 0.06087}, {0.14919, 0.06322, 0.74457}}
	proPhotoPrimaries = primaries{{0.79767, 0.28804, 0}, {0.13519, 0.71188, 0}, {0.03134, 0.00009, 0.82491}}
	rec2020Primaries  = primaries{{0.67348, 0.27904, -0.00194}, {0.16566, 0.67534, 0.02998}, {0.12505, 0.04561, 0.79686}}
)

// screen is a profile of tone curves, all alike, and colorants.
func screen(version byte, p primaries, trc []byte) blueprint {
	b := blueprint{version: version}
	for i, s := range [...]signature{tagRedColorant, tagGreenColorant, tagBlueColorant} {
		b = b.with(s, xyzTag(p[i]))
	}
	return b.with(tagRedTRC, trc).with(tagGreenTRC, trc).with(tagBlueTRC, trc)
}

// greyscale is a profile of grey pictures.
func greyscale(pcs signature, trc []byte) blueprint {
	return blueprint{space: spaceGrey, pcs: pcs}.with(tagGreyTRC, trc)
}

// table is a profile that has a table of colours.
func table(version byte, space, pcs signature, tag []byte) blueprint {
	return blueprint{version: version, class: "prtr", space: space, pcs: pcs}.with(tagA2B0, tag)
}

func tagOf(kind signature) []byte { return append([]byte(kind), 0, 0, 0, 0) }

func appendFixed(b []byte, values ...float64) []byte {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(v*65536))))
	}
	return b
}

func append16(b []byte, values ...uint16) []byte {
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

func xyzTag(v [3]float64) []byte { return appendFixed(tagOf("XYZ "), v[:]...) }

// curv is a curveType: nothing for the identity, a gamma in units of 1/256, or samples.
func curv(entries ...uint16) []byte {
	return append16(binary.BigEndian.AppendUint32(tagOf("curv"), uint32(len(entries))), entries...)
}

// sampledCurve is a curveType with n samples of f.
func sampledCurve(n int, f func(float64) float64) []byte { return curv(samples(n, f)...) }

func samples(n int, f func(float64) float64) []uint16 {
	s := make([]uint16, n)
	for i := range s {
		s[i] = uint16(math.Round(f(float64(i)/float64(n-1)) * 65535))
	}
	return s
}

// para is a parametricCurveType.
func para(kind uint16, params ...float64) []byte {
	return appendFixed(append16(tagOf("para"), kind, 0), params...)
}

// srgbCurve is the tone curve of sRGB and Display P3.
func srgbCurve() []byte { return para(3, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045) }

// colours says what a table holds: the values, of [0, 1], for device values of [0, 1].
type colours func(device []float64) [3]float64

// nodesOf answers the nodes of a table with as many points along each input.
func nodesOf(points []int, f colours) []float64 {
	var nodes []float64
	device := make([]float64, len(points))
	var walk func(i int)
	walk = func(i int) {
		if i == len(points) {
			v := f(device)
			nodes = append(nodes, v[:]...)
			return
		}
		for n := range points[i] {
			device[i] = float64(n) / float64(points[i]-1)
			walk(i + 1)
		}
	}
	walk(0)
	return nodes
}

func quantized(nodes []float64, size int) []byte {
	var b []byte
	for _, v := range nodes {
		v = min(max(v, 0), 1)
		if size == 1 {
			b = append(b, byte(math.Round(v*255)))
		} else {
			b = append16(b, uint16(math.Round(v*65535)))
		}
	}
	return b
}

// mft1 is a lut8Type whose curves are in and out.
func mft1(inputs, points int, in, out func(float64) float64, f colours) []byte {
	b := append(tagOf("mft1"), byte(inputs), outputs, byte(points), 0)
	b = appendFixed(b, 1, 0, 0, 0, 1, 0, 0, 0, 1)
	curve := func(g func(float64) float64) {
		for i := range 256 {
			b = append(b, byte(math.Round(g(float64(i)/255)*255)))
		}
	}
	for range inputs {
		curve(in)
	}
	b = append(b, quantized(nodesOf(same(points, inputs), f), 1)...)
	for range outputs {
		curve(out)
	}
	return b
}

// mft2 is a lut16Type whose curves are in and out.
func mft2(inputs, points int, in, out func(float64) float64, f colours) []byte {
	const entriesIn, entriesOut = 256, 1024
	b := append(tagOf("mft2"), byte(inputs), outputs, byte(points), 0)
	b = appendFixed(b, 1, 0, 0, 0, 1, 0, 0, 0, 1)
	b = append16(b, entriesIn, entriesOut)
	for range inputs {
		b = append16(b, samples(entriesIn, in)...)
	}
	b = append(b, quantized(nodesOf(same(points, inputs), f), 2)...)
	for range outputs {
		b = append16(b, samples(entriesOut, out)...)
	}
	return b
}

func same(n, count int) []int {
	s := make([]int, count)
	for i := range s {
		s[i] = n
	}
	return s
}

// aToB is a lutAToBType. Its parts may be nil, but for b.
type aToB struct {
	a      [][]byte
	points []int
	size   int // of a value, in bytes
	nodes  colours
	m      [][]byte
	matrix []float64
	b      [][]byte
}

func (l aToB) tag(inputs int) []byte {
	b := append(tagOf("mAB "), byte(inputs), outputs, 0, 0)
	b = append(b, make([]byte, 20)...)
	part := func(field int) {
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
		binary.BigEndian.PutUint32(b[field:], uint32(len(b)))
	}
	curves := func(field int, c [][]byte) {
		if c == nil {
			return
		}
		part(field)
		for _, v := range c {
			b = append(b, v...)
			for len(b)%4 != 0 {
				b = append(b, 0)
			}
		}
	}
	curves(12, l.b)
	if l.matrix != nil {
		part(16)
		b = appendFixed(b, l.matrix...)
	}
	curves(20, l.m)
	if l.points != nil {
		part(24)
		var head [20]byte
		for i, n := range l.points {
			head[i] = byte(n)
		}
		head[16] = byte(l.size)
		b = append(b, head[:]...)
		b = append(b, quantized(nodesOf(l.points, l.nodes), l.size)...)
	}
	curves(28, l.a)
	return b
}
