package tiff

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"slices"
	"testing"
)

// file is a TIFF to be written. Fields that are zero stand for what is usual.
type file struct {
	order         binary.AppendByteOrder // little-endian
	big           bool
	width, height int
	photometric   uint64
	bits          int // 8
	samples       int // 1
	// sample is what a pixel has, in the bits of a sample.
	sample func(x, y, s int) uint64

	planar       bool
	rowsPerStrip int // all
	tile         image.Point
	compression  int // none
	predictor    int // none
	reversed     bool
	encode       func(rows []byte, width int) []byte // in place of what compression says
	fields       map[int]values                      // besides, or in place of others; nil to leave one out
}

// values are those of a field: numbers of a type, or bytes.
type values struct {
	typ     uint16
	numbers []uint64
	bytes   []byte
}

func shorts(v ...uint64) values { return values{typ: typeShort, numbers: v} }
func longs(v ...uint64) values  { return values{typ: typeLong, numbers: v} }

func (f file) defaults() file {
	if f.order == nil {
		f.order = binary.LittleEndian
	}
	f.bits = max(f.bits, 8*btoi(f.bits == 0))
	f.samples = max(f.samples, 1)
	f.compression = max(f.compression, compressNone)
	f.predictor = max(f.predictor, predictorNone)
	if f.rowsPerStrip == 0 {
		f.rowsPerStrip = f.height
	}
	return f
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// bytes writes the header, the blocks, the values of fields and last the directory.
func (f file) bytes() []byte {
	f = f.defaults()
	blocks := f.blocks()
	b := []byte("II")
	if f.order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM")
	}
	if f.big {
		for _, v := range []uint16{43, 8, 0} {
			b = f.order.AppendUint16(b, v)
		}
	} else {
		b = f.order.AppendUint16(b, 42)
	}
	pointer := len(b)
	b = f.appendOffset(b, 0)
	var offsets, counts []uint64
	for _, block := range blocks {
		offsets, counts = append(offsets, uint64(len(b))), append(counts, uint64(len(block)))
		b = append(b, block...)
	}
	fields := f.directory(offsets, counts)
	tags := make([]int, 0, len(fields))
	for tag := range fields {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	var entries []byte
	for _, tag := range tags {
		v := fields[tag]
		data, count := f.data(v)
		entries = f.order.AppendUint16(entries, uint16(tag))
		entries = f.order.AppendUint16(entries, v.typ)
		entries = f.appendOffset(entries, count)
		room := len(f.appendOffset(nil, 0))
		if len(data) <= room {
			entries = append(append(entries, data...), make([]byte, room-len(data))...)
			continue
		}
		entries = f.appendOffset(entries, len(b))
		b = append(b, data...)
	}
	at := f.appendOffset(nil, len(b))
	copy(b[pointer:], at)
	if f.big {
		b = f.order.AppendUint64(b, uint64(len(tags)))
	} else {
		b = f.order.AppendUint16(b, uint16(len(tags)))
	}
	return f.appendOffset(append(b, entries...), 0)
}

func (f file) appendOffset(b []byte, v int) []byte {
	if f.big {
		return f.order.AppendUint64(b, uint64(v))
	}
	return f.order.AppendUint32(b, uint32(v))
}

// directory is all fields that have values.
func (f file) directory(offsets, counts []uint64) map[int]values {
	each := slices.Repeat([]uint64{uint64(f.bits)}, f.samples)
	fields := map[int]values{
		tagImageWidth: longs(uint64(f.width)), tagImageLength: shorts(uint64(f.height)),
		tagBitsPerSample: shorts(each...), tagSamplesPerPixel: shorts(uint64(f.samples)),
		tagCompression: shorts(uint64(f.compression)), tagPhotometric: shorts(f.photometric),
		tagPlanarConfiguration: shorts(uint64(1 + btoi(f.planar))), tagFillOrder: shorts(uint64(1 + btoi(f.reversed))),
	}
	if f.predictor != predictorNone {
		fields[tagPredictor] = shorts(uint64(f.predictor))
	}
	if f.tile.X > 0 {
		fields[tagTileWidth], fields[tagTileLength] = shorts(uint64(f.tile.X)), shorts(uint64(f.tile.Y))
		fields[tagTileOffsets], fields[tagTileByteCounts] = longs(offsets...), longs(counts...)
	} else {
		fields[tagRowsPerStrip] = longs(uint64(f.rowsPerStrip))
		fields[tagStripOffsets], fields[tagStripByteCounts] = longs(offsets...), longs(counts...)
	}
	for tag, v := range f.fields {
		fields[tag] = v
		if v.typ == 0 {
			delete(fields, tag)
		}
	}
	return fields
}

// data is the values of a field as they are stored, and how many.
func (f file) data(v values) ([]byte, int) {
	if v.bytes != nil {
		return v.bytes, len(v.bytes)
	}
	var b []byte
	for _, n := range v.numbers {
		switch v.typ {
		case typeByte:
			b = append(b, byte(n))
		case typeShort:
			b = f.order.AppendUint16(b, uint16(n))
		case typeLong:
			b = f.order.AppendUint32(b, uint32(n))
		case typeRational: // in thousandths
			b = f.order.AppendUint32(f.order.AppendUint32(b, uint32(n)), 1000)
		default:
			b = f.order.AppendUint64(b, n)
		}
	}
	return b, len(v.numbers)
}

// blocks are the strips or tiles, compressed, plane after plane.
func (f file) blocks() [][]byte {
	planes, width, height := [][]int{nil}, f.width, f.rowsPerStrip
	for s := range f.samples {
		planes[0] = append(planes[0], s)
	}
	if f.planar {
		planes = nil
		for s := range f.samples {
			planes = append(planes, []int{s})
		}
	}
	if f.tile.X > 0 {
		width, height = f.tile.X, f.tile.Y
	}
	var blocks [][]byte
	for _, plane := range planes {
		for y := 0; y < f.height; y += height {
			for x := 0; x < f.width; x += width {
				rows := height
				if f.tile.X == 0 {
					rows = min(rows, f.height-y)
				}
				blocks = append(blocks, f.compress(f.rows(image.Rect(x, y, x+width, y+rows), plane), width))
			}
		}
	}
	return blocks
}

// rows are samples of a part of the picture. Beyond its edges, they repeat.
func (f file) rows(r image.Rectangle, samples []int) []byte {
	var b []byte
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := f.row(min(y, f.height-1), r.Min.X, r.Max.X, samples)
		switch f.predictor {
		case predictorHorizontal:
			f.differences(row, len(samples))
		case predictorFloat:
			row = f.floatDifferences(row, len(samples))
		}
		b = append(b, row...)
	}
	return b
}

func (f file) row(y, x0, x1 int, samples []int) []byte {
	var b []byte
	bits, n := uint64(0), 0
	for x := x0; x < x1; x++ {
		for _, s := range samples {
			v := f.sample(min(x, f.width-1), y, s)
			switch f.bits {
			case 16:
				b = f.order.AppendUint16(b, uint16(v))
				continue
			case 32:
				b = f.order.AppendUint32(b, uint32(v))
				continue
			case 64:
				b = f.order.AppendUint64(b, v)
				continue
			}
			bits = bits<<f.bits | v&(1<<f.bits-1)
			for n += f.bits; n >= 8; n -= 8 {
				b = append(b, byte(bits>>(n-8)))
			}
		}
	}
	if n > 0 {
		b = append(b, byte(bits<<(8-n)))
	}
	return b
}

// differences applies the horizontal predictor, from the end.
func (f file) differences(row []byte, samples int) {
	size := f.bits / 8
	order := f.order.(binary.ByteOrder)
	for i := len(row) - size; i >= samples*size; i -= size {
		cur, prev := row[i:], row[i-samples*size:]
		switch size {
		case 1:
			cur[0] -= prev[0]
		case 2:
			order.PutUint16(cur, order.Uint16(cur)-order.Uint16(prev))
		case 4:
			order.PutUint32(cur, order.Uint32(cur)-order.Uint32(prev))
		default:
			order.PutUint64(cur, order.Uint64(cur)-order.Uint64(prev))
		}
	}
}

// floatDifferences applies the floating point predictor: it takes bytes of one weight together, and differences.
func (f file) floatDifferences(row []byte, samples int) []byte {
	size := f.bits / 8
	var out []byte
	for k := range size {
		if f.order == binary.AppendByteOrder(binary.LittleEndian) {
			k = size - 1 - k
		}
		for i := k; i < len(row); i += size {
			out = append(out, row[i])
		}
	}
	for i := len(out) - 1; i >= samples; i-- {
		out[i] -= out[i-samples]
	}
	return out
}

// decode decodes a picture and holds what it is given against the header.
func decode(src []byte) (Header, []byte, error) {
	h, err := DecodeHeader(src)
	if err != nil {
		return h, nil, err
	}
	var all []byte
	rows := 0
	err = DecodeRows(src, Options{}, func(y int, pix []byte) error {
		if y != rows || len(pix) != h.Width*h.Channels {
			return fmt.Errorf("row %d of %d bytes in place of row %d", y, len(pix), rows)
		}
		rows++
		all = append(all, pix...)
		return nil
	})
	if err == nil && rows != h.Height {
		err = fmt.Errorf("%d rows of %d", rows, h.Height)
	}
	return h, all, err
}

func mustDecode(t *testing.T, src []byte) (Header, []byte) {
	t.Helper()
	h, pix, err := decode(src)
	if err != nil {
		t.Fatal(err)
	}
	return h, pix
}

// scaled is a sample of so many bits in 8.
func scaled(v uint64, bits int) byte {
	return byte(math.Round(float64(v) * 255 / float64(uint64(1)<<bits-1)))
}
