package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// shuffle makes the constant of a byte shuffle: index gives the source of byte i, below 0 for none.
func shuffle(name string, lanes int, index func(i int) int) operand.Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for lane := range lanes {
		for i := range 16 {
			at := index(i)
			if at < 0 || at > 15 {
				at = 0x80
			}
			DATA(16*lane+i, operand.U8(at))
		}
	}
	return m
}

// deinterleave3 takes 16 pixels of three words apart at a time: two groups of 8, one in each half of the
// registers. A group is three quarters of 16 bytes, and what a channel has in each is brought together.
func deinterleave3() {
	var masks [3][3]operand.Mem // by channel and third
	for channel := range 3 {
		for third := range 3 {
			masks[channel][third] = shuffle(fmt.Sprintf("apart%d%d", channel, third), 2, func(i int) int {
				word := 3*(i/2) + channel - 8*third
				if word < 0 || word > 7 {
					return -1
				}
				return 2*word + i%2
			})
		}
	}
	TEXT("deinterleave3Vector", NOSPLIT, "func(red, green, blue, src *int16, pixels int)")
	Pragma("noescape")
	Doc("deinterleave3Vector is deinterleave3Scalar for a multiple of 16 pixels.")
	var dst [3]reg.Register
	for i, name := range []string{"red", "green", "blue"} {
		dst[i] = Load(Param(name), GP64())
	}
	src := Load(Param("src"), GP64())
	pixels := Load(Param("pixels"), GP64())
	Label("pixels")
	var thirds [3]reg.VecVirtual
	for i := range thirds {
		thirds[i] = YMM()
		VMOVDQU(mem(src, 16*i), thirds[i].AsX())
		VINSERTI128(operand.Imm(1), mem(src, 48+16*i), thirds[i], thirds[i])
	}
	for channel := range 3 {
		joined := YMM()
		VPSHUFB(masks[channel][0], thirds[0], joined)
		for third := 1; third < 3; third++ {
			part := YMM()
			VPSHUFB(masks[channel][third], thirds[third], part)
			VPOR(part, joined, joined)
		}
		VMOVDQU(joined, mem(dst[channel], 0))
		ADDQ(operand.Imm(32), dst[channel])
	}
	ADDQ(operand.Imm(96), src)
	SUBQ(operand.Imm(16), pixels)
	JNZ(operand.LabelRef("pixels"))
	VZEROUPPER()
	RET()
}

// deinterleave4 takes 16 pixels of four words apart at a time, as the transposition of 4 by 4 words in
// each half of the registers.
func deinterleave4() {
	TEXT("deinterleave4Vector", NOSPLIT, "func(red, green, blue, alpha, src *int16, pixels int)")
	Pragma("noescape")
	Doc("deinterleave4Vector is deinterleave4Scalar for a multiple of 16 pixels.")
	var dst [4]reg.Register
	for i, name := range []string{"red", "green", "blue", "alpha"} {
		dst[i] = Load(Param(name), GP64())
	}
	src := Load(Param("src"), GP64())
	pixels := Load(Param("pixels"), GP64())
	Label("pixels")
	var quarters [4]reg.VecVirtual // pixels 2i and 2i+1, and those 8 further on
	for i := range quarters {
		quarters[i] = YMM()
		VMOVDQU(mem(src, 16*i), quarters[i].AsX())
		VINSERTI128(operand.Imm(1), mem(src, 64+16*i), quarters[i], quarters[i])
	}
	var rg, ba [2]reg.VecVirtual // of pixels 0-3 and of 4-7
	for i := range 2 {
		even, odd := YMM(), YMM()
		VPUNPCKLWD(quarters[2*i+1], quarters[2*i], even) // r0 r2 g0 g2 b0 b2 a0 a2
		VPUNPCKHWD(quarters[2*i+1], quarters[2*i], odd)
		rg[i], ba[i] = YMM(), YMM()
		VPUNPCKLWD(odd, even, rg[i])
		VPUNPCKHWD(odd, even, ba[i])
	}
	for i, half := range [][2]reg.VecVirtual{rg, ba} {
		low, high := YMM(), YMM()
		VPUNPCKLQDQ(half[1], half[0], low)
		VPUNPCKHQDQ(half[1], half[0], high)
		VMOVDQU(low, mem(dst[2*i], 0))
		VMOVDQU(high, mem(dst[2*i+1], 0))
	}
	for _, d := range dst {
		ADDQ(operand.Imm(32), d)
	}
	ADDQ(operand.Imm(128), src)
	SUBQ(operand.Imm(16), pixels)
	JNZ(operand.LabelRef("pixels"))
	VZEROUPPER()
	RET()
}

// interleave3 puts 16 pixels of three bytes together at a time.
func interleave3() {
	var masks [3][3]operand.Mem // by third and channel
	for third := range 3 {
		for channel := range 3 {
			masks[third][channel] = shuffle(fmt.Sprintf("together%d%d", third, channel), 1, func(i int) int {
				if at := 16*third + i; at%3 == channel {
					return at / 3
				}
				return -1
			})
		}
	}
	TEXT("interleave3Vector", NOSPLIT, "func(dst, red, green, blue *byte, pixels int)")
	Pragma("noescape")
	Doc("interleave3Vector is interleave3Scalar for a multiple of 16 pixels.")
	dst := Load(Param("dst"), GP64())
	var src [3]reg.Register
	for i, name := range []string{"red", "green", "blue"} {
		src[i] = Load(Param(name), GP64())
	}
	pixels := Load(Param("pixels"), GP64())
	Label("pixels")
	var channels [3]reg.VecVirtual
	for i := range channels {
		channels[i] = XMM()
		VMOVDQU(mem(src[i], 0), channels[i])
		ADDQ(operand.Imm(16), src[i])
	}
	for third := range 3 {
		joined := XMM()
		VPSHUFB(masks[third][0], channels[0], joined)
		for channel := 1; channel < 3; channel++ {
			part := XMM()
			VPSHUFB(masks[third][channel], channels[channel], part)
			VPOR(part, joined, joined)
		}
		VMOVDQU(joined, mem(dst, 16*third))
	}
	ADDQ(operand.Imm(48), dst)
	SUBQ(operand.Imm(16), pixels)
	JNZ(operand.LabelRef("pixels"))
	RET()
}

// premultiply does 8 pixels at a time, in words.
func premultiply() {
	alphas := shuffle("alphas", 2, func(i int) int { // of the words of two pixels, only the colours
		if i%8 >= 6 {
			return -1
		}
		return i&^7 + 6 + i%2
	})
	opaque := GLOBL("opaque", RODATA|NOPTR) // times itself alpha stays: it is multiplied by 255
	for i := range 4 {
		DATA(8*i, operand.U64(255<<48))
	}
	TEXT("premultiplyVector", NOSPLIT, "func(dst, src *byte, pixels int)")
	Pragma("noescape")
	Doc("premultiplyVector is premultiplyScalar for a multiple of 8 pixels.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	pixels := Load(Param("pixels"), GP64())
	half := broadcast(128<<16 | 128)
	Label("pixels")
	var halves [2]reg.VecVirtual
	for i := range halves {
		words, factors, high := YMM(), YMM(), YMM()
		VPMOVZXBW(mem(src, 16*i), words)
		VPSHUFB(alphas, words, factors)
		VPOR(opaque, factors, factors)
		VPMULLW(factors, words, words)
		VPADDW(half, words, words)
		VPSRLW(operand.Imm(8), words, high)
		VPADDW(high, words, words)
		VPSRLW(operand.Imm(8), words, words)
		halves[i] = words
	}
	VPACKUSWB(halves[1], halves[0], halves[0])
	VPERMQ(operand.Imm(0xd8), halves[0], halves[0])
	VMOVDQU(halves[0], mem(dst, 0))
	ADDQ(operand.Imm(32), src)
	ADDQ(operand.Imm(32), dst)
	SUBQ(operand.Imm(8), pixels)
	JNZ(operand.LabelRef("pixels"))
	VZEROUPPER()
	RET()
}
