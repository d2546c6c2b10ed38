package webp

import (
	"bytes"
	"encoding/binary"
	"image"
	"math"

	"github.com/thumbing/thumbing/internal/thumbnail/webp/vp8"
	"github.com/thumbing/thumbing/internal/thumbnail/webp/vp8l"
)

// file is what the chunks of a file hold, as far as they make its first picture (RFC 9649, section 2).
type file struct {
	Header
	size int64 // bytes

	extended bool
	flags    byte   // of what there is; a file that is not extended has only its picture
	opaque   bool   // a lossless picture says that its alpha means nothing
	alpha    []byte // content of ALPH, or nil
	picture  []byte // content of VP8 or VP8L
}

// chunk is a chunk of a file (2.3).
type chunk struct {
	name string
	data []byte
}

// parse looks through the chunks of a file. It keeps parts of src.
func parse(src []byte) (*file, error) {
	chunks, err := riff(src)
	if err != nil {
		return nil, err
	}
	f := &file{size: int64(len(src))}
	for len(chunks) > 0 {
		if len(chunks) < chunkHeader && f.picture != nil {
			break // not enough for another chunk, and nothing is missing
		}
		var c chunk
		if c, chunks, err = nextChunk(chunks); err != nil {
			return nil, err
		}
		if err := f.note(c); err != nil {
			return nil, err
		}
	}
	if f.picture == nil {
		return nil, corruptf("no picture")
	}
	return f, f.settle()
}

// riff returns the chunks of a RIFF file of type WEBP (2.4).
func riff(src []byte) (chunks []byte, err error) {
	const header = 12
	if !bytes.HasPrefix(src, []byte("RIFF")) {
		return nil, corruptf("no signature")
	}
	if len(src) < header {
		return nil, ErrTruncated
	}
	if string(src[8:header]) != "WEBP" {
		return nil, corruptf("a RIFF file of another type")
	}
	size := binary.LittleEndian.Uint32(src[4:])
	switch {
	case size < header-chunkHeader:
		return nil, corruptf("a file of %d bytes", size)
	case int64(size) > int64(len(src)-chunkHeader):
		return nil, ErrTruncated
	}
	return src[header : chunkHeader+int(size)], nil
}

const chunkHeader = 8 // bytes: name and size

// nextChunk takes the first chunk off chunks. One of odd size is followed by a byte of padding.
func nextChunk(chunks []byte) (c chunk, rest []byte, err error) {
	if len(chunks) < chunkHeader {
		return chunk{}, nil, ErrTruncated
	}
	name, size := string(chunks[:4]), binary.LittleEndian.Uint32(chunks[4:])
	chunks = chunks[chunkHeader:]
	if int64(size) > int64(len(chunks)) {
		return chunk{}, nil, ErrTruncated
	}
	padded := min(int(size)+int(size&1), len(chunks))
	return chunk{name, chunks[:size]}, chunks[padded:], nil
}

// note takes from a chunk what is needed of it. What comes first counts.
func (f *file) note(c chunk) error {
	switch c.name {
	case "VP8X":
		if !f.extended && f.picture == nil {
			return f.noteExtended(c.data)
		}
	case "ANMF":
		if f.picture == nil {
			return f.noteFrame(c.data)
		}
	case "ALPH", "VP8 ", "VP8L":
		f.notePicture(c)
	case "EXIF":
		if f.Exif == nil && f.flags&flagExif != 0 {
			f.Exif = bytes.TrimPrefix(c.data, []byte("Exif\x00\x00")) // some writers think of JPEG
		}
	case "ICCP":
		if f.ICC == nil && f.flags&flagICC != 0 {
			f.ICC = c.data
		}
	}
	return nil
}

// Flags of VP8X (2.7). A chunk that they do not announce is not looked at, which is how libwebp has it. What an
// animation or alpha is, the chunks themselves say.
const (
	flagExif = 1 << 3
	flagICC  = 1 << 5
)

// noteExtended reads the size of the canvas (2.7).
func (f *file) noteExtended(data []byte) error {
	if len(data) < 10 {
		return ErrTruncated
	}
	f.extended, f.flags = true, data[0]
	f.Width, f.Height = uint24(data[4:])+1, uint24(data[7:])+1
	if area(f.Width, f.Height) > math.MaxUint32 {
		return corruptf("a canvas of %dx%d", f.Width, f.Height)
	}
	return nil
}

// noteFrame reads the first frame of an animation (2.7.1.1).
func (f *file) noteFrame(data []byte) error {
	const header = 16
	if !f.extended {
		return corruptf("a frame without a canvas")
	}
	if len(data) < header {
		return ErrTruncated
	}
	f.Animated = true
	x, y := 2*uint24(data), 2*uint24(data[3:])
	f.Frame = image.Rect(x, y, x+uint24(data[6:])+1, y+uint24(data[9:])+1)
	for rest := data[header:]; len(rest) > 0 && f.picture == nil; {
		var c chunk
		var err error
		if c, rest, err = nextChunk(rest); err != nil {
			return err
		}
		f.notePicture(c)
	}
	if f.picture == nil {
		return corruptf("a frame without a picture")
	}
	return nil
}

// notePicture takes a chunk of pixels. Alpha comes before the picture that it belongs to.
func (f *file) notePicture(c chunk) {
	switch {
	case f.picture != nil:
	case c.name == "ALPH" && f.alpha == nil:
		f.alpha = c.data
	case c.name == "VP8 ":
		f.picture = c.data
	case c.name == "VP8L":
		f.picture, f.Lossless = c.data, true
	}
}

// settle holds what the chunks say against what the picture says.
func (f *file) settle() error {
	var size image.Point
	if f.Lossless {
		h, err := vp8l.ParseHeader(f.picture)
		if err != nil {
			return bitstreamError(err)
		}
		size = image.Pt(h.Width, h.Height)
		f.Alpha, f.opaque, f.alpha = h.Alpha, !h.Alpha, nil // it has its own
	} else {
		var err error
		if size.X, size.Y, err = vp8.Size(f.picture); err != nil {
			return bitstreamError(err)
		}
		f.Alpha = f.alpha != nil
	}
	if !f.Animated {
		f.Frame.Max = size
		if !f.extended {
			f.Width, f.Height = size.X, size.Y
		} else if size != image.Pt(f.Width, f.Height) {
			return corruptf("a picture of %v on a canvas of %dx%d", size, f.Width, f.Height)
		}
	}
	canvas := image.Rect(0, 0, f.Width, f.Height)
	switch {
	case f.Frame.Size() != size:
		return corruptf("a picture of %v in a frame of %v", size, f.Frame.Size())
	case !f.Frame.In(canvas):
		return corruptf("a frame %v beyond the canvas of %v", f.Frame, canvas.Max)
	case f.Frame != canvas:
		f.Alpha = true
	}
	return nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
