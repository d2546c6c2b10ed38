package tiff

// layout says where in the file the pixels are: in strips, which are blocks as wide as the picture (section 3), or in
// tiles (section 15). Where samples of a pixel are apart, there are as many blocks for each of them.
type layout struct {
	planar        bool // the samples of a pixel are apart
	tiled         bool // all blocks have their full size; otherwise, the last ends with the picture
	width, height int  // of a block, in pixels
	across, down  int  // how many blocks
	offsets       field
	counts        field // of bytes; may be missing
}

const (
	planarChunky   = 1
	planarSeparate = 2
)

func (p *picture) readLayout(d *directory) error {
	l := &p.layout
	switch planar := d.number(tagPlanarConfiguration, planarChunky); planar {
	case planarChunky:
	case planarSeparate:
		l.planar = p.stored > 1
	default:
		return corruptf("planar configuration %d", planar)
	}
	width, height := uint64(p.Width), uint64(p.Height)
	l.offsets, l.counts = d.fields[tagStripOffsets], d.fields[tagStripByteCounts]
	if d.fields[tagTileWidth].count > 0 {
		l.tiled = true
		width, height = d.number(tagTileWidth, 0), d.number(tagTileLength, 0)
		if f := d.fields[tagTileOffsets]; f.count > 0 {
			l.offsets, l.counts = f, d.fields[tagTileByteCounts]
		}
		if width == 0 || height == 0 || width > maxTile || height > maxTile {
			return corruptf("tiles of %dx%d", width, height)
		}
	} else if rows := d.number(tagRowsPerStrip, 0); rows > 0 && rows < height {
		height = rows
	}
	l.width, l.height = int(width), int(height)
	l.across, l.down = ceilDiv(p.Width, l.width), ceilDiv(p.Height, l.height)
	if l.planar && p.ycbcr.subsampled() {
		return unsupportedf("subsampled YCbCr in planes")
	}
	blocks := mul(int64(l.across), int64(l.down))
	if l.planar {
		blocks = mul(blocks, int64(p.stored))
	}
	if int64(l.offsets.count) < blocks {
		return corruptf("%d strips or tiles of %d", l.offsets.count, blocks)
	}
	return nil
}

// maxTile bounds the sides of tiles, which may reach beyond the picture.
const maxTile = 1 << 20

// block returns the number of the block of a plane that is x blocks from the left and y from the top.
func (l *layout) block(plane, x, y int) int { return (plane*l.down+y)*l.across + x }

// rows returns how many rows of the picture are in the blocks that are y blocks from the top.
func (p *picture) rows(y int) int { return min(p.layout.height, p.Height-y*p.layout.height) }

// planes returns in which planes the samples are that the picture is made of: one plane, unless samples are apart.
func (p *picture) planes() []int {
	if p.layout.planar {
		return p.used
	}
	return []int{0}
}

// samplesInRow returns how many samples a pixel has in a block.
func (p *picture) samplesInRow() int {
	if p.layout.planar {
		return 1
	}
	return p.stored
}

// rowBytes returns the bytes of a decompressed row of a block. Rows end on a byte.
func (p *picture) rowBytes() int64 {
	return (int64(p.layout.width)*int64(p.samplesInRow())*int64(p.bits) + 7) / 8
}

// dataBytes returns how many bytes so many rows of a block take when they are not compressed.
func (p *picture) dataBytes(rows int) int64 {
	if p.ycbcr.subsampled() {
		return mul(int64(ceilDiv(rows, p.ycbcr.down)), int64(p.ycbcr.unitRowBytes(p.layout.width)))
	}
	return mul(int64(rows), p.rowBytes())
}

// data returns the bytes of a block.
func (p *picture) data(block, rows int) ([]byte, error) {
	at, size := p.layout.offsets.at(block), uint64(len(p.file))
	if at > size {
		return nil, ErrTruncated
	}
	n := size - at
	switch count := p.count(block); {
	case count > 0:
		if count > n {
			return nil, ErrTruncated
		}
		n = count
	case p.coding.compression == compressNone:
		n = min(n, uint64(p.dataBytes(rows)))
	}
	return p.file[at : at+n], nil
}

// count returns how many bytes a block is said to have, 0 if that is not said.
func (p *picture) count(block int) uint64 {
	if block >= p.layout.counts.count {
		return 0
	}
	return p.layout.counts.at(block)
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
