package tiff

// lightTable encodes light for sRGB (IEC 61966-2-1).
type lightTable struct {
	least [255]float64          // element i is the least light that becomes sample i+1 when it is rounded
	first [lightSteps + 1]uint8 // the sample for i/lightSteps
}

const lightSteps = 1 << 12 // each with about one sample, and most with none

func newLightTable() *lightTable {
	var t lightTable
	for i := range t.least {
		t.least[i] = lightOf((float64(i) + 0.5) / 255)
	}
	sample := 0
	for i := range t.first {
		for sample < len(t.least) && t.least[sample] <= float64(i)/lightSteps {
			sample++
		}
		t.first[i] = uint8(sample)
	}
	return &t
}

// encode returns the sample for light from 0 to 1.
func (t *lightTable) encode(light float64) byte {
	sample := int(t.first[int(light*lightSteps)])
	for sample < len(t.least) && t.least[sample] <= light {
		sample++
	}
	return byte(sample)
}

// lightOf decodes a share of the largest sample of sRGB. It computes v^2.4 as v^2 * v^(2/5), each step rounded by
// itself: math.Pow may differ in the last bit between machines.
func lightOf(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	v = (v + 0.055) / 1.055
	square := float64(v * v)
	root := 1.0 // of the fifth degree of square, by Newton's method
	for range 20 {
		fourth := float64(float64(root*root) * float64(root*root))
		root = (float64(4*root) + square/fourth) / 5
	}
	return float64(square * root)
}

// labTables convert L*a*b* (CIE 1976, of 8 bits a sample: L* from 0 to 100, a* and b* signed; section 23) to sRGB. The
// white of either is taken for the other's.
type labTables struct {
	light *lightTable
}

// toRGB converts pixels of three bytes each. dst and src may be the same.
func (t *labTables) toRGB(dst, src []byte) {
	for i := 0; i+3 <= len(src); i += 3 {
		fy := (float64(float64(src[i])*100/255) + 16) / 116
		fx := fy + float64(int8(src[i+1]))/500
		fz := fy - float64(int8(src[i+2]))/200
		// Relative to D65, the white of sRGB: 0.95047, 1, 1.08883.
		x, y, z := float64(0.95047*labCube(fx)), labCube(fy), float64(1.08883*labCube(fz))
		dst[i] = t.encode(float64(3.2406*x) - float64(1.5372*y) - float64(0.4986*z))
		dst[i+1] = t.encode(float64(-0.9689*x) + float64(1.8758*y) + float64(0.0415*z))
		dst[i+2] = t.encode(float64(0.0557*x) - float64(0.2040*y) + float64(1.0570*z))
	}
}

func (t *labTables) encode(light float64) byte { return t.light.encode(min(max(light, 0), 1)) }

// labCube is the inverse of the function that L*a*b* compresses light with.
func labCube(f float64) float64 {
	if f > 6.0/29 {
		return float64(f * float64(f*f))
	}
	return float64(float64(3*36.0/841) * (f - 4.0/29))
}
