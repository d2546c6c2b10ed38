package tiff

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"
)

// smooth is a sample of 8 bits that hardly differs from its neighbours.
func smooth(x, y, s int) uint64 {
	v := 128 + 100*math.Sin(float64(x)/(9+float64(s)))*math.Cos(float64(y)/(11-float64(s)))
	return uint64(v)
}

func TestYCbCr(t *testing.T) {
	for _, c := range [][2]int{{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}, {4, 2}, {4, 4}, {2, 4}} {
		base := file{
			width: 37, height: 29, photometric: photometricYCbCr, samples: 3,
			// Pixels that share chroma have the same.
			sample: func(x, y, s int) uint64 {
				if s > 0 {
					x, y = x/c[0], y/c[1]
				}
				return noise(x, y, s) & 255
			},
		}
		for name, f := range layouts(base) {
			for _, compression := range []int{compressNone, compressLZW} {
				f.compression = compression
				if f.rowsPerStrip > 0 {
					f.rowsPerStrip = 8 * c[1]
				}
				fields := map[int]values{tagYCbCrSubSampling: shorts(uint64(c[0]), uint64(c[1]))}
				for tag, v := range f.fields {
					fields[tag] = v
				}
				f.fields = fields
				f.encode = func(rows []byte, width int) []byte {
					plain := f
					plain.encode = nil
					return plain.compress(units(rows, width, c[0], c[1]), width)
				}
				t.Run(fmt.Sprintf("%v, %s, compression %d", c, name, compression), func(t *testing.T) {
					variant{"", f, func(x, y int) []byte {
						r, g, b := color.YCbCrToRGB(byte(f.sample(x, y, 0)), byte(f.sample(x, y, 1)), byte(f.sample(x, y, 2)))
						return []byte{r, g, b}
					}}.check(t, 2) // from 128 to 255, TIFF has 127 steps, and JPEG 128
				})
			}
		}
	}
}

// units puts the samples of pixels that share chroma together.
func units(rows []byte, width, across, down int) []byte {
	height := len(rows) / 3 / width
	at := func(x, y, s int) byte { return rows[(min(y, height-1)*width+min(x, width-1))*3+s] }
	var out []byte
	for y := 0; y < height; y += down {
		for x := 0; x < width; x += across {
			for dy := range down {
				for dx := range across {
					out = append(out, at(x+dx, y+dy, 0))
				}
			}
			out = append(out, at(x, y, 1), at(x, y, 2))
		}
	}
	return out
}

// TestYCbCrOfVideo takes luma from 16 to 235, chroma from 16 to 240, and other coefficients.
func TestYCbCrOfVideo(t *testing.T) {
	f := file{
		width: 50, height: 50, photometric: photometricYCbCr, samples: 3,
		sample: func(x, y, s int) uint64 { return uint64(16 + [][2]int{{3, 1}, {1, 2}, {2, 1}}[s][0]*x + y) },
		fields: map[int]values{
			tagYCbCrSubSampling:    shorts(1, 1),
			tagYCbCrCoefficients:   {typ: typeRational, numbers: []uint64{213, 715, 72}},
			tagReferenceBlackWhite: {typ: typeRational, numbers: []uint64{16_000, 235_000, 128_000, 240_000, 128_000, 240_000}},
		},
	}
	want := func(x, y int) []byte {
		l := float64(f.sample(x, y, 0)-16) * 255 / 219
		cb, cr := (float64(f.sample(x, y, 1))-128)*127/112, (float64(f.sample(x, y, 2))-128)*127/112
		r, b := l+cr*(2-2*.213), l+cb*(2-2*.072)
		g := (l - .213*r - .072*b) / .715
		var c []byte
		for _, v := range []float64{r, g, b} {
			c = append(c, byte(min(max(math.Round(v), 0), 255)))
		}
		return c
	}
	variant{"", f, want}.check(t, 1)
	// What makes no sense counts for nothing.
	plain := f
	plain.fields = map[int]values{tagYCbCrSubSampling: shorts(1, 1)}
	_, right := mustDecode(t, plain.bytes())
	for name, fields := range map[string]map[int]values{
		"coefficients of 0":      {tagYCbCrCoefficients: {typ: typeRational, numbers: []uint64{0, 0, 0}}},
		"no coefficients":        {tagYCbCrCoefficients: shorts(1, 2, 3)},
		"white as dark as black": {tagReferenceBlackWhite: {typ: typeRational, numbers: []uint64{9, 9, 9, 9, 9, 9}}},
		"few references":         {tagReferenceBlackWhite: {typ: typeRational, numbers: []uint64{16_000, 235_000}}},
	} {
		plain.fields = map[int]values{tagYCbCrSubSampling: shorts(1, 1)}
		for tag, v := range fields {
			plain.fields[tag] = v
		}
		if _, pix := mustDecode(t, plain.bytes()); string(pix) != string(right) {
			t.Errorf("%s: another picture", name)
		}
	}
}

func TestLab(t *testing.T) {
	for _, bits := range []int{8, 16} {
		shift := bits - 8
		colours := []struct{ lab, rgb [3]int }{
			{[3]int{255, 0, 0}, [3]int{255, 255, 255}},
			{[3]int{0, 0, 0}, [3]int{0, 0, 0}},
			{[3]int{137, 0, 0}, [3]int{128, 128, 128}}, // L* = 53.7
			{[3]int{136, 80, 67}, [3]int{255, 0, 0}},   // red is 53.24, 80.09, 67.20
			{[3]int{224, -86, 83}, [3]int{0, 255, 0}},  // green is 87.73, -86.18, 83.18
			{[3]int{82, 79, -108}, [3]int{0, 0, 255}},  // blue is 32.30, 79.19, -107.86
		}
		f := file{
			width: len(colours), height: 1, photometric: photometricCIELab, bits: bits, samples: 3,
			sample: func(x, _, s int) uint64 {
				v := uint64(byte(colours[x].lab[s])) << shift
				if s == 0 {
					v |= v >> 8
				}
				return v
			},
		}
		variant{"", f, func(x, _ int) []byte {
			return []byte{byte(colours[x].rgb[0]), byte(colours[x].rgb[1]), byte(colours[x].rgb[2])}
		}}.check(t, 8) // a* and b* are whole numbers
	}
}

func TestLight(t *testing.T) {
	table := newLightTable()
	for i := range 100_001 {
		v := float64(i) / 100_000
		if got, want := table.encode(v), sRGB(v); got != want {
			t.Fatalf("%v became %d, not %d", v, got, want)
		}
	}
}

// TestJPEG reads blocks that are JPEGs, whole and with their tables apart.
func TestJPEG(t *testing.T) {
	for _, c := range []struct {
		name        string
		photometric uint64
		samples     int
		planar      bool
		want        func(v []byte) []byte
	}{
		{"grey", photometricBlackIsZero, 1, false, nil},
		{"grey, white is 0", photometricWhiteIsZero, 1, false, func(v []byte) []byte { return []byte{^v[0]} }},
		{"RGB", photometricRGB, 3, false, nil},
		{"RGB in planes", photometricRGB, 3, true, nil},
		{"CMYK in planes", photometricCMYK, 4, true, nil},
		{"YCbCr", photometricYCbCr, 3, false, func(v []byte) []byte {
			r, g, b := color.YCbCrToRGB(v[0], v[1], v[2])
			return []byte{r, g, b}
		}},
	} {
		for _, apart := range []bool{false, true} {
			base := file{width: 75, height: 50, photometric: c.photometric, samples: c.samples, planar: c.planar, compression: compressJPEG, sample: smooth}
			for name, f := range layouts(base) {
				if f.rowsPerStrip == 1 {
					continue // chroma of two rows in one
				}
				inBlock := f.samples
				if f.planar {
					inBlock = 1
				}
				whole := compressJPEGRows(inBlock)
				f.encode = whole
				fields := map[int]values{}
				for tag, v := range f.fields {
					fields[tag] = v
				}
				if apart {
					tables, _ := splitTables(whole(make([]byte, 64*inBlock), 8))
					fields[tagJPEGTables] = values{typ: typeUndefined, bytes: tables}
					f.encode = func(rows []byte, width int) []byte {
						_, rest := splitTables(whole(rows, width))
						return rest
					}
				}
				f.fields = fields
				t.Run(fmt.Sprintf("%s, %s, tables apart %v", c.name, name, apart), func(t *testing.T) {
					variant{"", f, func(x, y int) []byte {
						var v []byte
						for s := range f.samples {
							v = append(v, byte(smooth(x, y, s)))
						}
						if c.want != nil {
							v = c.want(v)
						}
						return v
					}}.check(t, 26)
				})
			}
		}
	}
}

func TestJPEGSizes(t *testing.T) {
	f := file{width: 40, height: 24, photometric: photometricBlackIsZero, compression: compressJPEG, sample: smooth, tile: image.Pt(16, 16)}
	for name, change := range map[string]func(rows []byte, width int) ([]byte, int){
		"half as wide":  func(rows []byte, width int) ([]byte, int) { return rows[:len(rows)/2], width / 2 },
		"twice as wide": func(rows []byte, width int) ([]byte, int) { return rows, width * 2 },
		"twice as high": func(rows []byte, width int) ([]byte, int) { return append(rows, rows...), width },
		"three samples": func(rows []byte, width int) ([]byte, int) { return append(append(rows, rows...), rows...), width },
	} {
		f.encode = func(rows []byte, width int) []byte {
			samples := 1 + 2*btoi(name == "three samples")
			rows, width = change(rows, width)
			return compressJPEGRows(samples)(rows, width)
		}
		if _, _, err := decode(f.bytes()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
