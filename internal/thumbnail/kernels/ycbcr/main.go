// Command ycbcr generates the AVX2 kernel of package ycbcr.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Fields of a Matrix, by their number.
const (
	luma = iota
	redCr
	greenCb
	greenCr
	blueCb
	constantRed
	constantGreen
	constantBlue
)

func main() {
	convert()
	Generate()
}

// convert takes 16 pixels at a time: 8 in 32 bits to a register, twice, then their channels as bytes, put together.
func convert() {
	masks := togetherMasks()
	TEXT("convertVector", NOSPLIT, "func(dst, y, cb, cr *byte, pixels int, m *int32)")
	Pragma("noescape")
	Doc("convertVector is convertScalar for a multiple of 16 pixels. m is the first field of a Matrix.")
	dst := Load(Param("dst"), GP64())
	var src [3]reg.Register
	for i, name := range []string{"y", "cb", "cr"} {
		src[i] = Load(Param(name), GP64())
	}
	pixels := Load(Param("pixels"), GP64())
	m := Load(Param("m"), GP64())
	field := func(i int) reg.VecVirtual {
		v := YMM()
		VPBROADCASTD(operand.Mem{Base: m, Disp: 4 * i}, v)
		return v
	}
	var factors [5]reg.VecVirtual
	for i := range factors {
		factors[i] = field(i)
	}

	Label("pixels")
	var halves [2][3]reg.VecVirtual
	for half := range halves {
		var samples [3]reg.VecVirtual
		for i := range samples {
			samples[i] = YMM()
			VPMOVZXBD(operand.Mem{Base: src[i], Disp: 8 * half}, samples[i])
		}
		y, cb, cr := samples[0], samples[1], samples[2]
		VPMULLD(factors[luma], y, y)
		red, green, blue := field(constantRed), field(constantGreen), field(constantBlue)
		for _, channel := range []reg.VecVirtual{red, green, blue} {
			VPADDD(y, channel, channel)
		}
		add := func(channel, sample reg.VecVirtual, factor int) {
			product := YMM()
			VPMULLD(factors[factor], sample, product)
			VPADDD(product, channel, channel)
		}
		add(red, cr, redCr)
		add(green, cb, greenCb)
		add(green, cr, greenCr)
		add(blue, cb, blueCb)
		halves[half] = [3]reg.VecVirtual{red, green, blue}
		for _, channel := range halves[half] {
			VPSRAD(operand.Imm(16), channel, channel)
		}
	}
	var channels [3]reg.VecVirtual
	for i := range channels {
		channels[i] = halves[0][i]
		VPACKSSDW(halves[1][i], channels[i], channels[i]) // to words: quarters 0 2 1 3
		VPERMQ(operand.Imm(0xd8), channels[i], channels[i])
		VPACKUSWB(channels[i], channels[i], channels[i]) // to bytes: each half twice
		VPERMQ(operand.Imm(0x08), channels[i], channels[i])
	}
	for third := range 3 {
		joined := XMM()
		VPSHUFB(masks[third][0], channels[0].AsX(), joined)
		for channel := 1; channel < 3; channel++ {
			part := XMM()
			VPSHUFB(masks[third][channel], channels[channel].AsX(), part)
			VPOR(part, joined, joined)
		}
		VMOVDQU(joined, operand.Mem{Base: dst, Disp: 16 * third})
	}
	for _, s := range src {
		ADDQ(operand.Imm(16), s)
	}
	ADDQ(operand.Imm(48), dst)
	SUBQ(operand.Imm(16), pixels)
	JNZ(operand.LabelRef("pixels"))
	VZEROUPPER()
	RET()
}

// togetherMasks are the shuffles that put a channel's bytes in their places among pixels of three, by the 16 bytes of
// the result and by channel.
func togetherMasks() (masks [3][3]operand.Mem) {
	for third := range masks {
		for channel := range masks[third] {
			m := GLOBL(fmt.Sprintf("together%d%d", third, channel), RODATA|NOPTR)
			for i := range 16 {
				from := uint8(0x80) // nowhere
				if at := 16*third + i; at%3 == channel {
					from = uint8(at / 3)
				}
				DATA(i, operand.U8(from))
			}
			masks[third][channel] = m
		}
	}
	return masks
}
