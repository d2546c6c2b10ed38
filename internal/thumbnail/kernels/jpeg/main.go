// Command jpeg generates the vector kernels of package jpeg: its inverse DCTs of 4 to 8 points, with AVX2 for amd64
// by avo, and with NEON for arm64, which avo does not know, by itself.
//
// A register holds coefficients of a row in 32 bits each, so that one pass goes over several columns at once and
// sums wrap as those of scalar code do. Between the passes, and for the samples, rows and columns change places.
package main

import (
	"flag"
	"fmt"
	"os"
)

// transform is an inverse DCT: its constants have fixed bits behind the point, and pass bits are kept between the
// passes.
type transform struct {
	n, fixed, pass int
}

var transforms = []transform{{4, 12, 3}, {5, 12, 3}, {6, 12, 3}, {7, 12, 3}, {8, 13, 2}}

// columns returns by how much the first pass shifts its sums, and what rounds them.
func (t transform) columns() (shift, round int) {
	shift = t.fixed - t.pass
	return shift, 1 << (shift - 1)
}

// rows returns the same of the second pass, which makes samples unsigned as well.
func (t transform) rows() (shift, round int) {
	shift = t.fixed + t.pass + 3
	return shift, 128<<shift + 1<<(shift-1)
}

func main() {
	neon := flag.String("neon", "", "the file for the arm64 kernels")
	generateAVX2() // parses the flags, and exits when it fails
	if *neon == "" {
		return
	}
	if err := os.WriteFile(*neon, generateNEON(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
