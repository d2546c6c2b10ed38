package bmp

import "encoding/binary"

// Compressions ([MS-WMF], 2.1.1.7; OS/2 differs).
const (
	compressNone      = 0
	compressRLE8      = 1
	compressRLE4      = 2
	compressBitFields = 3 // OS/2: Huffman code
	compressRLE24     = 4 // Windows: a JPEG
	compressPNG       = 5
	compressAlpha     = 6 // bit fields, of which the fourth is alpha
)

// Sizes of the second header, which tell which one it is.
const (
	headerCore     = 12 // OS/2 1
	headerOS2Short = 16 // OS/2 2, no more than what is needed
	headerInfo     = 40 // Windows 3
	headerV2       = 52 // with masks
	headerV3       = 56 // with a mask for alpha
	headerOS2      = 64 // OS/2 2
	headerV4       = 108
	headerV5       = 124
)

// fileHeaderSize is the size of the first header.
const fileHeaderSize = 14

// maxSide bounds width and height, so that their product with a pixel's bytes fits into an int64 with room to spare.
const maxSide = 1 << 28

// picture is a file whose headers have been read.
type picture struct {
	Header
	topDown    bool
	bits       int       // of a pixel: 1, 2, 4, 8, 16, 24 or 32
	runs       bool      // run-length coded
	palette    [256]rgba // black where the file has no colour
	fields     [4]field  // red, green, blue, alpha: of 16 and 32 bits
	guessAlpha bool      // nothing says that the fourth field is alpha
	data       []byte    // from the pixels on
	headerSize int
}

type rgba [4]byte

// parse reads the headers and the palette.
func parse(src []byte) (*picture, error) {
	if len(src) < fileHeaderSize+4 {
		return nil, ErrTruncated
	}
	if src[0] != 'B' || src[1] != 'M' {
		return nil, corruptf("no signature")
	}
	size := uint64(binary.LittleEndian.Uint32(src[fileHeaderSize:]))
	if size > uint64(len(src)-fileHeaderSize) {
		return nil, ErrTruncated
	}
	info := src[fileHeaderSize : fileHeaderSize+size]
	rest := src[fileHeaderSize+size:]
	p := &picture{headerSize: int(size)}
	compression, colours, err := p.readInfo(info)
	if err != nil {
		return nil, err
	}
	if err := p.readCompression(compression); err != nil {
		return nil, err
	}
	if p.bits == 16 || p.bits == 32 {
		if rest, err = p.readFields(info, rest, compression); err != nil {
			return nil, err
		}
	}
	p.Channels = 3
	if p.runs || p.fields[3].most > 0 {
		p.Channels = 4
	}
	return p, p.findPixels(src, rest, colours)
}

// readInfo reads the second header up to what differs between pictures.
func (p *picture) readInfo(info []byte) (compression, colours uint32, err error) {
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	switch p.headerSize {
	case headerCore:
		p.Width, p.Height = int(u16(info[4:])), int(u16(info[6:]))
		p.bits = int(u16(info[10:]))
	case headerOS2Short, headerInfo, headerV2, headerV3, headerOS2, headerV4, headerV5:
		p.Width, p.Height = int(int32(u32(info[4:]))), int(int32(u32(info[8:])))
		p.bits = int(u16(info[14:]))
		if p.headerSize > headerOS2Short {
			compression, colours = u32(info[16:]), u32(info[32:])
			p.PixelsPerMetreX, p.PixelsPerMetreY = int32(u32(info[24:])), int32(u32(info[28:]))
		}
	default:
		return 0, 0, unsupportedf("a header of %d bytes", p.headerSize)
	}
	if p.Height < 0 {
		p.Height, p.topDown = -p.Height, true
	}
	if p.Width <= 0 || p.Height == 0 || p.Width > maxSide || p.Height > maxSide {
		return 0, 0, corruptf("a size of %dx%d", p.Width, p.Height)
	}
	return compression, colours, nil
}

// readCompression checks compression against the bits of a pixel.
func (p *picture) readCompression(compression uint32) error {
	fits := false
	switch compression {
	case compressNone:
		switch p.bits {
		case 1, 2, 4, 8, 16, 24, 32:
			fits = true
		}
	case compressRLE8:
		fits, p.runs = p.bits == 8, true
	case compressRLE4:
		fits, p.runs = p.bits == 4, true
	case compressBitFields, compressAlpha:
		if p.headerSize == headerOS2 {
			return unsupportedf("pixels in Huffman code")
		}
		fits = p.bits == 16 || p.bits == 32
	case compressRLE24:
		if p.headerSize != headerOS2 {
			return unsupportedf("a JPEG within")
		}
		fits, p.runs = p.bits == 24, true
	case compressPNG:
		return unsupportedf("a PNG within")
	}
	switch {
	case !fits:
		return unsupportedf("compression %d with %d bits a pixel", compression, p.bits)
	case p.runs && p.topDown:
		return corruptf("run-length coding from the top down")
	}
	return nil
}

// readFields finds the masks of a pixel's samples, and returns what of rest comes after them.
func (p *picture) readFields(info, rest []byte, compression uint32) ([]byte, error) {
	masks := [4]uint32{0xff0000, 0xff00, 0xff, 0}
	switch {
	case compression == compressNone && p.bits == 16:
		masks = [4]uint32{0x7c00, 0x03e0, 0x001f, 0}
	case compression == compressNone:
		// Windows 3 left the fourth byte unused, and programs came to put alpha there all the same. Newer headers can
		// say that it is alpha, and do so by bit fields.
		if p.headerSize == headerInfo {
			masks[3], p.guessAlpha = 0xff000000, true
		}
	default:
		n := 3
		if p.headerSize >= headerV3 || compression == compressAlpha {
			n = 4
		}
		from := info[min(len(info), headerInfo):]
		if p.headerSize < headerV2 { // masks follow the header
			if len(rest) < 4*n {
				return nil, ErrTruncated
			}
			from, rest = rest, rest[4*n:]
		}
		if len(from) < 4*n {
			return nil, corruptf("no masks in a header of %d bytes", p.headerSize)
		}
		for i := range n {
			masks[i] = binary.LittleEndian.Uint32(from[4*i:])
		}
	}
	for i, mask := range masks {
		var err error
		if p.fields[i], err = newField(mask); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// findPixels finds where the pixels begin. The palette is before them, at the start of rest.
func (p *picture) findPixels(src, rest []byte, colours uint32) error {
	size := 4 // of a colour in the palette
	if p.headerSize == headerCore {
		size = 3
	}
	n := 0
	if p.bits <= 8 {
		n = 1 << p.bits
		if colours > 0 && int64(colours) < int64(n) {
			n = int(colours)
		}
	}
	first := len(src) - len(rest)
	offset := int64(binary.LittleEndian.Uint32(src[10:]))
	switch {
	case offset == 0: // some writers leave it out
		offset = int64(first) + int64(n*size)
	case offset < int64(first):
		return corruptf("pixels from byte %d on, within the headers", offset)
	}
	if offset > int64(len(src)) {
		return ErrTruncated
	}
	p.readPalette(src[first:offset], n, size)
	p.data = src[offset:]
	if !p.runs && int64(p.stride())*int64(p.Height) > int64(len(p.data)) {
		return ErrTruncated
	}
	return nil
}

// readPalette takes n colours of so many bytes each, as far as there is room for them.
func (p *picture) readPalette(src []byte, n, size int) {
	for i := range p.palette {
		p.palette[i] = rgba{3: 0xff}
		if i < n && len(src) >= size {
			p.palette[i] = rgba{src[2], src[1], src[0], 0xff} // blue comes first
			src = src[size:]
		}
	}
}

// stride is the bytes of a row that is not run-length coded, which ends on a multiple of four.
func (p *picture) stride() int { return (p.Width*p.bits + 31) / 32 * 4 }
