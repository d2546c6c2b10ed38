package png

import "github.com/thumbing/thumbing/internal/thumbnail/deflate"

const (
	sampleBands = 4
	quickRows   = 8  // of each band, to see whether anything repeats
	closeRows   = 16 // of each band, to tell what pays

	// What part of a sample repeats what came before it: with less, before and after filtering, matches cannot pay;
	// with more, a thorough search pays; and in a drawing even a deep one ends soon.
	someRepetition     = 0.28
	filteredRepetition = 0.7
	muchRepetition     = 0.5
	drawingRepetition  = 0.96

	// In percent: matches that leave more than this are not worth their time; and between estimates no further apart
	// than that only trying tells.
	worthSearching = 90
	tooClose       = 115
)

// way is a way to compress a picture: rows with or without filters, with or without matches.
type way struct {
	filtered bool
	effort   deflate.Effort // 0 for no matches
	bits     int            // of a sample
}

// compress appends the deflate stream of a picture's rows to dst, and returns the rows in it as well.
//
// A photograph does best with adaptive filters and no search for matches. With flat areas in it, or in grey, a quick
// search pays. A drawing does best with matches, and often with no filter, which would make different bytes of what
// repeats. Coarse noise does best with neither. Samples tell which it is.
func compress(dst, pix []byte, rowBytes, bpp int) (out, rows []byte) {
	adaptive := adaptiveRows(pix, rowBytes, bpp)
	best, second := choose(pix, adaptive, rowBytes)
	try := func(dst []byte, w way) (out, rows []byte) {
		rows = adaptive
		if !w.filtered {
			rows = plainRows(pix, rowBytes)
		}
		if w.effort > 0 {
			return deflate.Matches(dst, rows, w.effort), rows
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
	best = way{filtered: true, bits: deflate.LiteralBits(filtered)}
	if bits := deflate.LiteralBits(plain); bits < best.bits {
		best = way{bits: bits}
	}
	repetition := deflate.Repetition(plain)
	if repetition < someRepetition && deflate.Repetition(filtered) < filteredRepetition {
		return best, nil
	}
	plain, filtered = sample(pix, rowBytes, closeRows), sample(adaptive, rowBytes+1, closeRows)
	effort := deflate.Quick
	if repetition >= drawingRepetition {
		effort = deflate.Deep
	} else if repetition >= muchRepetition {
		effort = deflate.Thorough
	}
	first := way{filtered: true, effort: effort, bits: 8 * len(deflate.Matches(nil, filtered, deflate.Quick))}
	other := way{effort: effort, bits: 8 * len(deflate.Matches(nil, plain, deflate.Quick))}
	if other.bits < first.bits {
		first, other = other, first
	}
	if first.bits*100 > deflate.LiteralBits(filtered)*worthSearching {
		return best, nil
	}
	if other.bits*100 <= first.bits*tooClose || effort == deflate.Deep {
		return first, &other
	}
	return first, nil
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
