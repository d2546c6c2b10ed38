package vp8l

import (
	"math/bits"
	"math/rand/v2"
)

// encoder writes pictures in all the ways that RFC 9649 knows, chosen at random.
type encoder struct {
	r *rand.Rand
	w bitWriter

	extra codeSymbol // of the copies in pictures that are broken
}

// options are the ways that a test wants.
type options struct {
	transforms []int // types, in the order they are applied
	modes      int   // prediction modes to choose from
	cacheBits  uint
	groups     int // of codes
	copies     bool
}

// encode writes a picture of pixels.
func (e *encoder) encode(pixels []uint32, width, height int, alpha bool, o options) []byte {
	e.w.write(0x2f, 8)
	e.w.write(width-1, 14)
	e.w.write(height-1, 14)
	e.w.write(btoi(alpha), 1)
	e.w.write(0, 3)
	e.body(pixels, width, height, o)
	return e.w.finish()
}

// body writes what follows the header.
func (e *encoder) body(pixels []uint32, width, height int, o options) {
	pixels = append([]uint32(nil), pixels...)
	for _, kind := range o.transforms {
		e.w.write(1, 1)
		e.w.write(kind, 2)
		switch kind {
		case predictorTransform:
			pixels = e.predict(pixels, width, height, o.modes)
		case colourTransform:
			e.transformColour(pixels, width, height)
		case subtractGreenTransform:
			for i, v := range pixels {
				p := unpack(v)
				pixels[i] = pack(channels{p[0], p[1] - p[2], p[2], p[3] - p[2]})
			}
		case indexingTransform:
			pixels, width = e.index(pixels, width, height)
		}
	}
	e.w.write(0, 1)
	e.entropy(pixels, width, height, o, true)
}

// channels are alpha, red, green and blue.
type channels [4]int

func unpack(v uint32) channels {
	return channels{int(v >> 24), int(v >> 16 & 255), int(v >> 8 & 255), int(v & 255)}
}

func pack(c channels) (v uint32) {
	for _, x := range c {
		v = v<<8 | uint32(x&255)
	}
	return v
}

// each makes a pixel channel by channel.
func each(f func(i int) int) uint32 {
	var c channels
	for i := range c {
		c[i] = f(i)
	}
	return pack(c)
}

// squares writes random parameters for squares of the picture, and returns them and how to find them.
func (e *encoder) squares(width, height int, value func() uint32) (values []uint32, at func(x, y int) uint32) {
	n := uint(2 + e.r.IntN(4))
	e.w.write(int(n-2), 3)
	across, down := subsampled(width, n), subsampled(height, n)
	values = make([]uint32, across*down)
	for i := range values {
		values[i] = value()
	}
	e.entropy(values, across, down, options{cacheBits: uint(e.r.IntN(4)), copies: true}, false)
	return values, func(x, y int) uint32 { return values[y>>n*across+x>>n] }
}

// predict takes predictions off the pixels. RFC 9649, 3.5.1.
func (e *encoder) predict(pixels []uint32, width, height, modes int) []uint32 {
	_, mode := e.squares(width, height, func() uint32 { return uint32(e.r.IntN(modes))<<8 | e.r.Uint32()&0xffff00ff })
	out := make([]uint32, len(pixels))
	for i, v := range pixels {
		x, y := i%width, i/width
		var p uint32
		switch {
		case i == 0:
			p = 0xff000000
		case y == 0:
			p = pixels[i-1]
		case x == 0:
			p = pixels[i-width]
		default:
			p = predicted(int(mode(x, y)>>8&15), unpack(pixels[i-1]), unpack(pixels[i-width]), unpack(pixels[i-width+1]), unpack(pixels[i-width-1]))
		}
		a, b := unpack(v), unpack(p)
		out[i] = each(func(c int) int { return a[c] - b[c] })
	}
	return out
}

// predicted is what a mode predicts from the pixels to the left, above, above right and above left.
func predicted(mode int, l, t, tr, tl channels) uint32 {
	mean := func(a, b channels) (m channels) {
		for i := range m {
			m[i] = (a[i] + b[i]) / 2
		}
		return m
	}
	clamped := func(v int) int { return min(max(v, 0), 255) }
	switch mode {
	case 1:
		return pack(l)
	case 2:
		return pack(t)
	case 3:
		return pack(tr)
	case 4:
		return pack(tl)
	case 5:
		return pack(mean(mean(l, tr), t))
	case 6:
		return pack(mean(l, tl))
	case 7:
		return pack(mean(l, t))
	case 8:
		return pack(mean(tl, t))
	case 9:
		return pack(mean(t, tr))
	case 10:
		return pack(mean(mean(l, tl), mean(t, tr)))
	case 11:
		var toLeft, toTop int
		for i := range l {
			p := l[i] + t[i] - tl[i]
			toLeft += abs(p - l[i])
			toTop += abs(p - t[i])
		}
		if toLeft < toTop {
			return pack(l)
		}
		return pack(t)
	case 12:
		return each(func(i int) int { return clamped(l[i] + t[i] - tl[i]) })
	case 13:
		m := mean(l, t)
		return each(func(i int) int { return clamped(m[i] + (m[i]-tl[i])/2) })
	}
	return 0xff000000
}

// transformColour takes multiples of colours off others. RFC 9649, 3.5.2.
func (e *encoder) transformColour(pixels []uint32, width, height int) {
	_, factors := e.squares(width, height, e.r.Uint32)
	for i, v := range pixels {
		f, p := factors(i%width, i/width), unpack(v)
		delta := func(factor uint32, colour int) int { return int(int8(factor)) * int(int8(colour)) >> 5 }
		pixels[i] = pack(channels{
			p[0], p[1] - delta(f, p[2]), p[2], p[3] - delta(f>>8, p[2]) - delta(f>>16, p[1]),
		})
	}
}

// index replaces pixels by their place in a palette. RFC 9649, 3.5.4.
func (e *encoder) index(pixels []uint32, width, height int) ([]uint32, int) {
	places := map[uint32]int{}
	var palette []uint32
	for _, v := range pixels {
		if _, ok := places[v]; !ok {
			places[v] = len(palette)
			palette = append(palette, v)
		}
	}
	e.w.write(len(palette)-1, 8)
	deltas := make([]uint32, len(palette))
	var before channels
	for i, v := range palette {
		c := unpack(v)
		deltas[i] = each(func(k int) int { return c[k] - before[k] })
		before = c
	}
	e.entropy(deltas, len(deltas), 1, options{}, false)
	var share uint
	switch n := len(palette); {
	case n <= 2:
		share = 3
	case n <= 4:
		share = 2
	case n <= 16:
		share = 1
	}
	packed := subsampled(width, share)
	out := make([]uint32, packed*height)
	for i, v := range pixels {
		x, y := i%width, i/width
		out[y*packed+x>>share] |= uint32(places[v]) << (x & (1<<share - 1) * (8 >> share)) << 8
	}
	return out, packed
}

// token is a symbol of green with what follows it.
type token struct {
	group   int
	symbols []codeSymbol
}

// codeSymbol is a symbol of one of the five codes, and bits that follow it.
type codeSymbol struct {
	code, symbol int
	extra        int
	extraBits    uint
}

// entropy writes pixels. RFC 9649, 3.7.2.
func (e *encoder) entropy(pixels []uint32, width, height int, o options, main bool) {
	e.w.write(btoi(o.cacheBits > 0), 1)
	if o.cacheBits > 0 {
		e.w.write(int(o.cacheBits), 4)
	}
	group := func(int, int) int { return 0 }
	groups := 1
	if main {
		e.w.write(btoi(o.groups > 1), 1)
		if o.groups > 1 {
			values, of := e.squares(width, height, func() uint32 { return uint32(e.r.IntN(o.groups))<<8 | e.r.Uint32()&0xff0000ff })
			group = func(x, y int) int { return int(of(x, y) >> 8 & 0xffff) }
			for _, v := range values {
				groups = max(groups, int(v>>8&0xffff)+1)
			}
		}
	}
	tokens := e.tokens(pixels, width, o, group)

	cache := 0
	if o.cacheBits > 0 {
		cache = 1 << o.cacheBits
	}
	sizes := [5]int{literals + copyLengths + cache, literals, literals, literals, copyDistance}
	used := make([][5]map[int]bool, groups)
	for _, t := range tokens {
		for _, s := range t.symbols {
			if used[t.group][s.code] == nil {
				used[t.group][s.code] = map[int]bool{}
			}
			used[t.group][s.code][s.symbol] = true
		}
	}
	codes := make([][5]code, groups)
	for i := range codes {
		for k, size := range sizes {
			codes[i][k] = e.writeCode(used[i][k], size)
		}
	}
	for _, t := range tokens {
		for _, s := range t.symbols {
			codes[t.group][s.code].write(&e.w, s.symbol)
			e.w.write(s.extra, s.extraBits)
		}
	}
}

// tokens cuts pixels into literals, copies and colours of the cache.
func (e *encoder) tokens(pixels []uint32, width int, o options, group func(x, y int) int) (list []token) {
	var cache []uint32
	if o.cacheBits > 0 {
		cache = make([]uint32, 1<<o.cacheBits)
	}
	hash := func(v uint32) uint32 { return v * 0x1e35a7bd >> (32 - o.cacheBits) }
	for i := 0; i < len(pixels); {
		v := pixels[i]
		t := token{group: group(i%width, i/width)}
		n := 1
		distance, length := 0, 0
		if o.copies && i > 0 {
			distance = 1 + e.r.IntN(min(i, 3*width))
			if e.r.IntN(2) == 0 {
				distance = min(i, []int{1, 2, width, width + 1}[e.r.IntN(4)])
			}
			for i+length < len(pixels) && length < 4096 && pixels[i+length] == pixels[i+length-distance] {
				length++
			}
		}
		switch {
		case length > 1:
			n = length
			t.symbols = []codeSymbol{number(0, literals, length), number(4, 0, e.distanceCode(distance, width))}
		case cache != nil && cache[hash(v)] == v:
			t.symbols = []codeSymbol{{code: 0, symbol: literals + copyLengths + int(hash(v))}}
		default:
			c := unpack(v)
			t.symbols = []codeSymbol{{code: 0, symbol: c[2]}, {code: 1, symbol: c[1]}, {code: 2, symbol: c[3]}, {code: 3, symbol: c[0]}}
		}
		list = append(list, t)
		if cache != nil {
			for _, v := range pixels[i : i+n] {
				cache[hash(v)] = v
			}
		}
		i += n
	}
	return list
}

// distanceCode returns what to write for a distance: one of the codes for what is near, or itself.
func (e *encoder) distanceCode(d, width int) int {
	if e.r.IntN(2) == 0 {
		for i, n := range near {
			if int(n.up)*width+int(n.left) == d {
				return i + 1
			}
		}
	}
	return d + len(near)
}

// number writes v as a symbol from first on, and extra bits. RFC 9649, 3.6.2.2.
func number(code, first, v int) codeSymbol {
	v--
	if v < 4 {
		return codeSymbol{code: code, symbol: first + v}
	}
	extra := uint(bits.Len(uint(v)) - 2)
	return codeSymbol{
		code: code, symbol: first + 2*int(extra) + v>>extra,
		extra: v & (1<<extra - 1), extraBits: extra,
	}
}

// code is the lengths and bits of symbols' codes.
type code struct {
	lengths []int
	bits    []int // the first highest
}

func (c code) write(w *bitWriter, symbol int) {
	for i := c.lengths[symbol] - 1; i >= 0; i-- {
		w.write(c.bits[symbol]>>i&1, 1)
	}
}

// writeCode writes a code for the symbols used, and returns it.
func (e *encoder) writeCode(used map[int]bool, size int) code {
	symbols := []int{}
	for s := range size { // in order, for the same picture each time
		if used[s] {
			symbols = append(symbols, s)
		}
	}
	if len(symbols) == 0 {
		symbols = []int{e.r.IntN(min(size, 40))}
	}
	lengths := make([]int, size)
	if n := len(symbols); n <= 2 && symbols[n-1] < 256 && e.r.IntN(4) > 0 {
		e.w.write(1, 1)
		e.w.write(n-1, 1)
		wide := symbols[0] > 1 || e.r.IntN(2) == 0
		e.w.write(btoi(wide), 1)
		e.w.write(symbols[0], 1+7*uint(btoi(wide)))
		if n == 2 {
			e.w.write(symbols[1], 8)
			lengths[symbols[0]], lengths[symbols[1]] = 1, 1
		}
		return canonical(lengths)
	}
	e.w.write(0, 1)
	for i, n := range e.depths(len(symbols), maxCodeLength) {
		lengths[symbols[i]] = n
	}
	e.writeLengths(lengths)
	if len(symbols) == 1 {
		lengths[symbols[0]] = 0
	}
	return canonical(lengths)
}

// depths returns the depths of the leaves of some tree that has n of them.
func (e *encoder) depths(n, deepest int) []int {
	if n == 1 {
		return []int{1 + e.r.IntN(deepest)} // of one symbol alone any length will do
	}
	leaves := []int{0}
	for len(leaves) < n {
		i := e.r.IntN(len(leaves))
		if e.r.IntN(3) == 0 {
			i = len(leaves) - 1
		}
		if leaves[i] == deepest {
			continue
		}
		leaves[i]++
		leaves = append(leaves, leaves[i])
	}
	e.r.Shuffle(n, func(i, j int) { leaves[i], leaves[j] = leaves[j], leaves[i] })
	return leaves
}

// writeLengths writes the lengths of codes by a code of their own. RFC 9649, 3.7.2.1.2.
func (e *encoder) writeLengths(lengths []int) {
	end := len(lengths)
	for end > 2 && lengths[end-1] == 0 {
		end-- // zeros at the end may be left out
	}
	items := lengthItems(lengths[:end])
	limited := len(items) >= 2 && e.r.IntN(2) == 0
	if !limited {
		items = lengthItems(lengths)
	}
	var counts [lengthSymbols]int
	for _, it := range items {
		counts[it.symbol]++
	}
	var used []int
	for s, n := range counts {
		if n > 0 {
			used = append(used, s)
		}
	}
	own := make([]int, lengthSymbols)
	for i, n := range e.depths(len(used), 7) {
		own[used[i]] = n
	}
	stored := len(lengthOrder)
	for stored > 4 && own[lengthOrder[stored-1]] == 0 {
		stored--
	}
	e.w.write(stored-4, 4)
	for _, s := range lengthOrder[:stored] {
		e.w.write(own[s], 3)
	}
	if len(used) == 1 {
		own[used[0]] = 0
	}
	c := canonical(own)
	e.w.write(btoi(limited), 1)
	if limited {
		n := uint(bits.Len(uint(len(items) - 2)))
		n = max(2, n+n&1)
		e.w.write(int(n-2)/2, 3)
		e.w.write(len(items)-2, n)
	}
	for _, it := range items {
		c.write(&e.w, it.symbol)
		e.w.write(it.extra, it.bits)
	}
}

// lengthItem is a length, or a repetition.
type lengthItem struct {
	symbol, extra int
	bits          uint
}

func lengthItems(lengths []int) (items []lengthItem) {
	previous := 8
	for len(lengths) > 0 {
		run := 1
		for run < len(lengths) && lengths[run] == lengths[0] {
			run++
		}
		v := lengths[0]
		switch {
		case v == 0 && run >= 11:
			run = min(run, 138)
			items = append(items, lengthItem{repeatZeroLong, run - 11, 7})
		case v == 0 && run >= 3:
			items = append(items, lengthItem{repeatZero, run - 3, 3})
		case v != 0 && v == previous && run >= 3:
			run = min(run, 6)
			items = append(items, lengthItem{repeatPrevious, run - 3, 2})
		default:
			run = 1
			items = append(items, lengthItem{symbol: v})
			if v != 0 {
				previous = v
			}
		}
		lengths = lengths[run:]
	}
	return items
}

// canonical gives codes their bits. RFC 1951, 3.2.2.
func canonical(lengths []int) code {
	c := code{lengths, make([]int, len(lengths))}
	next := 0
	for n := 1; n <= maxCodeLength; n++ {
		next <<= 1
		for s, length := range lengths {
			if length == n {
				c.bits[s] = next
				next++
			}
		}
	}
	return c
}

// bitWriter writes the lowest bits first.
type bitWriter struct {
	out []byte
	acc uint64
	n   uint
}

func (w *bitWriter) write(v int, n uint) {
	w.acc |= uint64(v) << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.acc))
		w.acc >>= 8
	}
}

// finish returns what was written.
func (w *bitWriter) finish() []byte {
	if w.n > 0 {
		w.out = append(w.out, byte(w.acc))
	}
	return w.out
}

func btoi(v bool) int {
	if v {
		return 1
	}
	return 0
}
