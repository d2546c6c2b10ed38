// Package bmp reads BMP pictures, of Windows and of OS/2: 1 to 32 bits a pixel, with palettes, bit fields and
// run-length coding, rows from the bottom up or from the top down.
//
// A picture whose pixels are not all there is an error, not a picture with a hole.
//
// Source: Microsoft, "Bitmap storage" (Windows GDI); IBM, "OS/2 Bitmap File Formats".
package bmp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
)

// ErrUnsupported is wrapped by errors about what BMP allows and this package does not read: pictures that
// are coded as JPEG, PNG or by Huffman 1D.
var ErrUnsupported = errors.New("not supported")

// Config is what a picture's header tells.
type Config struct {
	Width, Height int
	Memory        int64 // bytes that Decode takes for the pixels

	// How dense the pixels are meant to be shown. 0 where the file does not say.
	PixelsPerMetreX, PixelsPerMetreY int32
}

// DecodeConfig reads the header, and for a picture that is not run-length coded makes sure that the pixels
// are all there.
func DecodeConfig(src []byte) (Config, error) {
	h, err := parse(src)
	if err != nil {
		return Config{}, err
	}
	c := Config{
		Width: h.width, Height: h.height, Memory: int64(h.width) * int64(h.height),
		PixelsPerMetreX: h.densityX, PixelsPerMetreY: h.densityY,
	}
	if h.runs || h.bits > 8 {
		c.Memory *= 4
	}
	return c, nil
}

// Decode reads the picture: *image.Paletted, or *image.NRGBA. The caller has looked at its size before. In
// run-length coding, pixels that are skipped are transparent.
func Decode(src []byte) (image.Image, error) {
	h, err := parse(src)
	switch {
	case err != nil:
		return nil, err
	case h.runs:
		return h.decodeRuns(src[h.offset:])
	case h.bits <= 8:
		return h.decodeIndices(src[h.offset:]), nil
	case h.bits == 24:
		return h.decodeTriples(src[h.offset:]), nil
	}
	return h.decodeFields(src[h.offset:]), nil
}

// Compressions. Source: [MS-WMF], 2.1.1.7.
const (
	compressNone      = 0
	compressRLE8      = 1
	compressRLE4      = 2
	compressBitFields = 3
	compressRLE24     = 4 // OS/2: for Windows, it is a JPEG
	compressPNG       = 5
	compressAlpha     = 6 // bit fields, of which the fourth is alpha
)

// Sizes of the second header, which tell which one it is.
const (
	headerCore = 12 // OS/2 1
	headerOS2S = 16 // OS/2 2, the short form
	headerInfo = 40 // Windows 3
	headerV2   = 52 // with masks
	headerV3   = 56 // with a mask for alpha
	headerOS2  = 64 // OS/2 2
	headerV4   = 108
	headerV5   = 124
)

// maxSide bounds width and height. Their product then fits into an int64 with room to spare.
const maxSide = 1 << 24

type header struct {
	width, height int
	topDown       bool
	bits          int  // of a pixel: 1, 2, 4, 8, 16, 24 or 32
	runs          bool // run-length coded
	offset        int  // of the pixels
	palette       [][3]byte
	masks         [4]field // red, green, blue, alpha: of 16 and 32 bits
	densityX      int32    // pixels a metre
	densityY      int32
	guessAlpha    bool // 32 bits, of which nothing says whether eight are alpha
}

func parse(src []byte) (*header, error) {
	if len(src) < 18 {
		return nil, io.ErrUnexpectedEOF
	}
	if src[0] != 'B' || src[1] != 'M' {
		return nil, errors.New("no BMP")
	}
	size := int64(binary.LittleEndian.Uint32(src[14:]))
	end := 14 + size // of the second header
	if end > int64(len(src)) {
		return nil, io.ErrUnexpectedEOF
	}
	info := src[14:end]
	h := &header{}
	compression, colors := uint32(compressNone), uint32(0)
	switch size {
	case headerCore:
		h.width, h.height = int(binary.LittleEndian.Uint16(info[4:])), int(binary.LittleEndian.Uint16(info[6:]))
		h.bits = int(binary.LittleEndian.Uint16(info[10:]))
	case headerOS2S, headerInfo, headerV2, headerV3, headerOS2, headerV4, headerV5:
		h.width, h.height = int(int32(binary.LittleEndian.Uint32(info[4:]))), int(int32(binary.LittleEndian.Uint32(info[8:])))
		h.bits = int(binary.LittleEndian.Uint16(info[14:]))
		if size > headerOS2S {
			compression = binary.LittleEndian.Uint32(info[16:])
			h.densityX, h.densityY = int32(binary.LittleEndian.Uint32(info[24:])), int32(binary.LittleEndian.Uint32(info[28:]))
			colors = binary.LittleEndian.Uint32(info[32:])
		}
	default:
		return nil, fmt.Errorf("a header of %d bytes: %w", size, ErrUnsupported)
	}
	if h.height < 0 {
		h.height, h.topDown = -h.height, true
	}
	if h.width <= 0 || h.height <= 0 || h.width > maxSide || h.height > maxSide {
		return nil, fmt.Errorf("a size of %dx%d", h.width, h.height)
	}
	if err := h.code(compression, size); err != nil {
		return nil, err
	}
	end, err := h.fields(src, info, end, compression)
	if err != nil {
		return nil, err
	}
	offset := int64(binary.LittleEndian.Uint32(src[10:]))
	if offset < end || offset > int64(len(src)) {
		return nil, fmt.Errorf("the pixels begin at %d, of %d bytes", offset, len(src))
	}
	h.offset = int(offset)
	if h.bits <= 8 {
		h.readPalette(src[end:offset], size == headerCore, colors)
	}
	if !h.runs && int64(h.stride())*int64(h.height) > int64(len(src))-offset {
		return nil, io.ErrUnexpectedEOF
	}
	return h, nil
}

// code checks compression against the bits of a pixel.
func (h *header) code(compression uint32, size int64) error {
	fits := false
	switch compression {
	case compressNone:
		fits = h.bits == 1 || h.bits == 2 || h.bits == 4 || h.bits == 8 || h.bits == 16 || h.bits == 24 || h.bits == 32
	case compressRLE8:
		fits, h.runs = h.bits == 8, true
	case compressRLE4:
		fits, h.runs = h.bits == 4, true
	case compressBitFields, compressAlpha:
		if size == headerOS2 {
			return fmt.Errorf("pixels in Huffman code: %w", ErrUnsupported)
		}
		fits = h.bits == 16 || h.bits == 32
	case compressRLE24:
		if size != headerOS2 {
			return fmt.Errorf("a JPEG within: %w", ErrUnsupported)
		}
		fits, h.runs = h.bits == 24, true
	case compressPNG:
		return fmt.Errorf("a PNG within: %w", ErrUnsupported)
	}
	switch {
	case !fits:
		return fmt.Errorf("compression %d with %d bits a pixel: %w", compression, h.bits, ErrUnsupported)
	case h.runs && h.topDown:
		return errors.New("run-length coding from the top down")
	}
	return nil
}

// fields finds the masks of a pixel's samples, and answers where what comes before the palette ends.
func (h *header) fields(src, info []byte, end int64, compression uint32) (int64, error) {
	if h.bits != 16 && h.bits != 32 {
		return end, nil
	}
	var masks [4]uint32
	switch {
	case compression == compressNone && h.bits == 16:
		masks = [4]uint32{0x7c00, 0x03e0, 0x001f, 0}
	case compression == compressNone:
		// Windows 3 left the fourth byte unused, and programs came to put alpha there all the same. Newer
		// headers can say that it is alpha, and do so by bit fields.
		masks = [4]uint32{0xff0000, 0xff00, 0xff, 0}
		if len(info) == headerInfo {
			masks[3] = 0xff000000
			h.guessAlpha = true
		}
	default:
		at, n := info[min(len(info), headerInfo):], 3
		if len(info) >= headerV3 || compression == compressAlpha {
			n = 4
		}
		if len(info) < headerV2 { // they follow the header
			at = src[end:]
			end += int64(4 * n)
		}
		if len(at) < 4*n {
			return 0, io.ErrUnexpectedEOF
		}
		for i := range n {
			masks[i] = binary.LittleEndian.Uint32(at[4*i:])
		}
	}
	for i, mask := range masks {
		var err error
		if h.masks[i], err = newField(mask); err != nil {
			return 0, err
		}
	}
	return end, nil
}

// readPalette takes as many colours as a pixel can name and the file has room for.
func (h *header) readPalette(src []byte, core bool, colors uint32) {
	entry := 4
	if core {
		entry = 3
	}
	n := 1 << h.bits
	if colors > 0 && int64(colors) < int64(n) {
		n = int(colors)
	}
	for ; n > 0 && len(src) >= entry; n-- {
		h.palette = append(h.palette, [3]byte{src[2], src[1], src[0]}) // blue comes first
		src = src[entry:]
	}
}

// stride is the bytes of a row, which ends on a multiple of four.
func (h *header) stride() int { return (h.width*h.bits + 31) / 32 * 4 }

// row answers which row of the picture the file's row number i is.
func (h *header) row(i int) int {
	if h.topDown {
		return i
	}
	return h.height - 1 - i
}
