package thumbnail

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"golang.org/x/image/webp"

	"github.com/thumbing/thumbing/internal/thumbnail/icc"
)

// webpFile is a WebP file's chunks, as far as they make its first picture.
// Source: RFC 9649, section 2.
type webpFile struct {
	width, height int // of the canvas
	orientation   int
	profile       []byte // of its colours, or nil

	x, y                    int // the first frame's place on the canvas
	frameWidth, frameHeight int
	alpha                   []byte // contents of ALPH, or nil
	lossy, lossless         []byte // contents of VP8 or VP8L: one of them
	opaque                  bool   // the lossless picture's alpha means nothing
}

func inspectWebP(src []byte) (header, error) {
	f, err := parseWebP(src)
	if err != nil {
		return header{}, err
	}
	n := area(f.frameWidth, f.frameHeight)
	h := header{width: f.width, height: f.height, orientation: f.orientation, memory: 2 * n}
	switch {
	case f.lossless != nil:
		h.memory = 8 * n // a copy for the palette
	case f.alpha != nil:
		h.memory = 7 * n // alpha is decoded as a picture of its own
	}
	return h, nil
}

func parseWebP(src []byte) (*webpFile, error) {
	end := 8 + int64(binary.LittleEndian.Uint32(src[4:]))
	if end > int64(len(src)) {
		return nil, io.ErrUnexpectedEOF
	}
	f := &webpFile{orientation: 1}
	chunks := src[12:max(end, 12)]
	if err := f.read(chunks, true); err != nil {
		return nil, err
	}
	if f.lossy == nil && f.lossless == nil {
		return nil, errors.New("it has no picture")
	}
	if err := f.measure(); err != nil {
		return nil, err
	}
	if f.width == 0 {
		f.width, f.height = f.frameWidth, f.frameHeight
	}
	if f.x+f.frameWidth > f.width || f.y+f.frameHeight > f.height {
		return nil, errors.New("its picture reaches over its canvas")
	}
	return f, nil
}

// read takes what it wants from the chunks. A frame of an animation holds chunks itself.
func (f *webpFile) read(chunks []byte, top bool) error {
	var exif, done bool
	for len(chunks) > 0 {
		if len(chunks) < 8 {
			return io.ErrUnexpectedEOF
		}
		name, n := string(chunks[:4]), int64(binary.LittleEndian.Uint32(chunks[4:]))
		if n > int64(len(chunks)-8) {
			return io.ErrUnexpectedEOF
		}
		body := chunks[8 : 8+n]
		chunks = chunks[min(8+n+n&1, int64(len(chunks))):]
		switch {
		case name == "VP8X" && top && n >= 10:
			f.width, f.height = int(le24(body[4:]))+1, int(le24(body[7:]))+1
		case name == "ANMF" && top && !done:
			if n < 16 {
				return io.ErrUnexpectedEOF
			}
			f.x, f.y = 2*int(le24(body)), 2*int(le24(body[3:]))
			if err := f.read(body[16:], false); err != nil {
				return err
			}
			done = true
		case name == "ALPH" && !done:
			f.alpha = body
		case name == "VP8 " && !done:
			f.lossy, done = body, true
		case name == "VP8L" && !done:
			f.lossless, done = body, true
		case name == "ICCP" && top && f.profile == nil:
			f.profile = body
		case name == "EXIF" && top && !exif:
			exif = true
			f.orientation = exifOrientation(body)
		}
	}
	return nil
}

// measure reads the frame's size from its bitstream.
// Source: RFC 6386, 9.1 (VP8), RFC 9649, 3.4 (VP8L).
func (f *webpFile) measure() error {
	switch {
	case f.lossless != nil:
		b := f.lossless
		if len(b) < 5 {
			return io.ErrUnexpectedEOF
		}
		if b[0] != 0x2f {
			return errors.New("its lossless picture has no signature")
		}
		bits := binary.LittleEndian.Uint32(b[1:])
		f.frameWidth, f.frameHeight = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
		f.opaque = bits>>28&1 == 0
		f.alpha = nil // a lossless picture has its own
	default:
		b := f.lossy
		if len(b) < 10 {
			return io.ErrUnexpectedEOF
		}
		if b[0]&1 != 0 || b[3] != 0x9d || b[4] != 0x01 || b[5] != 0x2a {
			return errors.New("its lossy picture does not begin with a key frame")
		}
		f.frameWidth = int(binary.LittleEndian.Uint16(b[6:]) & 0x3fff)
		f.frameHeight = int(binary.LittleEndian.Uint16(b[8:]) & 0x3fff)
	}
	return nil
}

func renderWebP(src []byte, _ header, w window) (*image.NRGBA, error) {
	f, err := parseWebP(src)
	if err != nil {
		return nil, err
	}
	m, err := webp.Decode(f.still())
	if err != nil {
		return nil, err
	}
	if m.Bounds() != image.Rect(0, 0, f.frameWidth, f.frameHeight) {
		return nil, fmt.Errorf("its picture is %v, not %dx%d", m.Bounds().Size(), f.frameWidth, f.frameHeight)
	}
	var p pixels
	switch m := m.(type) {
	case *image.YCbCr:
		p = videoPixels(m, nil, 0)
	case *image.NYCbCrA:
		p = videoPixels(&m.YCbCr, m.A, m.AStride)
	case *image.NRGBA:
		if f.opaque { // what alpha says is not to be heard: read as multiplied, the colours stay
			p = opaque(pixelsOf(&image.RGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}))
		} else {
			p = pixelsOf(m)
		}
	default:
		return nil, fmt.Errorf("its picture is a %T", m)
	}
	out := resize(placed(p, f.x, f.y, f.width, f.height), w)
	toSRGB(out, f.profile, icc.RGB)
	return out, nil
}

// still answers a WebP file of the first frame alone: x/image reads no animations, and holds what a file's
// header says against what it has more strictly than browsers do.
func (f *webpFile) still() io.Reader {
	var parts []io.Reader
	add := func(name string, body []byte) {
		head := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body)))
		parts = append(parts, bytes.NewReader(head), bytes.NewReader(body))
		if len(body)%2 != 0 {
			parts = append(parts, bytes.NewReader([]byte{0}))
		}
	}
	size := 4 + 3*8 + 10 + len(f.alpha) + len(f.lossy) + len(f.lossless) + 2
	parts = append(parts, bytes.NewReader(append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(size)), "WEBP"...)))
	switch {
	case f.lossless != nil:
		add("VP8L", f.lossless)
	case f.alpha != nil:
		const hasAlpha = 1 << 4
		extended := make([]byte, 10)
		extended[0] = hasAlpha
		putLE24(extended[4:], f.frameWidth-1)
		putLE24(extended[7:], f.frameHeight-1)
		add("VP8X", extended)
		add("ALPH", f.alpha)
		add("VP8 ", f.lossy)
	default:
		add("VP8 ", f.lossy)
	}
	return io.MultiReader(parts...)
}

// videoPixels reads YCbCr of limited range, 16 to 235, which is what VP8 has and image.YCbCr does not know.
// alpha is nil for an opaque picture.
// Source: ITU-R BT.601; RFC 6386, 9.2. The factors are in units of 1/65536.
func videoPixels(m *image.YCbCr, alpha []byte, stride int) pixels {
	return pixels{width: m.Rect.Dx(), height: m.Rect.Dy(), row: func(y, x0, x1 int, dst []uint16) {
		luma, chroma := m.Y[y*m.YStride:], y/2*m.CStride
		cb, cr := m.Cb[chroma:], m.Cr[chroma:]
		for x := x0; x < x1; x++ {
			l := 76309 * (int32(luma[x]) - 16)
			u, v := int32(cb[x/2])-128, int32(cr[x/2])-128
			r := clamp8((l + 104597*v + 1<<15) >> 16)
			g := clamp8((l - 25675*u - 53279*v + 1<<15) >> 16)
			b := clamp8((l + 132201*u + 1<<15) >> 16)
			a := byte(0xff)
			if alpha != nil {
				a = alpha[y*stride+x]
			}
			setMultiplied8(dst, x-x0, r, g, b, a)
		}
	}}
}

func clamp8(v int32) byte { return byte(min(max(v, 0), 0xff)) }

func le24(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 }

func putLE24(b []byte, v int) { b[0], b[1], b[2] = byte(v), byte(v>>8), byte(v>>16) }
