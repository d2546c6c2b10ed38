// Command png generates the AVX2 kernels of package png.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	subtractPaeth()
	magnitude()
	undoSub()
	undoAverage()
	undoPaeth()
	Generate()
}

// mem returns the memory at base plus bytes.
func mem(base reg.Register, bytes int) operand.Mem { return operand.Mem{Base: base, Disp: bytes} }

// subtractPaeth does 32 bytes at a time without leaving bytes. The distances of a+b-c to a and b are
// |b-c| and |a-c|; that to c is their sum when a and b lie on one side of c, and their difference when
// c lies between. The sum may saturate: it only has to be as large as each of the two.
func subtractPaeth() {
	TEXT("subtractPaethVector", NOSPLIT, "func(dst, x, a, b, c *byte, n int)")
	Pragma("noescape")
	Doc("subtractPaethVector is subtractPaethScalar for a multiple of 32 bytes.")
	dst := Load(Param("dst"), GP64())
	x := Load(Param("x"), GP64())
	a := Load(Param("a"), GP64())
	b := Load(Param("b"), GP64())
	c := Load(Param("c"), GP64())
	n := Load(Param("n"), GP64())

	Label("bytes")
	left, up, corner := YMM(), YMM(), YMM()
	VMOVDQU(mem(a, 0), left)
	VMOVDQU(mem(b, 0), up)
	VMOVDQU(mem(c, 0), corner)
	// away sets distance to |v-corner| and above to where v is not below the corner.
	away := func(v reg.VecVirtual) (distance, above reg.VecVirtual) {
		most, least := YMM(), YMM()
		VPMAXUB(corner, v, most)
		VPMINUB(corner, v, least)
		distance, above = YMM(), YMM()
		VPSUBB(least, most, distance)
		VPCMPEQB(v, most, above)
		return distance, above
	}
	pa, upAbove := away(up)
	pb, leftAbove := away(left)
	sum, most, least, pc := YMM(), YMM(), YMM(), YMM()
	VPADDUSB(pa, pb, sum)
	VPMAXUB(pa, pb, most)
	VPMINUB(pa, pb, least)
	VPSUBB(least, most, pc)
	VPCMPEQB(upAbove, leftAbove, leftAbove)
	VPBLENDVB(leftAbove, sum, pc, pc)
	// The first of a, b and c whose distance is the least.
	VPMINUB(pc, least, most)
	VPCMPEQB(most, pa, pa)
	VPCMPEQB(most, pb, pb)
	VPBLENDVB(pb, up, corner, corner)
	VPBLENDVB(pa, left, corner, corner)
	row := YMM()
	VMOVDQU(mem(x, 0), row)
	VPSUBB(corner, row, row)
	VMOVDQU(row, mem(dst, 0))
	for _, p := range []reg.Register{dst, x, a, b, c} {
		ADDQ(operand.Imm(32), p)
	}
	SUBQ(operand.Imm(32), n)
	JNZ(operand.LabelRef("bytes"))
	VZEROUPPER()
	RET()
}

func magnitude() {
	TEXT("magnitudeVector", NOSPLIT, "func(v *byte, n int) int")
	Pragma("noescape")
	Doc("magnitudeVector is magnitudeScalar for a multiple of 32 bytes.")
	v := Load(Param("v"), GP64())
	n := Load(Param("n"), GP64())
	zero, sum := YMM(), YMM()
	VPXOR(zero, zero, zero)
	VPXOR(sum, sum, sum)
	Label("bytes")
	part := YMM()
	VPABSB(mem(v, 0), part)
	VPSADBW(zero, part, part)
	VPADDQ(part, sum, sum)
	ADDQ(operand.Imm(32), v)
	SUBQ(operand.Imm(32), n)
	JNZ(operand.LabelRef("bytes"))
	high := XMM()
	VEXTRACTI128(operand.Imm(1), sum, high)
	VPADDQ(high, sum.AsX(), high)
	VPSHUFD(operand.Imm(0xee), high, sum.AsX())
	VPADDQ(high, sum.AsX(), high)
	total := GP64()
	VMOVQ(high, total)
	Store(total, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// undo makes a kernel that goes from pixel to pixel and leaves each in a register for the next: step
// gets pointers to the filtered pixel and the one above, and returns the register to store.
func undo(name, scalar string, start func(), step func(src, prev operand.Mem) reg.VecVirtual) {
	TEXT(name, NOSPLIT, "func(dst, src, prev *byte, bpp, pixels int)")
	Pragma("noescape")
	Doc(name+" undoes filter type "+scalar+" for pixels of bpp bytes, at most 8, from the beginning of a row.",
		"It reads and writes 8 bytes for each.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	prev := Load(Param("prev"), GP64())
	bpp := Load(Param("bpp"), GP64())
	pixels := Load(Param("pixels"), GP64())
	start()
	Label("pixels")
	VMOVQ(step(mem(src, 0), mem(prev, 0)), mem(dst, 0))
	for _, p := range []reg.Register{dst, src, prev} {
		ADDQ(bpp, p)
	}
	DECQ(pixels)
	JNZ(operand.LabelRef("pixels"))
	RET()
}

func undoSub() {
	var left reg.VecVirtual
	undo("undoSubVector", "Sub", func() {
		left = XMM()
		VPXOR(left, left, left)
	}, func(src, _ operand.Mem) reg.VecVirtual {
		x := XMM()
		VMOVQ(src, x)
		VPADDB(x, left, left)
		return left
	})
}

// undoAverage keeps the complement of the pixel to the left: the average that the machine knows rounds
// up, so that of complements is the complement of the one rounded down; and with it the complement of
// the sum is one subtraction away.
func undoAverage() {
	var left, ones reg.VecVirtual
	undo("undoAverageVector", "Average", func() {
		left, ones = XMM(), XMM()
		VPCMPEQB(ones, ones, ones)
		VMOVDQA(ones, left)
	}, func(src, prev operand.Mem) reg.VecVirtual {
		x, up, out := XMM(), XMM(), XMM()
		VMOVQ(src, x)
		VMOVQ(prev, up)
		VPXOR(ones, up, up)
		VPAVGB(up, left, left)
		VPSUBB(x, left, left)
		VPXOR(ones, left, out)
		return out
	})
}

// undoPaeth works in words. What waits for the pixel to the left is kept short: the three possible
// results are made beforehand, and one is picked.
func undoPaeth() {
	var left, corner reg.VecVirtual
	undo("undoPaethVector", "Paeth", func() {
		left, corner = XMM(), XMM()
		VPXOR(left, left, left)
		VPXOR(corner, corner, corner)
	}, func(src, prev operand.Mem) reg.VecVirtual {
		x, up := XMM(), XMM()
		VPMOVZXBW(src, x)
		VPMOVZXBW(prev, up)
		pa, distance, byUp, byCorner := XMM(), XMM(), XMM(), XMM()
		VPSUBW(corner, up, distance)
		VPABSW(distance, pa)
		VPADDB(x, up, byUp)
		VPADDB(x, corner, byCorner)
		VPXOR(byUp, byCorner, byCorner) // what turns one into the other

		pb, pc, least := XMM(), XMM(), XMM()
		VPSUBW(corner, left, pb)
		VPADDW(distance, pb, pc)
		VPADDB(x, left, left)
		VPABSW(pb, pb)
		VPABSW(pc, pc)
		VPMINSW(pc, pb, least)
		VPCMPGTW(pc, pb, pc)       // c is nearer than b
		VPCMPGTW(least, pa, least) // a is not the nearest
		VPAND(pc, byCorner, byCorner)
		VPXOR(byCorner, byUp, byUp)
		VPAND(least, byUp, byUp)
		VPANDN(left, least, left)
		VPOR(byUp, left, left)
		VMOVDQA(up, corner)
		out := XMM()
		VPACKUSWB(left, left, out)
		return out
	})
}
