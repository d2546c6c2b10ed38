package gif

import "encoding/binary"

// Blocks (appendix B) and the extension that is read (section 23).
const (
	blockImage     = 0x2c
	blockExtension = 0x21
	blockTrailer   = 0x3b

	labelGraphicControl = 0xf9
)

// picture is a file whose blocks have been gone through.
type picture struct {
	Header
	frame frame
}

// frame is the first frame.
type frame struct {
	x, y, width, height int // on the screen
	interlaced          bool
	table               []byte // three bytes for each colour
	transparent         int    // the colour that is, -1 for none
	codeSize            int    // bits of a pixel that stands for itself in the LZW data
	data                []byte // from the first sub-block on, to the last one's end
}

// parse goes through all blocks of a file (section 2 and appendix B).
func parse(src []byte) (*picture, error) {
	if len(src) < 13 {
		return nil, ErrTruncated
	}
	if v := string(src[:6]); v != "GIF87a" && v != "GIF89a" {
		return nil, corruptf("no signature")
	}
	p := &picture{Header: Header{
		Width:    int(binary.LittleEndian.Uint16(src[6:])),
		Height:   int(binary.LittleEndian.Uint16(src[8:])),
		Channels: 3,
	}}
	r := blocks{rest: src[13:]}
	table := r.take(tableSize(src[10]))
	transparent := -1 // for the next frame
	for frames := 0; !r.truncated; {
		switch kind := r.byte(); {
		case r.truncated:
		case kind == blockExtension:
			label, data := r.byte(), r.data()
			if index, ok := transparentIndex(label, data); ok {
				transparent = index
			}
			if transparent >= 0 {
				p.Channels = 4
			}
		case kind == blockImage:
			f := r.image()
			f.transparent, transparent = transparent, -1
			if frames++; frames > 1 {
				continue
			}
			if f.table == nil {
				f.table = table
			}
			p.frame = f
		case kind != blockTrailer && frames == 0:
			return nil, corruptf("a block of unknown type 0x%02x", kind)
		default: // a trailer, or rubbish
			return p, p.settle(frames)
		}
	}
	return nil, ErrTruncated
}

// transparentIndex reads a graphic control extension: which colour of the next frame is transparent, -1 for none.
func transparentIndex(label byte, data []byte) (int, bool) {
	const size, flag = 4, 1
	if label != labelGraphicControl || len(data) < 1+size || data[0] < size {
		return 0, false
	}
	if data[1]&flag == 0 {
		return -1, true
	}
	return int(data[4]), true
}

// settle checks the first frame.
func (p *picture) settle(frames int) error {
	f := &p.frame
	switch {
	case frames == 0:
		return corruptf("no frame")
	case f.width == 0 || f.height == 0:
		return corruptf("a frame of %dx%d", f.width, f.height)
	case f.codeSize < 1 || f.codeSize >= maxCodeBits:
		return corruptf("pixels of %d bits", f.codeSize)
	}
	// Some writers make the screen too small, or leave its size out. Browsers let the first frame enlarge it.
	p.Width, p.Height = max(p.Width, f.x+f.width), max(p.Height, f.y+f.height)
	return nil
}

// blocks goes through the blocks of a file. Behind its end, everything is empty.
type blocks struct {
	rest      []byte
	truncated bool
}

func (r *blocks) take(n int) []byte {
	if n > len(r.rest) {
		r.rest, r.truncated = nil, true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *blocks) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// data takes sub-blocks up to the empty one that ends them (section 15), and returns them with their sizes.
func (r *blocks) data() []byte {
	start := r.rest
	for !r.truncated {
		n := int(r.byte())
		if n == 0 {
			break
		}
		r.take(n)
	}
	return start[:len(start)-len(r.rest)]
}

// image takes an image descriptor, its colour table and its data (sections 20 to 22).
func (r *blocks) image() frame {
	b := r.take(9)
	if r.truncated {
		return frame{}
	}
	const interlaced = 0x40
	f := frame{
		x: int(binary.LittleEndian.Uint16(b)), y: int(binary.LittleEndian.Uint16(b[2:])),
		width: int(binary.LittleEndian.Uint16(b[4:])), height: int(binary.LittleEndian.Uint16(b[6:])),
		interlaced: b[8]&interlaced != 0,
	}
	if n := tableSize(b[8]); n > 0 {
		f.table = r.take(n)
	}
	f.codeSize = int(r.byte())
	f.data = r.data()
	return f
}

// tableSize returns the bytes of the colour table that packed fields announce.
func tableSize(packed byte) int {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (packed&7 + 1)
}
