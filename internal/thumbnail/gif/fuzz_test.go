package gif

import (
	"errors"
	"testing"
)

// FuzzDecodeRows holds that whatever the bytes are, there are all rows of a picture, or an error of a known kind; and
// the same again.
func FuzzDecodeRows(f *testing.F) {
	for _, v := range variants() {
		f.Add(v.file.bytes())
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		h, err := DecodeHeader(src)
		if err == nil && (h.Width < 1 || h.Height < 1 || h.Channels != 3 && h.Channels != 4) {
			t.Fatalf("%+v", h)
		}
		if err == nil && h.Width*h.Height > 1<<18 {
			return
		}
		first, err := decode(src)
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
		second, again := decode(src)
		if (err == nil) != (again == nil) || err == nil && string(first.Pix) != string(second.Pix) {
			t.Fatalf("first %v, then %v", err, again)
		}
	})
}
