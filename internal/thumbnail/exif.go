package thumbnail

import (
	"bytes"
	"encoding/binary"
)

// What is known of TIFF 6.0, which EXIF is written in.
const (
	tagOrientation = 274
	typeShort      = 3
)

// exifOrientation answers the orientation that a block of EXIF gives, 1 to 8. Anything that is broken,
// missing, of another type or out of range is 1: upright.
// Source: CIPA DC-008 (EXIF 2.32), 4.6.4 A, tag Orientation: one SHORT.
func exifOrientation(block []byte) int {
	// JPEG puts these six bytes in front, and some writers of PNG and WebP do the same.
	block = bytes.TrimPrefix(block, []byte("Exif\x00\x00"))
	d, ok := firstDirectory(block)
	if !ok {
		return 1
	}
	return d.orientation()
}

// directory is an image file directory: fields of 12 bytes each. Only its own bytes are looked at, and no
// next directory is followed, so that a loop of them costs nothing.
// Source: TIFF 6.0, section 2.
type directory struct {
	order  binary.ByteOrder
	fields []byte
}

// firstDirectory finds the first directory of a TIFF file.
func firstDirectory(file []byte) (directory, bool) {
	if len(file) < 8 {
		return directory{}, false
	}
	var d directory
	switch string(file[:4]) {
	case "II*\x00":
		d.order = binary.LittleEndian
	case "MM\x00*":
		d.order = binary.BigEndian
	default:
		return directory{}, false
	}
	at := int64(d.order.Uint32(file[4:]))
	if at+2 > int64(len(file)) {
		return directory{}, false
	}
	n := int64(d.order.Uint16(file[at:])) * 12
	fields := file[at+2:]
	// A directory that is cut off still has its first fields.
	d.fields = fields[:min(n, int64(len(fields)))/12*12]
	return d, true
}

func (d directory) orientation() int {
	f := d.field(tagOrientation)
	if f == nil || d.order.Uint16(f[2:]) != typeShort || d.order.Uint32(f[4:]) != 1 {
		return 1
	}
	if v := d.order.Uint16(f[8:]); v >= 1 && v <= 8 {
		return int(v)
	}
	return 1
}

// field answers the first field of the tag, or nil.
func (d directory) field(tag uint16) []byte {
	for f := d.fields; len(f) > 0; f = f[12:] {
		if d.order.Uint16(f) == tag {
			return f[:12]
		}
	}
	return nil
}
