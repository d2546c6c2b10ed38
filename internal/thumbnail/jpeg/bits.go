package jpeg

import (
	"bytes"
	"encoding/binary"
)

const (
	windowSize = 1 << 15
	// reserve is more than any one block can take (64 codes and values of at most 16+16 bits, or as many codes
	// and corrections) with what a refill reads ahead: so many bytes ready, and a block decodes without looking.
	reserve = 512
)

// window is a stretch of a scan's data with the stuffed zeros taken out.
type window [windowSize + 8]byte

// load returns the 64 bits from byte pos on. A position that is out of range, which a caller never passes, wraps:
// that way there is no check to make.
func (w *window) load(pos int) uint64 {
	i := pos & (windowSize - 1)
	return binary.BigEndian.Uint64(w[i : i+8])
}

// cursor is a place in a window. It is passed and returned by value to stay in registers.
type cursor struct {
	acc uint64 // the bits to come, from the top; behind the n valid ones zeros, or the right bits already
	n   uint   // valid bits in acc
	pos int    // the byte that refill reads next
}

// refill tops the accumulator up to at least 56 bits, without a branch: it ors in eight bytes and moves on by as
// many as fitted whole (Fabian Giesen, "Reading bits in far too many ways", 2018, variant 4).
func (c cursor) refill(w *window) cursor {
	c.acc |= w.load(c.pos) >> (c.n & 63)
	c.pos += int((63 - c.n) >> 3)
	c.n |= 56
	return c
}

// drop consumes n bits, which must be valid ones and fewer than 64.
func (c cursor) drop(n uint) cursor {
	c.acc <<= n & 63
	c.n -= n & 63
	return c
}

// bit returns the bit at a position, which counts bits from the start of the window.
func (w *window) bit(position int) int16 {
	return int16(w[position>>3&(windowSize-1)]) >> (7 - position&7) & 1
}

// position returns how many bits of the window lie behind the cursor.
func (c cursor) position() int { return c.pos*8 - int(c.n) }

// cursorAt returns the cursor at a position.
func (w *window) cursorAt(position int) cursor {
	return cursor{pos: position >> 3}.refill(w).drop(uint(position & 7))
}

// bitReader reads the entropy-coded data of a scan, one restart interval after the other (T.81 B.1.1.5, F.2.2.5).
// A caller asks ready before each block, and then takes what the block needs from window and cursor.
type bitReader struct {
	window window
	cursor
	mark    int // ready has nothing to do while pos is below
	end     int // valid bytes in window
	src     []byte
	next    int  // where unstuffing goes on in src
	drained bool // src[next:] starts with a marker, or is empty
}

// begin starts on the data of a scan, at position from of src. They end at the first marker but a restart.
func (r *bitReader) begin(src []byte, from int) {
	r.src, r.next = src, from
}

// open makes the interval at hand ready for reading.
func (r *bitReader) open() {
	r.cursor = cursor{}
	r.end, r.drained = 0, false
	r.unstuff()
}

// ready makes sure that a whole block can be read, or fails if reading went past the end of the interval.
func (r *bitReader) ready() error {
	if r.pos < r.mark {
		return nil
	}
	return r.more()
}

// more does what ready has to do now and then.
func (r *bitReader) more() error {
	if !r.drained {
		// Move what is unread to the front, with the bytes that the accumulator holds: a cursor may go back to them.
		from := max(0, r.pos-8)
		r.end = copy(r.window[:], r.window[from:r.end])
		r.pos -= from
		r.unstuff()
	}
	return r.check()
}

// check fails if more bits were read than the interval has.
func (r *bitReader) check() error {
	if r.position() > r.end*8 {
		return ErrTruncated
	}
	return nil
}

// unstuff appends data to the window until it is full or a marker comes.
func (r *bitReader) unstuff() {
	const full = windowSize - reserve
	for r.end < full {
		chunk := r.src[r.next:min(len(r.src), r.next+full-r.end)]
		i := bytes.IndexByte(chunk, 0xFF)
		if i < 0 {
			r.end += copy(r.window[r.end:], chunk)
			r.next += len(chunk)
			if r.next == len(r.src) {
				r.drain()
				return
			}
			continue
		}
		r.end += copy(r.window[r.end:], chunk[:i])
		r.next += i
		switch {
		case r.next+1 == len(r.src):
			r.drain()
			return
		case r.src[r.next+1] == 0:
			r.window[r.end] = 0xFF
			r.end++
			r.next += 2
		case r.src[r.next+1] == 0xFF:
			r.next++
		default:
			r.drain()
			return
		}
	}
	r.mark = r.end - reserve
}

// drain ends the window with zeros, as far as a refill may read ahead. What a damaged block reads behind them is
// of no matter: check finds it out.
func (r *bitReader) drain() {
	r.drained = true
	r.mark = r.end
	clear(r.window[r.end : r.end+16])
}

// passRestart moves past the restart marker that ends the interval at hand and must carry number. Bytes left in
// the interval, read or not, are passed over.
func (r *bitReader) passRestart(number int) error {
	i := nextMarker(r.src, r.next)
	if i < 0 {
		return ErrTruncated
	}
	switch m := r.src[i+1]; {
	case m < markerRST0 || m > markerRST7:
		return ErrTruncated
	case int(m-markerRST0) != number&7:
		return corruptf("restart marker %d instead of %d", m-markerRST0, number&7)
	}
	r.next = i + 2
	return nil
}
