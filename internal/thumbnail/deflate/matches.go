package deflate

import "slices"

// Matches appends src to dst, compressed with matches and Huffman codes. dst ends on a whole byte.
func Matches(dst, src []byte) []byte {
	w := bitWriter{buf: slices.Grow(dst, len(src)/4+1024)}
	s := splitter{w: &w, next: newBlockCode(), joined: newBlockCode(), alone: newBlockCode()}
	tokens := make([]token, 0, chunkTokens)
	parse(newMatcher(src, fullDepth), func(t token) {
		tokens = append(tokens, t)
		if len(tokens) == chunkTokens {
			s.add(tokens)
			tokens = tokens[:0]
		}
	})
	s.add(tokens)
	s.write(true)
	return w.flush()
}

// A match this long to what is this near is a run of one pixel. Of its positions only the last are
// entered: the others would crowd the chains.
const (
	runPeriod = 8
	runLength = 64
	runEnd    = 16
)

// parse turns a matcher's bytes into literals and matches. It is lazy: a match only counts when none that begins a
// byte later is longer.
func parse(m *matcher, emit func(token)) {
	src := m.src
	length, distance := 0, 0 // the match found at the byte before i
	pending := false         // that byte is not emitted yet
	end := len(src) - hashReach
	i := 0
	for i <= end {
		newLength, newDistance := 0, 0
		if length < goodMatch {
			newLength, newDistance = m.find(i, max(length, minMatch-1))
		}
		m.insert(i)
		switch {
		case length > 0 && newLength == 0:
			emit(matchToken(length, distance))
			next := i - 1 + length
			if distance <= runPeriod && length >= runLength {
				i = next - 1 - runEnd
			}
			for i++; i < next; i++ {
				if i <= end {
					m.insert(i)
				}
			}
			length, pending = 0, false
			continue
		case pending:
			emit(token(src[i-1]))
		}
		length, distance, pending = newLength, newDistance, true
		i++
	}
	if pending {
		if length > 0 {
			emit(matchToken(length, distance))
			i += length - 1
		} else {
			emit(token(src[i-1]))
		}
	}
	for ; i < len(src); i++ {
		emit(token(src[i]))
	}
}

// chunkTokens is the grain in which tokens are dealt to blocks.
const chunkTokens = 4096

// splitter gathers chunks of tokens into blocks: a chunk joins the block before it when one code for
// both costs less than two.
type splitter struct {
	w      *bitWriter
	tokens []token // of the block in the making
	freq   frequencies
	cost   int // bits of that block

	next, joined, alone *blockCode
}

func (s *splitter) add(chunk []token) {
	if len(chunk) == 0 {
		return
	}
	var freq frequencies
	freq.count(chunk)
	both := freq
	both.add(&s.freq)
	cost := s.next.blockCost(&freq, maxCode)
	joined := s.joined.blockCost(&both, maxCode)
	if len(s.tokens) > 0 && joined > s.cost+cost {
		s.write(false)
		both, joined = freq, cost
		s.tokens = s.tokens[:0]
	}
	s.tokens = append(s.tokens, chunk...)
	s.freq, s.cost = both, joined
}

// write ends the block in the making.
func (s *splitter) write(final bool) {
	s.alone.build(s.freq.lit[:], s.freq.dist[:], maxCode)
	s.alone.writeHeader(s.w, final)
	s.w.putTokens(s.alone, s.tokens)
}
