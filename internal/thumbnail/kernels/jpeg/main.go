// Command jpeg generates the AVX2 kernels of package jpeg: its inverse DCTs of 4 to 8 points.
//
// A register holds a row of coefficients in 32 bits each, so that one pass goes over all columns at once and the
// sums wrap as those of scalar code do. Between the passes, and for the samples, rows and columns change places.
package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	inverse(4, 12, 3, idct4)
	inverse(5, 12, 3, idct5)
	inverse(6, 12, 3, idct6)
	inverse(7, 12, 3, idct7)
	inverse(8, 13, 2, idct8)
	Generate()
}

type vector = reg.VecVirtual

// inverse makes the kernel of n points. Its constants have fixed bits behind the point, and pass bits are kept
// between the passes. Points makes n sums of n coefficients, the first of which is shifted and rounded.
func inverse(n, fixed, pass int, points func(s []vector) []vector) {
	TEXT(fmt.Sprintf("idct%dVector", n), NOSPLIT, "func(b *int16, out *uint8, stride int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("idct%dVector is idct%d. It reads %d coefficients.", n, n, n*(n-1)+8))
	b := Load(Param("b"), GP64())
	out := Load(Param("out"), GP64())
	stride := Load(Param("stride"), GP64())

	rows := make([]vector, n)
	for i := range rows {
		rows[i] = YMM()
		VPMOVSXWD(operand.Mem{Base: b, Disp: 2 * n * i}, rows[i])
	}
	rows = passOver(rows, points, fixed, fixed-pass, 1<<(fixed-pass-1))
	columns := transpose(rows)
	shift := fixed + pass + 3
	columns = passOver(columns, points, fixed, shift, 128<<shift+1<<(shift-1))
	store(columns, out, stride)
	VZEROUPPER()
	RET()
}

// passOver runs the points of one direction and shifts the sums down again.
func passOver(s []vector, points func(s []vector) []vector, fixed, shift, round int) []vector {
	VPSLLD(operand.Imm(uint64(fixed)), s[0], s[0])
	VPADDD(constant(round), s[0], s[0])
	sums := points(s)
	for _, v := range sums {
		VPSRAD(operand.Imm(uint64(shift)), v, v)
	}
	return sums
}

// transpose swaps rows and columns of up to 8 rows of 8. Rows that are missing are of no matter.
func transpose(rows []vector) []vector {
	n := len(rows)
	at := func(i int) vector { return rows[i%n] }
	var pairs, quads [8]vector
	for i := range 4 {
		pairs[2*i], pairs[2*i+1] = YMM(), YMM()
		VPUNPCKLDQ(at(2*i+1), at(2*i), pairs[2*i])
		VPUNPCKHDQ(at(2*i+1), at(2*i), pairs[2*i+1])
	}
	for i := range 2 {
		a, b := pairs[4*i:4*i+2], pairs[4*i+2:4*i+4]
		for j := range 2 {
			quads[4*i+2*j], quads[4*i+2*j+1] = YMM(), YMM()
			VPUNPCKLQDQ(b[j], a[j], quads[4*i+2*j])
			VPUNPCKHQDQ(b[j], a[j], quads[4*i+2*j+1])
		}
	}
	columns := make([]vector, n)
	for i := range columns {
		columns[i] = YMM()
		half := uint64(0x20)
		if i >= 4 {
			half = 0x31
		}
		VPERM2I128(operand.Imm(half), quads[4+i%4], quads[i%4], columns[i])
	}
	return columns
}

// store clamps columns of samples to bytes and stores them as rows of n.
func store(columns []vector, out, stride reg.Register) {
	n := len(columns)
	four := func(c []vector) vector { // four columns: in each half of the register their samples of four rows
		at := func(i int) vector { return c[min(i, len(c)-1)] }
		low, high := YMM(), YMM()
		VPACKSSDW(at(1), at(0), low)
		VPACKSSDW(at(3), at(2), high)
		VPACKUSWB(high, low, low)
		VPSHUFB(byRow(), low, low)
		return low
	}
	left := four(columns[:4])
	halves := []vector{left}
	if n > 4 {
		right := four(columns[4:])
		upper := YMM()
		VPUNPCKHDQ(right, left, upper) // rows 2, 3 and 6, 7
		VPUNPCKLDQ(right, left, left)  // rows 0, 1 and 4, 5
		halves = []vector{left, upper}
	}
	perRegister := 4 / len(halves)
	for y := range n {
		half := halves[y%4/perRegister].AsX()
		if y == 4 { // the upper halves, from here on
			for _, h := range halves {
				VEXTRACTI128(operand.Imm(1), h, h.AsX())
			}
		}
		row := GP64()
		if n == 4 {
			VPEXTRD(operand.Imm(uint64(y)), half, row.As32())
			MOVL(row.As32(), operand.Mem{Base: out})
		} else {
			if y%2 == 0 {
				VMOVQ(half, row)
			} else {
				VPEXTRQ(operand.Imm(1), half, row)
			}
			storeRow(n, row, out)
		}
		if y < n-1 {
			ADDQ(stride, out)
		}
	}
}

// storeRow stores n bytes, 5 to 8: four at the beginning and four at the end.
func storeRow(n int, row reg.GPVirtual, out reg.Register) {
	if n == 8 {
		MOVQ(row, operand.Mem{Base: out})
		return
	}
	MOVL(row.As32(), operand.Mem{Base: out})
	SHRQ(operand.Imm(uint64(8*(n-4))), row)
	MOVL(row.As32(), operand.Mem{Base: out, Disp: n - 4})
}

// byRow returns the shuffle that turns four columns of four bytes into rows.
func byRow() operand.Mem {
	return global("byRow", func() {
		for lane := range 2 {
			for i := range 16 {
				DATA(16*lane+i, operand.U8(uint8(i%4*4+i/4)))
			}
		}
	})
}

// constant returns 8 times v.
func constant(v int) operand.Mem {
	return global(fmt.Sprintf("times8of%d", v), func() {
		for i := range 8 {
			DATA(4*i, operand.U32(uint32(int32(v))))
		}
	})
}

var globals = map[string]operand.Mem{}

// global returns a constant, which fill makes where it is new.
func global(name string, fill func()) operand.Mem {
	m, ok := globals[name]
	if !ok {
		m = GLOBL(name, RODATA|NOPTR)
		fill()
		globals[name] = m
	}
	return m
}

func add(a, b vector) vector { v := YMM(); VPADDD(b, a, v); return v }
func sub(a, b vector) vector { v := YMM(); VPSUBD(b, a, v); return v }

// times returns s multiplied by a constant.
func times(s vector, c int) vector {
	v := YMM()
	VPMULLD(constant(c), s, v)
	return v
}

// shifted returns s as a number with 12 bits behind the point.
func shifted(s vector) vector {
	v := YMM()
	VPSLLD(operand.Imm(12), s, v)
	return v
}

// cosine returns the square root of 2 times the cosine of k*pi/2n.
func cosine(n, k int) int {
	return int(math.Round(math.Sqrt2 * math.Cos(float64(k)*math.Pi/float64(2*n)) * (1 << 12)))
}

const root2 = 5793

// mirror returns the sums of even and odd parts, and their differences the other way round.
func mirror(n int, even, odd []vector) []vector {
	sums := make([]vector, n)
	for i, o := range odd {
		sums[i], sums[n-1-i] = add(even[i], o), sub(even[i], o)
	}
	if n%2 == 1 {
		sums[n/2] = even[n/2]
	}
	return sums
}

func idct4(s []vector) []vector {
	c1, c3 := cosine(4, 1), cosine(4, 3)
	s2 := shifted(s[2])
	even := []vector{add(s[0], s2), sub(s[0], s2)}
	odd := []vector{add(times(s[1], c1), times(s[3], c3)), sub(times(s[1], c3), times(s[3], c1))}
	return mirror(4, even, odd)
}

func idct5(s []vector) []vector {
	c1, c2, c3, c4 := cosine(5, 1), cosine(5, 2), cosine(5, 3), cosine(5, 4)
	even := []vector{
		add(add(s[0], times(s[2], c2)), times(s[4], c4)),
		sub(sub(s[0], times(s[2], c4)), times(s[4], c2)),
		add(s[0], times(sub(s[4], s[2]), root2)),
	}
	odd := []vector{add(times(s[1], c1), times(s[3], c3)), sub(times(s[1], c3), times(s[3], c1))}
	return mirror(5, even, odd)
}

func idct6(s []vector) []vector {
	c2, c4, c5 := cosine(6, 2), cosine(6, 4), cosine(6, 5)
	e := add(s[0], times(s[4], c4))
	wide := times(s[2], c2)
	even := []vector{add(e, wide), sub(s[0], times(s[4], 2*c4)), sub(e, wide)}
	o := times(add(s[1], s[5]), c5)
	odd := []vector{
		add(o, shifted(add(s[1], s[3]))),
		shifted(sub(sub(s[1], s[3]), s[5])),
		add(o, shifted(sub(s[5], s[3]))),
	}
	return mirror(6, even, odd)
}

func idct7(s []vector) []vector {
	c := func(k int) int { return cosine(7, k) }
	even := []vector{
		add(add(add(s[0], times(s[2], c(2))), times(s[4], c(4))), times(s[6], c(6))),
		sub(sub(add(s[0], times(s[2], c(6))), times(s[4], c(2))), times(s[6], c(4))),
		add(sub(sub(s[0], times(s[2], c(4))), times(s[4], c(6))), times(s[6], c(2))),
		sub(s[0], times(add(sub(s[2], s[4]), s[6]), root2)),
	}
	odd := []vector{
		add(add(times(s[1], c(1)), times(s[3], c(3))), times(s[5], c(5))),
		sub(sub(times(s[1], c(3)), times(s[3], c(5))), times(s[5], c(1))),
		add(sub(times(s[1], c(5)), times(s[3], c(1))), times(s[5], c(3))),
	}
	return mirror(7, even, odd)
}

// idct8 is by Loeffler, Ligtenberg and Moschytz, as the scalar one.
func idct8(s []vector) []vector {
	z := times(add(s[2], s[6]), 4433)
	a, b := add(z, times(s[2], 6270)), sub(z, times(s[6], 15137))
	s4 := YMM()
	VPSLLD(operand.Imm(13), s[4], s4)
	plus, minus := add(s[0], s4), sub(s[0], s4)
	even := []vector{add(plus, a), add(minus, b), sub(minus, b), sub(plus, a)}

	s73, s51 := add(s[7], s[3]), add(s[5], s[1])
	z5 := times(add(s73, s51), 9633)
	z3, z4 := sub(z5, times(s73, 16069)), sub(z5, times(s51, 3196))
	z1, z2 := times(add(s[7], s[1]), 7373), times(add(s[5], s[3]), 20995)
	odd := []vector{
		add(sub(times(s[1], 12299), z1), z4),
		add(sub(times(s[3], 25172), z2), z3),
		add(sub(times(s[5], 16819), z2), z4),
		add(sub(times(s[7], 2446), z1), z3),
	}
	return mirror(8, even, odd)
}
