package resample

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// The kernels must give the bytes that scalar code gives, for every length: they work in blocks, and the
// last may overlap the one before.

func randomBytes(rnd *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.IntN(256))
		if rnd.IntN(4) == 0 {
			b[i] = byte(rnd.IntN(2) * 255)
		}
	}
	return b
}

func randomWords(rnd *rand.Rand, n, limit int) []int16 {
	w := make([]int16, n)
	for i := range w {
		w[i] = int16(rnd.IntN(2*limit+1) - limit)
	}
	return w
}

func TestVerticalKernel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 400 {
		columns, rows := 1+rnd.IntN(140), 1+rnd.IntN(20)
		stride := columns + rnd.IntN(9)
		src := randomBytes(rnd, (rows-1)*stride+columns)
		weights := randomWords(rnd, rows, weightOne/rows)
		want := make([]int16, columns)
		got := make([]int16, columns+1)
		got[columns] = 77
		verticalScalar(want, src, stride, weights)
		vertical(got[:columns], src, stride, weights)
		if !slices.Equal(got[:columns], want) || got[columns] != 77 {
			t.Fatalf("%d columns, %d rows, stride %d:\n%v\nwant\n%v", columns, rows, stride, got, want)
		}
	}
}

func TestHorizontalKernel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	for range 400 {
		outputs, taps := 1+rnd.IntN(70), tapBlock*(1+rnd.IntN(4))
		line := randomWords(rnd, taps+rnd.IntN(100), 30000)
		start := make([]int32, outputs)
		for i := range start {
			start[i] = int32(rnd.IntN(len(line) - taps + 1))
		}
		weights := randomWords(rnd, outputs*taps, 2*weightOne/taps)
		want := make([]byte, outputs)
		got := make([]byte, outputs+1)
		got[outputs] = 77
		horizontalScalar(want, line, start, weights, taps)
		horizontal(got[:outputs], line, start, weights, taps)
		if !slices.Equal(got[:outputs], want) || got[outputs] != 77 {
			t.Fatalf("%d outputs, %d taps:\n%v\nwant\n%v", outputs, taps, got, want)
		}
	}
}

func TestPixelKernels(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	for n := 1; n < 120; n++ {
		var want, got [4][]int16
		for i := range want {
			want[i], got[i] = make([]int16, n), make([]int16, n)
		}
		src := randomWords(rnd, 4*n, 32767)
		deinterleave3Scalar(want[0], want[1], want[2], src[:3*n])
		deinterleave3(got[0], got[1], got[2], src[:3*n])
		for i := range 3 {
			if !slices.Equal(got[i], want[i]) {
				t.Fatalf("%d pixels of 3, channel %d:\n%v\nwant\n%v", n, i, got[i], want[i])
			}
		}
		deinterleave4Scalar(want[0], want[1], want[2], want[3], src)
		deinterleave4(got[0], got[1], got[2], got[3], src)
		for i := range 4 {
			if !slices.Equal(got[i], want[i]) {
				t.Fatalf("%d pixels of 4, channel %d:\n%v\nwant\n%v", n, i, got[i], want[i])
			}
		}
		r, g, b := randomBytes(rnd, n), randomBytes(rnd, n), randomBytes(rnd, n)
		wantBytes, gotBytes := make([]byte, 3*n), make([]byte, 3*n)
		interleave3Scalar(wantBytes, r, g, b)
		interleave3(gotBytes, r, g, b)
		if !slices.Equal(gotBytes, wantBytes) {
			t.Fatalf("%d pixels together:\n%v\nwant\n%v", n, gotBytes, wantBytes)
		}
		rgba := randomBytes(rnd, 4*n)
		wantBytes, gotBytes = make([]byte, 4*n), make([]byte, 4*n)
		premultiplyScalar(wantBytes, rgba)
		premultiply(gotBytes, rgba)
		if !slices.Equal(gotBytes, wantBytes) {
			t.Fatalf("%d pixels premultiplied:\n%v\nwant\n%v", n, gotBytes, wantBytes)
		}
	}
}

func TestPremultiplyKernelForEveryValue(t *testing.T) {
	var src []byte
	for a := range 256 {
		for v := range 256 {
			src = append(src, byte(v), byte(255-v), byte(a), byte(a))
		}
	}
	want, got := make([]byte, len(src)), make([]byte, len(src))
	premultiplyScalar(want, src)
	premultiply(got, src)
	if !slices.Equal(got, want) {
		t.Error("differs from scalar code")
	}
}

// I14: the same bytes on every architecture. The pictures are made of integers, so that they are the
// same as well.
func TestSameBytesEverywhere(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 4))
	hash := sha256.New()
	for _, c := range sizes {
		p := mustPlan(t, c.width, c.height, c.window, c.outWidth, c.outHeight)
		for _, a := range []axis{p.across, p.down} {
			if err := binary.Write(hash, binary.LittleEndian, a.weights); err != nil {
				t.Fatal(err)
			}
		}
		for _, channels := range []int{1, 3, 4} {
			hash.Write(stream(t, p, randomBytes(rnd, c.width*c.height*channels), channels))
		}
	}
	const want = "ddd5a329939785310206ed26024b734b369cb6a70c9f7c71db217625b3913678"
	if got := fmt.Sprintf("%x", hash.Sum(nil)); got != want {
		t.Errorf("the results have the hash %s, want %s", got, want)
	}
}
