#include "textflag.h"

// Instructions that the assembler has no name for. Operands are numbers of vector registers, the
// destination last. Those of 16 bytes first, then those of 8.

#define UABD_16B(m, n, d)  WORD $(0x6E207400 | (m)<<16 | (n)<<5 | (d)) // |n-m|
#define CMHS_16B(m, n, d)  WORD $(0x6E203C00 | (m)<<16 | (n)<<5 | (d)) // n >= m
#define UQADD_16B(m, n, d) WORD $(0x6E200C00 | (m)<<16 | (n)<<5 | (d))
#define ABS_16B(n, d)      WORD $(0x4E20B800 | (n)<<5 | (d))

#define UABD_8B(m, n, d)  WORD $(0x2E207400 | (m)<<16 | (n)<<5 | (d))
#define CMHS_8B(m, n, d)  WORD $(0x2E203C00 | (m)<<16 | (n)<<5 | (d))
#define UHADD_8B(m, n, d) WORD $(0x2E200400 | (m)<<16 | (n)<<5 | (d)) // (n+m)/2
#define UADDL_8B(m, n, d) WORD $(0x2E200000 | (m)<<16 | (n)<<5 | (d)) // to words
#define UABD_8H(m, n, d)  WORD $(0x6E607400 | (m)<<16 | (n)<<5 | (d))
#define UQXTN_8B(n, d)    WORD $(0x2E214800 | (n)<<5 | (d))           // from words, saturating

// func subtractPaethVector(dst, x, a, b, c *byte, n int)
//
// The distances of a+b-c to a and b are |b-c| and |a-c|; that to c is their sum when a and b lie on one
// side of c, and their difference when c lies between. The sum may saturate: it only has to be as large
// as each of the two.
TEXT ·subtractPaethVector(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD a+16(FP), R2
	MOVD b+24(FP), R3
	MOVD c+32(FP), R4
	MOVD n+40(FP), R5

bytes:
	VLD1.P 16(R2), [V0.B16]
	VLD1.P 16(R3), [V1.B16]
	VLD1.P 16(R4), [V2.B16]
	VLD1.P 16(R1), [V3.B16]
	UABD_16B(2, 1, 4)              // to a
	UABD_16B(2, 0, 5)              // to b
	CMHS_16B(2, 1, 6)
	CMHS_16B(2, 0, 7)
	VCMEQ  V6.B16, V7.B16, V6.B16  // on one side
	UQADD_16B(5, 4, 7)
	UABD_16B(5, 4, 16)
	VBSL   V16.B16, V7.B16, V6.B16 // to c
	VUMIN  V5.B16, V6.B16, V7.B16
	CMHS_16B(4, 7, 7)              // a is the nearest
	CMHS_16B(5, 6, 6)              // b is nearer than c
	VBSL   V2.B16, V1.B16, V6.B16
	VBSL   V6.B16, V0.B16, V7.B16
	VSUB   V7.B16, V3.B16, V3.B16
	VST1.P [V3.B16], 16(R0)
	SUBS   $16, R5
	BNE    bytes
	RET

// func magnitudeVector(v *byte, n int) int
TEXT ·magnitudeVector(SB), NOSPLIT, $0-24
	MOVD v+0(FP), R0
	MOVD n+8(FP), R1
	MOVD ZR, R2

bytes:
	VLD1.P  16(R0), [V0.B16]
	ABS_16B(0, 0)
	VUADDLV V0.B16, V0
	VMOV    V0.H[0], R3
	ADD     R3, R2
	SUBS    $16, R1
	BNE     bytes
	MOVD    R2, ret+16(FP)
	RET

// func undoSubVector(dst, src, prev *byte, bpp, pixels int)
TEXT ·undoSubVector(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD bpp+24(FP), R3
	MOVD pixels+32(FP), R4
	VEOR V0.B16, V0.B16, V0.B16

pixels:
	VLD1 (R1), [V3.B8]
	VADD V3.B8, V0.B8, V0.B8
	VST1 [V0.B8], (R0)
	ADD  R3, R0
	ADD  R3, R1
	SUBS $1, R4
	BNE  pixels
	RET

// func undoAverageVector(dst, src, prev *byte, bpp, pixels int)
TEXT ·undoAverageVector(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD prev+16(FP), R2
	MOVD bpp+24(FP), R3
	MOVD pixels+32(FP), R4
	VEOR V0.B16, V0.B16, V0.B16

pixels:
	VLD1 (R1), [V3.B8]
	VLD1 (R2), [V1.B8]
	UHADD_8B(1, 0, 0)
	VADD V3.B8, V0.B8, V0.B8
	VST1 [V0.B8], (R0)
	ADD  R3, R0
	ADD  R3, R1
	ADD  R3, R2
	SUBS $1, R4
	BNE  pixels
	RET

// func undoPaethVector(dst, src, prev *byte, bpp, pixels int)
TEXT ·undoPaethVector(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD prev+16(FP), R2
	MOVD bpp+24(FP), R3
	MOVD pixels+32(FP), R4
	VEOR V0.B16, V0.B16, V0.B16 // a
	VEOR V2.B16, V2.B16, V2.B16 // c

pixels:
	VLD1   (R1), [V3.B8]
	VLD1   (R2), [V1.B8]         // b
	UABD_8B(1, 2, 4)             // to a
	VUSHLL $1, V2.B8, V7.H8
	UABD_8B(0, 2, 5)             // to b
	UADDL_8B(0, 1, 6)
	UABD_8H(7, 6, 6)
	UQXTN_8B(6, 6)               // to c
	VUMIN  V5.B8, V6.B8, V7.B8
	CMHS_8B(4, 7, 8)             // a is the nearest
	CMHS_8B(5, 6, 9)             // b is nearer than c
	VBSL   V2.B8, V1.B8, V9.B8
	VBSL   V9.B8, V0.B8, V8.B8
	VADD   V3.B8, V8.B8, V0.B8
	VST1   [V0.B8], (R0)
	VMOV   V1.B8, V2.B8
	ADD    R3, R0
	ADD    R3, R1
	ADD    R3, R2
	SUBS   $1, R4
	BNE    pixels
	RET
