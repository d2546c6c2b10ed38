package resample

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/disintegration/imaging"
)

func mustPlan(t testing.TB, width, height int, w Window, outWidth, outHeight int) *Plan {
	t.Helper()
	p, err := New(width, height, w, outWidth, outHeight)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// stream pushes a whole picture through a stream, row by row.
func stream(t testing.TB, p *Plan, pix []byte, channels int) []byte {
	t.Helper()
	w, h := p.outWidth, p.outHeight
	dst := make([]byte, w*h*channels)
	s, err := p.Stream(dst, channels)
	if err != nil {
		t.Fatal(err)
	}
	n := p.width * channels
	for y := range p.height {
		if s.Done() && y < p.down.hi-1 {
			t.Fatalf("done after %d rows, before the last one used", y)
		}
		s.WriteRow(pix[y*n : (y+1)*n])
	}
	if !s.Done() {
		t.Fatal("not done after the last row")
	}
	return dst
}

// sizes are reductions, enlargements, sides of one sample and windows that are not whole.
var sizes = []struct {
	width, height, outWidth, outHeight int
	window                             Window
}{
	{743, 557, 128, 128, Cover(743, 557, 128, 128)},
	{190, 140, 128, 128, Cover(190, 140, 128, 128)},
	{130, 129, 128, 128, Cover(130, 129, 128, 128)},
	{128, 128, 128, 128, Window{0, 0, 128, 128}},
	{50, 70, 128, 128, Cover(50, 70, 128, 128)},
	{16, 16, 128, 128, Cover(16, 16, 128, 128)},
	{7, 13, 64, 64, Cover(7, 13, 64, 64)},
	{1, 1, 32, 32, Window{0, 0, 1, 1}},
	{3, 900, 32, 32, Cover(3, 900, 32, 32)},
	{900, 2, 32, 32, Cover(900, 2, 32, 32)},
	{256, 192, 100, 60, Window{13.37, 2.5, 250.1, 171.25}},
	{90, 64, 33, 77, Window{-2.5, -1, 92, 65.5}},
	{301, 200, 1, 1, Window{0, 0, 301, 200}},
}

func TestPlaneAgainstFloatReference(t *testing.T) {
	for _, c := range sizes {
		t.Run(fmt.Sprintf("%dx%d to %dx%d", c.width, c.height, c.outWidth, c.outHeight), func(t *testing.T) {
			p := mustPlan(t, c.width, c.height, c.window, c.outWidth, c.outHeight)
			pix := scene(c.width, c.height, 1)
			got := make([]byte, c.outWidth*c.outHeight)
			p.Plane(got, pix, c.width)
			mean, most := difference(got, refPlane(floats(pix), c.width, c.height, c.window, c.outWidth, c.outHeight))
			t.Logf("mean %.4f, most %.4f", mean, most)
			if most > 0.6 { // rounding to a byte is 0.5 of it
				t.Errorf("differs from the reference by %.3f, mean %.3f", most, mean)
			}
		})
	}
}

// Noise of full contrast drives the sums to their limits.
func TestExtremes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	pix := make([]byte, 211*167)
	for i := range pix {
		pix[i] = byte(rnd.IntN(2) * 255)
	}
	for _, out := range []int{19, 120, 160, 240} {
		w := Cover(211, 167, out, out)
		got := make([]byte, out*out)
		mustPlan(t, 211, 167, w, out, out).Plane(got, pix, 211)
		if mean, most := difference(got, refPlane(floats(pix), 211, 167, w, out, out)); most > 0.6 {
			t.Errorf("to %d: differs by %.3f, mean %.3f", out, most, mean)
		}
	}
}

func TestAgainstImaging(t *testing.T) {
	for _, c := range []struct{ from, to int }{{600, 128}, {400, 250}, {173, 128}} {
		pix := scene(c.from, c.from, 2)
		for i, v := range pix {
			pix[i] = 50 + byte(int(v)*3/5) // it clamps between its passes
		}
		got := make([]byte, c.to*c.to)
		mustPlan(t, c.from, c.from, Window{0, 0, float64(c.from), float64(c.from)}, c.to, c.to).Plane(got, pix, c.from)
		want := imaging.Resize(&image.Gray{Pix: pix, Stride: c.from, Rect: image.Rect(0, 0, c.from, c.from)}, c.to, c.to, imaging.Lanczos)
		sum, most, n := 0, 0, 0
		for y := 4; y < c.to-4; y++ { // it leaves samples beyond an edge out, this package repeats the edge
			for x := 4; x < c.to-4; x++ {
				d := int(got[y*c.to+x]) - int(want.NRGBAAt(x, y).R)
				sum, most, n = sum+max(d, -d), max(most, d, -d), n+1
			}
		}
		if mean := float64(sum) / float64(n); mean > 0.3 || most > 2 {
			t.Errorf("%d to %d: mean %.2f, most %d", c.from, c.to, mean, most)
		}
	}
}

func TestStreamMatchesPlanes(t *testing.T) {
	for _, c := range sizes {
		p := mustPlan(t, c.width, c.height, c.window, c.outWidth, c.outHeight)
		n := c.width * c.height
		var planes [3][]byte
		for i := range planes {
			planes[i] = scene(c.width, c.height, uint64(i))
		}
		rgb, rgba := make([]byte, 3*n), make([]byte, 4*n)
		for i := range n {
			r, g, b := planes[0][i], planes[1][i], planes[2][i]
			copy(rgb[3*i:], []byte{r, g, b})
			copy(rgba[4*i:], []byte{r, g, b, 255})
		}
		outN := c.outWidth * c.outHeight
		want := make([]byte, 0, 3*outN)
		var out [3][]byte
		for i := range out {
			out[i] = make([]byte, outN)
			p.Plane(out[i], planes[i], c.width)
		}
		for i := range outN {
			want = append(want, out[0][i], out[1][i], out[2][i])
		}
		if !bytes.Equal(stream(t, p, planes[0], 1), out[0]) {
			t.Errorf("%v: a grey stream differs from its plane", c)
		}
		if !bytes.Equal(stream(t, p, rgb, 3), want) {
			t.Errorf("%v: an RGB stream differs from its planes", c)
		}
		got := stream(t, p, rgba, 4)
		for i := range outN {
			if !bytes.Equal(got[4*i:4*i+3], want[3*i:3*i+3]) || got[4*i+3] != 255 {
				t.Fatalf("%v: opaque RGBA pixel %d is %v, RGB %v", c, i, got[4*i:4*i+4], want[3*i:3*i+3])
			}
		}
	}
}

func TestStrideAndWindowOfALargerPlane(t *testing.T) {
	const width, height, stride = 200, 150, 231
	pix := scene(width, height, 5)
	padded := bytes.Repeat([]byte{99}, stride*(height-1)+width)
	for y := range height {
		copy(padded[y*stride:], pix[y*width:(y+1)*width])
	}
	p := mustPlan(t, width, height, Cover(width, height, 64, 64), 64, 64)
	want, got := make([]byte, 64*64), make([]byte, 64*64)
	p.Plane(want, pix, width)
	p.Plane(got, padded, stride)
	if !bytes.Equal(got, want) {
		t.Error("the bytes between rows show")
	}
}

func TestFootprint(t *testing.T) {
	for _, c := range sizes {
		for _, window := range []Window{c.window, {c.window.X0 + 0.3*(c.window.X1-c.window.X0), c.window.Y0, c.window.X1, c.window.Y0 + 0.4*(c.window.Y1-c.window.Y0)}} {
			pix := scene(c.width, c.height, 6)
			want := make([]byte, c.outWidth*c.outHeight)
			mustPlan(t, c.width, c.height, window, c.outWidth, c.outHeight).Plane(want, pix, c.width)
			r := window.Footprint(c.width, c.height, c.outWidth, c.outHeight)
			if !r.In(image.Rect(0, 0, c.width, c.height)) || r.Empty() {
				t.Fatalf("%v: footprint %v is not in the picture", c, r)
			}
			got := make([]byte, len(want))
			cut := mustPlan(t, r.Dx(), r.Dy(), window.Sub(r.Min), c.outWidth, c.outHeight)
			cut.Plane(got, pix[r.Min.Y*c.width+r.Min.X:], c.width)
			if !bytes.Equal(got, want) {
				t.Errorf("%v: the footprint %v gives another picture than the whole", c, r)
			}
		}
	}
}

func TestFlatStaysFlat(t *testing.T) {
	for _, c := range sizes {
		p := mustPlan(t, c.width, c.height, c.window, c.outWidth, c.outHeight)
		for _, v := range []byte{0, 1, 77, 254, 255} {
			got := make([]byte, c.outWidth*c.outHeight)
			p.Plane(got, bytes.Repeat([]byte{v}, c.width*c.height), c.width)
			if !bytes.Equal(got, bytes.Repeat([]byte{v}, len(got))) {
				t.Errorf("%v: flat %d changed", c, v)
			}
		}
	}
}

func TestSameSizeIsTheSamePicture(t *testing.T) {
	pix := scene(61, 47, 8)
	if got := stream(t, mustPlan(t, 61, 47, Window{0, 0, 61, 47}, 61, 47), pix, 1); !bytes.Equal(got, pix) {
		t.Error("resampling to the same size changed samples")
	}
}

// I13
func TestTransparencyLeavesNoFringe(t *testing.T) {
	// A green disc on transparent magenta: any magenta that shows has leaked.
	const n = 300
	src := make([]byte, n*n*4)
	for y := range n {
		for x := range n {
			p := src[(y*n+x)*4:]
			if (x-150)*(x-150)+(y-150)*(y-150) < 120*120 {
				copy(p, []byte{0, 200, 0, 255})
			} else {
				copy(p, []byte{255, 0, 255, 0})
			}
		}
	}
	for _, out := range []int{64, 290, 400} {
		got := stream(t, mustPlan(t, n, n, Window{0, 0, n, n}, out, out), src, 4)
		partial := 0
		for i := 0; i < len(got); i += 4 {
			if r, b, a := got[i], got[i+2], got[i+3]; r != 0 || b != 0 {
				t.Fatalf("to %d: pixel %d is %v", out, i/4, got[i:i+4])
			} else if a != 0 && a != 255 {
				partial++
			}
		}
		if partial == 0 {
			t.Errorf("to %d: the edge has no partial alpha", out)
		}
	}
}

func TestAlphaAgainstFloatReference(t *testing.T) {
	const width, height, out = 260, 210, 100
	var planes [4][]byte
	for i := range planes {
		planes[i] = scene(width, height, uint64(20+i))
	}
	src := make([]byte, 4*width*height)
	weighted := make([]float64, width*height)
	for i := range width * height {
		for c := range 4 {
			src[4*i+c] = planes[c][i]
		}
		weighted[i] = float64(planes[0][i]) * float64(planes[3][i]) / 255
	}
	w := Cover(width, height, out, out)
	got := stream(t, mustPlan(t, width, height, w, out, out), src, 4)
	red := refPlane(weighted, width, height, w, out, out)
	alpha := refPlane(floats(planes[3]), width, height, w, out, out)
	for i := range out * out {
		a := float64(got[4*i+3])
		if math.Abs(a-min(max(alpha[i], 0), 255)) > 0.6 {
			t.Fatalf("pixel %d: alpha %v, want %.2f", i, a, alpha[i])
		}
		if r := float64(got[4*i]) * a / 255; math.Abs(r-min(max(red[i], 0), a)) > 1.5 {
			t.Fatalf("pixel %d: red times alpha %.2f, want %.2f", i, r, red[i])
		}
	}
}

func TestPremultiplyRoundsToTheNearest(t *testing.T) {
	for a := range 256 {
		for v := range 256 {
			src, dst := []byte{byte(v), 0, 255, byte(a)}, make([]byte, 4)
			premultiplyScalar(dst, src)
			want := byte(math.Round(float64(v*a) / 255))
			if dst[0] != want || dst[1] != 0 || int(dst[2]) != a || int(dst[3]) != a {
				t.Fatalf("%v premultiplied is %v", src, dst)
			}
		}
	}
}

func TestUnpremultiply(t *testing.T) {
	for a := range 256 {
		for v := range 256 {
			dst := make([]byte, 4)
			unpremultiply(dst, []byte{byte(v)}, []byte{0}, []byte{byte(a)}, []byte{byte(a)})
			want := []byte{0, 0, 0, 0}
			if a > 0 {
				want = []byte{byte(min(math.Floor(float64(v)*255/float64(a)+0.5), 255)), 0, 255, byte(a)}
			}
			if !bytes.Equal(dst, want) {
				t.Fatalf("%d of alpha %d is %v, want %v", v, a, dst, want)
			}
		}
	}
}

func TestStreamRefuses(t *testing.T) {
	p := mustPlan(t, 4, 4, Window{0, 0, 4, 4}, 8, 8)
	if _, err := p.Stream(make([]byte, 8*8*2), 2); err == nil {
		t.Error("two channels were taken")
	}
	if _, err := p.Stream(make([]byte, 8*8*3-1), 3); err == nil {
		t.Error("a short result was taken")
	}
	s, err := p.Stream(make([]byte, 8*8), 1)
	if err != nil {
		t.Fatal(err)
	}
	for range 6 { // two more than there are
		s.WriteRow(make([]byte, 4))
	}
}

func BenchmarkPlane(b *testing.B) {
	for _, n := range []int{756, 1512, 3024} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			pix := scene(n, n, 1)
			dst := make([]byte, 512*512)
			p := mustPlan(b, n, n, Window{0, 0, float64(n), float64(n)}, 512, 512)
			for b.Loop() {
				p.Plane(dst, pix, n)
			}
		})
	}
}

func BenchmarkStream(b *testing.B) {
	for _, channels := range []int{3, 4} {
		for _, size := range [][2]int{{1152, 864}, {4032, 3024}} {
			b.Run(fmt.Sprintf("%d channels %dx%d", channels, size[0], size[1]), func(b *testing.B) {
				w, h := size[0], size[1]
				row := scene(w*channels, 1, 1)
				dst := make([]byte, 512*512*channels)
				p := mustPlan(b, w, h, Cover(w, h, 512, 512), 512, 512)
				for b.Loop() {
					s, err := p.Stream(dst, channels)
					if err != nil {
						b.Fatal(err)
					}
					for range h {
						s.WriteRow(row)
					}
				}
			})
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		mustPlan(b, 1008, 756, Cover(1008, 756, 512, 512), 512, 512)
	}
}
