package tiff

import "encoding/binary"

// addHorizontally undoes the horizontal predictor: every sample but a row's first is the difference from the one
// before it of its kind, modulo 2^bits (section 14). Whole numbers are taken as they are, whatever they stand for.
func addHorizontally(row []byte, samples, bits int, order binary.ByteOrder) {
	size := bits / 8
	for i := samples * size; i+size <= len(row); i += size {
		prev, cur := row[i-samples*size:], row[i:]
		switch size {
		case 1:
			cur[0] += prev[0]
		case 2:
			order.PutUint16(cur, order.Uint16(cur)+order.Uint16(prev))
		case 4:
			order.PutUint32(cur, order.Uint32(cur)+order.Uint32(prev))
		case 8:
			order.PutUint64(cur, order.Uint64(cur)+order.Uint64(prev))
		}
	}
}

// undoFloatPredictor undoes the floating point predictor: a row is all highest bytes of its samples, then all that
// follow them, and so on to the lowest; and each byte is the difference from the one before it of its kind
// (Technical Note 3). dst gets samples in the file's byte order.
func undoFloatPredictor(dst, row []byte, samples, bits int, order binary.ByteOrder) {
	for i := samples; i < len(row); i++ {
		row[i] += row[i-samples]
	}
	size := bits / 8
	n := len(row) / size
	for k := range size {
		at := k // of this byte in a sample
		if order == binary.LittleEndian {
			at = size - 1 - k
		}
		for i, b := range row[k*n : (k+1)*n] {
			dst[i*size+at] = b
		}
	}
}
