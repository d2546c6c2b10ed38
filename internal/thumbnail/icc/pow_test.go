package icc

import (
	"math"
	"testing"
)

func TestPow(t *testing.T) {
	for _, y := range []float64{0, 0.25, 1.0 / 3, 1 / 2.4, 1, 1.5, 1.8, 563.0 / 256, 2.4, 3, 7.5} {
		for x := 1.0 / (1 << 20); x < 4; x *= 1.01 {
			if got, want := pow(x, y), math.Pow(x, y); math.Abs(got-want) > 1e-13*want {
				t.Fatalf("%v to the power of %v is %v, not %v", x, y, got, want)
			}
		}
	}
	for _, c := range []struct{ x, y, want float64 }{
		{0, 2.2, 0}, {-1, 2, 0}, {math.NaN(), 1, 0}, {1, 32767, 1}, {0.5, 32767, 0}, {2, 32767, math.Inf(1)},
		{2, -32768, 0}, {1, 0, 1},
	} {
		if got := pow(c.x, c.y); got != c.want {
			t.Errorf("%v to the power of %v is %v, not %v", c.x, c.y, got, c.want)
		}
	}
}

// Each code of sRGB stands for the light nearest to its own.
func TestEncoding(t *testing.T) {
	table := encoding(-100, linearUnit+200)
	if len(table) != linearUnit+301 {
		t.Fatalf("%d elements", len(table))
	}
	for i, got := range table {
		light := float64(i-100) / linearUnit
		exact := min(max(referenceEncode(light), 0), 1) * 255
		if math.Abs(float64(got)-exact) > 0.5+1e-9 {
			t.Fatalf("light %v becomes %d, not %v", light, got, exact)
		}
	}
}
