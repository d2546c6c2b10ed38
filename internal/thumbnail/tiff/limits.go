package tiff

import "math"

// Limits bounds what a picture may cost. It is counted from the directory, not measured, so that the answer is the
// same on every machine. Zero fields mean [DefaultLimits].
type Limits struct {
	// Work is the bytes of all strips or tiles when they are decompressed, and the samples that are made of them. One
	// costs some nanoseconds.
	Work int64
	// Memory is the bytes to hold at a time, beside the file.
	Memory int64
}

// DefaultLimits returns limits that a picture of 50 megapixels, RGB with alpha and 16 bits a sample, stays within.
func DefaultLimits() Limits {
	return Limits{Work: 1 << 30, Memory: 128 << 20}
}

// sharedBytes bounds how many bytes of the file may be decompressed again, because strips or tiles have them in common
// or do not say where they end. A compressed byte can be made to cost a hundred nanoseconds and give nothing.
const sharedBytes = 4 << 20

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	if l.Work == 0 {
		l.Work = d.Work
	}
	if l.Memory == 0 {
		l.Memory = d.Memory
	}
	return l
}

// check holds a picture against the limits.
func (l Limits) check(p *picture) error {
	if n := p.memory(); n > l.Memory {
		return tooMuchf("%d bytes of memory, and at most %d are allowed", n, l.Memory)
	}
	if p.work(l.Work) > l.Work {
		return tooMuchf("more than %d bytes and samples", l.Work)
	}
	if p.coding.compression == compressNone {
		return nil
	}
	if most := int64(len(p.file)) + sharedBytes; p.compressed(most) > most {
		return tooMuchf("strips or tiles that have more bytes than the file")
	}
	return nil
}

// What readers take beside a row, in bytes: a deflate window and its tables; tables of LZW.
const (
	deflateMemory = 64 << 10
	lzwMemory     = 32 << 10
)

// memory returns the bytes that decoding takes: a reader for each block that a row of the picture crosses, and a few
// rows.
func (p *picture) memory() int64 {
	l := &p.layout
	reader := 2 * p.rowBytes()
	switch p.coding.compression {
	case compressDeflate, compressDeflateOld:
		reader += deflateMemory
	case compressLZW:
		reader += lzwMemory
	case compressHuffman, compressT4, compressT6:
		reader = mul(int64(l.width), 32) // changes of colour in two rows
	case compressJPEG: // decoded whole, and its data put together
		reader += p.jpegMemory() + p.largestBlock() + int64(len(p.coding.jpegTables))
	}
	if p.ycbcr.subsampled() {
		reader += 2 * int64(p.ycbcr.unitRowBytes(l.width))
	}
	if p.coding.reversed {
		reader += p.largestBlock()
	}
	blocks := mul(int64(l.across), int64(len(p.planes())))
	return mul(reader, blocks) + mul(int64(p.Width), int64(len(p.used)+p.Channels))
}

// work returns the bytes of all blocks, decompressed, and the samples that are used; of more than limit, some number
// above it.
func (p *picture) work(limit int64) int64 {
	work := mul(mul(int64(p.Width), int64(p.Height)), int64(len(p.used)))
	inBand := int64(p.layout.across) * int64(len(p.planes()))
	for y := 0; y < p.layout.down && work <= limit; y++ {
		work += mul(inBand, p.dataBytes(p.rows(y))+int64(len(p.coding.jpegTables)))
	}
	return work
}

// compressed returns the bytes of all blocks that are used, as they are in the file; of more than limit, some number
// above it.
func (p *picture) compressed(limit int64) int64 {
	l := &p.layout
	var n int64
	for _, plane := range p.planes() {
		first := l.block(plane, 0, 0)
		for block := first; block < first+l.across*l.down && n <= limit; block++ {
			n += p.blockBytes(block)
		}
	}
	return n
}

// blockBytes returns the bytes of a block, as far as they are in the file.
func (p *picture) blockBytes(block int) int64 {
	size := uint64(len(p.file))
	n := size - min(p.layout.offsets.at(block), size)
	switch count := p.count(block); {
	case count > 0:
		n = min(n, count)
	case p.coding.compression == compressNone:
		return 0
	}
	return int64(n)
}

// largestBlock returns the bytes of the block that has most.
func (p *picture) largestBlock() int64 {
	var most int64
	for i := range p.layout.offsets.count {
		most = max(most, p.blockBytes(i))
	}
	return most
}

// mul multiplies numbers that are not negative; what is too large becomes the largest that may still be added to.
func mul(a, b int64) int64 {
	const most = math.MaxInt64 / 8
	if a > 0 && b > most/a {
		return most
	}
	return a * b
}
