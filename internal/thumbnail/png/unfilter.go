package png

import "encoding/binary"

// undoFilter writes to dst the row whose filtered bytes are src. prev is the row above, zeros above the
// first; bpp the bytes of a pixel. src may be longer than the others, and shares no memory with dst.
func undoFilter(f int, dst, src, prev []byte, bpp int) {
	src, prev = src[:len(dst)], prev[:len(dst)]
	switch f {
	case filterNone:
		copy(dst, src)
	case filterUp:
		add(dst, src, prev)
	default:
		undoFilterScalar(f, dst, src, prev, bpp, undoPixels(f, dst, src, prev, bpp))
	}
}

// undoFilterScalar undoes filter types Sub, Average and Paeth from byte from on.
func undoFilterScalar(f int, dst, src, prev []byte, bpp, from int) {
	for ; from < min(bpp, len(dst)); from++ { // nothing is to the left
		switch f {
		case filterSub:
			dst[from] = src[from]
		case filterAverage:
			dst[from] = src[from] + prev[from]/2
		case filterPaeth:
			dst[from] = src[from] + prev[from]
		}
	}
	switch f {
	case filterSub:
		for i := from; i < len(dst); i++ {
			dst[i] = src[i] + dst[i-bpp]
		}
	case filterAverage:
		for i := from; i < len(dst); i++ {
			dst[i] = src[i] + byte((int(dst[i-bpp])+int(prev[i]))/2)
		}
	case filterPaeth:
		for i := from; i < len(dst); i++ {
			dst[i] = src[i] + paeth(int(dst[i-bpp]), int(prev[i]), int(prev[i-bpp]))
		}
	}
}

// add sets dst[i] = x[i] + b[i], eight bytes at a time.
func add(dst, x, b []byte) {
	i := 0
	for ; i+8 <= len(dst); i += 8 {
		v, w := binary.LittleEndian.Uint64(x[i:]), binary.LittleEndian.Uint64(b[i:])
		sum := (v&^uint64(highBits) + w&^uint64(highBits)) ^ (v^w)&highBits
		binary.LittleEndian.PutUint64(dst[i:], sum)
	}
	for ; i < len(dst); i++ {
		dst[i] = x[i] + b[i]
	}
}
