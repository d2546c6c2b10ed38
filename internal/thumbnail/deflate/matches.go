package deflate

import (
	"bytes"
	"fmt"

	"github.com/klauspost/compress/flate"
)

// Effort is how hard Matches searches.
type Effort int

// The efforts. On the rows of a photograph, Quick takes two to three times as long as [Literals] and Thorough three to
// six times; Deep pays where nearly everything repeats, and would take very long elsewhere.
const (
	Quick    Effort = 1
	Thorough Effort = 6
	Deep     Effort = 8
)

// Matches appends src to dst, compressed with matches and Huffman codes. dst ends on a whole byte.
func Matches(dst, src []byte, effort Effort) []byte {
	out := bytes.NewBuffer(dst)
	w, err := flate.NewWriter(out, int(effort))
	if err == nil {
		_, err = w.Write(src)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil { // it refuses none of the efforts, and a buffer takes everything
		panic(fmt.Sprintf("deflate: %v", err))
	}
	return out.Bytes()
}
