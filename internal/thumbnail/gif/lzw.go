package gif

// Codes of the LZW data have at most 12 bits (appendix F).
const (
	maxCodeBits = 12
	maxCodes    = 1 << maxCodeBits
)

// lzwReader decompresses the pixels of a frame (appendix F). It is not compress/lzw because that knows no pixels of
// more than 8 bits, which some writers announce although the colour table ends before.
type lzwReader struct {
	src  subBlocks
	bits uint32 // read ahead, the next bit lowest
	n    uint   // how many

	codeSize uint
	width    uint // bits of the next code
	next     int  // the next code to be defined
	last     int  // the code before, -1 behind a clear code

	// What a code that has been defined stands for: what another one does, and a pixel.
	prefix [maxCodes]uint16
	suffix [maxCodes]byte

	out     [maxCodes]byte
	pending []byte // pixels in out that were not asked for yet
}

func newLZWReader(data []byte, codeSize int) *lzwReader {
	r := &lzwReader{src: subBlocks{rest: data}, codeSize: uint(codeSize)}
	r.clear()
	return r
}

// read fills dst with the next pixels.
func (r *lzwReader) read(dst []byte) error {
	for {
		n := copy(dst, r.pending)
		dst, r.pending = dst[n:], r.pending[n:]
		if len(dst) == 0 {
			return nil
		}
		if err := r.decode(); err != nil {
			return err
		}
	}
}

// decode decodes one code. Pixels below 1<<codeSize stand for themselves; then come the codes to clear the table and
// to end the data.
func (r *lzwReader) decode() error {
	code, err := r.code()
	if err != nil {
		return err
	}
	clearCode := 1 << r.codeSize
	switch {
	case code == clearCode:
		r.clear()
		return nil
	case code == clearCode+1:
		return ErrTruncated // pixels are wanted, and none come
	case code > r.next, code > clearCode && r.last < 0:
		return corruptf("no such lzw code")
	}
	at := len(r.out)
	c := code
	if code == r.next { // to be defined now: the code before, and its first pixel once more
		at--
		c = r.last
	}
	for c >= clearCode {
		at--
		r.out[at] = r.suffix[c]
		c = int(r.prefix[c])
	}
	at--
	r.out[at] = byte(c)
	if code == r.next {
		r.out[len(r.out)-1] = byte(c)
	}
	r.pending = r.out[at:]
	if r.last >= 0 && r.next < maxCodes {
		r.prefix[r.next], r.suffix[r.next] = uint16(r.last), byte(c)
		r.next++
		if r.next == 1<<r.width && r.width < maxCodeBits {
			r.width++
		}
	}
	r.last = code
	return nil
}

func (r *lzwReader) clear() {
	r.width = r.codeSize + 1
	r.next = 1<<r.codeSize + 2
	r.last = -1
}

// code reads the next code.
func (r *lzwReader) code() (int, error) {
	for r.n < r.width {
		b, ok := r.src.next()
		if !ok {
			return 0, ErrTruncated
		}
		r.bits |= uint32(b) << r.n
		r.n += 8
	}
	code := int(r.bits & (1<<r.width - 1))
	r.bits >>= r.width
	r.n -= r.width
	return code, nil
}

// subBlocks reads the contents of sub-blocks: each begins with its size, and an empty one is the last (section 15).
type subBlocks struct {
	rest []byte
	n    int // of bytes left in the sub-block
}

// next returns the next byte, if there is one.
func (s *subBlocks) next() (byte, bool) {
	if s.n == 0 {
		if len(s.rest) == 0 {
			return 0, false
		}
		s.n = int(s.rest[0])
		s.rest = s.rest[1:]
	}
	if s.n == 0 || len(s.rest) == 0 {
		return 0, false
	}
	b := s.rest[0]
	s.rest = s.rest[1:]
	s.n--
	return b, true
}
