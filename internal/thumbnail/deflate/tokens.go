package deflate

import "math/bits"

// A token is a literal byte (distance 0) or a match: length-minMatch in the low 8 bits, the distance
// above them.
type token uint32

func matchToken(length, distance int) token {
	return token(length-minMatch) | token(distance)<<8
}

func (t token) distance() int { return int(t >> 8) }

// symbol returns the literal/length symbol.
func (t token) symbol() int {
	if t>>8 == 0 {
		return int(t)
	}
	return firstLength + int(lengthSymbol[byte(t)])
}

// lengthSymbol maps length-minMatch to the offset of its symbol from firstLength, lengthBase and
// lengthExtra a symbol's offset to its first length-minMatch and extra bits (RFC 1951 section 3.2.5).
var lengthSymbol, lengthBase, lengthExtra = lengthTables()

func lengthTables() (symbol [256]uint8, base, extra [lengthCodes]uint8) {
	next := 0
	for s := range lengthCodes - 1 {
		base[s] = uint8(next)
		if s >= 4 {
			extra[s] = uint8(s/4 - 1)
		}
		for range 1 << extra[s] {
			if next < 255 {
				symbol[next] = uint8(s)
			}
			next++
		}
	}
	symbol[255], base[lengthCodes-1] = lengthCodes-1, 255 // the longest match has a symbol for itself
	return symbol, base, extra
}

// distanceSymbol returns a distance's symbol, number of extra bits and their value. Past the first four,
// two symbols share each power of two.
func distanceSymbol(distance int) (symbol int, extraBits uint, extra int) {
	d := distance - 1
	if d < 4 {
		return d, 0, 0
	}
	extraBits = uint(bits.Len(uint(d))) - 2
	return int(2*extraBits) + d>>extraBits, extraBits, d & (1<<extraBits - 1)
}

// frequencies counts the symbols of tokens.
type frequencies struct {
	lit  [litSymbols]uint32
	dist [distSymbols]uint32
	// extra is how many extra bits the symbols bring.
	extra int
}

func (f *frequencies) count(tokens []token) {
	for _, t := range tokens {
		s := t.symbol()
		f.lit[s]++
		if s >= firstLength {
			d, n, _ := distanceSymbol(t.distance())
			f.dist[d]++
			f.extra += int(n) + int(lengthExtra[s-firstLength])
		}
	}
}

func (f *frequencies) add(g *frequencies) {
	for i, n := range g.lit {
		f.lit[i] += n
	}
	for i, n := range g.dist {
		f.dist[i] += n
	}
	f.extra += g.extra
}

// putTokens writes tokens and the end of the block.
func (w *bitWriter) putTokens(b *blockCode, tokens []token) {
	for _, t := range tokens {
		s := t.symbol()
		w.putCode(b.lit, s)
		if s < literals {
			continue
		}
		offset := s - firstLength
		w.put(uint64(byte(t)-lengthBase[offset]), uint(lengthExtra[offset]))
		d, n, extra := distanceSymbol(t.distance())
		w.putCode(b.dist, d)
		w.put(uint64(extra), n)
	}
	w.putCode(b.lit, endOfBlock)
}
