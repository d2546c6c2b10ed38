package vp8

// frameTag is the uncompressed start of a key frame (RFC 6386, 9.1).
type frameTag struct {
	version        int
	shown          bool
	firstPartition int // bytes
	width, height  int // pixels
}

const tagBytes = 10

func parseTag(data []byte) (frameTag, error) {
	if len(data) < tagBytes {
		return frameTag{}, ErrShort
	}
	bits := int(data[0]) | int(data[1])<<8 | int(data[2])<<16
	t := frameTag{
		version:        bits >> 1 & 7,
		shown:          bits>>4&1 == 1,
		firstPartition: bits >> 5,
		width:          int(data[6]) | int(data[7]&0x3f)<<8, // the bits above ask for scaling, which nobody does
		height:         int(data[8]) | int(data[9]&0x3f)<<8,
	}
	switch {
	case bits&1 != 0:
		return frameTag{}, FormatError("not a key frame")
	case data[3] != 0x9d || data[4] != 0x01 || data[5] != 0x2a:
		return frameTag{}, FormatError("no start code")
	case t.version > 3:
		return frameTag{}, ErrUnsupported
	case !t.shown:
		return frameTag{}, FormatError("a frame that is not to be shown")
	case t.width == 0 || t.height == 0:
		return frameTag{}, FormatError("no pixels")
	}
	return t, nil
}

const segments = 4

// segmentation is what macroblocks of a segment have in common (RFC 6386, 9.3).
type segmentation struct {
	enabled   bool
	updateMap bool
	absolute  bool // quantizer and filter replace the frame's values instead of adding to them
	quantizer [segments]int
	filter    [segments]int
	probs     [segments - 1]uint8 // of the tree of segment numbers
}

func readSegmentation(r *reader) segmentation {
	var s segmentation
	if s.enabled = r.flag(); !s.enabled {
		return s
	}
	s.updateMap = r.flag()
	if r.flag() {
		s.absolute = r.flag()
		for i := range s.quantizer {
			s.quantizer[i] = r.optionalInt(7)
		}
		for i := range s.filter {
			s.filter[i] = r.optionalInt(6)
		}
	}
	if s.updateMap {
		for i := range s.probs {
			s.probs[i] = 255
			if r.flag() {
				s.probs[i] = uint8(r.uint(8))
			}
		}
	}
	return s
}

// filterHeader is how the loop filter works in the frame (RFC 6386, 9.4).
type filterHeader struct {
	simple    bool
	level     int
	sharpness int
	// What is added to the level of the macroblocks of a key frame (those predicted from their own frame), and
	// to those among them with subblock modes.
	intraDelta, subblockDelta int
}

func readFilterHeader(r *reader) filterHeader {
	h := filterHeader{simple: r.flag(), level: r.uint(6), sharpness: r.uint(3)}
	if used := r.flag(); !used {
		return h
	}
	if given := r.flag(); !given {
		return h
	}
	h.intraDelta = r.optionalInt(6)
	for range 3 { // of macroblocks predicted from other frames
		r.optionalInt(6)
	}
	h.subblockDelta = r.optionalInt(6)
	for range 3 { // of modes that are between frames
		r.optionalInt(6)
	}
	return h
}

// partitions cuts what follows the first partition into those of coefficients (RFC 6386, 9.5). The last has no
// size of its own and reaches to the end.
func partitions(rest []byte, n int) ([]reader, error) {
	if len(rest) < 3*(n-1) {
		return nil, ErrShort
	}
	sizes, rest := rest[:3*(n-1)], rest[3*(n-1):]
	list := make([]reader, 0, n)
	for ; len(sizes) > 0; sizes = sizes[3:] {
		size := int(sizes[0]) | int(sizes[1])<<8 | int(sizes[2])<<16
		if size > len(rest) {
			return nil, ErrShort
		}
		list = append(list, newReader(rest[:size]))
		rest = rest[size:]
	}
	return append(list, newReader(rest)), nil
}

// readCoefficientProbs reads which probabilities of the coefficient tree differ from the default (RFC 6386, 13.4).
func readCoefficientProbs(r *reader) coefficientProbs {
	table := coefficientDefaults
	for kind := range table {
		for band := range table[kind] {
			for context := range table[kind][band] {
				probs := &table[kind][band][context]
				for i, update := range coefficientUpdates[kind][band][context] {
					if r.bool(update) {
						probs[i] = uint8(r.uint(8))
					}
				}
			}
		}
	}
	return table.byPosition()
}
