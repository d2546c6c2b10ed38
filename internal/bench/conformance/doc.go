// Package conformance judges the command line over a corpus of pictures with known answers:
//
//	go test ./internal/bench/conformance -corpus DIR [-thumbing bin/thumbing]
//
// DIR holds the folders valid and hostile, and two tables of tab-separated values with a heading:
// manifest.tsv (file, kind, tier, w, h, disputed) and grids.tsv (file, ref_grid_b64, alt_grid_b64). A grid is the base64
// of 16x16 cells of four bytes: the means of the 32x32 blocks of the right answer, red, green and blue
// multiplied by alpha, and alpha. A valid picture of tier A must be made and fit; one of another tier may be
// rejected. Where the table says that the answer is disputed, another one is told of and is no failure.
package conformance
