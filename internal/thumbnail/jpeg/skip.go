package jpeg

// skipBits is how many bits index the skip table: two or three codes on average. More would not fit the fastest
// cache.
const skipBits = 12

// An entry of the skip table sums up the codes that begin within its index, with their values: in the low 6 bits
// how many bits they take, above how far the position in the block moves. An end of block, which is always the
// last code of an entry, moves it by skipEnd. An entry of zero says that the first code is a long one.
const (
	skipMoves = 6
	skipEnd   = 128
	skipMost  = 27 // bits of an entry at most, so that a refill is enough for two
)

// makeSkip makes the skip table, unless it is made already.
func (t *huffman) makeSkip() {
	if t.skipMade {
		return
	}
	for i := range t.skip {
		t.skip[i] = t.skipEntry(uint(i))
	}
	t.skipMade = true
}

func (t *huffman) skipEntry(index uint) uint16 {
	used, moved := uint(0), uint(0)
	for used < skipBits {
		rest := index << used & (1<<skipBits - 1)
		e := t.coef[rest>>(skipBits-coefBits)]
		if e&entrySlow != 0 {
			e = t.longEntry(cursor{acc: uint64(rest) << (64 - skipBits)})
		}
		length, run, size := taken(e)
		if length == 0 || used+length > skipBits || used+length+size > skipMost {
			break
		}
		if e&entryEnd != 0 {
			used += length
			moved += skipEnd
			break
		}
		if moved+run+1 > 63 {
			break
		}
		used += length + size
		moved += run + 1
	}
	return uint16(used | moved<<skipMoves)
}

// skipOne says of one AC code how many bits it takes with its value, and how far it moves.
func skipOne(length uint, symbol byte) (take, move uint, end bool) {
	run, size := uint(symbol>>4), uint(symbol&15)
	if size == 0 && run < 15 {
		return length, skipEnd, true
	}
	return length + size, run + 1, false
}

// skipAC passes over the AC coefficients of a block from position k on. It fails on a code that is none.
func (t *huffman) skipAC(w *window, c cursor, k uint) (cursor, bool) {
	var e uint
	for {
		c = c.refill(w)
		e = uint(t.skip[c.acc>>(64-skipBits)])
		c = c.drop(e)
		if k += e >> skipMoves; k >= 64 {
			break
		}
		e = uint(t.skip[c.acc>>(64-skipBits)])
		c = c.drop(e)
		if k += e >> skipMoves; k >= 64 {
			break
		}
		if e != 0 {
			continue
		}
		// A long code. Nothing was dropped.
		c = c.refill(w)
		length, symbol := t.longSymbol(uint32(c.acc>>(64-maxCode)), skipBits)
		if length == 0 {
			return c, false
		}
		take, move, end := skipOne(length, symbol)
		c = c.drop(take)
		if k += move; k >= 64 || end {
			return c, true
		}
	}
	if k == 64 || k > skipEnd && k < skipEnd+64 {
		return c, true
	}
	// The entry went beyond the block: codes of the next one are in it, or a run too long. Take it back.
	k -= e >> skipMoves
	c = w.cursorAt(c.position() - int(e&63))
	for k < 64 {
		c = c.refill(w)
		length, symbol := t.symbol(uint32(c.acc >> (64 - maxCode)))
		take, move, _ := skipOne(length, symbol)
		c = c.drop(take)
		k += move
	}
	return c, true
}
