package tiff

import (
	"encoding/binary"
	"math"
)

// Tags of the fields that are read (appendix A; ICC: ICC.1 annex B.4; JPEG: Technical Note 2).
const (
	tagImageWidth          = 256
	tagImageLength         = 257
	tagBitsPerSample       = 258
	tagCompression         = 259
	tagPhotometric         = 262
	tagFillOrder           = 266
	tagStripOffsets        = 273
	tagOrientation         = 274
	tagSamplesPerPixel     = 277
	tagRowsPerStrip        = 278
	tagStripByteCounts     = 279
	tagPlanarConfiguration = 284
	tagT4Options           = 292
	tagPredictor           = 317
	tagColorMap            = 320
	tagTileWidth           = 322
	tagTileLength          = 323
	tagTileOffsets         = 324
	tagTileByteCounts      = 325
	tagInkSet              = 332
	tagExtraSamples        = 338
	tagSampleFormat        = 339
	tagJPEGTables          = 347
	tagYCbCrCoefficients   = 529
	tagYCbCrSubSampling    = 530
	tagReferenceBlackWhite = 532
	tagICCProfile          = 34675
)

// known reports whether anything wants the field.
func known(tag uint16) bool {
	switch tag {
	case tagImageWidth, tagImageLength, tagBitsPerSample, tagCompression, tagPhotometric, tagFillOrder,
		tagStripOffsets, tagOrientation, tagSamplesPerPixel, tagRowsPerStrip, tagStripByteCounts,
		tagPlanarConfiguration, tagT4Options, tagPredictor, tagColorMap, tagTileWidth, tagTileLength,
		tagTileOffsets, tagTileByteCounts, tagInkSet, tagExtraSamples, tagSampleFormat, tagJPEGTables,
		tagYCbCrCoefficients, tagYCbCrSubSampling, tagReferenceBlackWhite, tagICCProfile:
		return true
	}
	return false
}

// Types of a field's values that are read (section 2; BigTIFF: typeLong8 and typeIFD8).
const (
	typeByte      = 1
	typeShort     = 3
	typeLong      = 4
	typeRational  = 5
	typeUndefined = 7
	typeIFD       = 13
	typeLong8     = 16
	typeIFD8      = 18
)

// typeSize returns the bytes that a value takes, 0 for a type that does not exist.
func typeSize(t uint16) uint64 {
	sizes := [...]uint64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8}
	if int(t) >= len(sizes) {
		return 0
	}
	return sizes[t]
}

// directory is the first image file directory of a file: the fields that are wanted, the first of each tag.
type directory struct {
	file   []byte
	order  binary.ByteOrder
	big    bool // BigTIFF
	fields map[uint16]field
}

// field is one field of a directory. The zero field stands for one that is missing.
type field struct {
	order binary.ByteOrder
	typ   uint16
	count int
	data  []byte // count values
}

// readDirectory finds the first directory (section 2).
func readDirectory(file []byte) (*directory, error) {
	if len(file) < 8 {
		return nil, ErrTruncated
	}
	d := &directory{file: file, fields: map[uint16]field{}}
	switch string(file[:2]) {
	case "II":
		d.order = binary.LittleEndian
	case "MM":
		d.order = binary.BigEndian
	default:
		return nil, corruptf("no byte order")
	}
	switch version := d.order.Uint16(file[2:]); version {
	case 42:
		return d, d.readFields(d.offset(file[4:]))
	case 43:
		d.big = true
		if len(file) < 16 {
			return nil, ErrTruncated
		}
		if d.order.Uint16(file[4:]) != 8 || d.order.Uint16(file[6:]) != 0 {
			return nil, corruptf("offsets of other than 8 bytes")
		}
		return d, d.readFields(d.offset(file[8:]))
	default:
		return nil, corruptf("version %d", version)
	}
}

// readFields reads the directory at offset at: the number of its fields, and the fields.
func (d *directory) readFields(at uint64) error {
	countSize, fieldSize, offsetSize := uint64(2), uint64(12), uint64(4)
	if d.big {
		countSize, fieldSize, offsetSize = 8, 20, 8
	}
	b, ok := d.slice(at, countSize)
	if !ok {
		return ErrTruncated
	}
	n := uint64(0)
	if d.big {
		n = d.order.Uint64(b)
	} else {
		n = uint64(d.order.Uint16(b))
	}
	if n > uint64(len(d.file))/fieldSize {
		return ErrTruncated
	}
	// The offset of the next directory comes last. It is not followed.
	if b, ok = d.slice(at+countSize, n*fieldSize+offsetSize); !ok {
		return ErrTruncated
	}
	for ; uint64(len(b)) >= fieldSize; b = b[fieldSize:] {
		if err := d.readField(b[:fieldSize]); err != nil {
			return err
		}
	}
	return nil
}

// readField notes a field if it is wanted. Its values must be in the file, wanted or not: it may have been cut off.
func (d *directory) readField(b []byte) error {
	tag := d.order.Uint16(b)
	f := field{order: d.order, typ: d.order.Uint16(b[2:])}
	count, value := uint64(d.order.Uint32(b[4:])), b[8:] // of values; the values, or where they are
	if d.big {
		count, value = d.order.Uint64(b[4:]), b[12:]
	}
	size := typeSize(f.typ)
	if size == 0 || count == 0 {
		return nil // as good as missing
	}
	if count > uint64(len(d.file))/size {
		return ErrTruncated
	}
	f.count = int(count)
	if n := count * size; n <= uint64(len(value)) {
		f.data = value[:n]
	} else {
		data, ok := d.slice(d.offset(value), n)
		if !ok {
			return ErrTruncated
		}
		f.data = data
	}
	if _, again := d.fields[tag]; !again && known(tag) {
		d.fields[tag] = f
	}
	return nil
}

// offset reads an offset.
func (d *directory) offset(b []byte) uint64 {
	if d.big {
		return d.order.Uint64(b)
	}
	return uint64(d.order.Uint32(b))
}

// slice returns n bytes of the file, if it has them.
func (d *directory) slice(at, n uint64) ([]byte, bool) {
	size := uint64(len(d.file))
	if at > size || n > size-at {
		return nil, false
	}
	return d.file[at : at+n], true
}

// number returns the first value of a field, or otherwise where it has none.
func (d *directory) number(tag uint16, otherwise uint64) uint64 {
	f := d.fields[tag]
	if f.count == 0 {
		return otherwise
	}
	return f.at(0)
}

// at returns value i as a whole number, the largest there is for a value that is none.
func (f field) at(i int) uint64 {
	switch f.typ {
	case typeByte, typeUndefined:
		return uint64(f.data[i])
	case typeShort:
		return uint64(f.order.Uint16(f.data[2*i:]))
	case typeLong, typeIFD:
		return uint64(f.order.Uint32(f.data[4*i:]))
	case typeLong8, typeIFD8:
		return f.order.Uint64(f.data[8*i:])
	}
	return math.MaxUint64
}

// rational returns value i, and whether it is a fraction that has a value.
func (f field) rational(i int) (float64, bool) {
	if f.typ != typeRational || i >= f.count {
		return 0, false
	}
	num, den := f.order.Uint32(f.data[8*i:]), f.order.Uint32(f.data[8*i+4:])
	if den == 0 {
		return 0, false
	}
	return float64(num) / float64(den), true
}
