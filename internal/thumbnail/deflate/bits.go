package deflate

import "encoding/binary"

// bitWriter packs bits into bytes, the first bit lowest (RFC 1951 section 3.1.1).
type bitWriter struct {
	buf []byte
	acc uint64
	n   uint // bits in acc, below 32 between calls
}

// put writes the low n bits of v, at most 32; the others must be zero.
func (w *bitWriter) put(v uint64, n uint) {
	w.acc |= v << (w.n & 63)
	w.n += n
	if w.n >= 32 {
		w.buf = binary.LittleEndian.AppendUint32(w.buf, uint32(w.acc))
		w.acc >>= 32
		w.n -= 32
	}
}

// putCode writes a symbol's code.
func (w *bitWriter) putCode(c code, symbol int) {
	w.put(uint64(c[symbol]>>lengthBits), c.length(symbol))
}

// flush writes what is left, filled up with zeros to a whole byte, and returns everything.
func (w *bitWriter) flush() []byte {
	for ; w.n > 0; w.n -= min(w.n, 8) {
		w.buf = append(w.buf, byte(w.acc))
		w.acc >>= 8
	}
	return w.buf
}
