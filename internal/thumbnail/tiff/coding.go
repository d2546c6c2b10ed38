package tiff

import (
	"bytes"
	"compress/zlib"
	"io"
	"math/bits"

	"golang.org/x/image/tiff/lzw"
)

// Compressions (sections 3, 9 to 11 and 13; Technical Note 2; Adobe Photoshop TIFF Technical Notes, 2002).
const (
	compressNone       = 1
	compressHuffman    = 2
	compressT4         = 3
	compressT6         = 4
	compressLZW        = 5
	compressJPEGOld    = 6
	compressJPEG       = 7
	compressDeflate    = 8
	compressPackBits   = 32773
	compressDeflateOld = 32946
)

// Predictors (section 14; Technical Note 3).
const (
	predictorNone       = 1
	predictorHorizontal = 2
	predictorFloat      = 3
)

// coding says how blocks are compressed.
type coding struct {
	compression uint64
	predictor   uint64
	reversed    bool   // the lowest bit of each byte comes first
	twoRows     bool   // T.4: rows are coded by the one before them
	jpegTables  []byte // a JPEG stream with the tables that blocks have in common
}

func (p *picture) readCoding(d *directory) error {
	c := &p.coding
	c.compression = d.number(tagCompression, compressNone)
	c.predictor = predictorNone
	switch c.compression {
	case compressNone, compressPackBits:
	case compressHuffman, compressT4, compressT6:
		if p.bits != 1 || p.samplesInRow() != 1 {
			return corruptf("compressed as bilevel, and is not")
		}
		const twoDimensional, uncompressedMode = 1, 2
		options := d.number(tagT4Options, 0)
		if c.compression == compressT4 {
			c.twoRows = options&twoDimensional != 0
			if options&uncompressedMode != 0 {
				return unsupportedf("uncompressed mode of T.4")
			}
		}
	case compressLZW, compressDeflate, compressDeflateOld:
		c.predictor = d.number(tagPredictor, predictorNone)
	case compressJPEG:
		if p.bits != 8 {
			return unsupportedf("JPEG of %d bits a sample", p.bits)
		}
		c.jpegTables = d.fields[tagJPEGTables].data
	default:
		return unsupportedf("compression %d", c.compression)
	}
	c.reversed = c.compression != compressJPEG && d.number(tagFillOrder, 1) == 2
	return p.checkPredictor()
}

func (p *picture) checkPredictor() error {
	switch predictor := p.coding.predictor; predictor {
	case predictorNone:
	case predictorHorizontal:
		if p.bits%8 != 0 || p.ycbcr.subsampled() {
			return unsupportedf("a horizontal predictor for samples of %d bits", p.bits)
		}
	case predictorFloat:
		if p.format != formatFloat {
			return corruptf("a floating point predictor for samples that are not")
		}
	default:
		return unsupportedf("predictor %d", predictor)
	}
	return nil
}

// rowReader reads the rows of one block.
type rowReader interface {
	// next returns the next row, valid until the next call: rowBytes bytes, decompressed. Errors are for damage to
	// make sense of.
	next() ([]byte, error)
}

// blockReaders makes readers of blocks, those of a band of blocks in their places. What was in a place before is
// used again, so that memory does not grow with the number of bands.
type blockReaders struct {
	p     *picture
	codes *faxCodes
	zlibs []io.ReadCloser
}

func newBlockReaders(p *picture, places int) *blockReaders {
	r := &blockReaders{p: p}
	switch p.coding.compression {
	case compressHuffman, compressT4, compressT6:
		r.codes = newFaxCodes()
	case compressDeflate, compressDeflateOld:
		r.zlibs = make([]io.ReadCloser, places)
	}
	return r
}

// open returns a reader for a block of so many rows that matter.
func (r *blockReaders) open(place, block, rows int) (rowReader, error) {
	p := r.p
	data, err := p.data(block, rows)
	if err != nil {
		return nil, err
	}
	if p.coding.reversed {
		data = reverseBits(data)
	}
	var stream io.Reader
	switch p.coding.compression {
	case compressNone:
		stream = bytes.NewReader(data)
	case compressPackBits:
		stream = &packBits{src: data}
	case compressLZW:
		stream = lzw.NewReader(bytes.NewReader(data), lzw.MSB, 8)
	case compressDeflate, compressDeflateOld:
		if stream, err = r.inflate(place, data); err != nil {
			return nil, err
		}
	case compressJPEG:
		return newJPEGRows(p, data, rows)
	default:
		return newFaxRows(r.codes, p, data), nil
	}
	if p.ycbcr.subsampled() {
		return newUnitRows(stream, p), nil
	}
	return &byteRows{p: p, stream: stream, row: make([]byte, p.rowBytes())}, nil
}

func (r *blockReaders) inflate(place int, data []byte) (io.Reader, error) {
	z := r.zlibs[place]
	if z == nil {
		z, err := zlib.NewReader(bytes.NewReader(data))
		r.zlibs[place] = z
		return z, err
	}
	return z, z.(zlib.Resetter).Reset(bytes.NewReader(data), nil)
}

// reverseBits returns the bytes with the order of their bits reversed.
func reverseBits(data []byte) []byte {
	out := make([]byte, len(data))
	for i, b := range data {
		out[i] = bits.Reverse8(b)
	}
	return out
}

// byteRows reads rows that a stream of bytes holds one after another.
type byteRows struct {
	p       *picture
	stream  io.Reader
	row     []byte
	scratch []byte // for the floating point predictor
}

func (r *byteRows) next() ([]byte, error) {
	if _, err := io.ReadFull(r.stream, r.row); err != nil {
		return nil, err
	}
	switch p := r.p; p.coding.predictor {
	case predictorHorizontal:
		addHorizontally(r.row, p.samplesInRow(), p.bits, p.order)
	case predictorFloat:
		if r.scratch == nil {
			r.scratch = make([]byte, len(r.row))
		}
		undoFloatPredictor(r.scratch, r.row, p.samplesInRow(), p.bits, p.order)
		return r.scratch, nil
	}
	return r.row, nil
}

// packBits decompresses PackBits (section 9).
type packBits struct {
	src     []byte
	literal int  // bytes to copy from src
	repeat  int  // bytes to make of value
	value   byte // of the run
}

func (r *packBits) Read(dst []byte) (int, error) {
	n := 0
	for n < len(dst) {
		switch {
		case r.literal > 0:
			k := copy(dst[n:min(len(dst), n+r.literal)], r.src)
			if k == 0 {
				return n, io.ErrUnexpectedEOF
			}
			r.src = r.src[k:]
			r.literal -= k
			n += k
		case r.repeat > 0:
			k := min(r.repeat, len(dst)-n)
			for i := range k {
				dst[n+i] = r.value
			}
			r.repeat -= k
			n += k
		default:
			if err := r.header(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// header reads what comes next: n+1 bytes as they are, for n from 0 to 127; a byte -n+1 times, for n from -1 to -127;
// nothing, for -128.
func (r *packBits) header() error {
	if len(r.src) == 0 {
		return io.EOF
	}
	n := int(int8(r.src[0]))
	r.src = r.src[1:]
	switch {
	case n >= 0:
		r.literal = n + 1
	case n > -128:
		if len(r.src) == 0 {
			return io.ErrUnexpectedEOF
		}
		r.repeat, r.value = 1-n, r.src[0]
		r.src = r.src[1:]
	}
	return nil
}
