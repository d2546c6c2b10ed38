package thumbnail

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/png"
	"testing"
)

// FuzzMake: whatever the bytes are, the answer is a thumbnail or a typed rejection.
func FuzzMake(f *testing.F) {
	opaque, transparent := gradient(9, 7, false), gradient(9, 7, true)
	for _, encode := range oriented {
		f.Add(encode(f, opaque, 6))
		f.Add(encode(f, transparent, 0))
	}
	f.Add(makeGIF(f, opaque, 0))
	f.Add(makeGIF(f, transparent, 0))
	f.Add(makeBMP(f, opaque, 0))
	f.Add(makeBMP(f, transparent, 0))
	f.Add(makeBMP(f, image.NewGray(image.Rect(0, 0, 5, 5)), 0))
	f.Add(makeDeflatedTIFF(f, opaque, 0))
	f.Add(makeLossyWebP(17, 5, nil))
	f.Add(makeLossyWebP(5, 17, make([]byte, 5*17)))
	f.Add(makePNG(f, image.NewGray16(image.Rect(0, 0, 5, 5)), 0))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := Make(src, Options{Width: 16, Height: 16, MaxPixels: 1 << 18, MaxJPEGPixels: 1 << 18})
		if err != nil {
			rejection, ok := errors.AsType[*Rejection](err)
			if !ok || rejection.Reason == "" {
				t.Fatalf("no typed rejection: %v", err)
			}
			if errors.Is(err, errPanic) {
				t.Fatal(err)
			}
			switch rejection.Code {
			case Empty, UnsupportedFormat, ExcessBytes, ExcessPixels, ExcessWork, Corrupt:
			default:
				t.Fatalf("an unknown code: %v", err)
			}
			return
		}
		m, err := png.Decode(bytes.NewReader(r.PNG))
		if err != nil || m.Bounds() != image.Rect(0, 0, 16, 16) {
			t.Fatalf("the thumbnail is %v", err)
		}
		if r.Orientation < 1 || r.Orientation > 8 || r.Width < 1 || r.Height < 1 {
			t.Fatalf("made of %+v", r)
		}
	})
}

func FuzzEXIF(f *testing.F) {
	f.Add(exif(binary.LittleEndian, 6))
	f.Add(exif(binary.BigEndian, 3))
	f.Add([]byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff"))
	f.Fuzz(func(t *testing.T, block []byte) {
		if o := exifOrientation(block); o < 1 || o > 8 {
			t.Fatalf("orientation %d", o)
		}
	})
}
