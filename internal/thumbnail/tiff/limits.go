package tiff

import "math"

// Limits bounds what a picture may cost. It is counted from the directory, not measured, so that the answer is the
// same on every machine. Zero fields mean [DefaultLimits].
type Limits struct {
	// Work is the bytes of all strips or tiles, compressed and decompressed. One costs some nanoseconds.
	Work int64
	// Memory is the bytes to hold at a time, beside the file.
	Memory int64
}

// DefaultLimits returns limits that a picture of 50 megapixels, RGB with alpha and 16 bits a sample, stays within.
func DefaultLimits() Limits {
	return Limits{Work: 1 << 29, Memory: 128 << 20}
}

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
	memory, work := p.memory(), p.work(l.Work)
	if memory > l.Memory {
		return tooMuchf("%d bytes of memory, and at most %d are allowed", memory, l.Memory)
	}
	if work > l.Work {
		return tooMuchf("more than %d bytes to decompress", l.Work)
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

// work returns the bytes of all blocks, compressed and not; of more than limit, some number above it.
func (p *picture) work(limit int64) int64 {
	l := &p.layout
	planes := p.planes()
	var work int64
	for y := range l.down {
		out := p.dataBytes(p.rows(y)) + int64(len(p.coding.jpegTables))
		for _, plane := range planes {
			for x := range l.across {
				if work += out + p.blockBytes(l.block(plane, x, y)); work > limit {
					return work
				}
			}
		}
	}
	return work
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
