package jpeg

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// randomTable returns a table of n random symbols, with code lengths from 1 bit to 16.
func randomTable(t *testing.T, r *rand.Rand, class, n int) *huffman {
	t.Helper()
	var counts [16]byte
	var symbols []byte
	room := 1 // codes left at this length
	for l := range counts {
		room *= 2
		c := min(r.IntN(room), n-len(symbols), 255)
		if l == 15 {
			c = min(room-1, n-len(symbols))
		}
		counts[l] = byte(c)
		room -= c
		for range c {
			s := r.IntN(256)
			if class == 0 {
				s &= 15
			}
			symbols = append(symbols, byte(s))
		}
	}
	h := new(huffman)
	if err := h.define(class, &counts, symbols); err != nil {
		t.Fatal(err)
	}
	h.makeCoef()
	return h
}

// TestSkipTable checks that skipping several codes at a time ends where skipping one at a time does, on tables and
// data of chance: whatever the data, decoding and passing over must agree on where a block ends.
func TestSkipTable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	w := new(window)
	for range 200 {
		h := randomTable(t, r, 1, 1+r.IntN(100))
		h.makeSkip()
		for i := 0; i < 4096; i += 8 {
			binary.BigEndian.PutUint64(w[i:], r.Uint64())
		}
		for range 100 {
			c := cursor{pos: r.IntN(1024)}.refill(w).drop(uint(r.IntN(8)))
			from := uint(1 + r.IntN(63))
			fast, ok := h.skipAC(w, c, from)
			slow, okSlow := skipOneByOne(w, h, c, from)
			if ok != okSlow {
				t.Fatalf("skipped: %v, code by code: %v", ok, okSlow)
			}
			if ok && fast.position() != slow.position() {
				t.Fatalf("skipped to bit %d, code by code to %d", fast.position(), slow.position())
			}
		}
	}
}

// skipOneByOne is what skipAC should do.
func skipOneByOne(w *window, t *huffman, c cursor, k uint) (cursor, bool) {
	for k < 64 {
		c = c.refill(w)
		length, symbol := t.symbol(uint32(c.acc >> (64 - maxCode)))
		if length == 0 {
			return c, false
		}
		c = c.drop(length)
		run, size := uint(symbol>>4), uint(symbol&15)
		if size == 0 && run < 15 {
			return c, true
		}
		c = c.drop(size)
		k += run + 1
	}
	return c, true
}

// TestBlockAgrees checks that reading a block's coefficients, however many are kept, consumes what skipping it does.
func TestBlockAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	w := new(window)
	var b block
	var keep [9]keeper
	for n := range keep {
		if n > 0 {
			keep[n] = newKeeper(n)
		}
	}
	for range 200 {
		dc, ac := randomTable(t, r, 0, 1+r.IntN(12)), randomTable(t, r, 1, 1+r.IntN(162))
		ac.makeSkip()
		for i := 0; i < 4096; i += 8 {
			binary.BigEndian.PutUint64(w[i:], r.Uint64())
		}
		for range 50 {
			c := cursor{pos: r.IntN(1024)}
			want, diff, ok := skipBlock(w, dc, ac, c)
			for n := 2; n <= 8; n++ {
				got, dd, last := sequentialBlock(w, dc, ac, c, &keep[n], &b)
				if ok != (last >= 0) {
					t.Fatalf("n %d: last %d, but skipped: %v", n, last, ok)
				}
				if ok && (dd != diff || got.position() != want.position()) {
					t.Fatalf("n %d: to bit %d, skipped to %d", n, got.position(), want.position())
				}
			}
		}
	}
}

// TestExtend checks the examples of T.81 table F.1 and F.2.
func TestExtend(t *testing.T) {
	for _, c := range []struct {
		bits uint32
		size uint
		want int32
	}{{0, 1, -1}, {1, 1, 1}, {0, 2, -3}, {1, 2, -2}, {2, 2, 2}, {3, 2, 3}, {0, 11, -2047}, {1024, 11, 1024}, {0, 15, -32767}} {
		if got := extend(c.bits, c.size); got != c.want {
			t.Errorf("%d of %d bits is %d, want %d", c.bits, c.size, got, c.want)
		}
	}
}

// TestBitReader reads unstuffed data across many windows and restart intervals.
func TestBitReader(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, size := range []int{0, 1, 7, 8, 500, 512, windowSize - reserve, windowSize, 3*windowSize + 77} {
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(r.Uint32())
			if r.IntN(3) == 0 {
				want[i] = 0xFF
			}
		}
		var data []byte
		for range 2 {
			for _, c := range want {
				data = append(data, c)
				if c == 0xFF {
					data = append(data, 0)
				}
			}
			data = append(data, 0xFF, 0xFF, markerRST0)
		}
		b := new(bitReader)
		b.begin(data, 0)
		for interval := range 2 {
			if interval > 0 {
				if err := b.passRestart(0); err != nil {
					t.Fatal(err)
				}
			}
			b.open()
			for i := range want {
				if err := b.ready(); err != nil {
					t.Fatalf("%d bytes: byte %d: %v", size, i, err)
				}
				if b.position() < 0 {
					t.Fatalf("%d bytes: byte %d: what the cursor holds is not in the window", size, i)
				}
				b.cursor = b.refill(&b.window)
				if got := byte(b.acc >> 56); got != want[i] {
					t.Fatalf("%d bytes: byte %d is %02x, want %02x", size, i, got, want[i])
				}
				b.cursor = b.drop(8)
			}
			if err := b.check(); err != nil {
				t.Errorf("%d bytes: %v", size, err)
			}
			b.cursor = b.refill(&b.window).drop(1)
			if err := b.check(); err == nil {
				t.Errorf("%d bytes: one bit more was there", size)
			}
		}
	}
}

// TestSpan checks masks of coefficients bit by bit.
func TestSpan(t *testing.T) {
	for from := range 64 {
		for to := from; to < 64; to++ {
			m := span(from, to)
			for k := range 64 {
				if m>>k&1 == 1 != (from <= k && k <= to) {
					t.Fatalf("span(%d, %d) is %x", from, to, m)
				}
			}
		}
	}
}
