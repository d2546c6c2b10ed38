package vp8

import "math/rand/v2"

// frame is a key frame to be written: everything that the syntax of RFC 6386, section 19 can say of one, by hand.
type frame struct {
	width, height int
	version       int
	hidden, inter bool

	simple           bool
	level, sharpness int
	deltas           *[2]int // of the filter level: all macroblocks, those with subblock modes

	segments *frameSegments
	// partitions is how many there are for coefficients.
	partitions int
	quantizer  int
	// quantizerDeltas are those of luma DC, Y2 DC and AC, chroma DC and AC.
	quantizerDeltas [5]int
	newProbs        map[[4]int]uint8 // by kind, band, context, place
	skipProb        int              // 0: macroblocks are not marked as empty
	blocks          []frameBlock
}

type frameSegments struct {
	data              bool // quantizer and filter are given
	absolute          bool
	quantizer, filter [segments]int
	probs             *[segments - 1]uint8 // of the map; nil without one
}

// frameBlock is a macroblock.
type frameBlock struct {
	macroblock
	coefs [pixelBlocks + 1][16]int // in zigzag order, Y2 last
}

// encode writes the frame.
func (f *frame) encode() []byte {
	var first boolWriter
	f.writeHeader(&first)
	columns := (f.width + 15) / 16
	above := make([]mode, 4*columns)
	for at := 0; at < len(f.blocks); at += columns {
		var left [4]mode
		for x := range columns {
			f.writeModes(&first, &f.blocks[at+x], above[4*x:4*x+4], left[:])
		}
	}
	head := first.finish()
	parts := f.writeCoefficients(columns)

	tag := f.version<<1 | len(head)<<5
	if f.inter {
		tag |= 1
	}
	if !f.hidden {
		tag |= 1 << 4
	}
	out := []byte{
		byte(tag), byte(tag >> 8), byte(tag >> 16), 0x9d, 0x01, 0x2a,
		byte(f.width), byte(f.width >> 8), byte(f.height), byte(f.height >> 8),
	}
	out = append(out, head...)
	for _, p := range parts[:len(parts)-1] {
		out = append(out, byte(len(p)), byte(len(p)>>8), byte(len(p)>>16))
	}
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func (f *frame) writeHeader(w *boolWriter) {
	w.uint(0, 2) // colour space, clamping
	w.flag(f.segments != nil)
	if s := f.segments; s != nil {
		w.flag(s.probs != nil)
		w.flag(s.data)
		if s.data {
			w.flag(s.absolute)
			for _, v := range s.quantizer {
				w.optionalInt(v, 7)
			}
			for _, v := range s.filter {
				w.optionalInt(v, 6)
			}
		}
		if s.probs != nil {
			for _, p := range s.probs {
				w.flag(p != 255)
				if p != 255 {
					w.uint(int(p), 8)
				}
			}
		}
	}
	w.flag(f.simple)
	w.uint(f.level, 6)
	w.uint(f.sharpness, 3)
	w.flag(f.deltas != nil)
	if d := f.deltas; d != nil {
		w.flag(true)
		for _, v := range [...]int{d[0], 1, -2, 3, d[1], -4, 5, 0} {
			w.optionalInt(v, 6)
		}
	}
	for i := range 4 {
		if 1<<i == f.partitions {
			w.uint(i, 2)
		}
	}
	w.uint(f.quantizer, 7)
	for _, v := range f.quantizerDeltas {
		w.optionalInt(v, 4)
	}
	w.flag(true) // probabilities hold for later frames
	for kind, k := range coefficientUpdates {
		for band, b := range k {
			for context, c := range b {
				for i, update := range c {
					v, ok := f.newProbs[[4]int{kind, band, context, i}]
					w.bool(ok, update)
					if ok {
						w.uint(int(v), 8)
					}
				}
			}
		}
	}
	w.flag(f.skipProb != 0)
	if f.skipProb != 0 {
		w.uint(f.skipProb, 8)
	}
}

func (f *frame) writeModes(w *boolWriter, b *frameBlock, above, left []mode) {
	if s := f.segments; s != nil && s.probs != nil {
		w.bool(b.segment > 1, s.probs[0])
		w.bool(b.segment&1 != 0, s.probs[1+b.segment>>1])
	}
	if f.skipProb != 0 {
		w.bool(b.skip, uint8(f.skipProb))
	}
	w.bool(!b.subblocks, 145)
	if b.subblocks {
		for i, m := range b.modes {
			w.leaf(subblockPaths[m], subblockModeProbs[above[i%4]][left[i/4]][:])
			above[i%4], left[i/4] = m, m
		}
	} else {
		w.leaf(lumaPaths[b.luma], []uint8{156, 163, 128})
		for i := range 4 {
			above[i], left[i] = b.luma, b.luma
		}
	}
	w.leaf(chromaPaths[b.chroma], []uint8{142, 114, 183})
}

// A step is a place in a tree, and the bool there.
type step struct {
	place int
	bool  bool
}

// Paths through the trees of modes. RFC 6386, 11.2 to 11.4.
var (
	subblockPaths = map[mode][]step{
		modeDC: {{0, false}},
		modeTM: {{0, true}, {1, false}},
		modeVE: {{0, true}, {1, true}, {2, false}},
		modeHE: {{0, true}, {1, true}, {2, true}, {3, false}, {4, false}},
		modeRD: {{0, true}, {1, true}, {2, true}, {3, false}, {4, true}, {5, false}},
		modeVR: {{0, true}, {1, true}, {2, true}, {3, false}, {4, true}, {5, true}},
		modeLD: {{0, true}, {1, true}, {2, true}, {3, true}, {6, false}},
		modeVL: {{0, true}, {1, true}, {2, true}, {3, true}, {6, true}, {7, false}},
		modeHD: {{0, true}, {1, true}, {2, true}, {3, true}, {6, true}, {7, true}, {8, false}},
		modeHU: {{0, true}, {1, true}, {2, true}, {3, true}, {6, true}, {7, true}, {8, true}},
	}
	lumaPaths = map[mode][]step{
		modeDC: {{0, false}, {1, false}},
		modeVE: {{0, false}, {1, true}},
		modeHE: {{0, true}, {2, false}},
		modeTM: {{0, true}, {2, true}},
	}
	chromaPaths = map[mode][]step{
		modeDC: {{0, false}},
		modeVE: {{0, true}, {1, false}},
		modeHE: {{0, true}, {1, true}, {2, false}},
		modeTM: {{0, true}, {1, true}, {2, true}},
	}
)

// writeCoefficients writes the coefficients, a partition for every so many rows.
func (f *frame) writeCoefficients(columns int) [][]byte {
	probs := coefficientDefaults
	for at, v := range f.newProbs {
		probs[at[0]][at[1]][at[2]][at[3]] = v
	}
	writers := make([]boolWriter, f.partitions)
	above := make([]context, columns)
	for at := 0; at < len(f.blocks); at += columns {
		w := &writers[at/columns%f.partitions]
		var left context
		for x := range columns {
			writeMacroblock(w, &probs, &f.blocks[at+x], &above[x], &left)
		}
	}
	var parts [][]byte
	for i := range writers {
		parts = append(parts, writers[i].finish())
	}
	return parts
}

func writeMacroblock(w *boolWriter, probs *coefficientTable, b *frameBlock, above, left *context) {
	if b.skip {
		above.clear(b.subblocks)
		left.clear(b.subblocks)
		return
	}
	block := func(kind, i, first int, above, left *uint8) {
		*above = writeBlock(w, &probs[kind], &b.coefs[i], int(*above+*left), first)
		*left = *above
	}
	kind, first := kindY, 0
	if !b.subblocks {
		kind, first = kindYAfterY2, 1
		block(kindY2, pixelBlocks, 0, &above.y2, &left.y2)
	}
	for i := range 16 {
		block(kind, i, first, &above.y[i%4], &left.y[i/4])
	}
	for i := range 8 {
		plane := i / 4
		block(kindChroma, chromaBlock+i, 0, &above.chroma[plane][i%2], &left.chroma[plane][i/2%2])
	}
}

// writeBlock writes a block's coefficients from first on, and returns 1 if there are any.
func writeBlock(w *boolWriter, probs *[tokenBands][tokenContexts][tokenProbs]uint8, coefs *[16]int, context, first int) uint8 {
	end := 16
	for end > first && coefs[end-1] == 0 {
		end--
	}
	afterZero := false
	for n := first; n < 16; n++ {
		p := &probs[bandOf[n]][context]
		if !afterZero {
			w.bool(n < end, p[0])
			if n >= end {
				break
			}
		}
		v := coefs[n]
		magnitude := max(v, -v)
		w.bool(v != 0, p[1])
		afterZero = v == 0
		if v == 0 {
			context = 0
			continue
		}
		writeMagnitude(w, p, magnitude)
		w.flag(v < 0)
		context = min(magnitude, 2)
	}
	if end > first {
		return 1
	}
	return 0
}

// writeMagnitude writes how much a coefficient is above 0. RFC 6386, 13.2.
func writeMagnitude(w *boolWriter, p *[tokenProbs]uint8, v int) {
	w.bool(v > 1, p[2])
	if v == 1 {
		return
	}
	w.bool(v > 4, p[3])
	if v <= 4 {
		w.bool(v > 2, p[4])
		if v > 2 {
			w.bool(v > 3, p[5])
		}
		return
	}
	extra := func(v int, probs ...uint8) {
		for i, prob := range probs {
			w.bool(v>>(len(probs)-1-i)&1 != 0, prob)
		}
	}
	w.bool(v > 10, p[6])
	if v <= 10 {
		w.bool(v > 6, p[7])
		if v <= 6 {
			extra(v-5, 159)
		} else {
			extra(v-7, 165, 145)
		}
		return
	}
	w.bool(v > 34, p[8])
	switch {
	case v <= 18:
		w.bool(false, p[9])
		extra(v-11, 173, 148, 140)
	case v <= 34:
		w.bool(true, p[9])
		extra(v-19, 176, 155, 140, 135)
	case v <= 66:
		w.bool(false, p[10])
		extra(v-35, 180, 157, 141, 134, 130)
	default:
		w.bool(true, p[10])
		extra(v-67, 254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129)
	}
}

// boolWriter is the boolean encoder (RFC 6386, 7.3), with as many bits as it likes.
type boolWriter struct {
	out    []byte // bytes that are settled but for a carry
	low    uint64 // below out: bits bits that are settled but for a carry, and 8 that are not
	bits   int
	range_ uint32 // 0 for 255, to begin with
}

func (w *boolWriter) bool(v bool, prob uint8) {
	if w.range_ == 0 {
		w.range_ = 255
	}
	split := 1 + (w.range_-1)*uint32(prob)>>8
	if v {
		w.low += uint64(split)
		w.range_ -= split
	} else {
		w.range_ = split
	}
	for w.range_ < 128 {
		w.range_ <<= 1
		w.low <<= 1
		if w.bits++; w.bits == 8 {
			w.emit(w.low >> 8)
			w.low &= 0xff
			w.bits = 0
		}
	}
}

// emit adds a byte, and what is above it to the bytes before.
func (w *boolWriter) emit(v uint64) {
	for i := len(w.out) - 1; v > 0xff && i >= 0; i-- {
		if w.out[i]++; w.out[i] != 0 {
			break
		}
	}
	w.out = append(w.out, byte(v))
}

// finish returns what was written, with as many bytes as it takes and not one more.
func (w *boolWriter) finish() []byte {
	w.emit(w.low << (8 - w.bits) >> 8)
	w.emit(w.low << (8 - w.bits) & 0xff)
	return w.out
}

func (w *boolWriter) flag(v bool) { w.bool(v, 128) }

func (w *boolWriter) uint(v, n int) {
	for i := n - 1; i >= 0; i-- {
		w.flag(v>>i&1 != 0)
	}
}

func (w *boolWriter) optionalInt(v, n int) {
	w.flag(v != 0)
	if v != 0 {
		w.uint(max(v, -v), n)
		w.flag(v < 0)
	}
}

func (w *boolWriter) leaf(path []step, probs []uint8) {
	for _, s := range path {
		w.bool(s.bool, probs[s.place])
	}
}

// randomFrame returns a frame with a bit of everything. Its coefficients stay within what pictures can have.
func randomFrame(r *rand.Rand, width, height int) *frame {
	f := &frame{
		width: width, height: height, version: r.IntN(4),
		simple: r.IntN(3) == 0, level: r.IntN(64), sharpness: r.IntN(8),
		partitions: 1 << r.IntN(4), quantizer: r.IntN(128), newProbs: map[[4]int]uint8{},
	}
	if r.IntN(4) == 0 {
		f.level = 0
	}
	if r.IntN(2) == 0 {
		f.deltas = &[2]int{r.IntN(60) - 30, r.IntN(60) - 30}
	}
	for i := range f.quantizerDeltas {
		if r.IntN(2) == 0 {
			f.quantizerDeltas[i] = r.IntN(31) - 15
		}
	}
	if r.IntN(2) == 0 {
		f.segments = randomSegments(r, f)
	}
	for range r.IntN(200) {
		f.newProbs[[4]int{r.IntN(blockKinds), r.IntN(tokenBands), r.IntN(tokenContexts), r.IntN(tokenProbs)}] = uint8(1 + r.IntN(255))
	}
	if r.IntN(2) == 0 {
		f.skipProb = 1 + r.IntN(255)
	}
	largest := []int{1, 4, 8}[r.IntN(3)]
	if r.IntN(4) == 0 { // coefficients of all sizes take fine steps
		largest, f.quantizer, f.quantizerDeltas, f.segments = 1500, 0, [5]int{}, nil
	}
	for range (width + 15) / 16 * ((height + 15) / 16) {
		f.blocks = append(f.blocks, randomBlock(r, f, largest))
	}
	return f
}

func randomSegments(r *rand.Rand, f *frame) *frameSegments {
	s := &frameSegments{data: true, absolute: r.IntN(2) == 0}
	for i := range segments {
		s.quantizer[i], s.filter[i] = r.IntN(128), r.IntN(64)
		if !s.absolute {
			s.quantizer[i], s.filter[i] = r.IntN(80)-40, r.IntN(60)-30
		}
	}
	if r.IntN(4) > 0 {
		s.probs = &[segments - 1]uint8{uint8(1 + r.IntN(255)), 255, uint8(1 + r.IntN(255))}
	}
	return s
}

func randomBlock(r *rand.Rand, f *frame, largest int) frameBlock {
	b := frameBlock{macroblock: macroblock{
		skip: f.skipProb != 0 && r.IntN(3) == 0, subblocks: r.IntN(2) == 0, luma: mode(r.IntN(4)), chroma: mode(r.IntN(4)),
	}}
	if f.segments != nil && f.segments.probs != nil {
		b.segment = uint8(r.IntN(segments))
	}
	for i := range b.modes {
		b.modes[i] = mode(r.IntN(subblockModes))
	}
	if b.skip || r.IntN(8) == 0 {
		return b
	}
	for i := range b.coefs {
		for range r.IntN(6) * r.IntN(2) {
			at := r.IntN(16)
			if i < chromaBlock && !b.subblocks {
				at = 1 + r.IntN(15)
			}
			limit := 1 + r.IntN(largest)
			if limit > 100 && (i == pixelBlocks || r.IntN(4) > 0) {
				limit = 100 // Y2 goes into 16 blocks
			}
			if limit > 100 {
				b.coefs[i] = [16]int{} // more than one is more than pictures have
			}
			b.coefs[i][at] = r.IntN(2*limit+1) - limit
		}
	}
	return b
}
