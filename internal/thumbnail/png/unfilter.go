package png

import "encoding/binary"

// undoFilter writes to dst the row whose filtered bytes are src. prev is the row above, zeros above the
// first; bpp the bytes of a pixel. src may be longer than the others.
func undoFilter(f int, dst, src, prev []byte, bpp int) {
	src, prev = src[:len(dst)], prev[:len(dst)]
	first := min(bpp, len(dst))
	switch f {
	case filterNone:
		copy(dst, src)
	case filterSub:
		copy(dst[:first], src)
		for i := first; i < len(dst); i++ {
			dst[i] = src[i] + dst[i-bpp]
		}
	case filterUp:
		add(dst, src, prev)
	case filterAverage:
		for i := range first {
			dst[i] = src[i] + prev[i]/2
		}
		for i := first; i < len(dst); i++ {
			dst[i] = src[i] + byte((int(dst[i-bpp])+int(prev[i]))/2)
		}
	case filterPaeth:
		add(dst[:first], src[:first], prev[:first])
		for i := first; i < len(dst); i++ {
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
