#include "textflag.h"

// Instructions that the assembler has no name for. Operands are numbers of vector registers, the destination last.

// Add double words. The assembler knows it, but not in a macro that is given numbers.
#define ADD_4S(m, n, d) WORD $(0x4EA08400 | (m)<<16 | (n)<<5 | (d))

// Multiply four double words by lane i of m; the second adds the product.
#define MUL_4S(m, i, n, d) WORD $(0x4F808000 | ((i)&1)<<21 | ((i)>>1)<<11 | (m)<<16 | (n)<<5 | (d))
#define MLA_4S(m, i, n, d) WORD $(0x6F800000 | ((i)&1)<<21 | ((i)>>1)<<11 | (m)<<16 | (n)<<5 | (d))

// Shift double words right by 16 and narrow them to words, into the low or the high half of the destination.
#define SHRN16_S(n, d)  WORD $(0x0F108400 | (n)<<5 | (d))
#define SHRN16_S2(n, d) WORD $(0x4F108400 | (n)<<5 | (d))

// Narrow words to unsigned bytes, with saturation.
#define SQXTUN_H(n, d) WORD $(0x2E212800 | (n)<<5 | (d))

// FOUR makes red, green and blue, in units, of four pixels: luma in y, differences in cb and cr. The factors are in V30
// and V31, the constants in V27 to V29.
#define FOUR(y, cb, cr, red, green, blue) \
	MUL_4S(30, 0, y, y)      \
	ADD_4S(27, y, red)       \
	ADD_4S(28, y, green)     \
	ADD_4S(29, y, blue)      \
	MLA_4S(30, 1, cr, red)   \
	MLA_4S(30, 2, cb, green) \
	MLA_4S(30, 3, cr, green) \
	MLA_4S(31, 0, cb, blue)

// func convertVector(dst, y, cb, cr *byte, pixels int, m *int32)
TEXT ·convertVector(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD y+8(FP), R1
	MOVD cb+16(FP), R2
	MOVD cr+24(FP), R3
	MOVD pixels+32(FP), R4
	MOVD m+40(FP), R5
	VLD1 (R5), [V30.S4, V31.S4]
	VDUP V31.S[1], V27.S4
	VDUP V31.S[2], V28.S4
	VDUP V31.S[3], V29.S4

pixels:
	VLD1.P 8(R1), [V0.B8]
	VLD1.P 8(R2), [V1.B8]
	VLD1.P 8(R3), [V2.B8]
	VUXTL  V0.B8, V0.H8
	VUXTL  V1.B8, V1.H8
	VUXTL  V2.B8, V2.H8
	VUXTL  V0.H4, V3.S4
	VUXTL  V1.H4, V4.S4
	VUXTL  V2.H4, V5.S4
	VUXTL2 V0.H8, V6.S4
	VUXTL2 V1.H8, V7.S4
	VUXTL2 V2.H8, V8.S4
	FOUR(3, 4, 5, 16, 17, 18)
	FOUR(6, 7, 8, 19, 20, 21)
	SHRN16_S(16, 0)
	SHRN16_S2(19, 0)
	SHRN16_S(17, 1)
	SHRN16_S2(20, 1)
	SHRN16_S(18, 2)
	SHRN16_S2(21, 2)
	SQXTUN_H(0, 0)
	SQXTUN_H(1, 1)
	SQXTUN_H(2, 2)
	VST3.P [V0.B8, V1.B8, V2.B8], 24(R0)
	SUBS   $8, R4
	BNE    pixels
	RET
