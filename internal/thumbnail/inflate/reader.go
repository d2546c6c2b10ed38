// Package inflate reads zlib streams (RFC 1950) of deflated data (RFC 1951) in pieces of the reader's
// choosing: rows of a picture, each contiguous, straight from the window that matches are copied from.
package inflate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A Source yields compressed bytes, a piece at a time, and io.EOF after the last. A piece stays valid
// until the next call.
type Source interface {
	Next() ([]byte, error)
}

// ErrCorrupt is the error for bytes that are not a zlib stream.
var ErrCorrupt = errors.New("inflate: not a valid zlib stream")

const (
	windowSize = 32 << 10  // how far back a match may reach
	workSize   = 128 << 10 // output decoded at least between two moves of the window
	maxMatch   = 258
	outReach   = maxMatch + 32 // bytes that one step of decoding may write, in haste

	inSize  = 64 << 10 // compressed bytes at hand
	inMask  = inSize - 1
	inKeep  = 8  // bytes before inPos that are still there: they may be in bits
	inReach = 32 // bytes that one step of decoding may look at
)

// Reader decompresses one stream. It takes memory for the window, the longest piece asked for, and a
// fixed rest of 300 KB.
type Reader struct {
	src     Source
	piece   []byte // what is left of the source's last
	longest int    // what Next may be asked for
	err     error  // what ended decoding: io.EOF at the end of the stream

	in      [inSize + 8]byte
	inPos   int  // of the byte after those in bits
	inEnd   int  // of what came from the source
	drained bool // the source has no more

	bits  uint64 // read ahead, the next bit lowest; above nbits zero
	nbits uint

	out  []byte
	read int // of out: up to here Next has returned it
	done int // of out: up to here it is decoded

	header bool  // the header of the stream is read
	block  block // what is being read
	stored int   // bytes left of a stored block
	final  bool  // the block is the last

	codes codes
}

// block says what comes next in the stream.
type block int

const (
	blockHeader block = iota
	blockStored
	blockCoded
)

// NewReader returns a reader of the stream in src, for pieces of at most longest bytes. It does not
// check the Adler-32 sum after the data.
func NewReader(src Source, longest int) *Reader {
	return &Reader{
		src:     src,
		longest: longest,
		out:     make([]byte, windowSize+max(workSize, longest+windowSize)+outReach),
	}
}

// Next returns the next n bytes, which stay valid until the next call. When the stream or its source
// ends before, the error is io.ErrUnexpectedEOF; else it is ErrCorrupt or the source's own.
func (r *Reader) Next(n int) ([]byte, error) {
	if n > r.longest {
		return nil, fmt.Errorf("inflate: a piece of %d bytes, where the longest was to be %d", n, r.longest)
	}
	for r.done-r.read < n {
		if r.err == nil {
			r.err = r.decode()
		} else if r.err == io.EOF {
			return nil, io.ErrUnexpectedEOF
		} else {
			return nil, r.err
		}
	}
	p := r.out[r.read : r.read+n : r.read+n]
	r.read += n
	return p, nil
}

// decode decodes until the output is full or the stream ends, for which it returns io.EOF.
func (r *Reader) decode() error {
	r.slide()
	if !r.header {
		if err := r.readStreamHeader(); err != nil {
			return err
		}
		r.header = true
	}
	for r.done < len(r.out)-outReach {
		var err error
		switch r.block {
		case blockStored:
			err = r.copyStored()
		case blockCoded:
			err = r.decodeSymbols()
		default:
			if r.final {
				return io.EOF
			}
			err = r.readBlockHeader()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// slide moves what is not read yet and the window before it to the front.
func (r *Reader) slide() {
	from := max(min(r.read, r.done-windowSize), 0)
	copy(r.out, r.out[from:r.done])
	r.read -= from
	r.done -= from
}

// readStreamHeader reads the two bytes before the data (RFC 1950 section 2.2).
func (r *Reader) readStreamHeader() error {
	v, err := r.take(16)
	if err != nil {
		return err
	}
	method, info, flags := v&15, v>>4&15, v>>8
	if method != 8 || info > 7 || (v&0xff<<8|flags)%31 != 0 || flags&0x20 != 0 {
		return ErrCorrupt
	}
	return nil
}

// readBlockHeader reads what precedes a block's data (RFC 1951 section 3.2.3).
func (r *Reader) readBlockHeader() error {
	v, err := r.take(3)
	if err != nil {
		return err
	}
	r.final = v&1 == 1
	switch v >> 1 {
	case 0:
		return r.readStoredHeader()
	case 1:
		r.codes.setFixed()
	case 2:
		if err := r.readCodes(); err != nil {
			return err
		}
	default:
		return ErrCorrupt
	}
	r.block = blockCoded
	return nil
}

// readStoredHeader reads the length of a block that is not compressed (section 3.2.4), which begins on a
// whole byte.
func (r *Reader) readStoredHeader() error {
	if _, err := r.take(r.nbits & 7); err != nil {
		return err
	}
	v, err := r.take(32)
	if err != nil {
		return err
	}
	if v&0xffff != ^v>>16&0xffff {
		return ErrCorrupt
	}
	r.stored, r.block = int(v&0xffff), blockStored
	return nil
}

// copyStored copies what it can of a stored block.
func (r *Reader) copyStored() error {
	r.inPos -= int(r.nbits / 8) // whole bytes that were read ahead
	r.bits, r.nbits = 0, 0
	if r.stored > 0 && r.inPos == r.inEnd {
		if err := r.fill(); err != nil {
			return err
		}
		if r.inPos == r.inEnd {
			return io.ErrUnexpectedEOF
		}
	}
	n := min(r.stored, r.inEnd-r.inPos, len(r.out)-r.done)
	copy(r.out[r.done:], r.in[r.inPos:r.inPos+n])
	r.done += n
	r.inPos += n
	r.stored -= n
	if r.stored == 0 {
		r.block = blockHeader
	}
	return nil
}

// take returns the next n bits, at most 32, the first of them lowest.
func (r *Reader) take(n uint) (uint32, error) {
	if r.nbits < n {
		if err := r.refill(); err != nil {
			return 0, err
		}
		if r.nbits < n {
			return 0, io.ErrUnexpectedEOF
		}
	}
	v := uint32(r.bits & (1<<n - 1))
	r.bits >>= n
	r.nbits -= n
	return v, nil
}

// refill reads ahead: 56 bits at least, or all there are.
func (r *Reader) refill() error {
	if err := r.fill(); err != nil {
		return err
	}
	for r.nbits <= 56 && r.inPos < r.inEnd {
		r.bits |= uint64(r.in[r.inPos]) << r.nbits
		r.nbits += 8
		r.inPos++
	}
	return nil
}

// fill gets more from the source when less than inReach bytes are at hand.
func (r *Reader) fill() error {
	if r.drained || r.inEnd-r.inPos >= inReach {
		return nil
	}
	from := max(r.inPos-inKeep, 0)
	r.inEnd = copy(r.in[:], r.in[from:r.inEnd])
	r.inPos -= from
	for r.inEnd < inSize/2 {
		for len(r.piece) == 0 {
			var err error
			if r.piece, err = r.src.Next(); err == io.EOF {
				r.drained = true
				return nil
			} else if err != nil {
				return err
			}
		}
		n := copy(r.in[r.inEnd:inSize], r.piece)
		r.inEnd += n
		r.piece = r.piece[n:]
	}
	return nil
}

// load returns the 8 bytes of input from i on.
func (r *Reader) load(i int) uint64 {
	return binary.LittleEndian.Uint64(r.in[i&inMask:][:8])
}
