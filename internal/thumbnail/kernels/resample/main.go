// Command resample generates the AVX2 kernels of package resample.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	vertical()
	horizontal()
	deinterleave3()
	deinterleave4()
	interleave3()
	premultiply()
	Generate()
}

// mem returns the memory at base plus bytes.
func mem(base reg.Register, bytes int) operand.Mem { return operand.Mem{Base: base, Disp: bytes} }

// broadcast returns a register with 8 times v.
func broadcast(v int) reg.VecVirtual {
	r32, x, y := GP32(), XMM(), YMM()
	MOVL(operand.U32(uint32(v)), r32)
	VMOVD(r32, x)
	VPBROADCASTD(x, y)
	return y
}

// vertical makes 32 columns at a time of two rows at a time: the bytes of both rows side by side as pairs
// of words, multiplied by the pair of weights and added up in 32 bits.
func vertical() {
	TEXT("verticalVector", NOSPLIT, "func(dst *int16, src *byte, stride, columns int, weights *int16, pairs int)")
	Pragma("noescape")
	Doc("verticalVector is verticalScalar for a multiple of 32 columns and an even number of rows.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	stride := Load(Param("stride"), GP64())
	columns := Load(Param("columns"), GP64())
	weights := Load(Param("weights"), GP64())
	pairs := Load(Param("pairs"), GP64())

	half := broadcast(1 << 7)
	zero := YMM()
	VPXOR(zero, zero, zero)
	row, w, left := GP64(), GP64(), GP64()
	var sums [4]reg.VecVirtual
	for i := range sums {
		sums[i] = YMM()
	}

	Label("columns")
	for _, s := range sums {
		VMOVDQA(half, s)
	}
	MOVQ(src, row)
	MOVQ(weights, w)
	MOVQ(pairs, left)

	Label("rows")
	first, second, pair := YMM(), YMM(), YMM()
	VMOVDQU(mem(row, 0), first)
	VMOVDQU(operand.Mem{Base: row, Index: stride, Scale: 1}, second)
	VPBROADCASTD(mem(w, 0), pair)
	low, high := YMM(), YMM()
	VPUNPCKLBW(second, first, low)
	VPUNPCKHBW(second, first, high)
	for i, s := range sums {
		bytes := low
		if i >= 2 {
			bytes = high
		}
		words := YMM()
		if i%2 == 0 {
			VPUNPCKLBW(zero, bytes, words)
		} else {
			VPUNPCKHBW(zero, bytes, words)
		}
		VPMADDWD(pair, words, words)
		VPADDD(words, s, s)
	}
	LEAQ(operand.Mem{Base: row, Index: stride, Scale: 2}, row)
	ADDQ(operand.Imm(4), w)
	DECQ(left)
	JNZ(operand.LabelRef("rows"))

	for _, s := range sums {
		VPSRAD(operand.Imm(8), s, s)
	}
	// Columns 0-7 and 16-23 here, 8-15 and 24-31 there.
	VPACKSSDW(sums[1], sums[0], sums[0])
	VPACKSSDW(sums[3], sums[2], sums[2])
	VPERM2I128(operand.Imm(0x20), sums[2], sums[0], sums[1])
	VPERM2I128(operand.Imm(0x31), sums[2], sums[0], sums[3])
	VMOVDQU(sums[1], mem(dst, 0))
	VMOVDQU(sums[3], mem(dst, 32))
	ADDQ(operand.Imm(64), dst)
	ADDQ(operand.Imm(32), src)
	SUBQ(operand.Imm(32), columns)
	JNZ(operand.LabelRef("columns"))
	VZEROUPPER()
	RET()
}

// horizontal makes 8 outputs at a time: for each, blocks of 16 samples times weights, then the sums of
// all 8 together.
func horizontal() {
	TEXT("horizontalVector", NOSPLIT, "func(dst *byte, line *int16, start *int32, weights *int16, blocks, outputs int)")
	Pragma("noescape")
	Doc("horizontalVector is horizontalScalar for a multiple of 8 outputs and of 16 taps.")
	dst := Load(Param("dst"), GP64())
	line := Load(Param("line"), GP64())
	start := Load(Param("start"), GP64())
	weights := Load(Param("weights"), GP64())
	blocks := Load(Param("blocks"), GP64())
	outputs := Load(Param("outputs"), GP64())

	half := broadcast(1 << 19)
	Label("outputs")
	var sums [8]reg.VecVirtual
	for i := range sums {
		sums[i] = YMM()
		at, left := GP64(), GP64()
		MOVLQSX(mem(start, 4*i), at)
		LEAQ(operand.Mem{Base: line, Index: at, Scale: 2}, at)
		VMOVDQU(mem(at, 0), sums[i])
		VPMADDWD(mem(weights, 0), sums[i], sums[i])
		ADDQ(operand.Imm(32), weights)
		MOVQ(blocks, left)
		DECQ(left)
		done := "done" + string(rune('0'+i))
		more := "more" + string(rune('0'+i))
		JZ(operand.LabelRef(done))
		Label(more)
		next := YMM()
		ADDQ(operand.Imm(32), at)
		VMOVDQU(mem(at, 0), next)
		VPMADDWD(mem(weights, 0), next, next)
		VPADDD(next, sums[i], sums[i])
		ADDQ(operand.Imm(32), weights)
		DECQ(left)
		JNZ(operand.LabelRef(more))
		Label(done)
	}
	for i := 0; i < 8; i += 2 {
		VPHADDD(sums[i+1], sums[i], sums[i])
	}
	VPHADDD(sums[2], sums[0], sums[0]) // halves of the sums 0-3, one in each half of the register
	VPHADDD(sums[6], sums[4], sums[4]) // of 4-7
	VPERM2I128(operand.Imm(0x20), sums[4], sums[0], sums[1])
	VPERM2I128(operand.Imm(0x31), sums[4], sums[0], sums[2])
	total := YMM()
	VPADDD(sums[1], sums[2], total)
	VPADDD(half, total, total)
	VPSRAD(operand.Imm(20), total, total)
	VPACKSSDW(total, total, total)
	VPACKUSWB(total, total, total)
	upper := XMM()
	VEXTRACTI128(operand.Imm(1), total, upper)
	VPUNPCKLDQ(upper, total.AsX(), upper)
	VMOVQ(upper, mem(dst, 0))
	ADDQ(operand.Imm(8), dst)
	ADDQ(operand.Imm(32), start)
	SUBQ(operand.Imm(8), outputs)
	JNZ(operand.LabelRef("outputs"))
	VZEROUPPER()
	RET()
}
