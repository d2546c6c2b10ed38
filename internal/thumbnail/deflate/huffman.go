package deflate

import (
	"math/bits"
	"slices"
)

// A code is a Huffman code: for each symbol its bits, in the order they are sent, above lengthBits bits
// of length. A symbol that does not occur has length 0.
type code []uint32

const (
	lengthBits = 8
	lengthMask = 1<<lengthBits - 1
)

func (c code) length(symbol int) uint { return uint(c[symbol] & lengthMask) }

// cost returns how many bits the symbols counted in freq take.
func (c code) cost(freq []uint32) int {
	n := 0
	for symbol, f := range freq {
		n += int(f) * int(c[symbol]&lengthMask)
	}
	return n
}

// A coder makes Huffman codes. It only holds scratch space.
type coder struct {
	leaves []uint64 // frequency and symbol of each leaf, rarest first
	nodes  []uint64 // weight of each node of the tree, then its parent, then its depth
}

// build makes the code of least cost for freq with no code longer than limit bits, and puts it in c.
//
// The lengths come from the tree built in place (A. Moffat, J. Katajainen, "In-Place Calculation of
// Minimum-Redundancy Codes", 1995) and the codes in the order of RFC 1951 section 3.2.2. A lone symbol
// gets one bit.
func (k *coder) build(c code, freq []uint32, limit int) {
	clear(c)
	k.leaves = k.leaves[:0]
	for symbol, f := range freq {
		if f > 0 {
			k.leaves = append(k.leaves, uint64(f)<<16|uint64(symbol))
		}
	}
	n := len(k.leaves)
	if n == 0 {
		return
	}
	slices.Sort(k.leaves)
	var count [maxDepth + 1]int
	if n == 1 {
		count[1] = 1
	} else {
		k.depths(&count)
		limitDepths(&count, limit)
	}
	// The rarest symbols get the longest codes.
	leaf := 0
	for length := maxDepth; length > 0; length-- {
		for range count[length] {
			c[k.leaves[leaf]&0xffff] = uint32(length)
			leaf++
		}
	}
	assign(c, &count)
}

// maxDepth bounds the depth of a tree over 32-bit frequencies: they grow at least as Fibonacci numbers.
const maxDepth = 63

// depths counts the leaves at each depth of the Huffman tree over k.leaves.
func (k *coder) depths(count *[maxDepth + 1]int) {
	n := len(k.leaves)
	k.nodes = slices.Grow(k.nodes[:0], n)[:n]
	w := k.nodes
	for i, l := range k.leaves {
		w[i] = l >> 16
	}
	// Join the two lightest of leaves and inner nodes; w[next] becomes an inner node, and the slots of
	// joined inner nodes point to their parents.
	leaf, root := 0, 0
	take := func(next int) uint64 {
		if leaf >= n || root < next && w[root] < w[leaf] {
			v := w[root]
			w[root] = uint64(next)
			root++
			return v
		}
		leaf++
		return w[leaf-1]
	}
	for next := range n - 1 {
		a := take(next)
		w[next] = a + take(next)
	}
	// From the root down, parents become depths.
	w[n-2] = 0
	for i := n - 3; i >= 0; i-- {
		w[i] = w[w[i]] + 1
	}
	// Each level has room for twice the inner nodes of the level above; what they leave is leaves.
	room, inner := 1, n-2
	for depth := 0; room > 0; depth++ {
		used := 0
		for inner >= 0 && w[inner] == uint64(depth) {
			used++
			inner--
		}
		count[depth] = room - used
		room = 2 * used
	}
}

// limitDepths moves leaves deeper than limit up to it, and makes room for them by pushing others down,
// as little as it takes for the code to be complete again (Kraft's sum).
func limitDepths(count *[maxDepth + 1]int, limit int) {
	for depth := limit + 1; depth <= maxDepth; depth++ {
		count[limit] += count[depth]
		count[depth] = 0
	}
	sum := 0
	for depth := 1; depth <= limit; depth++ {
		sum += count[depth] << (limit - depth)
	}
	for ; sum > 1<<limit; sum-- {
		count[limit]--
		depth := limit - 1
		for count[depth] == 0 {
			depth--
		}
		count[depth]--
		count[depth+1] += 2
	}
}

// assign gives the symbols, whose lengths are in c, their codes: shorter ones first, then by symbol.
func assign(c code, count *[maxDepth + 1]int) {
	var next [17]uint16
	for length := 1; length < 16; length++ {
		next[length+1] = (next[length] + uint16(count[length])) << 1
	}
	for symbol, length := range c {
		if length > 0 {
			reversed := bits.Reverse16(next[length]) >> (16 - length)
			c[symbol] = uint32(reversed)<<lengthBits | length
			next[length]++
		}
	}
}
