package vp8l

const maxCacheBits = 11

// colourCache holds colours that were used lately, each in the place that its hash gives (RFC 9649, 3.6.2.3). There is
// none in a picture without.
type colourCache struct {
	colours []uint32
	shift   uint
}

func newColourCache(bits uint) colourCache {
	return colourCache{colours: make([]uint32, 1<<bits), shift: 32 - bits}
}

// add notes that a colour was used.
func (c *colourCache) add(v uint32) {
	if i := v * 0x1e35a7bd >> (c.shift & 31); uint(i) < uint(len(c.colours)) {
		c.colours[i] = v
	}
}
