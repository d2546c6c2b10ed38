package png

import (
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"hash/crc32"
	"math"
)

// Append appends to dst a PNG file of a width x height picture with 8-bit samples: channels is 3 for RGB
// and 4 for RGB with straight alpha, and rows follow one another in pix without a gap. The file has the
// critical chunks alone, and no more than depends on the pixels.
func Append(dst, pix []byte, width, height, channels int) ([]byte, error) {
	if width < 1 || height < 1 || width > math.MaxInt32 || height > math.MaxInt32 {
		return nil, fmt.Errorf("png: a picture of %d x %d pixels", width, height)
	}
	if channels != 3 && channels != 4 {
		return nil, fmt.Errorf("png: %d channels", channels)
	}
	if len(pix)/channels/width < height {
		return nil, fmt.Errorf("png: %d bytes for %d x %d pixels of %d channels", len(pix), width, height, channels)
	}
	pix = pix[:width*height*channels]

	dst = append(dst, signature...)
	var ihdr [13]byte
	binary.BigEndian.PutUint32(ihdr[0:], uint32(width))
	binary.BigEndian.PutUint32(ihdr[4:], uint32(height))
	ihdr[8] = 8
	ihdr[9] = colourRGB
	if channels == 4 {
		ihdr[9] = colourRGBA
	}
	dst = appendChunk(dst, chunkIHDR, func(dst []byte) []byte { return append(dst, ihdr[:]...) })
	dst = appendChunk(dst, chunkIDAT, func(dst []byte) []byte { return appendImageData(dst, pix, width*channels, channels) })
	return appendChunk(dst, chunkIEND, func(dst []byte) []byte { return dst }), nil
}

// Divide answers the same picture in other bytes: the image data of a file as Append writes it are in two chunks,
// the first of n bytes. They mean the same (section 11.2.3). Where there are not so many, the file is answered as
// it is.
func Divide(file []byte, n int) []byte {
	const around = 4 + 4 + 4 // a chunk's length, name and CRC
	const start = len(signature) + around + 13
	if len(file) < start+around || n < 1 {
		return file
	}
	length := int64(binary.BigEndian.Uint32(file[start:]))
	if string(file[start+4:start+8]) != chunkIDAT || int64(n) >= length || int64(len(file)-start-around) < length {
		return file
	}
	data, rest := file[start+8:][:length], file[start+around+int(length):]
	divided := append(make([]byte, 0, len(file)+around), file[:start]...)
	for _, part := range [][]byte{data[:n], data[n:]} {
		divided = appendChunk(divided, chunkIDAT, func(dst []byte) []byte { return append(dst, part...) })
	}
	return append(divided, rest...)
}

// appendChunk appends a chunk whose data is what appendData appends (section 5.3).
func appendChunk(dst []byte, name string, appendData func([]byte) []byte) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = appendData(append(dst, name...))
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-8))
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[start+4:]))
}

// appendImageData appends the filtered and compressed rows in the zlib format (RFC 1950).
func appendImageData(dst, pix []byte, rowBytes, bpp int) []byte {
	dst = append(dst, 0x78, 0x01) // deflate, a window of 32 KB, a fast method
	dst, rows := compress(dst, pix, rowBytes, bpp)
	return binary.BigEndian.AppendUint32(dst, adler32.Checksum(rows))
}
