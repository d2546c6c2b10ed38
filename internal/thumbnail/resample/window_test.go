package resample

import (
	"image"
	"math"
	"testing"
)

func TestCover(t *testing.T) {
	for _, c := range []struct {
		width, height, outWidth, outHeight int
		want                               Window
	}{
		{512, 512, 512, 512, Window{0, 0, 512, 512}},
		{1024, 512, 512, 512, Window{256, 0, 768, 512}},
		{512, 1024, 512, 512, Window{0, 256, 512, 768}},
		{513, 512, 512, 512, Window{1, 0, 513, 512}},                     // the odd column goes from the left
		{4032, 3024, 512, 512, Window{506.953125, 0, 3530.953125, 3024}}, // 683 columns, 86 go from the left, 85 from the right
		{1, 4000000, 512, 512, Window{0, 1999999.5, 1, 2000000.5}},
		{200, 100, 512, 512, Window{50, 0, 150, 100}},
		{100, 100, 200, 100, Window{0, 25, 100, 75}},
	} {
		got := Cover(c.width, c.height, c.outWidth, c.outHeight)
		for _, d := range []float64{got.X0 - c.want.X0, got.Y0 - c.want.Y0, got.X1 - c.want.X1, got.Y1 - c.want.Y1} {
			if math.Abs(d) > 1e-6 {
				t.Errorf("Cover(%d, %d, %d, %d) = %v, want %v", c.width, c.height, c.outWidth, c.outHeight, got, c.want)
				break
			}
		}
	}
}

func TestWindowMoves(t *testing.T) {
	w := Window{1, 2, 10, 20}
	for _, c := range []struct {
		name      string
		got, want Window
	}{
		{"scaled", w.Scale(0.5, 0.25), Window{0.5, 0.5, 5, 5}},
		{"moved", w.Sub(image.Pt(1, 3)), Window{0, -1, 9, 17}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

// I9
func TestNewRefuses(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		width, height int
		w             Window
		out           int
	}{
		{0, 4, Window{0, 0, 4, 4}, 4},
		{4, -1, Window{0, 0, 4, 4}, 4},
		{4, 4, Window{0, 0, 4, 4}, 0},
		{4, 4, Window{0, 0, 0, 4}, 4},
		{4, 4, Window{3, 0, 1, 4}, 4},
		{4, 4, Window{4, 0, 6, 4}, 4},
		{4, 4, Window{-2, 0, 0, 4}, 4},
		{4, 4, Window{0, -1e9, 4, 4}, 4},
		{4, 4, Window{0, 0, 4, 1e9}, 4},
		{4, 4, Window{nan, 0, 4, 4}, 4},
		{4, 4, Window{0, 0, 4, nan}, 4},
		{4, 4, Window{0, 0, inf, 4}, 4},
		{4, 4, Window{-inf, 0, 4, 4}, 4},
		{math.MaxInt, 4, Window{0, 0, 4, 4}, 4},
	} {
		if p, err := New(c.width, c.height, c.w, c.out, c.out); err == nil {
			t.Errorf("New(%d, %d, %v, %d) = %v, want an error", c.width, c.height, c.w, c.out, p)
		}
	}
}

// The filters by their definitions.
func TestKernels(t *testing.T) {
	for x := -3.5; x <= 3.5; x += 1.0 / 64 {
		want := 0.0
		if math.Abs(x) < 3 {
			want = sinc(x) * sinc(x/3)
		}
		if got := lanczos3(x); math.Abs(got-want) > 1e-10 {
			t.Errorf("lanczos3(%v) = %v, want %v", x, got, want)
		}
		if got, want := catmullRom(x), refKernel(x, 1); math.Abs(got-want) > 1e-12 {
			t.Errorf("catmullRom(%v) = %v, want %v", x, got, want)
		}
	}
}

func TestWeightsSumToOne(t *testing.T) {
	for _, c := range sizes {
		p := mustPlan(t, c.width, c.height, c.window, c.outWidth, c.outHeight)
		for _, a := range []axis{p.across, p.down} {
			for i := range a.start {
				sum, negative := 0, 0
				for _, w := range a.weights[i*a.taps : (i+1)*a.taps] {
					sum += int(w)
					negative += min(int(w), 0)
				}
				if sum != weightOne {
					t.Errorf("%v: the weights of output %d sum to %d", c, i, sum)
				}
				if negative < -weightOne*3/10 { // what the 16 bits between the passes rely on
					t.Errorf("%v: the weights of output %d are %d below zero", c, i, negative)
				}
			}
		}
	}
}
