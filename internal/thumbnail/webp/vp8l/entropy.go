package vp8l

import "math/bits"

// window is how far a copy may reach back: the longest distance that can be written.
const window = 1 << 20

// entropyImage reads a picture of pixels, whatever they mean, as it is stored: literals, copies of what came before,
// and recent colours from a cache (RFC 9649, 3.6.2 and 3.7.3).
type entropyImage struct {
	bits   *bitReader
	width  int
	height int
	y      int
	cache  colourCache
	groups []group
	tiles  tiles // which group each part of the picture uses

	// history holds the last pixels of the rows before this one: pixel n of the picture in n modulo its length, which
	// is a power of 2.
	history []uint32
	start   int // number of this row's first pixel

	copyLeft int // pixels of a copy that have not been made yet
	copyFrom int // how far back they are
}

// tiles divide a picture into squares of 1<<bits pixels.
type tiles struct {
	bits   uint
	across int
	groups []uint16
}

// newEntropyImage reads what comes before the pixels. Only the main picture may have more than one group of codes.
func newEntropyImage(r *bitReader, b *budget, width, height int, main bool) (*entropyImage, error) {
	m := &entropyImage{bits: r, width: width, height: height}
	if r.read(1) == 1 {
		n := uint(r.read(4))
		if n < 1 || n > maxCacheBits {
			return nil, FormatError("a colour cache of a wrong size")
		}
		m.cache = newColourCache(n)
	}
	size := 1 << bits.Len(uint(min(width*height, window)-1))
	if err := b.spend(size+len(m.cache.colours), 4); err != nil {
		return nil, err
	}
	m.history = make([]uint32, size)
	if main && r.read(1) == 1 {
		if err := m.readTiles(b); err != nil {
			return nil, err
		}
	}
	return m, m.readGroups(b)
}

// readTiles reads the picture of group numbers (RFC 9649, 3.7.2.2).
func (m *entropyImage) readTiles(b *budget) error {
	t := &m.tiles
	t.bits = uint(2 + m.bits.read(3))
	t.across = subsampled(m.width, t.bits)
	pixels, err := readSubimage(m.bits, b, t.across, subsampled(m.height, t.bits))
	if err != nil {
		return err
	}
	if err := b.spend(len(pixels), 2); err != nil {
		return err
	}
	t.groups = make([]uint16, len(pixels))
	for i, v := range pixels {
		t.groups[i] = uint16(v >> 8)
	}
	return nil
}

// readGroups reads the codes. Those of groups that no tile uses are read and forgotten.
func (m *entropyImage) readGroups(b *budget) error {
	count := 1
	var used []bool
	if m.tiles.groups != nil {
		for _, g := range m.tiles.groups {
			count = max(count, int(g)+1)
		}
		used = make([]bool, count)
		for _, g := range m.tiles.groups {
			used[g] = true
		}
	}
	const groupBytes = 200
	if err := b.spend(count, groupBytes); err != nil {
		return err
	}
	m.groups = make([]group, count)
	scratch := make([]uint8, literals+copyLengths+len(m.cache.colours))
	for i := range m.groups {
		g, err := readGroup(m.bits, scratch, len(m.cache.colours))
		if err != nil {
			return err
		}
		if used != nil && !used[i] {
			continue
		}
		if err := b.spend(g.entries(), 2); err != nil {
			return err
		}
		m.groups[i] = g
	}
	return nil
}

// readSubimage reads a whole picture that is part of another's description.
func readSubimage(r *bitReader, b *budget, width, height int) ([]uint32, error) {
	m, err := newEntropyImage(r, b, width, height, false)
	if err != nil {
		return nil, err
	}
	if err := b.spend(width*height, 4); err != nil {
		return nil, err
	}
	pixels := make([]uint32, width*height)
	for y := range height {
		if err := m.readRow(pixels[y*width : (y+1)*width]); err != nil {
			return nil, err
		}
	}
	return pixels, nil
}

// subsampled returns how many squares of 1<<bits cover size pixels.
func subsampled(size int, bits uint) int { return (size + 1<<bits - 1) >> bits }

// readRow reads the next row.
func (m *entropyImage) readRow(row []uint32) error {
	r := m.bits
	x := 0
	if m.copyLeft > 0 {
		x = m.copy(row, 0)
	}
	var g *group
	for x < len(row) {
		g = m.groupAt(x)
		end := len(row) // of what has the same group
		if m.tiles.groups != nil {
			end = min(end, (x>>m.tiles.bits+1)<<m.tiles.bits)
		}
		for x < end {
			r.fill()
			green := g.green.symbol(r)
			switch {
			case green < literals:
				v := uint32(green)<<8 | g.others
				if !g.constant {
					red, blue := g.red.symbol(r), g.blue.symbol(r)
					if r.count < maxCodeLength {
						r.fill()
					}
					v = uint32(g.alpha.symbol(r))<<24 | uint32(red)<<16 | uint32(green)<<8 | uint32(blue)
				}
				row[x] = v
				m.cache.add(v)
				x++
			case green < literals+copyLengths:
				m.copyLeft = readNumber(r, green-literals)
				if r.count < maxCodeLength+maxExtraBits {
					r.fill()
				}
				m.copyFrom = distance(readNumber(r, g.distance.symbol(r)), m.width)
				if err := m.checkCopy(x); err != nil {
					return err
				}
				x = m.copy(row, x)
			default: // the code has no symbols beyond the cache
				v := m.cache.colours[green-literals-copyLengths]
				row[x] = v
				m.cache.add(v)
				x++
			}
		}
	}
	if r.overrun() {
		return ErrShort
	}
	m.remember(row)
	return nil
}

// groupAt returns the codes for the pixel at x in this row.
func (m *entropyImage) groupAt(x int) *group {
	t := &m.tiles
	if t.groups == nil {
		return &m.groups[0]
	}
	return &m.groups[t.groups[m.y>>t.bits*t.across+x>>t.bits]]
}

// checkCopy checks a copy that starts at x in this row.
func (m *entropyImage) checkCopy(x int) error {
	at := m.start + x
	if m.copyFrom > at || m.copyLeft > m.width*m.height-at {
		return FormatError("a copy from or to outside the picture")
	}
	return nil
}

// copy makes what the row has room for of the copy under way, from x on. It returns where the copy ends in the row.
func (m *entropyImage) copy(row []uint32, x int) int {
	end := min(x+m.copyLeft, len(row))
	m.copyLeft -= end - x
	first := x
	mask := len(m.history) - 1
	for ; x < end && x < m.copyFrom; x++ { // from rows before
		row[x] = m.history[(m.start+x-m.copyFrom)&mask]
	}
	for ; x < end; x++ {
		row[x] = row[x-m.copyFrom]
	}
	if m.cache.colours != nil {
		for _, v := range row[first:end] {
			m.cache.add(v)
		}
	}
	return end
}

// remember takes a row into the history.
func (m *entropyImage) remember(row []uint32) {
	at := m.start & (len(m.history) - 1)
	n := copy(m.history[at:], row)
	copy(m.history, row[n:])
	m.start += len(row)
	m.y++
}

// maxExtraBits is how many bits follow the symbol of a number at most.
const maxExtraBits = 18

// readNumber reads the rest of a length or a distance that starts with a symbol (RFC 9649, 3.6.2.2).
func readNumber(r *bitReader, symbol int) int {
	if symbol < 4 {
		return symbol + 1
	}
	extra := uint(symbol-2) >> 1
	return (2+symbol&1)<<extra + r.take(extra) + 1
}

// near lists the pixels that the 120 lowest distances stand for, by how far up and to the left they are. They are
// those close by, in the order of their distance.
var near = [120]struct{ left, up int8 }{
	{0, 1}, {1, 0}, {1, 1}, {-1, 1}, {0, 2}, {2, 0}, {1, 2}, {-1, 2}, {2, 1}, {-2, 1},
	{2, 2}, {-2, 2}, {0, 3}, {3, 0}, {1, 3}, {-1, 3}, {3, 1}, {-3, 1}, {2, 3}, {-2, 3},
	{3, 2}, {-3, 2}, {0, 4}, {4, 0}, {1, 4}, {-1, 4}, {4, 1}, {-4, 1}, {3, 3}, {-3, 3},
	{2, 4}, {-2, 4}, {4, 2}, {-4, 2}, {0, 5}, {3, 4}, {-3, 4}, {4, 3}, {-4, 3}, {5, 0},
	{1, 5}, {-1, 5}, {5, 1}, {-5, 1}, {2, 5}, {-2, 5}, {5, 2}, {-5, 2}, {4, 4}, {-4, 4},
	{3, 5}, {-3, 5}, {5, 3}, {-5, 3}, {0, 6}, {6, 0}, {1, 6}, {-1, 6}, {6, 1}, {-6, 1},
	{2, 6}, {-2, 6}, {6, 2}, {-6, 2}, {4, 5}, {-4, 5}, {5, 4}, {-5, 4}, {3, 6}, {-3, 6},
	{6, 3}, {-6, 3}, {0, 7}, {7, 0}, {1, 7}, {-1, 7}, {5, 5}, {-5, 5}, {7, 1}, {-7, 1},
	{4, 6}, {-4, 6}, {6, 4}, {-6, 4}, {2, 7}, {-2, 7}, {7, 2}, {-7, 2}, {3, 7}, {-3, 7},
	{7, 3}, {-7, 3}, {5, 6}, {-5, 6}, {6, 5}, {-6, 5}, {8, 0}, {4, 7}, {-4, 7}, {7, 4},
	{-7, 4}, {8, 1}, {8, 2}, {6, 6}, {-6, 6}, {8, 3}, {5, 7}, {-5, 7}, {7, 5}, {-7, 5},
	{8, 4}, {6, 7}, {-6, 7}, {7, 6}, {-7, 6}, {8, 5}, {7, 7}, {-7, 7}, {8, 6}, {8, 7},
}

// distance returns how many pixels back a distance means in a picture of some width.
func distance(code, width int) int {
	if code > len(near) {
		return code - len(near)
	}
	n := near[code-1]
	return max(int(n.up)*width+int(n.left), 1)
}
