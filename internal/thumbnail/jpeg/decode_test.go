package jpeg

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
)

// The sampling factors that cameras, editors and nobody write.
var samplings = []struct {
	name string
	s    sampling
}{
	{"grey", sampling{{1, 1}}},
	{"grey 2x2", sampling{{2, 2}}},
	{"444", sampling{{1, 1}, {1, 1}, {1, 1}}},
	{"422", sampling{{2, 1}, {1, 1}, {1, 1}}},
	{"440", sampling{{1, 2}, {1, 1}, {1, 1}}},
	{"420", sampling{{2, 2}, {1, 1}, {1, 1}}},
	{"411", sampling{{4, 1}, {1, 1}, {1, 1}}},
	{"410", sampling{{4, 2}, {1, 1}, {1, 1}}},
	{"444 as 1x2", sampling{{1, 2}, {1, 2}, {1, 2}}},
	{"chroma unlike", sampling{{2, 2}, {2, 1}, {1, 2}}},
	{"luma not the largest", sampling{{1, 1}, {2, 2}, {1, 2}}},
	{"thirds", sampling{{3, 3}, {1, 1}, {2, 1}}},
	{"thirds and fourths", sampling{{3, 2}, {4, 1}, {2, 3}}},
	{"four components", sampling{{1, 1}, {1, 1}, {1, 1}, {1, 1}}},
	{"ycck", sampling{{2, 2}, {1, 1}, {1, 1}, {2, 2}}},
}

// variants are the ways to code the same coefficients.
var variants = []struct {
	name  string
	apply func(p *picture)
}{
	{"sequential", func(*picture) {}},
	{"restarts", func(p *picture) { p.restart = 3 }},
	{"a restart a unit", func(p *picture) { p.restart = 1 }},
	{"a scan a component", func(p *picture) { p.scans = separate(len(p.components)); p.restart = 5 }},
	{"progressive", func(p *picture) { p.progressive = true; p.scans = progression(len(p.components)) }},
	{"progressive, restarts", func(p *picture) {
		p.progressive, p.restart = true, 2
		p.scans = progression(len(p.components))
	}},
	{"spectral selection only", func(p *picture) { p.progressive = true; p.scans = spectral(len(p.components)) }},
}

// separate returns a sequential scan for each of n components.
func separate(n int) (s []scanScript) {
	for i := range n {
		s = append(s, scanScript{components: []int{i}, se: 63})
	}
	return s
}

// spectral returns scans of bands of coefficients at full precision.
func spectral(n int) (s []scanScript) {
	for i := range n {
		s = append(s, scanScript{components: []int{i}})
	}
	for _, band := range [][2]int{{1, 2}, {3, 9}, {10, 40}, {41, 63}} {
		for i := range n {
			s = append(s, scanScript{components: []int{i}, ss: band[0], se: band[1]})
		}
	}
	return s
}

// TestDecodeMatchesDefinition holds every process, sampling and scale against the sum that defines the inverse DCT.
func TestDecodeMatchesDefinition(t *testing.T) {
	const width, height = 83, 71
	for _, s := range samplings {
		p := newPicture(width, height, s.s, 5, scene)
		for _, v := range variants {
			t.Run(s.name+"/"+v.name, func(t *testing.T) {
				q := *p
				v.apply(&q)
				src := q.encode()
				for n := 1; n <= 8; n++ {
					o := Options{Width: width * n * 100 / (8 * lumaPercent), Height: height * n * 100 / (8 * lumaPercent)}
					m, err := Decode(src, o)
					if err != nil {
						t.Fatal(err)
					}
					compareToReference(t, &q, m)
				}
			})
		}
	}
}

// compareToReference fails unless every sample of m is what the picture's coefficients make, but for rounding.
func compareToReference(t *testing.T, p *picture, m *Image) {
	t.Helper()
	hMax, vMax := 1, 1
	for _, c := range p.components {
		hMax, vMax = max(hMax, c.h), max(vMax, c.v)
	}
	for i, plane := range m.Planes {
		h, v := p.components[i].h, p.components[i].v
		if len(p.components) == 1 {
			h, v, hMax, vMax = 1, 1, 1, 1
		}
		n := plane.X.Den / h
		if plane.X.Num != 8*hMax || plane.Y.Num != 8*vMax || plane.X.Den != n*h || plane.Y.Den != n*v {
			t.Fatalf("plane %d: axes %v and %v", i, plane.X, plane.Y)
		}
		width, height, want := p.reference(i, n)
		x0, y0 := plane.X.Origin*plane.X.Den/plane.X.Num, plane.Y.Origin*plane.Y.Den/plane.Y.Num
		if x0+plane.Width > width || y0+plane.Height > height || plane.Width < 1 || plane.Height < 1 {
			t.Fatalf("plane %d at %d,%d is of %dx%d samples; there are %dx%d", i, x0, y0, plane.Width, plane.Height, width, height)
		}
		for y := range plane.Height {
			for x := range plane.Width {
				got := float64(plane.Pix[y*plane.Stride+x])
				if d := math.Abs(got - want[(y0+y)*width+x0+x]); d > 1.02 {
					t.Fatalf("plane %d, n %d: sample %d,%d is %v, want %.2f", i, n, x, y, got, want[(y0+y)*width+x0+x])
				}
			}
		}
	}
}

// TestDecodeLongScans does the same with scans that are longer than what is unstuffed at a time.
func TestDecodeLongScans(t *testing.T) {
	const width, height = 640, 480
	p := newPicture(width, height, sampling{{1, 1}}, 1, func(c int, x, y float64) float64 {
		return scene(c, x, y)/2 + 8*scene(c, 3*y, 5*x)/16
	})
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			q := *p
			v.apply(&q)
			src := q.encode()
			if len(src) < 4*windowSize {
				t.Fatalf("%d bytes are too few", len(src))
			}
			for _, crop := range []image.Rectangle{image.Rect(0, 0, width, height), image.Rect(200, 150, 420, 400)} {
				for _, n := range []int{1, 2, 8} {
					m, err := Decode(src, scaled(crop, n))
					if err != nil {
						t.Fatal(err)
					}
					compareToReference(t, &q, m)
				}
			}
		})
	}
}

// TestDecodeMatchesStandardLibrary checks the tests' encoder and the decoder against an independent reader.
func TestDecodeMatchesStandardLibrary(t *testing.T) {
	for _, s := range samplings[2:8] {
		for _, v := range variants {
			t.Run(s.name+"/"+v.name, func(t *testing.T) {
				p := newPicture(83, 71, s.s, 4, scene)
				v.apply(p)
				if len(p.scans) > 1 && s.name != "444" {
					p.restart = 0 // image/jpeg counts MCUs where T.81 A.2.2 has blocks
				}
				src := p.encode()
				ref, err := stdjpeg.Decode(bytes.NewReader(src))
				if err != nil {
					t.Fatal(err)
				}
				m, err := Decode(src, Options{})
				if err != nil {
					t.Fatal(err)
				}
				y := ref.(*image.YCbCr)
				for i, pix := range [][]uint8{y.Y, y.Cb, y.Cr} {
					stride := y.CStride
					if i == 0 {
						stride = y.YStride
					}
					plane := m.Planes[i]
					for row := range plane.Height {
						for x := range plane.Width {
							if d := int(plane.Pix[row*plane.Stride+x]) - int(pix[row*stride+x]); d < -2 || d > 2 {
								t.Fatalf("plane %d: sample %d,%d is %d off", i, x, row, d)
							}
						}
					}
				}
			})
		}
	}
}

// TestDecodeCrop decodes windows and compares them to the same part of the whole.
func TestDecodeCrop(t *testing.T) {
	const width, height = 333, 290
	for _, s := range []string{"grey", "420", "thirds"} {
		for _, v := range variants {
			t.Run(s+"/"+v.name, func(t *testing.T) {
				p := newPicture(width, height, samplingNamed(t, s), 5, scene)
				v.apply(p)
				src := p.encode()
				for _, scale := range []int{8, 5, 2, 1} {
					whole, err := Decode(src, scaled(image.Rect(0, 0, width, height), scale))
					if err != nil {
						t.Fatal(err)
					}
					for _, crop := range []image.Rectangle{
						image.Rect(100, 90, 220, 200), image.Rect(0, 0, 100, 100), image.Rect(230, 200, 333, 290),
						image.Rect(150, 0, 170, 290), image.Rect(0, 140, 333, 160),
					} {
						m, err := Decode(src, scaled(crop, scale))
						if err != nil {
							t.Fatal(err)
						}
						for i := range m.Planes {
							compareCrop(t, crop, &m.Planes[i], &whole.Planes[i])
						}
					}
				}
			})
		}
	}
}

func samplingNamed(t *testing.T, name string) sampling {
	for _, s := range samplings {
		if s.name == name {
			return s.s
		}
	}
	t.Fatalf("no sampling %s", name)
	return nil
}

// scaled returns options that make luma of crop at n/8. Chroma may differ.
func scaled(crop image.Rectangle, n int) Options {
	return Options{Crop: crop, Width: crop.Dx() * n * 100 / (8 * lumaPercent), Height: crop.Dy() * n * 100 / (8 * lumaPercent)}
}

// compareCrop fails unless part holds what the crop needs, and equals whole where both are.
func compareCrop(t *testing.T, crop image.Rectangle, part, whole *Plane) {
	t.Helper()
	if part.X.Den != whole.X.Den || part.Y.Den != whole.Y.Den {
		return // rounding chose another scale
	}
	x0 := (part.X.Origin - whole.X.Origin) * part.X.Den / part.X.Num
	y0 := (part.Y.Origin - whole.Y.Origin) * part.Y.Den / part.Y.Num
	for y := range part.Height {
		a := part.Pix[y*part.Stride:][:part.Width]
		b := whole.Pix[(y0+y)*whole.Stride+x0:][:part.Width]
		if !bytes.Equal(a, b) {
			t.Fatalf("crop %v: row %d differs from the whole picture's", crop, y)
		}
	}
	for _, side := range []struct {
		name     string
		got      float64
		want     int
		from, to int
	}{
		{"left", part.X.Sample(float64(crop.Min.X)), 3, x0, 0},
		{"top", part.Y.Sample(float64(crop.Min.Y)), 3, y0, 0},
		{"right", float64(part.Width) - part.X.Sample(float64(crop.Max.X)), 3, x0 + part.Width, whole.Width},
		{"bottom", float64(part.Height) - part.Y.Sample(float64(crop.Max.Y)), 3, y0 + part.Height, whole.Height},
	} {
		if side.got < float64(side.want) && side.from != side.to {
			t.Errorf("crop %v: %.2f samples to the %s of it, want %d", crop, side.got, side.name, side.want)
		}
	}
}

// TestScale checks the choice of N for what phones make.
func TestScale(t *testing.T) {
	for _, c := range []struct {
		side         int
		luma, chroma int
	}{
		{200, 8, 8}, {742, 8, 8}, {866, 7, 8}, {1224, 5, 7}, {1626, 4, 6},
		{2448, 3, 4}, {3024, 2, 3}, {6048, 1, 2}, {12240, 1, 1},
	} {
		f := &frame{
			width: c.side * 4 / 3, height: c.side, hMax: 2, vMax: 2,
			components: []component{{h: 2, v: 2}, {h: 1, v: 1}},
		}
		f.measure()
		crop := image.Rect(0, 0, c.side, c.side)
		luma := chooseScale(f, &f.components[0], false, crop, 512, 512)
		chroma := chooseScale(f, &f.components[1], true, crop, 512, 512)
		if luma != c.luma || chroma != c.chroma {
			t.Errorf("%d lines: luma at %d/8, chroma at %d/8, want %d and %d", c.side, luma, chroma, c.luma, c.chroma)
		}
	}
}

// TestScaledResemblesAverage holds small scales against the means of what they stand for, on a smooth picture.
func TestScaledResemblesAverage(t *testing.T) {
	p := newPicture(256, 256, sampling{{1, 1}}, 2, func(_ int, x, y float64) float64 {
		return 128 + 100*math.Sin(x/40)*math.Cos(y/50)
	})
	src := p.encode()
	full, err := Decode(src, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 2, 4} {
		m, err := Decode(src, scaled(image.Rect(0, 0, 256, 256), n))
		if err != nil {
			t.Fatal(err)
		}
		step := 8 / n
		for y := range m.Planes[0].Height {
			for x := range m.Planes[0].Width {
				sum := 0
				for dy := range step {
					for dx := range step {
						sum += int(full.Planes[0].Pix[(y*step+dy)*full.Planes[0].Stride+x*step+dx])
					}
				}
				mean := float64(sum) / float64(step*step)
				if got := float64(m.Planes[0].Pix[y*m.Planes[0].Stride+x]); math.Abs(got-mean) > 2.5 {
					t.Fatalf("at %d/8 sample %d,%d is %v, the mean %.1f", n, x, y, got, mean)
				}
			}
		}
	}
}

// TestDecodeOddSizes decodes pictures whose last MCUs are mostly padding.
func TestDecodeOddSizes(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {1, 40}, {40, 1}, {7, 9}, {8, 8}, {16, 16}, {17, 17}, {31, 33}} {
		for _, s := range samplings {
			for _, v := range variants {
				p := newPicture(size.X, size.Y, s.s, 3, scene)
				v.apply(p)
				m, err := Decode(p.encode(), Options{Width: 512, Height: 512})
				if err != nil {
					t.Fatalf("%v %s %s: %v", size, s.name, v.name, err)
				}
				compareToReference(t, p, m)
			}
		}
	}
}

// TestSameBytesEverywhere compares samples of every process and scale with those made on another architecture. The
// pictures are coefficients of chance: no sum of real numbers, which machines round differently, is in them. // I14
func TestSameBytesEverywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	hash := sha256.New()
	for _, s := range samplings {
		p := newPicture(90, 77, s.s, 3, func(int, float64, float64) float64 { return 128 })
		for i := range p.components {
			for j := range p.components[i].coefs {
				for k := range 64 {
					if r.IntN(2+k) == 0 {
						p.components[i].coefs[j][k] = int16(r.IntN(3 + 300/(1+k)))
						p.components[i].coefs[j][k] -= int16(r.IntN(3 + 300/(1+k)))
					}
				}
			}
		}
		for _, v := range variants {
			q := *p
			v.apply(&q)
			src := q.encode()
			for n := 1; n <= 8; n++ {
				m, err := Decode(src, scaled(image.Rect(0, 0, 90, 77), n))
				if err != nil {
					t.Fatal(err)
				}
				for _, plane := range m.Planes {
					for y := range plane.Height {
						hash.Write(plane.Pix[y*plane.Stride:][:plane.Width])
					}
				}
			}
		}
	}
	const want = "9bb809108541fc9a1a94b7d4a66af674a58bc1f6310db67cbb65b7e493844f9e"
	if got := hex.EncodeToString(hash.Sum(nil)); got != want {
		t.Errorf("the samples have the hash %s, want %s", got, want)
	}
}

func ExampleDecode() {
	src := newPicture(800, 600, sampling{{2, 2}, {1, 1}, {1, 1}}, 8, scene).encode()
	m, err := Decode(src, Options{Crop: image.Rect(100, 0, 700, 600), Width: 100, Height: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range m.Planes {
		fmt.Printf("%dx%d samples; the crop starts %.2f samples from the left\n", p.Width, p.Height, p.X.Sample(100))
	}
	// Output:
	// 168x150 samples; the crop starts 9.00 samples from the left
	// 126x113 samples; the crop starts 6.75 samples from the left
	// 126x113 samples; the crop starts 6.75 samples from the left
}
