package thumbnail

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"strings"
	"testing"
)

func TestRejections(t *testing.T) {
	small := makePNG(t, quadrants(30, 20), 0)
	tall := makePNG(t, image.NewGray(image.Rect(0, 0, 1, 100)), 0)
	deep := image.NewNRGBA64(image.Rect(0, 0, 4, 4))
	deep.SetNRGBA64(0, 0, color.NRGBA64{A: 1})
	for name, c := range map[string]struct {
		src     []byte
		options Options
		code    Code
		reason  string // part of it
	}{
		"nothing":                {nil, Options{}, Empty, "empty"},
		"too many bytes":         {small, Options{MaxBytes: int64(len(small)) - 1}, ExcessBytes, "bytes"},
		"too many pixels":        {small, Options{MaxPixels: 599}, ExcessPixels, "30x20"},
		"a line":                 {tall, Options{MaxPixels: 99}, ExcessPixels, "1x100"},
		"60000x60000 PNG":        {resized(small, 60000, 60000), Options{}, ExcessPixels, "60000x60000"}, // I3
		"8000x8000 PNG":          {resized(small, 8000, 8000), Options{}, ExcessPixels, "8000x8000"},
		"0x0 PNG":                {resized(small, 0, 0), Options{}, Corrupt, "size"}, // I9
		"memory, overflowing":    {resized(makePNG(t, deep, 0), 1<<31-1, 1<<31-1), Options{MaxPixels: 1 << 62}, ExcessPixels, ""},
		"65535x65535 GIF screen": {screen(makeGIF(t, quadrants(2, 2), 0), 65535, 65535), Options{}, ExcessPixels, "65535x65535"},
		"12 bits":                {sof(0xc1, 12, 8, 8, 3), Options{}, UnsupportedFormat, "12 bits"},
		"arithmetic":             {sof(0xc9, 8, 8, 8, 3), Options{}, UnsupportedFormat, "arithmetic"},
		"lossless":               {sof(0xc3, 8, 8, 8, 3), Options{}, UnsupportedFormat, "lossless"},
		"no frame":               {[]byte("\xff\xd8\xff\xd9"), Options{}, Corrupt, "scan"},
		"GIF without frame":      {[]byte("GIF89a\x04\x00\x04\x00\x00\x00\x00;"), Options{}, Corrupt, "GIF"},
		"BMP of a JPEG":          {withByte(makeBMP(t, image.NewGray(image.Rect(0, 0, 4, 4)), 0), 30, 4), Options{}, UnsupportedFormat, "bmp"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Make(c.src, c.options)
			r, ok := errors.AsType[*Rejection](err)
			if !ok || r.Code != c.code || !strings.Contains(r.Reason, c.reason) {
				t.Fatalf("got %v, want %s: ...%s...", err, c.code, c.reason)
			}
			if r.Error() != string(r.Code)+": "+r.Reason || strings.ContainsAny(r.Reason, "\n\r") {
				t.Errorf("it reads %q", r.Error())
			}
		})
	}
}

func withByte(file []byte, at int, v byte) []byte {
	file = bytes.Clone(file)
	file[at] = v
	return file
}

// resized says in a PNG's header that it has another size.
func resized(file []byte, w, h uint32) []byte {
	ihdr := bytes.Clone(file[16:29])
	binary.BigEndian.PutUint32(ihdr, w)
	binary.BigEndian.PutUint32(ihdr[4:], h)
	return append(append(bytes.Clone(file[:8]), chunk("IHDR", ihdr)...), file[33:]...)
}

// screen gives a GIF's logical screen another size.
func screen(file []byte, w, h uint16) []byte {
	file = bytes.Clone(file)
	binary.LittleEndian.PutUint16(file[6:], w)
	binary.LittleEndian.PutUint16(file[8:], h)
	return file
}

// sof is a JPEG with a frame header, and nothing behind it.
func sof(marker, bits byte, w, h uint16, components byte) []byte {
	body := binary.BigEndian.AppendUint16([]byte{bits}, h)
	body = append(binary.BigEndian.AppendUint16(body, w), components)
	for i := range components {
		body = append(body, i+1, 0x11, 0)
	}
	return insertSegment([]byte("\xff\xd8\xff\xd9"), marker, body)
}

func TestUnsupported(t *testing.T) { // I12: by a look at the beginning, and nothing else
	for name, c := range map[string]struct{ src, reason string }{
		"SVG":          {`<svg xmlns="http://www.w3.org/2000/svg"/>`, "SVG"},
		"SVG document": {"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<svg/>", "SVG"},
		"HTML":         {"<!DOCTYPE html><html></html>", "HTML"},
		"PDF":          {"%PDF-1.7\n", "PDF"},
		"PostScript":   {"%!PS-Adobe-3.0\n", "PostScript"},
		"MVG":          {"push graphic-context\nimage over 0,0 0,0 'http://127.0.0.1/'\n", ""},
		"ZIP":          {"PK\x03\x04....", "ZIP"},
		"M3U8":         {"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n", ""},
		"HEIC":         {"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "HEIC"},
		"AVIF":         {"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00", "AVIF"},
		"a word":       {"BMW is a maker of cars, as far as I know", ""},
		"text":         {"not a picture", ""},
		"a byte":       {"\xff", ""},
		"RIFF sound":   {"RIFF\x10\x00\x00\x00WAVEfmt ", ""},
	} {
		_, err := Make([]byte(c.src), Options{})
		if r, ok := errors.AsType[*Rejection](err); !ok || r.Code != UnsupportedFormat || !strings.Contains(r.Reason, c.reason) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestTruncated(t *testing.T) { // I11: corrupt, in every format, wherever it is cut
	m := gradient(60, 40, false)
	animation := &bytes.Buffer{}
	frames := &gif.GIF{}
	for range 3 {
		frames.Image = append(frames.Image, image.NewPaletted(image.Rect(0, 0, 20, 20), color.Palette{red, green}))
		frames.Delay = append(frames.Delay, 1)
	}
	if err := gif.EncodeAll(animation, frames); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"JPEG": makeJPEG(t, m, 6), "PNG": makePNG(t, m, 6), "GIF": makeGIF(t, m, 0), "animated GIF": animation.Bytes(),
		"WebP": makeWebP(t, m, 6), "plain WebP": makeWebP(t, m, 0), "lossy WebP": makeLossyWebP(40, 40, make([]byte, 1600)),
		"BMP": makeBMP(t, m, 0), "TIFF": makeTIFF(t, m, 6),
	} {
		if _, err := Make(file, Options{Width: 32, Height: 32}); err != nil {
			t.Fatalf("%s: whole: %v", name, err)
		}
		n := len(file)
		for _, size := range []int{n / 10, n / 2, n * 9 / 10, n * 99 / 100, n - 1} {
			_, err := Make(file[:size], Options{})
			if r, ok := errors.AsType[*Rejection](err); !ok || r.Code != Corrupt {
				t.Errorf("%s: %d of %d bytes: got %v", name, size, n, err)
			}
		}
	}
}
