package thumbnail

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// Format is a file format that pictures come in.
type Format string

// The formats that are read.
const (
	JPEG Format = "JPEG"
	PNG  Format = "PNG"
	GIF  Format = "GIF"
	WebP Format = "WebP"
	BMP  Format = "BMP"
	TIFF Format = "TIFF"
)

// Sniff answers the format of the bytes, from their beginning alone. Bytes of no format that is read give an
// error that is a *Rejection.
func Sniff(src []byte) (Format, error) {
	switch {
	case bytes.HasPrefix(src, []byte("\xff\xd8\xff")):
		return JPEG, nil
	case bytes.HasPrefix(src, []byte("\x89PNG\r\n\x1a\n")):
		return PNG, nil
	case bytes.HasPrefix(src, []byte("GIF87a")), bytes.HasPrefix(src, []byte("GIF89a")):
		return GIF, nil
	case len(src) >= 12 && string(src[:4]) == "RIFF" && string(src[8:12]) == "WEBP":
		return WebP, nil
	case bytes.HasPrefix(src, []byte("II*\x00")), bytes.HasPrefix(src, []byte("MM\x00*")):
		return TIFF, nil
	case bytes.HasPrefix(src, []byte("II+\x00")), bytes.HasPrefix(src, []byte("MM\x00+")): // BigTIFF
		return TIFF, nil
	case isBMP(src):
		return BMP, nil
	}
	reason := "not a JPEG, PNG, GIF, WebP, BMP or TIFF"
	if other := otherFormat(src); other != "" {
		reason = fmt.Sprintf("%s is not supported: %s", other, reason)
	}
	return "", &Rejection{Code: UnsupportedFormat, Reason: reason}
}

// isBMP looks further than the two letters, which much text begins with as well.
func isBMP(src []byte) bool {
	if !bytes.HasPrefix(src, []byte("BM")) {
		return false
	}
	if len(src) < 18 {
		return len(src) == 2 || bytes.IndexByte(src, 0) > 0 // a truncated header, not a word
	}
	switch binary.LittleEndian.Uint32(src[14:]) { // the sizes that the second header comes in
	case 12, 16, 40, 52, 56, 64, 108, 124:
		return true
	}
	return false
}

// otherFormat names what people upload by mistake, so that they hear what to do about it.
func otherFormat(src []byte) string {
	head := bytes.ToLower(bytes.TrimLeft(src[:min(len(src), 512)], "\xef\xbb\xbf \t\r\n"))
	switch {
	case len(src) >= 12 && string(src[4:8]) == "ftyp":
		switch string(src[8:12]) {
		case "avif", "avis":
			return "AVIF"
		case "heic", "heix", "hevc", "heim", "heis", "mif1", "msf1":
			return "HEIC"
		}
		return "video"
	case bytes.HasPrefix(src, []byte("\xff\x0a")), bytes.HasPrefix(src, []byte("\x00\x00\x00\x0cJXL ")):
		return "JPEG XL"
	case bytes.HasPrefix(src, []byte("\x00\x00\x00\x0cjP  ")):
		return "JPEG 2000"
	case bytes.HasPrefix(src, []byte("\x00\x00\x01\x00")):
		return "an icon"
	case bytes.HasPrefix(src, []byte("8BPS")):
		return "a Photoshop document"
	case bytes.HasPrefix(head, []byte("<svg")), bytes.HasPrefix(head, []byte("<?xml")) && bytes.Contains(head, []byte("<svg")):
		return "SVG"
	case bytes.HasPrefix(head, []byte("%pdf")):
		return "PDF"
	case bytes.HasPrefix(head, []byte("%!ps")):
		return "PostScript"
	case bytes.HasPrefix(head, []byte("<!doctype html")), bytes.HasPrefix(head, []byte("<html")):
		return "HTML"
	case bytes.HasPrefix(src, []byte("PK\x03\x04")):
		return "a ZIP archive"
	}
	return ""
}

// reader reads one format. A faster engine takes its place by giving other functions.
type reader struct {
	// inspect reads the header: no pixels, and no more memory than a small multiple of the source.
	inspect func(src []byte) (header, error)
	// render answers the window of the picture, as it is stored: not yet upright.
	render func(src []byte, h header, w window) (picture, error)
}

func readerOf(f Format) reader {
	switch f {
	case JPEG:
		return reader{inspectJPEG, renderJPEG}
	case PNG:
		return reader{inspectPNG, renderPNG}
	case GIF:
		return reader{inspectGIF, renderGIF}
	case WebP:
		return reader{inspectWebP, renderWebP}
	case BMP:
		return reader{inspectBMP, renderBMP}
	default:
		return reader{inspectTIFF, renderTIFF}
	}
}

// header is what is known of a picture before its pixels are decoded.
type header struct {
	width, height int   // as stored
	shownHeight   int   // BMP: where its pixels are not square, the height at which it looks right; else 0
	orientation   int   // EXIF's, 1 to 8
	memory        int64 // bytes that decoding it takes, beside the source
	work          int64 // steps of some 60 ns that a small file can be made to take many of
}

const (
	// maxMemory bounds what decoders allocate. It keeps the whole process under 256 MiB.
	maxMemory = 192 << 20
	// maxWork bounds what decoders do, in steps: for a JPEG, a visit of a scan to an 8x8 block. A progressive
	// picture of 50 megapixels, as encoders write them, takes 11 million.
	maxWork = 32 << 20
)

// check holds the header against the limits.
func (h header) check(f Format, o Options) error {
	limit := o.MaxPixels
	if f == JPEG {
		limit = o.MaxJPEGPixels
	}
	switch {
	case h.width <= 0 || h.height <= 0:
		return &Rejection{Code: Corrupt, Reason: fmt.Sprintf("a %s of %dx%d pixels", f, h.width, h.height)}
	case area(h.width, h.height) > limit:
		return &Rejection{Code: ExcessPixels, Reason: fmt.Sprintf("%dx%d pixels, and at most %d in all are allowed", h.width, h.height, limit)}
	case h.work > maxWork:
		return &Rejection{Code: ExcessWork, Reason: fmt.Sprintf("to decode it takes %d steps, and at most %d are allowed", h.work, maxWork)}
	case h.memory > maxMemory:
		return &Rejection{Code: ExcessPixels, Reason: fmt.Sprintf("%dx%d pixels of this kind would take %d MiB to decode, and at most %d are allowed",
			h.width, h.height, h.memory>>20, maxMemory>>20)}
	}
	return nil
}

// area is the number of pixels, or where that is beyond any limit, a number that is as well and may still be
// multiplied by a picture's bytes a pixel.
func area(width, height int) int64 {
	const most = math.MaxInt64 / 64
	if width > 0 && height > 0 && int64(width) > most/int64(height) {
		return most
	}
	return int64(width) * int64(height)
}
