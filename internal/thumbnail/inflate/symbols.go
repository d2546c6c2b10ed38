package inflate

import (
	"encoding/binary"
	"io"
)

// decodeSymbols decodes the symbols of a block until it ends or the output is full: in haste as long as
// there is enough input for any symbol, and one by one where it runs out.
func (r *Reader) decodeSymbols() error {
	for r.block == blockCoded && r.done < len(r.out)-outReach {
		if err := r.fill(); err != nil {
			return err
		}
		step := r.decodeFast
		if r.inEnd-r.inPos < inReach {
			step = r.decodeOne
		}
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// decodeFast decodes symbols while inReach bytes of input and outReach bytes of room are left, or to the
// end of the block. It reads 8 bytes of input at a time and only counts those that are whole: the others
// are read again, onto the same bits (F. Giesen, "Reading bits in far too many ways", 2018, variant 4).
func (r *Reader) decodeFast() error {
	c := &r.codes
	out, pos, acc, n, done := r.out, r.inPos, r.bits, r.nbits, r.done
	inLimit, outLimit := r.inEnd-inReach, len(r.out)-outReach
	for pos <= inLimit && done < outLimit {
		acc |= r.load(pos) << (n & 63)
		pos += int((63 - n) >> 3)
		n |= 56

		e := c.fused[acc&(1<<litIndex-1)]
		if e&literals != 0 {
			binary.LittleEndian.PutUint32(out[done:], e>>8)
			done += int(e & literals >> 4)
			acc >>= e & entryBits
			n -= uint(e & entryBits)
			e = c.fused[acc&(1<<litIndex-1)]
			if e&literals != 0 {
				binary.LittleEndian.PutUint32(out[done:], e>>8)
				done += int(e & literals >> 4)
				acc >>= e & entryBits
				n -= uint(e & entryBits)
				e = c.fused[acc&(1<<litIndex-1)]
				if e&literals != 0 {
					binary.LittleEndian.PutUint32(out[done:], e>>8)
					done += int(e & literals >> 4)
					acc >>= e & entryBits
					n -= uint(e & entryBits)
					continue
				}
			}
			acc |= r.load(pos) << (n & 63)
			pos += int((63 - n) >> 3)
			n |= 56
		}

		acc >>= e & entryBits
		n -= uint(e & entryBits)
		if e&kindMask == kindLink {
			e = c.lit[e>>baseShift+uint32(acc)&(1<<(e>>extraShift&extraMask)-1)]
			acc >>= e & entryBits
			n -= uint(e & entryBits)
			if e&literals != 0 {
				out[done] = byte(e >> 8)
				done++
				continue
			}
		}
		if e&kindMask != kindBase {
			r.inPos, r.bits, r.nbits, r.done = pos, acc&(1<<n-1), n, done
			if e&kindMask == kindEnd {
				r.block = blockHeader
				return nil
			}
			return ErrCorrupt
		}
		extra := e >> extraShift & extraMask
		length := int(e>>baseShift + uint32(acc)&(1<<extra-1))
		acc >>= extra
		n -= uint(extra)

		e = c.dist[acc&(1<<distIndex-1)]
		if e&kindMask == kindLink {
			acc >>= distIndex
			n -= distIndex
			e = c.dist[e>>baseShift+uint32(acc)&(1<<(e>>extraShift&extraMask)-1)]
		}
		if e&kindMask != kindBase {
			return ErrCorrupt
		}
		acc >>= e & entryBits
		n -= uint(e & entryBits)
		extra = e >> extraShift & extraMask
		distance := int(e>>baseShift + uint32(acc)&(1<<extra-1))
		acc >>= extra
		n -= uint(extra)
		if distance > done {
			return ErrCorrupt
		}
		copyMatch(out, done, length, distance)
		done += length
	}
	r.inPos, r.bits, r.nbits, r.done = pos, acc&(1<<n-1), n, done
	return nil
}

// copyMatch copies length bytes to out[done:] from distance bytes before, eight at a time. It may write 7
// bytes beyond.
func copyMatch(out []byte, done, length, distance int) {
	dst := out[done:]
	if distance < 8 {
		// Repeat the pattern byte by byte until it is long enough to be copied from.
		whole := int(patternLength[distance])
		for i := range min(length, whole) {
			dst[i] = out[done+i-distance]
		}
		dst = dst[whole:]
		done += whole
		length -= whole
		distance = whole
	}
	src := out[done-distance:]
	for i := 0; i < length; i += 8 {
		binary.LittleEndian.PutUint64(dst[i:], binary.LittleEndian.Uint64(src[i:]))
	}
}

// patternLength is, for each distance below 8, its least multiple that is not.
var patternLength = [8]uint8{0, 8, 8, 9, 8, 10, 12, 14}

// decodeOne decodes one symbol where the input ends and not every bit read ahead need exist.
func (r *Reader) decodeOne() error {
	if err := r.refill(); err != nil {
		return err
	}
	e, err := r.lookup(r.codes.lit[:], litIndex)
	if err != nil {
		return err
	}
	if e&literals != 0 {
		r.out[r.done] = byte(e >> 8)
		r.done++
		return nil
	}
	if e&kindMask == kindEnd {
		r.block = blockHeader
		return nil
	}
	length, err := r.base(e)
	if err != nil {
		return err
	}
	if err := r.refill(); err != nil {
		return err
	}
	if e, err = r.lookup(r.codes.dist[:], distIndex); err != nil {
		return err
	}
	distance, err := r.base(e)
	if err != nil {
		return err
	}
	if distance > r.done {
		return ErrCorrupt
	}
	copyMatch(r.out, r.done, length, distance)
	r.done += length
	return nil
}

// lookup takes a code and returns its entry.
func (r *Reader) lookup(table []entry, index int) (entry, error) {
	e := table[r.bits&(1<<index-1)]
	n := uint(e & entryBits)
	if e&kindMask == kindLink {
		e = table[e>>baseShift+uint32(r.bits>>index)&(1<<(e>>extraShift&extraMask)-1)]
		n += uint(e & entryBits)
	}
	switch {
	case e&literals == 0 && e&kindMask == kindWrong:
		return 0, ErrCorrupt
	case n > r.nbits:
		return 0, io.ErrUnexpectedEOF
	}
	r.bits >>= n
	r.nbits -= n
	return e, nil
}

// base takes the extra bits of a length or distance.
func (r *Reader) base(e entry) (int, error) {
	v, err := r.take(uint(e >> extraShift & extraMask))
	return int(e>>baseShift) + int(v), err
}
