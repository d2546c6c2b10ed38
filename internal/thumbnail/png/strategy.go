package png

import "github.com/thumbing/thumbing/internal/thumbnail/deflate"

const (
	sampleBands = 4
	quickRows   = 8  // of each band, to see whether anything repeats
	closeRows   = 16 // of each band, to tell what pays

	someRepetition = 0.1 // of a sample; with less, matches cannot pay

	// In percent: matches that leave more than this are not worth their time; between estimates no
	// further apart than that only trying tells; and what leaves less than the last is quick to try.
	worthSearching = 80
	tooClose       = 110
	quickToTry     = 6
)

// way is a way to compress a picture: rows with or without filters, with or without matches.
type way struct {
	filtered, matches bool
	bits              int // of a sample
}

// compress appends the deflate stream of a picture's rows to dst, and returns the rows in it as well.
//
// A photograph does best with adaptive filters and no search for matches. A drawing does best with
// matches, and often with no filter, which would make different bytes of what repeats. Coarse noise does
// best with neither. Samples tell which it is.
func compress(dst, pix []byte, rowBytes, bpp int) (out, rows []byte) {
	adaptive := adaptiveRows(pix, rowBytes, bpp)
	best, second := choose(pix, adaptive, rowBytes)
	try := func(dst []byte, w way) (out, rows []byte) {
		rows = adaptive
		if !w.filtered {
			rows = plainRows(pix, rowBytes)
		}
		if w.matches {
			return deflate.Matches(dst, rows), rows
		}
		return deflate.Literals(dst, rows), rows
	}
	start := len(dst)
	out, rows = try(dst, best)
	if second != nil {
		if other, otherRows := try(nil, *second); len(other) < len(out)-start {
			return append(out[:start], other...), otherRows
		}
	}
	return out, rows
}

// choose returns the best way to compress a picture, and a second to try as well if it may be better.
func choose(pix, adaptive []byte, rowBytes int) (best way, second *way) {
	plain, filtered := sample(pix, rowBytes, quickRows), sample(adaptive, rowBytes+1, quickRows)
	repeats := deflate.Repetition(plain) > someRepetition || deflate.Repetition(filtered) > someRepetition
	if repeats {
		plain, filtered = sample(pix, rowBytes, closeRows), sample(adaptive, rowBytes+1, closeRows)
	}
	best = way{filtered: true, bits: deflate.LiteralBits(filtered)}
	if bits := deflate.LiteralBits(plain); bits < best.bits {
		best = way{bits: bits}
	}
	if !repeats {
		return best, nil
	}
	first := way{filtered: true, matches: true, bits: deflate.MatchBits(filtered)}
	drawing := way{matches: true, bits: deflate.MatchBits(plain)}
	second = &drawing
	if drawing.bits < first.bits {
		first, second = drawing, &first
	}
	if first.bits*100 < best.bits*worthSearching {
		best = first
	} else {
		second = &drawing
	}
	if second.bits*100 < best.bits*tooClose || second.bits*100 < 8*len(plain)*quickToTry {
		return best, second
	}
	return best, nil
}

// sample returns bands of consecutive rows, spread over the picture; all of a low one.
func sample(pix []byte, rowBytes, bandRows int) []byte {
	rows := len(pix) / rowBytes
	if rows <= sampleBands*bandRows {
		return pix
	}
	out := make([]byte, 0, sampleBands*bandRows*rowBytes)
	for i := range sampleBands {
		from := (rows - bandRows) * (2*i + 1) / (2 * sampleBands)
		out = append(out, pix[from*rowBytes:(from+bandRows)*rowBytes]...)
	}
	return out
}
