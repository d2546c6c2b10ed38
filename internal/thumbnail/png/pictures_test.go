package png

import (
	"math"
	"math/rand/v2"
)

// pictures are RGB or RGBA pictures of the kinds that compress differently.
func pictures(channels int) map[string][]byte {
	const width, height = testWidth, testHeight
	make8 := func(pixel func(x, y, c int) float64) []byte {
		pix := make([]byte, 0, width*height*channels)
		for y := range height {
			for x := range width {
				for c := range channels {
					pix = append(pix, byte(min(max(pixel(x, y, c), 0), 255)))
				}
			}
		}
		return pix
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	sky := func(x, y, c int) float64 {
		return 120 + 70*math.Sin(float64(x)/60+float64(c))*math.Cos(float64(y)/45)
	}
	drawing := func(x, y, c int) float64 {
		if (x/20+y/14)%7 == 0 || y%40 == 3 {
			return float64(c * 80)
		}
		return 255
	}
	return map[string][]byte{
		"photograph": make8(func(x, y, c int) float64 { return sky(x, y, c) + rnd.NormFloat64()*4 }),
		"gradient":   make8(sky),
		"drawing":    make8(drawing),
		"half": make8(func(x, y, c int) float64 {
			if x < width/2 {
				return drawing(x, y, c)
			}
			return sky(x, y, c) + rnd.NormFloat64()*4
		}),
		"flat":  make8(func(x, y, c int) float64 { return float64(40 * c) }),
		"noise": make8(func(x, y, c int) float64 { return float64(rnd.IntN(256)) }),
		"grain": make8(func(x, y, c int) float64 { return 128 + rnd.NormFloat64()*30 }),
		"fading": make8(func(x, y, c int) float64 {
			if c == 3 {
				return float64(x) - 30
			}
			return sky(x, y, c)
		}),
	}
}

const testWidth, testHeight = 241, 187
