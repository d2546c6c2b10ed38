package tiff

import (
	"errors"
	"testing"
)

// FuzzDecodeRows holds that whatever the bytes are, there are all rows of a picture, or an error of a known kind; and
// the same again.
func FuzzDecodeRows(f *testing.F) {
	for _, s := range small() {
		f.Add(s.bytes())
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		h, err := DecodeHeader(src)
		channels := h.Channels == 1 || h.Channels == 3 || h.Channels == 4
		if err == nil && (h.Width < 1 || h.Height < 1 || !channels || h.Orientation < 1 || h.Orientation > 8) {
			t.Fatalf("%+v", h)
		}
		if err == nil && h.Width*h.Height > 1<<16 {
			return
		}
		_, first, err := decode(src)
		if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrTooMuchWork) {
			t.Fatal(err)
		}
		_, second, again := decode(src)
		if (err == nil) != (again == nil) || err == nil && string(first) != string(second) {
			t.Fatalf("first %v, then %v", err, again)
		}
	})
}
