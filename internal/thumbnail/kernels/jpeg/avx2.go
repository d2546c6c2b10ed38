package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func generateAVX2() {
	for _, t := range transforms {
		inverse(t)
	}
	Generate()
}

// inverse makes a kernel. A register holds a whole row.
func inverse(t transform) {
	TEXT(fmt.Sprintf("idct%dVector", t.n), NOSPLIT, "func(b *int16, out *uint8, stride int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("idct%dVector is idct%d. It may read up to 16 bytes from every row on.", t.n, t.n))
	b := Load(Param("b"), GP64())
	out := Load(Param("out"), GP64())
	stride := Load(Param("stride"), GP64())

	rows := make([]reg.VecVirtual, t.n)
	for i := range rows {
		rows[i] = YMM()
		VPMOVSXWD(operand.Mem{Base: b, Disp: 2 * t.n * i}, rows[i])
	}
	shift, round := t.columns()
	rows = passOver(rows, t.fixed, shift, round)
	shift, round = t.rows()
	columns := passOver(transpose(rows), t.fixed, shift, round)
	store(columns, out, stride)
	VZEROUPPER()
	RET()
}

// passOver runs the points of one direction and shifts the sums down again.
func passOver(s []reg.VecVirtual, fixed, shift, round int) []reg.VecVirtual {
	VPSLLD(operand.Imm(uint64(fixed)), s[0], s[0])
	VPADDD(constant(round), s[0], s[0])
	sums := points(avx2{}, s)
	for _, v := range sums {
		VPSRAD(operand.Imm(uint64(shift)), v, v)
	}
	return sums
}

type avx2 struct{}

func (avx2) add(a, b reg.VecVirtual) reg.VecVirtual {
	v := YMM()
	VPADDD(b, a, v)
	return v
}

func (avx2) sub(a, b reg.VecVirtual) reg.VecVirtual {
	v := YMM()
	VPSUBD(b, a, v)
	return v
}

func (avx2) times(a reg.VecVirtual, c int) reg.VecVirtual {
	v := YMM()
	VPMULLD(constant(c), a, v)
	return v
}

func (avx2) shifted(a reg.VecVirtual, bits int) reg.VecVirtual {
	v := YMM()
	VPSLLD(operand.Imm(uint64(bits)), a, v)
	return v
}

// transpose swaps rows and columns of up to 8 rows of 8. Rows that are missing are of no matter.
func transpose(rows []reg.VecVirtual) []reg.VecVirtual {
	at := func(i int) reg.VecVirtual { return rows[i%len(rows)] }
	var pairs, quads [8]reg.VecVirtual
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
	columns := make([]reg.VecVirtual, len(rows))
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
func store(columns []reg.VecVirtual, out, stride reg.Register) {
	n := len(columns)
	halves := []reg.VecVirtual{fourColumns(columns[:4])}
	if n > 4 {
		left, right := halves[0], fourColumns(columns[4:])
		upper := YMM()
		VPUNPCKHDQ(right, left, upper) // rows 2, 3 and 6, 7
		VPUNPCKLDQ(right, left, left)  // rows 0, 1 and 4, 5
		halves = append(halves, upper)
	}
	for y := range n {
		if y == 4 { // the upper halves, from here on
			for _, h := range halves {
				VEXTRACTI128(operand.Imm(1), h, h.AsX())
			}
		}
		row := GP64()
		switch {
		case n == 4:
			VPEXTRD(operand.Imm(uint64(y)), halves[0].AsX(), row.As32())
			MOVL(row.As32(), operand.Mem{Base: out})
		case y%2 == 0:
			VMOVQ(halves[y%4/2].AsX(), row)
			storeRow(n, row, out)
		default:
			VPEXTRQ(operand.Imm(1), halves[y%4/2].AsX(), row)
			storeRow(n, row, out)
		}
		if y < n-1 {
			ADDQ(stride, out)
		}
	}
}

// fourColumns clamps up to four columns to bytes. Each half of the result holds four rows of them.
func fourColumns(c []reg.VecVirtual) reg.VecVirtual {
	at := func(i int) reg.VecVirtual { return c[min(i, len(c)-1)] }
	low, high := YMM(), YMM()
	VPACKSSDW(at(1), at(0), low)
	VPACKSSDW(at(3), at(2), high)
	VPACKUSWB(high, low, low)
	VPSHUFB(byRow(), low, low)
	return low
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
