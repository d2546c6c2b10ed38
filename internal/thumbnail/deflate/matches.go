package deflate

import (
	"fmt"

	"github.com/klauspost/compress/flate"
)

// Effort is how hard Matches searches.
type Effort int

// The efforts. On the rows of a picture of 512x512, Quick takes about as long again as [Literals] and Thorough twice
// to four times as long; Deep pays where nearly everything repeats, and would take very long elsewhere.
const (
	Quick    Effort = 1
	Thorough Effort = 6
	Deep     Effort = 8
)

// Matches appends src to dst, compressed with matches and Huffman codes. dst ends on a whole byte.
func Matches(dst, src []byte, effort Effort) []byte {
	out := appender(dst)
	w, err := flate.NewWriter(&out, int(effort))
	if err == nil {
		_, err = w.Write(src)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil { // it neither refuses an effort nor fails but when the appender does
		panic(fmt.Sprintf("deflate: %v", err))
	}
	return out
}

// appender is a writer to memory.
type appender []byte

func (a *appender) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}
