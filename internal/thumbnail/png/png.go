// Package png reads and writes PNG pictures (Portable Network Graphics, ISO/IEC 15948; section numbers
// here are those of the third edition, W3C 2025) for making thumbnails: reading gives 8-bit rows from
// the top, as they are decoded, and writing is quick on photographs without wasting bytes on drawings.
package png

const signature = "\x89PNG\r\n\x1a\n"

// Chunk types (section 11).
const (
	chunkIHDR = "IHDR"
	chunkPLTE = "PLTE"
	chunkIDAT = "IDAT"
	chunkIEND = "IEND"
)

// Colour types (section 11.2.1).
const (
	colourGrey      = 0
	colourRGB       = 2
	colourPalette   = 3
	colourGreyAlpha = 4
	colourRGBA      = 6
)

// Filter types (section 9.2). Each predicts a byte from a, the byte a pixel to the left; b, the one
// above; and c, the one above a.
const (
	filterNone = iota
	filterSub
	filterUp
	filterAverage
	filterPaeth
	filterTypes
)
