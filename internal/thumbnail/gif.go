package thumbnail

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/gif"
	"io"
)

// inspectGIF walks all blocks, so that a file that ends early is found out even where its first frame is
// whole. Source: CompuServe GIF89a, appendix B.
func inspectGIF(src []byte) (header, error) {
	if len(src) < 13 {
		return header{}, io.ErrUnexpectedEOF
	}
	h := header{
		width:       int(binary.LittleEndian.Uint16(src[6:])),
		height:      int(binary.LittleEndian.Uint16(src[8:])),
		orientation: 1,
	}
	at := 13 + colorTable(src[10])
	for frames := 0; ; {
		if at >= len(src) {
			return header{}, io.ErrUnexpectedEOF
		}
		switch src[at] {
		case 0x21: // an extension: its label, then its data
			if graphicControl(src[at:])&1 != 0 {
				h.transparent = true
			}
			at = afterBlocks(src, at+2)
		case 0x2c: // a frame
			if at+10 >= len(src) {
				return header{}, io.ErrUnexpectedEOF
			}
			if frames == 0 {
				w, ht := binary.LittleEndian.Uint16(src[at+5:]), binary.LittleEndian.Uint16(src[at+7:])
				h.memory = area(int(w), int(ht))
			}
			frames++
			at = afterBlocks(src, at+10+colorTable(src[at+9])+1)
		case 0x3b: // the end
			return h, nil
		default:
			if frames > 0 {
				return h, nil // garbage after a frame: viewers show what came before it
			}
			return header{}, fmt.Errorf("it has a block of unknown type 0x%02x", src[at])
		}
	}
}

// graphicControl answers the packed fields of a graphic control extension, or 0 for another block. Their
// lowest bit says that the next frame has a transparent colour.
func graphicControl(block []byte) byte {
	if len(block) < 4 || block[1] != 0xf9 || block[2] < 4 {
		return 0
	}
	return block[3]
}

// colorTable answers the size in bytes of the color table that the packed fields tell of.
func colorTable(packed byte) int {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (packed&7 + 1)
}

// afterBlocks answers where the sub-blocks that begin at at end.
func afterBlocks(src []byte, at int) int {
	for at < len(src) && src[at] != 0 {
		at += 1 + int(src[at])
	}
	return at + 1
}

// renderGIF decodes the first frame, and lays it where it belongs on the logical screen. What it leaves
// bare is transparent, or in a file without any transparent colour, black: such a file is opaque.
func renderGIF(src []byte, h header, w window) (*image.NRGBA, error) {
	m, err := gif.Decode(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	at := m.Bounds().Min
	p := placed(pixelsOf(m), at.X, at.Y, h.width, h.height)
	if !h.transparent {
		p = opaque(p)
	}
	return resize(p, w), nil
}
