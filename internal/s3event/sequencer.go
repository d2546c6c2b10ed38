package s3event

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// Sequencer orders the events of one key: a hexadecimal number that grows. Between different keys it means
// nothing. The zero value is older than every other.
type Sequencer struct {
	digits string // upper case, without leading zeros
}

// maxSequencer is far beyond the 16 to 18 digits that S3 sends.
const maxSequencer = 128

// ParseSequencer reads a sequencer as S3 writes it.
func ParseSequencer(text string) (Sequencer, error) {
	if text == "" || len(text) > maxSequencer {
		return Sequencer{}, errors.New("the sequencer is empty or too long")
	}
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return Sequencer{}, fmt.Errorf("the sequencer %q is not hexadecimal", text)
		}
	}
	return Sequencer{strings.TrimLeft(strings.ToUpper(text), "0")}, nil
}

// Compare answers -1 where s is older than t, +1 where it is newer, and 0 where they are the same. As S3
// asks for, the shorter one counts as filled up with zeros on the left.
func (s Sequencer) Compare(t Sequencer) int {
	return cmp.Or(cmp.Compare(len(s.digits), len(t.digits)), cmp.Compare(s.digits, t.digits))
}

// String answers the number, without leading zeros.
func (s Sequencer) String() string {
	if s.digits == "" {
		return "0"
	}
	return s.digits
}
