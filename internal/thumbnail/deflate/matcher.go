package deflate

import (
	"encoding/binary"
	"math/bits"
)

// matcher finds earlier occurrences of what comes next: in chains of positions where the same 5 bytes
// seem to begin, and failing that, at the last position of the same 4 or 3. Positions are kept plus 1.
type matcher struct {
	src   []byte
	head  []int32     // by hash of 5 bytes: the last position with it
	prev  []int32     // by position modulo the window: the position before it in its chain
	head4 []int32     // by hash of 4 bytes: the last position with it
	head3 []int32     // by hash of 3 bytes: the last position with it
	price [256]uint16 // of each byte as a literal, in parts of a bit
	depth int         // candidates of a chain that are tried
}

const (
	hashBits   = 15
	hash3Bits  = 13
	hashReach  = 8 // bytes that are read for the hashes
	windowMask = maxDistance - 1

	fullDepth  = 64   // of chains, for a result,
	quickDepth = 8    // and for an estimate
	longMatch  = 16   // with a match this long, half of that
	goodMatch  = 128  // a match this long is taken without looking for a better one a byte later
	tooFar     = 2048 // a match of 3 bytes further away costs more than the bytes

	shortMatch = 8  // matches up to this long are weighed against their literals
	matchPrice = 11 // bits of a match's two symbols, about
	bitParts   = 16
)

func newMatcher(src []byte, depth int) *matcher {
	m := &matcher{
		src:   src,
		depth: depth,
		head:  make([]int32, 1<<hashBits),
		prev:  make([]int32, maxDistance),
		head4: make([]int32, 1<<hashBits),
		head3: make([]int32, 1<<hash3Bits),
	}
	var freq [literals]uint32
	countBytes(freq[:], src)
	for v, n := range freq {
		m.price[v] = uint16(min(log2(uint32(len(src)+1))-log2(n+1), maxCode*bitParts))
	}
	return m
}

// log2 returns the logarithm of n > 0 in parts of a bit, interpolated between powers of two.
func log2(n uint32) int {
	whole := bits.Len32(n) - 1
	return whole*bitParts + int(uint64(n)*bitParts>>whole) - bitParts
}

// insert enters position i, which hashReach bytes follow.
func (m *matcher) insert(i int) {
	v := binary.LittleEndian.Uint64(m.src[i:])
	h := hash5(v)
	m.prev[i&windowMask] = m.head[h]
	m.head[h] = int32(i + 1)
	m.head4[hash4(v)] = int32(i + 1)
	m.head3[hash3(v)] = int32(i + 1)
}

// The hashes are multiplicative, of the lowest bytes of v.
func hash5(v uint64) uint32 { return uint32(v << 24 * 0x9e3779b97f4a7c15 >> (64 - hashBits)) }
func hash4(v uint64) uint32 { return uint32(v) * 0x9e3779b1 >> (32 - hashBits) }
func hash3(v uint64) uint32 { return uint32(v) << 8 * 0x9e3779b1 >> (32 - hash3Bits) }

// find returns the longest match for position i that is longer than atLeast and worth it, and its
// distance; length 0 if there is none. Position i must not have been inserted; hashReach bytes follow it.
func (m *matcher) find(i, atLeast int) (length, distance int) {
	src := m.src
	limit := min(len(src)-i, maxMatch)
	v := binary.LittleEndian.Uint64(src[i:])
	best := atLeast
	try := func(candidate int) {
		if n := matchLength(src[candidate:], src[i:i+limit]); n > best {
			best, length, distance = n, n, i-candidate
		}
	}
	depth := m.depth
	if best >= longMatch {
		depth /= 2
	}
	candidate := int(m.head[hash5(v)]) - 1
	for range depth {
		if candidate < 0 || i-candidate > maxDistance || best >= limit {
			break
		}
		// The end of a longer match is what is least likely to be there.
		if best < 4 || binary.LittleEndian.Uint32(src[candidate+best-3:]) == binary.LittleEndian.Uint32(src[i+best-3:]) {
			try(candidate)
		}
		candidate = int(m.prev[candidate&windowMask]) - 1
	}
	if best < 4 {
		if c := int(m.head4[hash4(v)]) - 1; c >= 0 && i-c <= maxDistance {
			try(c)
		}
	}
	if best < 3 {
		if c := int(m.head3[hash3(v)]) - 1; c >= 0 && i-c <= tooFar {
			try(c)
		}
	}
	if 0 < length && length <= shortMatch && !m.worth(src[i:i+length], distance) {
		return 0, 0
	}
	return length, distance
}

// worth reports whether a match costs less than the bytes it stands for, if those are priced by how
// common they are in the whole.
func (m *matcher) worth(matched []byte, distance int) bool {
	sum := 0
	for _, v := range matched {
		sum += int(m.price[v])
	}
	_, extraBits, _ := distanceSymbol(distance)
	return sum > (matchPrice+int(extraBits))*bitParts
}

// matchLength counts the bytes at the start of b that a has too. a is not shorter than b.
func matchLength(a, b []byte) int {
	n := 0
	for len(b)-n >= 8 {
		if d := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); d != 0 {
			return n + bits.TrailingZeros64(d)>>3
		}
		n += 8
	}
	for n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
