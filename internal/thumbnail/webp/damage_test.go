package webp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"testing"
)

func TestBroken(t *testing.T) {
	picture := chunkOf("VP8 ", lossy(20, 13))
	whole := riffOf(picture)
	put := func(at int, bytes ...byte) []byte {
		b := append([]byte(nil), whole...)
		copy(b[at:], bytes)
		return b
	}
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":                       {nil, ErrCorrupt},
		"another signature":             {put(0, 'r'), ErrCorrupt},
		"sound":                         {put(8, []byte("WAVE")...), ErrCorrupt},
		"only a signature":              {whole[:8], ErrTruncated},
		"a size below that of its type": {put(4, 3, 0, 0, 0), ErrCorrupt},
		"a size beyond the end":         {put(4, 0xff, 0xff, 0xff, 0xff), ErrTruncated},
		"a chunk beyond the end":        {put(16, 0xff, 0xff, 0xff, 0xff), ErrTruncated},
		"no chunks":                     {riffOf(), ErrCorrupt},
		"no picture":                    {riffOf(canvasOf(20, 13), chunkOf("EXIF", []byte("II*\x00"))), ErrCorrupt},
		"half a chunk and no picture":   {riffOf(canvasOf(20, 13), []byte("VP8 ")), ErrTruncated},
		"a short canvas":                {riffOf(chunkOf("VP8X", make([]byte, 9)), picture), ErrTruncated},
		"a canvas that is too large":    {riffOf(canvasOf(1<<24, 1<<24), picture), ErrCorrupt},
		"a canvas of another size":      {riffOf(canvasOf(20, 14), picture), ErrCorrupt},
		"a frame without a canvas":      {riffOf(frameOf(0, 0, 20, 13, picture)), ErrCorrupt},
		"a short frame":                 {riffOf(canvasOf(20, 13), chunkOf("ANMF", make([]byte, 15))), ErrTruncated},
		"a frame without a picture":     {riffOf(canvasOf(20, 13), frameOf(0, 0, 20, 13, chunkOf("what", nil))), ErrCorrupt},
		"a chunk beyond its frame":      {riffOf(canvasOf(20, 13), frameOf(0, 0, 20, 13, picture[:20])), ErrTruncated},
		"a frame of another size":       {riffOf(canvasOf(40, 30), frameOf(0, 0, 20, 14, picture)), ErrCorrupt},
		"a frame beyond the canvas":     {riffOf(canvasOf(40, 30), frameOf(22, 0, 20, 13, picture)), ErrCorrupt},
		"an empty picture":              {riffOf(chunkOf("VP8 ", nil)), ErrTruncated},
		"an empty lossless picture":     {riffOf(chunkOf("VP8L", nil)), ErrTruncated},
		"a picture of another kind":     {riffOf(chunkOf("VP8L", lossy(20, 13))), ErrCorrupt},
		"a later version":               {riffOf(chunkOf("VP8L", []byte{0x2f, 0, 0, 0, 0x20})), ErrUnsupported},
	} {
		if _, err := DecodeHeader(c.file); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestBrokenPixels(t *testing.T) {
	picture := chunkOf("VP8 ", lossy(20, 13))
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"no alpha in its chunk":   {riffOf(canvasOf(20, 13), chunkOf("ALPH", nil), picture), ErrTruncated},
		"an unknown compression":  {riffOf(canvasOf(20, 13), chunkOf("ALPH", make([]byte, 300)[:1:1]), picture), ErrTruncated},
		"alpha of another method": {riffOf(canvasOf(20, 13), chunkOf("ALPH", append([]byte{2}, make([]byte, 300)...)), picture), ErrUnsupported},
		"alpha for fewer pixels":  {riffOf(canvasOf(20, 13), chunkOf("ALPH", make([]byte, 20*13)), picture), ErrTruncated},
		"compressed alpha that ends early": {riffOf(canvasOf(20, 13), chunkOf("ALPH", alphaOf(20, 13, 0, true)[8:200]), picture),
			ErrTruncated},
		"a lossless picture that ends early": {riffOf(chunkOf("VP8L", lossless(20, 13, true, pattern)[:600])), ErrTruncated},
		"a lossy picture that ends early":    {riffOf(chunkOf("VP8 ", lossy(20, 13)[:40])), ErrTruncated},
	} {
		if _, err := decode(c.file, image.Rectangle{}); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if err := DecodeYCbCr(riffOf(chunkOf("VP8L", lossless(20, 13, true, pattern))), Options{}, Rows{}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("planes of a lossless picture: %v", err)
	}
}

// TestCut: a file that ends early is refused, wherever it does. // I11
func TestCut(t *testing.T) {
	for _, v := range variants() {
		end := 8 + int(binary.LittleEndian.Uint32(v.file[4:]))
		for n := range end {
			if _, err := decode(v.file[:n], image.Rectangle{}); !errors.Is(err, ErrCorrupt) {
				t.Fatalf("%s: %d of %d bytes: %v", v.name, n, end, err)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	for _, v := range variants() {
		for _, l := range []Limits{{Work: 100}, {Memory: 1 << 10}} {
			err := DecodePixels(v.file, Options{Limits: l}, func([]byte) { t.Errorf("%s: a row within %+v", v.name, l) })
			if !errors.Is(err, ErrTooMuchWork) {
				t.Errorf("%s within %+v: %v", v.name, l, err)
			}
		}
	}
	planar := riffOf(chunkOf("VP8 ", lossy(20, 13)))
	if err := DecodeYCbCr(planar, Options{Limits: Limits{Work: 100}}, Rows{}); !errors.Is(err, ErrTooMuchWork) {
		t.Errorf("planes: %v", err)
	}
}

// FuzzDecode: whatever the bytes are, there are all rows of what is wanted, the same twice, or an error of a known
// kind. // I2
func FuzzDecode(f *testing.F) {
	for _, v := range variants() {
		f.Add(v.file, 0, 0, 40, 30)
		f.Add(v.file, 3, 5, 17, 12)
	}
	f.Fuzz(func(t *testing.T, src []byte, x0, y0, x1, y1 int) {
		h, err := DecodeHeader(src)
		if err != nil {
			if !typed(err) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		if h.Width < 1 || h.Height < 1 || !h.Frame.In(image.Rect(0, 0, h.Width, h.Height)) || h.Frame.Empty() {
			t.Fatalf("%+v", h)
		}
		if area(h.Width, h.Height) > 1<<18 {
			return
		}
		crop := image.Rect(x0, y0, x1, y1)
		first, err := decode(src, crop)
		second, again := decode(src, crop)
		if (err == nil) != (again == nil) || !bytes.Equal(first, second) {
			t.Fatalf("first %v, then %v", err, again)
		}
		if err != nil {
			if !typed(err) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		wanted := Options{Crop: crop}.crop(h)
		if want := wanted.Dx() * wanted.Dy() * h.Channels(); len(first) != want {
			t.Fatalf("%d bytes for %v, want %d", len(first), wanted, want)
		}
		if h.Planar() {
			rows := 0
			count := func(row []byte) { rows++ }
			if err := DecodeYCbCr(src, Options{Crop: crop}, Rows{count, count, count}); err != nil || rows != wanted.Dy()+2*ChromaRect(wanted).Dy() {
				t.Fatalf("%d rows of planes for %v, %v", rows, wanted, err)
			}
		}
	})
}
