package png

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"io"
	"math"
)

// Picture is a PNG file whose chunks have been looked through: it has a valid header and ends as it
// should, but its image data has not been read.
type Picture struct {
	Width, Height int // pixels, at least 1 each
	Depth         int // bits of a sample in the file: 1, 2, 4, 8 or 16
	// Channels is what a pixel has in the rows that Rows gives: 1 is grey, 3 RGB, 4 RGB with straight
	// alpha, which pictures with transparency have.
	Channels   int
	Interlaced bool
	// EXIF is the content of the first eXIf chunk, a TIFF structure; nil when there is none.
	EXIF []byte

	colour  int
	palette []byte // content of PLTE
	trns    []byte // content of tRNS, if it says something for this colour type
	iccp    []byte // content of iCCP
	data    []byte // the file from the first IDAT chunk on
}

// FormatError says in which way a file is not a proper PNG picture.
type FormatError string

func (e FormatError) Error() string { return "png: " + string(e) }

const (
	errCutShort  = FormatError("the file is cut short")
	errChecksum  = FormatError("a chunk has a wrong checksum")
	errImageData = FormatError("the image data is damaged")
)

// Parse looks through the chunks of a PNG file. It allocates nothing that depends on the size of the
// picture, and keeps parts of src.
//
// A file that is cut short anywhere is an error, as is damage to a chunk that matters; other chunks are
// left out when damaged. Chunks of animations are left out too: the default picture is the one.
func Parse(src []byte) (*Picture, error) {
	rest, ok := bytes.CutPrefix(src, []byte(signature))
	if !ok {
		return nil, FormatError("the signature is missing")
	}
	var p Picture
	for first := true; ; first = false {
		c, after, err := nextChunk(rest)
		if err != nil {
			return nil, err
		}
		if first != (c.name == chunkIHDR) {
			return nil, FormatError("the header is not the first chunk, once")
		}
		if err := p.note(c, rest); err != nil {
			return nil, err
		}
		if c.name == chunkIEND {
			break
		}
		rest = after
	}
	if p.data == nil {
		return nil, FormatError("there is no image data")
	}
	return &p, p.settle()
}

// chunk is a chunk of a file (section 5.3).
type chunk struct {
	name string
	data []byte
	sum  []byte // CRC-32
}

// nextChunk takes the first chunk off src.
func nextChunk(src []byte) (c chunk, rest []byte, err error) {
	if len(src) < 12 {
		return chunk{}, nil, errCutShort
	}
	n := binary.BigEndian.Uint32(src)
	if n > math.MaxInt32 || int(n) > len(src)-12 {
		return chunk{}, nil, errCutShort
	}
	end := 8 + int(n)
	return chunk{name: string(src[4:8]), data: src[8:end], sum: src[end : end+4]}, src[end+4:], nil
}

// intact reports whether the chunk has the checksum it should.
func (c chunk) intact() bool {
	sum := crc32.ChecksumIEEE([]byte(c.name))
	return crc32.Update(sum, crc32.IEEETable, c.data) == binary.BigEndian.Uint32(c.sum)
}

// note takes from a chunk what is needed of it. from is the file from this chunk on.
func (p *Picture) note(c chunk, from []byte) error {
	switch c.name {
	case chunkIDAT: // its checksum is seen to when it is read
		if p.data == nil {
			p.data = from
		}
		return nil
	case "tRNS":
		if p.trns == nil && p.data == nil && c.intact() {
			p.trns = c.data
		}
		return nil
	case "iCCP":
		if p.iccp == nil && p.data == nil && c.intact() {
			p.iccp = c.data
		}
		return nil
	case "eXIf":
		if p.EXIF == nil && c.intact() {
			p.EXIF = c.data
		}
		return nil
	}
	if ancillary := c.name[0]&0x20 != 0; ancillary {
		return nil
	}
	if !c.intact() {
		return errChecksum
	}
	switch c.name {
	case chunkIHDR:
		return p.readHeader(c.data)
	case chunkPLTE:
		if p.palette == nil && p.data == nil {
			p.palette = c.data
		}
	case chunkIEND:
	default:
		return FormatError("it has a critical chunk of an unknown kind")
	}
	return nil
}

// readHeader reads IHDR (section 11.2.1).
func (p *Picture) readHeader(b []byte) error {
	if len(b) != 13 {
		return FormatError("the header has a wrong length")
	}
	width, height := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if width == 0 || height == 0 || width > math.MaxInt32 || height > math.MaxInt32 {
		return FormatError("its size is out of range")
	}
	p.Width, p.Height = int(width), int(height)
	p.Depth, p.colour = int(b[8]), int(b[9])
	if b[10] != 0 || b[11] != 0 || b[12] > 1 {
		return FormatError("a method of compression, filtering or interlacing is unknown")
	}
	p.Interlaced = b[12] == 1
	depths, ok := map[int]string{
		colourGrey:      "\x01\x02\x04\x08\x10",
		colourRGB:       "\x08\x10",
		colourPalette:   "\x01\x02\x04\x08",
		colourGreyAlpha: "\x08\x10",
		colourRGBA:      "\x08\x10",
	}[p.colour]
	if !ok || bytes.IndexByte([]byte(depths), b[8]) < 0 {
		return FormatError("its colour type and depth do not go together")
	}
	return nil
}

// settle checks palette and transparency against the colour type, and says how many channels that makes.
func (p *Picture) settle() error {
	entries := len(p.palette) / 3
	if p.colour == colourPalette && (len(p.palette)%3 != 0 || entries < 1 || entries > 256) {
		return FormatError("the palette is missing or has a wrong length")
	}
	transparent := false
	p.Channels = 3
	switch p.colour {
	case colourGrey:
		p.Channels, transparent = 1, len(p.trns) == 2
	case colourRGB:
		transparent = len(p.trns) == 6
	case colourPalette:
		transparent = len(p.trns) > 0 && len(p.trns) <= entries
	default:
		p.Channels = 4
	}
	if transparent {
		p.Channels = 4
	} else {
		p.trns = nil
	}
	return nil
}

// maxProfile is more than any ICC profile of a camera or a screen takes.
const maxProfile = 4 << 20

// Profile returns the ICC profile of the picture, decompressed; nil when there is none.
func (p *Picture) Profile() ([]byte, error) {
	// A name, a zero, the compression method and a zlib stream (section 11.3.2.3).
	_, b, ok := bytes.Cut(p.iccp, []byte{0})
	if !ok {
		return nil, nil
	}
	if len(b) == 0 || b[0] != 0 {
		return nil, FormatError("the colour profile is compressed in an unknown way")
	}
	z, err := zlib.NewReader(bytes.NewReader(b[1:]))
	if err != nil {
		return nil, FormatError("the colour profile is damaged")
	}
	profile, err := io.ReadAll(io.LimitReader(z, maxProfile+1))
	if err != nil || len(profile) > maxProfile {
		return nil, FormatError("the colour profile is damaged or too long")
	}
	return profile, nil
}

// Bounds returns the rectangle of the whole picture.
func (p *Picture) Bounds() image.Rectangle { return image.Rect(0, 0, p.Width, p.Height) }
