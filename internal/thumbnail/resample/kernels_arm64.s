#include "textflag.h"

// Instructions that the assembler has no name for. Operands are numbers of vector registers, the
// destination last.

// Signed multiply long: 4 words, low or high, into 4 double words.
#define SMULL(m, n, d)  WORD $(0x0E60C000 | (m)<<16 | (n)<<5 | (d))
#define SMLAL(m, n, d)  WORD $(0x0E608000 | (m)<<16 | (n)<<5 | (d))
#define SMLAL2(m, n, d) WORD $(0x4E608000 | (m)<<16 | (n)<<5 | (d))

// Unsigned multiply long: 8 bytes, low or high, into 8 words.
#define UMULL(m, n, d)  WORD $(0x2E20C000 | (m)<<16 | (n)<<5 | (d))
#define UMULL2(m, n, d) WORD $(0x6E20C000 | (m)<<16 | (n)<<5 | (d))

// Shift right by 8 and narrow to half the size, into the low or the high half of the destination.
#define SHRN8_S(n, d)  WORD $(0x0F188400 | (n)<<5 | (d))
#define SHRN8_S2(n, d) WORD $(0x4F188400 | (n)<<5 | (d))
#define SHRN8_H(n, d)  WORD $(0x0F088400 | (n)<<5 | (d))
#define SHRN8_H2(n, d) WORD $(0x4F088400 | (n)<<5 | (d))

// Shift double words right by 20, arithmetically.
#define SSHR20(n, d) WORD $(0x4F2C0400 | (n)<<5 | (d))

// Narrow with saturation: double words to words, low or high, and words to unsigned bytes.
#define SQXTN_S(n, d)  WORD $(0x0E614800 | (n)<<5 | (d))
#define SQXTN_S2(n, d) WORD $(0x4E614800 | (n)<<5 | (d))
#define SQXTUN_H(n, d) WORD $(0x2E212800 | (n)<<5 | (d))

// func verticalVector(dst *int16, src *byte, stride, columns int, weights *int16, pairs int)
TEXT ·verticalVector(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD stride+16(FP), R2
	MOVD columns+24(FP), R3
	MOVD weights+32(FP), R4
	MOVD pairs+40(FP), R5
	LSL  $1, R5, R5
	MOVD $128, R6
	VDUP R6, V31.S4

columns:
	// 32 sums in V16 to V23.
	VMOV V31.B16, V16.B16
	VMOV V31.B16, V17.B16
	VMOV V31.B16, V18.B16
	VMOV V31.B16, V19.B16
	VMOV V31.B16, V20.B16
	VMOV V31.B16, V21.B16
	VMOV V31.B16, V22.B16
	VMOV V31.B16, V23.B16
	MOVD R1, R6
	MOVD R4, R7
	MOVD R5, R8

rows:
	VLD1    (R6), [V0.B16, V1.B16]
	VLD1R.P 2(R7), [V6.H8]
	VUXTL   V0.B8, V2.H8
	VUXTL2  V0.B16, V3.H8
	VUXTL   V1.B8, V4.H8
	VUXTL2  V1.B16, V5.H8
	SMLAL(6, 2, 16)
	SMLAL2(6, 2, 17)
	SMLAL(6, 3, 18)
	SMLAL2(6, 3, 19)
	SMLAL(6, 4, 20)
	SMLAL2(6, 4, 21)
	SMLAL(6, 5, 22)
	SMLAL2(6, 5, 23)
	ADD     R2, R6
	SUBS    $1, R8
	BNE     rows

	SHRN8_S(16, 0)
	SHRN8_S2(17, 0)
	SHRN8_S(18, 1)
	SHRN8_S2(19, 1)
	SHRN8_S(20, 2)
	SHRN8_S2(21, 2)
	SHRN8_S(22, 3)
	SHRN8_S2(23, 3)
	VST1.P [V0.H8, V1.H8, V2.H8, V3.H8], 64(R0)
	ADD    $32, R1
	SUBS   $32, R3
	BNE    columns
	RET

// OUTPUT puts the four partial sums of the next output into the register of number sum.
#define OUTPUT(sum, more, done) \
	MOVW.P 4(R2), R6                  \
	ADD    R6<<1, R1, R6              \
	SUB    $1, R4, R7                 \
	VLD1.P 32(R6), [V0.H8, V1.H8]     \
	VLD1.P 32(R3), [V2.H8, V3.H8]     \
	SMULL(2, 0, sum)                  \
	SMLAL2(2, 0, sum)                 \
	SMLAL(3, 1, sum)                  \
	SMLAL2(3, 1, sum)                 \
	CBZ    R7, done                   \
more:                                 \
	VLD1.P 32(R6), [V0.H8, V1.H8]     \
	VLD1.P 32(R3), [V2.H8, V3.H8]     \
	SMLAL(2, 0, sum)                  \
	SMLAL2(2, 0, sum)                 \
	SMLAL(3, 1, sum)                  \
	SMLAL2(3, 1, sum)                 \
	SUBS   $1, R7                     \
	BNE    more                       \
done:

// func horizontalVector(dst *byte, line *int16, start *int32, weights *int16, blocks, outputs int)
TEXT ·horizontalVector(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD line+8(FP), R1
	MOVD start+16(FP), R2
	MOVD weights+24(FP), R3
	MOVD blocks+32(FP), R4
	MOVD outputs+40(FP), R5
	MOVD $(1<<19), R6
	VDUP R6, V31.S4

outputs:
	OUTPUT(16, more0, done0)
	OUTPUT(17, more1, done1)
	OUTPUT(18, more2, done2)
	OUTPUT(19, more3, done3)
	OUTPUT(20, more4, done4)
	OUTPUT(21, more5, done5)
	OUTPUT(22, more6, done6)
	OUTPUT(23, more7, done7)
	VADDP V17.S4, V16.S4, V16.S4
	VADDP V19.S4, V18.S4, V18.S4
	VADDP V21.S4, V20.S4, V20.S4
	VADDP V23.S4, V22.S4, V22.S4
	VADDP V18.S4, V16.S4, V16.S4
	VADDP V22.S4, V20.S4, V20.S4
	VADD  V31.S4, V16.S4, V16.S4
	VADD  V31.S4, V20.S4, V20.S4
	SSHR20(16, 16)
	SSHR20(20, 20)
	SQXTN_S(16, 0)
	SQXTN_S2(20, 0)
	SQXTUN_H(0, 0)
	VST1.P [V0.B8], 8(R0)
	SUBS  $8, R5
	BNE   outputs
	RET

// func deinterleave3Vector(red, green, blue, src *int16, pixels int)
TEXT ·deinterleave3Vector(SB), NOSPLIT, $0-40
	MOVD red+0(FP), R0
	MOVD green+8(FP), R1
	MOVD blue+16(FP), R2
	MOVD src+24(FP), R3
	MOVD pixels+32(FP), R4

pixels:
	VLD3.P 48(R3), [V0.H8, V1.H8, V2.H8]
	VST1.P [V0.H8], 16(R0)
	VST1.P [V1.H8], 16(R1)
	VST1.P [V2.H8], 16(R2)
	SUBS   $8, R4
	BNE    pixels
	RET

// func deinterleave4Vector(red, green, blue, alpha, src *int16, pixels int)
TEXT ·deinterleave4Vector(SB), NOSPLIT, $0-48
	MOVD red+0(FP), R0
	MOVD green+8(FP), R1
	MOVD blue+16(FP), R2
	MOVD alpha+24(FP), R3
	MOVD src+32(FP), R4
	MOVD pixels+40(FP), R5

pixels:
	VLD4.P 64(R4), [V0.H8, V1.H8, V2.H8, V3.H8]
	VST1.P [V0.H8], 16(R0)
	VST1.P [V1.H8], 16(R1)
	VST1.P [V2.H8], 16(R2)
	VST1.P [V3.H8], 16(R3)
	SUBS   $8, R5
	BNE    pixels
	RET

// func interleave3Vector(dst, red, green, blue *byte, pixels int)
TEXT ·interleave3Vector(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD red+8(FP), R1
	MOVD green+16(FP), R2
	MOVD blue+24(FP), R3
	MOVD pixels+32(FP), R4

pixels:
	VLD1.P 16(R1), [V0.B16]
	VLD1.P 16(R2), [V1.B16]
	VLD1.P 16(R3), [V2.B16]
	VST3.P [V0.B16, V1.B16, V2.B16], 48(R0)
	SUBS   $16, R4
	BNE    pixels
	RET

// TIMES_ALPHA multiplies the 16 bytes in register c by those in V3 and divides by 255, to the nearest:
// with t = product + 128 that is (t + t/256) / 256.
#define TIMES_ALPHA(c) \
	UMULL(3, c, 4)             \
	UMULL2(3, c, 5)            \
	VADD  V31.H8, V4.H8, V4.H8 \
	VADD  V31.H8, V5.H8, V5.H8 \
	VUSRA $8, V4.H8, V4.H8     \
	VUSRA $8, V5.H8, V5.H8     \
	SHRN8_H(4, c)              \
	SHRN8_H2(5, c)

// func premultiplyVector(dst, src *byte, pixels int)
TEXT ·premultiplyVector(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD pixels+16(FP), R2
	MOVD $128, R3
	VDUP R3, V31.H8

pixels:
	VLD4.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]
	TIMES_ALPHA(0)
	TIMES_ALPHA(1)
	TIMES_ALPHA(2)
	VST4.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R0)
	SUBS   $16, R2
	BNE    pixels
	RET
