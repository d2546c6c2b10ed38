package webp

import (
	"bytes"
	"fmt"
	"image"
	"reflect"
	"testing"

	"github.com/thumbing/thumbing/internal/thumbnail/ycbcr"
)

func TestHeader(t *testing.T) {
	for _, v := range variants() {
		h, err := DecodeHeader(v.file)
		if err != nil || !reflect.DeepEqual(h, v.header) {
			t.Errorf("%s: got %+v, %v, want %+v", v.name, h, err, v.header)
		}
	}
}

// TestCrop: a part of a picture is that part of the whole one, on the canvas.
func TestCrop(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			canvas, n := image.Rect(0, 0, v.header.Width, v.header.Height), v.header.Channels()
			whole := mustDecode(t, v.file, image.Rectangle{})
			if len(whole) != canvas.Dx()*canvas.Dy()*n {
				t.Fatalf("%d bytes for %v", len(whole), canvas)
			}
			for _, crop := range []image.Rectangle{
				canvas, image.Rect(3, 5, 17, 12), image.Rect(0, 0, 1, 1), image.Rect(9, 7, 10, 13), image.Rect(-5, 2, 11, 100),
				image.Rect(0, 0, 7, 9), image.Rect(19, 12, 20, 13), image.Rect(25, 22, 39, 29),
			} {
				want := part(whole, canvas, crop, n)
				if got := mustDecode(t, v.file, crop); !bytes.Equal(got, want) && want != nil {
					t.Errorf("%v differs from that part of the whole", crop)
				}
			}
		})
	}
}

// part cuts a rectangle out of pixels of n bytes.
func part(pix []byte, canvas, crop image.Rectangle, n int) []byte {
	var out []byte
	crop = crop.Intersect(canvas)
	for y := crop.Min.Y; y < crop.Max.Y; y++ {
		at := y * canvas.Dx()
		out = append(out, pix[(at+crop.Min.X)*n:(at+crop.Max.X)*n]...)
	}
	return out
}

// TestLossless: pixels come as they were written, in their place on a transparent canvas; opaque where the picture
// says that it is.
func TestLossless(t *testing.T) {
	for _, alpha := range []bool{true, false} {
		picture := chunkOf("VP8L", lossless(20, 13, alpha, pattern))
		for _, frame := range []image.Rectangle{image.Rect(0, 0, 20, 13), image.Rect(6, 10, 26, 23)} {
			file := riffOf(picture)
			if frame.Min != (image.Point{}) {
				file = riffOf(canvasOf(40, 30), frameOf(frame.Min.X, frame.Min.Y, 20, 13, picture))
			}
			h, err := DecodeHeader(file)
			if err != nil {
				t.Fatal(err)
			}
			pix, n := mustDecode(t, file, image.Rectangle{}), h.Channels()
			for i := range h.Width * h.Height {
				p := image.Pt(i%h.Width, i/h.Width)
				var want [4]byte
				if p.In(frame) {
					want = pattern(p.X-frame.Min.X, p.Y-frame.Min.Y)
					if !alpha {
						want[3] = 255
					}
				}
				if got := pix[n*i : n*i+n]; !bytes.Equal(got, want[:n]) {
					t.Fatalf("alpha %v, frame %v: %v is %v, want %v", alpha, frame, p, got, want)
				}
			}
		}
	}
}

// TestAlpha: alpha comes out as it was, however it was filtered and compressed.
func TestAlpha(t *testing.T) {
	for filter := range byte(4) {
		for _, compressed := range []bool{false, true} {
			for _, size := range []image.Point{{20, 13}, {1, 9}, {17, 1}} {
				name := fmt.Sprintf("filter %d, compressed %v, %v", filter, compressed, size)
				file := riffOf(canvasOf(size.X, size.Y), alphaOf(size.X, size.Y, filter, compressed), chunkOf("VP8 ", lossy(size.X, size.Y)))
				pix := mustDecode(t, file, image.Rectangle{})
				opaque := mustDecode(t, riffOf(chunkOf("VP8 ", lossy(size.X, size.Y))), image.Rectangle{})
				for i := range size.X * size.Y {
					if got, want := pix[4*i+3], pattern(i%size.X, i/size.X)[3]; got != want {
						t.Fatalf("%s: at %d alpha is %d, want %d", name, i, got, want)
					}
					if !bytes.Equal(pix[4*i:4*i+3], opaque[3*i:3*i+3]) {
						t.Fatalf("%s: at %d the colour is not that of the picture without alpha", name, i)
					}
				}
			}
		}
	}
}

// TestChroma holds pixels against their definition: luma in its place, and of chroma the four samples nearest, by
// their distance.
func TestChroma(t *testing.T) {
	for _, size := range []image.Point{{20, 13}, {33, 34}, {1, 1}, {2, 40}, {17, 2}} {
		file := riffOf(chunkOf("VP8 ", lossy(size.X, size.Y)))
		var y, cb, cr []byte
		if err := DecodeYCbCr(file, Options{}, Rows{
			Y:  func(row []byte) { y = append(y, row...) },
			Cb: func(row []byte) { cb = append(cb, row...) },
			Cr: func(row []byte) { cr = append(cr, row...) },
		}); err != nil {
			t.Fatal(err)
		}
		width, height := (size.X+1)/2, (size.Y+1)/2
		if len(y) != size.X*size.Y || len(cb) != width*height || len(cr) != width*height {
			t.Fatalf("%v: planes of %d, %d and %d samples", size, len(y), len(cb), len(cr))
		}
		chroma := func(plane []byte, px, py int) byte {
			nearX, nearY := px/2, py/2
			farX, farY := min(max(nearX+px%2*2-1, 0), width-1), min(max(nearY+py%2*2-1, 0), height-1)
			at := func(x, y int) int32 { return int32(plane[y*width+x]) }
			return byte((9*at(nearX, nearY) + 3*at(farX, nearY) + 3*at(nearX, farY) + at(farX, farY) + 8) >> 4)
		}
		pix := mustDecode(t, file, image.Rectangle{})
		for i, luma := range y {
			px, py := i%size.X, i/size.X
			want := make([]byte, 3)
			ycbcr.LimitedRange().Convert(want, []byte{luma}, []byte{chroma(cb, px, py)}, []byte{chroma(cr, px, py)})
			if got := pix[3*i : 3*i+3]; !bytes.Equal(got, want) {
				t.Fatalf("%v: (%d,%d) is %v, want %v", size, px, py, got, want)
			}
		}
	}
}

// TestPlanesOfPart: the planes of a part are that part of the planes.
func TestPlanesOfPart(t *testing.T) {
	file := riffOf(chunkOf("VP8 ", lossy(40, 50)))
	read := func(crop image.Rectangle) (planes [3][]byte) {
		t.Helper()
		var rows [3]func([]byte)
		for i := range rows {
			rows[i] = func(row []byte) { planes[i] = append(planes[i], row...) }
		}
		if err := DecodeYCbCr(file, Options{Crop: crop}, Rows{rows[0], rows[1], rows[2]}); err != nil {
			t.Fatal(err)
		}
		return planes
	}
	canvas := image.Rect(0, 0, 40, 50)
	whole := read(canvas)
	for _, crop := range []image.Rectangle{image.Rect(3, 5, 17, 12), image.Rect(39, 49, 40, 50), image.Rect(0, 15, 40, 33)} {
		got := read(crop)
		for i, plane := range whole {
			from, of := canvas, crop
			if i > 0 {
				from, of = ChromaRect(canvas), ChromaRect(crop)
			}
			if !bytes.Equal(got[i], part(plane, from, of, 1)) {
				t.Errorf("plane %d of %v differs", i, crop)
			}
		}
	}
}
