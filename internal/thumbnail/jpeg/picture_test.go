package jpeg

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// picture is what the tests' encoder writes: a JPEG of any process that the decoder reads, and of some that it
// does not. The zero values of most fields mean the ordinary.
type picture struct {
	width, height int
	components    []coded
	quant         [4][64]uint16 // steps in zigzag order
	progressive   bool
	scans         []scanScript
	restart       int
	jfif          bool
	adobe         int // transform, or -1 for no segment
	segments      []segment
	dnl           bool
	wideQuant     bool
	noTables      bool // leave the Huffman tables out and use the typical ones
	sof           byte // another frame marker
	precision     byte // another precision
	fill          int  // fill bytes before each marker
	between       []byte
	noEOI         bool
}

// coded is a component: its coefficients, quantized, in zigzag order, for each block of whole MCUs.
type coded struct {
	id               byte
	h, v             int
	quant            int
	blocksX, blocksY int // that hold samples
	stride, rows     int // that are coded when interleaved
	coefs            [][64]int16
}

// scanScript is a scan to write.
type scanScript struct {
	components []int
	ss, se     int
	ah, al     uint
}

// sampling lists the factors of each component.
type sampling [][2]int

// newPicture makes a picture whose samples value gives, for component, column and row of full resolution.
func newPicture(width, height int, s sampling, step int, value func(c int, x, y float64) float64) *picture {
	p := &picture{width: width, height: height, adobe: -1}
	for i := range p.quant {
		for k := range p.quant[i] {
			p.quant[i][k] = uint16(step + k*step/8 + i)
		}
	}
	hMax, vMax := 1, 1
	for _, f := range s {
		hMax, vMax = max(hMax, f[0]), max(vMax, f[1])
	}
	for i, f := range s {
		c := coded{id: byte(i + 1), h: f[0], v: f[1], quant: min(i, 3)}
		w, h := ceilDiv(width*c.h, hMax), ceilDiv(height*c.v, vMax)
		if len(s) == 1 {
			w, h = width, height
		}
		c.blocksX, c.blocksY = ceilDiv(w, 8), ceilDiv(h, 8)
		c.stride, c.rows = ceilDiv(width, 8*hMax)*c.h, ceilDiv(height, 8*vMax)*c.v
		if len(s) == 1 {
			c.stride, c.rows = c.blocksX, c.blocksY
		}
		dx, dy := float64(width)/float64(w), float64(height)/float64(h)
		for by := range c.rows {
			for bx := range c.stride {
				var samples [64]float64
				for j := range samples {
					x, y := min(bx*8+j%8, w-1), min(by*8+j/8, h-1)
					samples[j] = value(i, (float64(x)+.5)*dx, (float64(y)+.5)*dy)
				}
				c.coefs = append(c.coefs, quantize(forward(&samples), &p.quant[c.quant]))
			}
		}
		p.components = append(p.components, c)
	}
	all := make([]int, len(s))
	for i := range all {
		all[i] = i
	}
	p.scans = []scanScript{{components: all, se: 63}}
	return p
}

// forward is the DCT of T.81 A.3.3, in row-major order.
func forward(samples *[64]float64) *[64]float64 {
	basis := bases[8]
	var rows, out [64]float64 // rows[8*y+u]
	for y := range 8 {
		for u := range 8 {
			for x := range 8 {
				rows[8*y+u] += (samples[8*y+x] - 128) * basis[x][u]
			}
		}
	}
	for v := range 8 {
		for u := range 8 {
			for y := range 8 {
				out[8*v+u] += rows[8*y+u] * basis[y][v] / 8
			}
		}
	}
	return &out
}

// bases holds cosine(n, u, x) at [n][x][u].
var bases = func() (b [9][8][8]float64) {
	for n := range b {
		for x := range n {
			for u := range n {
				b[n][x][u] = cosine(n, u, x)
			}
		}
	}
	return b
}()

// cosine is a(u) cos((2x+1)u pi/2n).
func cosine(n, u, x int) float64 {
	if u == 0 {
		return 1
	}
	return math.Sqrt2 * math.Cos(float64((2*x+1)*u)*math.Pi/float64(2*n))
}

func quantize(f *[64]float64, q *[64]uint16) (out [64]int16) {
	for k, z := range zigzag {
		out[k] = int16(math.Round(f[z] / float64(q[k])))
	}
	return out
}

// encode writes the file.
func (p *picture) encode() []byte {
	var b bytes.Buffer
	marker := func(m byte) {
		b.Write(p.between)
		for range p.fill {
			b.WriteByte(0xFF)
		}
		b.Write([]byte{0xFF, m})
	}
	seg := func(m byte, payload []byte) {
		marker(m)
		_ = binary.Write(&b, binary.BigEndian, uint16(len(payload)+2))
		b.Write(payload)
	}
	b.Write([]byte{0xFF, markerSOI})
	if p.jfif {
		seg(markerAPP0, []byte("JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00"))
	}
	if p.adobe >= 0 {
		seg(markerAPPE, append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), byte(p.adobe)))
	}
	for _, s := range p.segments {
		seg(s.marker, s.payload)
	}
	for i, q := range p.quant {
		payload := []byte{byte(i)}
		if p.wideQuant {
			payload[0] |= 0x10
		}
		for _, step := range q {
			if p.wideQuant {
				payload = append(payload, byte(step>>8))
			}
			payload = append(payload, byte(step))
		}
		seg(markerDQT, payload)
	}
	if p.restart > 0 {
		seg(markerDRI, []byte{byte(p.restart >> 8), byte(p.restart)})
	}
	sof := byte(markerSOF0)
	if p.progressive {
		sof = markerSOF2
	}
	if p.sof != 0 {
		sof = p.sof
	}
	frame := []byte{8, byte(p.height >> 8), byte(p.height), byte(p.width >> 8), byte(p.width), byte(len(p.components))}
	if p.precision != 0 {
		frame[0] = p.precision
	}
	if p.dnl {
		frame[1], frame[2] = 0, 0
	}
	for _, c := range p.components {
		frame = append(frame, c.id, byte(c.h<<4|c.v), byte(c.quant))
	}
	seg(sof, frame)
	for i, s := range p.scans {
		e := newScanEncoder(p, s)
		e.record()
		if !p.noTables {
			for class := range e.tables {
				for number := range e.tables[class] {
					if t := &e.tables[class][number]; t.used() {
						counts, symbols := t.optimal()
						t.assign(counts, symbols)
						seg(markerDHT, slices.Concat([]byte{byte(class<<4 | number)}, counts[:], symbols))
					}
				}
			}
		} else {
			for _, t := range typicalTables() {
				e.tables[t.class][t.number].assign(t.counts, []byte(t.symbols))
			}
		}
		header := []byte{byte(len(s.components))}
		for _, c := range s.components {
			n := tableOf(c)
			header = append(header, p.components[c].id, byte(n<<4|n))
		}
		seg(markerSOS, append(header, byte(s.ss), byte(s.se), byte(s.ah<<4|s.al)))
		e.write(&b)
		if p.dnl && i == 0 {
			seg(markerDNL, []byte{byte(p.height >> 8), byte(p.height)})
		}
	}
	if !p.noEOI {
		marker(markerEOI)
	}
	return b.Bytes()
}

// tableOf returns the number of the Huffman tables of a component.
func tableOf(component int) int { return min(component, 1) }

// reference returns what component c decodes to at n/8, as real numbers: width, height and samples.
func (p *picture) reference(c, n int) (width, height int, samples []float64) {
	comp := &p.components[c]
	q := p.quant[comp.quant]
	width, height = comp.blocksX*n, comp.blocksY*n
	samples = make([]float64, width*height)
	basis := bases[n]
	for by := range comp.blocksY {
		for bx := range comp.blocksX {
			var f [64]float64
			for k, v := range comp.coefs[by*comp.stride+bx] {
				f[zigzag[k]] = float64(v) * float64(q[k])
			}
			var rows [8][8]float64 // [v][x]
			for v := range n {
				for x := range n {
					for u := range n {
						rows[v][x] += f[8*v+u] * basis[x][u]
					}
				}
			}
			for y := range n {
				for x := range n {
					sum := 0.0
					for v := range n {
						sum += rows[v][x] * basis[y][v]
					}
					samples[(by*n+y)*width+bx*n+x] = min(max(sum/8+128, 0), 255)
				}
			}
		}
	}
	return width, height, samples
}

// scene is a value function with slopes, edges, flat parts and noise.
func scene(c int, x, y float64) float64 {
	if int(x)/24%3 == 1 && int(y)/24%3 == 1 {
		return 90
	}
	v := 128 + 70*math.Sin(x/(9+float64(c)))*math.Cos(y/13) + 30*math.Sin((x+y)/40)
	if math.Mod(x+2*y, 61) < 12 {
		v = 255 - v
	}
	hash := uint32(x*4)*2654435761 ^ uint32(y*4)*2246822519 ^ uint32(c)*3266489917
	hash ^= hash >> 15
	hash *= 2246822519
	return min(max(v+float64(hash>>24%16)-8, 0), 255)
}

// progression returns the scans of a progressive picture of n components as libjpeg writes them by default, for
// all kinds of passes.
func progression(n int) []scanScript {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	s := []scanScript{{components: all, al: 1}}
	for i := range n {
		s = append(s,
			scanScript{components: []int{i}, ss: 1, se: 5, al: 2},
			scanScript{components: []int{i}, ss: 6, se: 63, al: 2},
			scanScript{components: []int{i}, ss: 1, se: 63, ah: 2, al: 1})
	}
	s = append(s, scanScript{components: all, ah: 1})
	for i := range n {
		s = append(s, scanScript{components: []int{i}, ss: 1, se: 63, ah: 1})
	}
	return s
}
