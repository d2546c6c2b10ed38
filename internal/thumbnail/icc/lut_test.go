package icc

import (
	"math"
	"slices"
	"testing"
)

// The colours of these tables are straight lines over the device values, so that interpolation adds nothing and
// the reference needs to know neither grids nor simplices.

func straightRGB(d []float64) vector {
	return vector{5 + 95*(0.3*d[0]+0.6*d[1]+0.1*d[2]), 30 * (d[0] - d[1]), 30 * (0.5*d[0] + 0.5*d[1] - d[2])}
}

func straightCMYK(d []float64) vector {
	return vector{
		100 - 15*d[0] - 20*d[1] - 5*d[2] - 52*d[3],
		-20*d[0] + 30*d[1] - 5*d[2],
		-25*d[0] - 5*d[1] + 40*d[2],
	}
}

// eighthsRGB and twelfthsCMYK are such that 8 bits hold their nodes exactly, in tables with 9 points a side and
// with up to 5.

func eighthsRGB(d []float64) vector {
	return vector{
		(12 + 72*d[0] + 120*d[1] + 48*d[2]) * 100 / 255,
		48 * (d[0] - d[1]),
		48 * (d[1] - d[2]),
	}
}

func twelfthsCMYK(d []float64) vector {
	return vector{
		(252 - 36*d[0] - 48*d[1] - 12*d[2] - 132*d[3]) * 100 / 255,
		-48*d[0] + 72*d[1] - 12*d[2],
		-60*d[0] - 12*d[1] + 96*d[2],
	}
}

// legacy and general code L*, a* and b*, as lut16Type and the other tables do.
func legacy(f func([]float64) vector) colours {
	return func(d []float64) [3]float64 { v := f(d); return legacyLab(v[0], v[1], v[2]) }
}

func general(f func([]float64) vector) colours {
	return func(d []float64) [3]float64 {
		v := f(d)
		return [3]float64{v[0] / 100, (v[1] + 128) / 255, (v[2] + 128) / 255}
	}
}

// encodedXYZ codes XYZ: 1.0 is 0x8000.
func encodedXYZ(d []float64) [3]float64 {
	v := straightXYZ(d)
	return [3]float64{v[0] * 0.9642 * 32768 / 65535, v[1] * 32768 / 65535, v[2] * 0.8249 * 32768 / 65535}
}

func straightXYZ(d []float64) vector {
	v := srgbPrimaries.mix(vector(d))
	for i := range v {
		v[i] = 0.01 + 0.99*v[i]
	}
	return v
}

func square(x float64) float64 { return x * x }

func xyzOfLab(f func([]float64) vector) func([]float64) vector {
	return func(d []float64) vector { return referenceXYZ(f(d)) }
}

// after applies a curve to device values first.
func after(curve func(float64) float64, f func([]float64) vector) func([]float64) vector {
	return func(d []float64) vector {
		d = slices.Clone(d)
		for i := range d {
			d[i] = curve(d[i])
		}
		return f(d)
	}
}

// I10
func TestTables(t *testing.T) {
	plain := [][]byte{curv(), curv(), curv()}
	squares := [][]byte{para(0, 2), para(0, 2), para(0, 2)}
	squares4 := append(squares, para(0, 2))
	half := []float64{ // takes linear light to half of XYZ, and so to how it is encoded
		0.43607 / 2, 0.38515 / 2, 0.14307 / 2,
		0.22249 / 2, 0.71687 / 2, 0.06061 / 2,
		0.01392 / 2, 0.09708 / 2, 0.71410 / 2,
		0, 0, 0,
	}
	for i, v := range half {
		half[i] = v * 65536 / 65535
	}
	lightOf := func(d []float64) vector { return srgbPrimaries.mix(vector(d)) }
	third := func(d []float64) [3]float64 { // mixes channels without leaving [0, 1]
		s := (d[0] + d[1] + d[2]) / 3
		return [3]float64{(d[0] + s) / 2, (d[1] + s) / 2, (d[2] + s) / 2}
	}
	v4Black := vector{0.00336 / 0.9642, 0.0034731, 0.00287 / 0.8249}
	for _, c := range []struct {
		name    string
		profile blueprint
		inputs  int
		xyz     func([]float64) vector
		v4      bool
	}{
		{"lut8, Lab", table(2, spaceRGB, pcsLab, mft1(3, 9, identity, identity, general(eighthsRGB))), 3, xyzOfLab(eighthsRGB), false},
		{"lut16, Lab", table(2, spaceRGB, pcsLab, mft2(3, 9, identity, identity, legacy(straightRGB))), 3, xyzOfLab(straightRGB), false},
		{"lut16, Lab, curves", table(2, spaceRGB, pcsLab, mft2(3, 5, square, identity, legacy(straightRGB))), 3,
			xyzOfLab(after(square, straightRGB)), false},
		{"lut16, XYZ", table(2, spaceRGB, pcsXYZ, mft2(3, 9, identity, identity, encodedXYZ)), 3, straightXYZ, false},
		{"lut16, version 4", table(4, spaceRGB, pcsLab, mft2(3, 9, identity, identity, legacy(straightRGB))), 3, xyzOfLab(straightRGB), true},
		{"lut8, CMYK", table(2, spaceCMYK, pcsLab, mft1(4, 5, identity, identity, general(twelfthsCMYK))), 4, xyzOfLab(twelfthsCMYK), false},
		{"lut16, CMYK", table(2, spaceCMYK, pcsLab, mft2(4, 5, square, identity, legacy(straightCMYK))), 4,
			xyzOfLab(after(square, straightCMYK)), false},
		{"A to B, table of 16 bits", table(4, spaceRGB, pcsLab,
			aToB{a: squares, points: []int{3, 4, 5}, size: 2, nodes: general(straightRGB), b: plain}.tag(3)), 3,
			xyzOfLab(after(square, straightRGB)), true},
		{"A to B, CMYK, table of 8 bits", table(4, spaceCMYK, pcsLab,
			aToB{a: squares4, points: []int{2, 3, 4, 5}, size: 1, nodes: general(twelfthsCMYK), b: plain}.tag(4)), 4,
			xyzOfLab(after(square, twelfthsCMYK)), true},
		{"A to B, matrix", table(4, spaceRGB, pcsXYZ, aToB{m: squares, matrix: half, b: plain}.tag(3)), 3,
			after(square, lightOf), true},
		{"A to B, all of it", table(4, spaceRGB, pcsXYZ,
			aToB{a: squares, points: []int{2, 3, 2}, size: 2, nodes: third, m: squares, matrix: half, b: plain}.tag(3)), 3,
			after(square, func(d []float64) vector {
				v := third(d)
				return after(square, lightOf)(v[:])
			}), true},
		{"A to B, last curves only", table(4, spaceRGB, pcsXYZ, aToB{b: squares}.tag(3)), 3, func(d []float64) vector {
			return vector{d[0] * d[0] * 1.99997 / 0.9642, d[1] * d[1] * 1.99997, d[2] * d[2] * 1.99997 / 0.8249}
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Parse(c.profile.build())
			if err != nil {
				t.Fatal(err)
			}
			pix := cubeOf(c.inputs)
			n := len(pix) / c.inputs
			black := v4Black
			if dark := []float64{0, 0, 0}; !c.v4 {
				if c.inputs == 4 {
					dark = []float64{1, 1, 1, 1}
				}
				black = c.xyz(dark)
			}
			want := make([]byte, 0, 3*n)
			for i := range n {
				rgb := referenceSRGB(c.xyz(unit(pix[i*c.inputs:(i+1)*c.inputs])), black)
				want = append(want, rgb[:]...)
			}
			got := slices.Clone(pix)
			if c.inputs == 4 {
				got = make([]byte, 3*n)
				ink := planes(pix)
				p.ApplyCMYK(got, ink[0], ink[1], ink[2], ink[3])
			} else {
				p.Apply(got, 3)
			}
			if d, i := difference(got, want); d > 1 {
				i /= 3
				t.Errorf("%v becomes %v, not %v", pix[i*c.inputs:(i+1)*c.inputs], got[3*i:3*i+3], want[3*i:3*i+3])
			}
		})
	}
}

// I10: the last curves of a lut16Type undo what its nodes are coded with.
func TestLastCurves(t *testing.T) {
	roots := func(d []float64) [3]float64 {
		v := legacy(straightRGB)(d)
		return [3]float64{math.Sqrt(v[0]), math.Sqrt(v[1]), math.Sqrt(v[2])}
	}
	p, err := Parse(table(2, spaceRGB, pcsLab, mft2(3, 2, identity, square, roots)).build())
	if err != nil {
		t.Fatal(err)
	}
	black := referenceXYZ(straightRGB([]float64{0, 0, 0}))
	for i := range 8 { // the nodes; between them roots are no straight lines
		in := []byte{byte(i & 1 * 255), byte(i >> 1 & 1 * 255), byte(i >> 2 & 1 * 255)}
		want := referenceSRGB(referenceXYZ(straightRGB(unit(in))), black)
		got := slices.Clone(in)
		p.Apply(got, 3)
		if d, _ := difference(got, want[:]); d > 1 {
			t.Errorf("%v becomes %v, not %v", in, got, want)
		}
	}
}

// Between nodes that are far apart, equal channels stay neutral however bent the colours are beside them.
func TestGreysStayGrey(t *testing.T) {
	bent := func(d []float64) vector {
		return vector{100 * (d[0] + d[1] + d[2]) / 3, 80 * (d[0]*d[0] - d[1]*d[1]), 80 * (d[1]*d[2] - d[0]*d[2])}
	}
	p, err := Parse(table(2, spaceRGB, pcsLab, mft2(3, 3, identity, identity, legacy(bent))).build())
	if err != nil {
		t.Fatal(err)
	}
	for v := range 256 {
		got := []byte{byte(v), byte(v), byte(v)}
		p.Apply(got, 3)
		if d, _ := difference(got[:2], got[1:]); d > 1 {
			t.Errorf("grey %d becomes %v", v, got)
		}
	}
}

// A negative X of the matrix is not clipped, so that the colour's red comes out right.
func TestColoursBeyondTheConnectionSpace(t *testing.T) {
	plain := [][]byte{curv(), curv(), curv()}
	matrix := []float64{1, -0.5, 0, 0, 0.5, 0, 0, 0, 0.5, 0, 0, 0}
	p, err := Parse(table(4, spaceRGB, pcsXYZ, aToB{m: plain, matrix: matrix, b: plain}.tag(3)).build())
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range [][]byte{{20, 80, 200}, {0, 60, 255}, {30, 100, 90}} {
		d := unit(in)
		const most = 1 + 32767.0/32768
		xyz := vector{(d[0] - 0.5*d[1]) * most / 0.9642, 0.5 * d[1] * most, 0.5 * d[2] * most / 0.8249}
		want := referenceSRGB(xyz, vector{0.00336 / 0.9642, 0.0034731, 0.00287 / 0.8249})
		got := slices.Clone(in)
		p.Apply(got, 3)
		if diff, _ := difference(got, want[:]); diff > 1 {
			t.Errorf("%v becomes %v, not %v", in, got, want)
		}
	}
}

// "M" curves may come without a matrix.
func TestMiddleCurvesAlone(t *testing.T) {
	plain := [][]byte{curv(), curv(), curv()}
	squares := [][]byte{para(0, 2), para(0, 2), para(0, 2)}
	parse := func(l aToB) *Transform {
		p, err := Parse(table(4, spaceRGB, pcsXYZ, l.tag(3)).build())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	middle, last := parse(aToB{m: squares, b: plain}), parse(aToB{b: squares})
	if d, _ := difference(middle.convert(), last.convert()); d > 1 {
		t.Errorf("curves in the middle make other colours than at the end, by %d", d)
	}
}
