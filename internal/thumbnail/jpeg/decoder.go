package jpeg

import (
	"image"
)

// decoder holds what decoding changes. Tables are those defined last (T.81 B.2.4: they hold until redefined).
type decoder struct {
	src     []byte
	survey  *survey
	mcus    image.Rectangle // the MCUs that are wanted
	planes  []plane
	quant   [4]*quantTable
	huffman [2][4]huffman // by class and number
	restart int           // MCUs of a restart interval, 0 for none
	reader  bitReader
	block   block
}

// plane is a component in the making.
type plane struct {
	*component
	keep    keeper
	blocks  image.Rectangle // the blocks that are wanted
	pix     []uint8
	stride  int
	latched bool // the quantization table is known

	// Of a progressive frame:
	coefs   []int16  // keep.n*keep.n of each wanted block
	history []uint64 // of every block, in zigzag order, which coefficients are nonzero; nil if nobody asks
}

// newDecoder plans the decoding and makes room for it.
func newDecoder(src []byte, s *survey, o Options, limits Limits) (*decoder, error) {
	f := &s.frame
	whole := image.Rect(0, 0, f.width, f.height)
	crop := o.Crop.Intersect(whole)
	if crop.Empty() {
		crop = whole
	}
	n := len(f.components)
	scales := make([]int, n)
	wanted := make([]uint64, n)
	for i := range f.components {
		scales[i] = chooseScale(f, &f.components[i], s.header.Model.isChroma(i), crop, o.Width, o.Height)
		wanted[i] = keptBy(scales[i])
	}
	history := s.markNeeded(wanted)
	d := &decoder{src: src, survey: s, planes: make([]plane, n)}
	d.mcus = cropMCUs(f, scales, crop, o.Width, o.Height)
	var memory int64
	for i := range d.planes {
		p := &d.planes[i]
		p.component = &f.components[i]
		p.keep = newKeeper(scales[i])
		p.blocks = image.Rect(d.mcus.Min.X*p.h, d.mcus.Min.Y*p.v, d.mcus.Max.X*p.h, d.mcus.Max.Y*p.v)
		memory += p.memory(f.progressive, history[i])
	}
	if memory > limits.Memory {
		return nil, tooMuchf("%d bytes of samples and coefficients", memory)
	}
	for i := range d.planes {
		d.planes[i].allocate(f.progressive, history[i])
	}
	return d, nil
}

// memory returns how many bytes allocate will take.
func (p *plane) memory(progressive, history bool) int64 {
	perBlock := int64(p.keep.n) * int64(p.keep.n)
	bytes := int64(p.blocks.Dx()) * int64(p.blocks.Dy()) * perBlock
	if progressive {
		bytes *= 3
		if history {
			bytes += 8 * int64(p.blocksX) * int64(p.blocksY)
		}
	}
	return bytes
}

func (p *plane) allocate(progressive, history bool) {
	n := p.keep.n
	p.stride = p.blocks.Dx() * n
	p.pix = make([]uint8, p.stride*p.blocks.Dy()*n)
	if progressive {
		p.coefs = make([]int16, len(p.pix))
		if history {
			p.history = make([]uint64, p.blocksX*p.blocksY)
		}
	}
}

// decode goes through the file once more, this time for tables and data.
func (d *decoder) decode() error {
	w, err := newWalker(d.src)
	if err != nil {
		return err
	}
	for i := 0; i < len(d.survey.scans); {
		seg, err := w.next()
		if err != nil {
			return err
		}
		switch seg.marker {
		case markerDQT:
			err = parseQuant(seg.payload, func(number int, q *quantTable) { d.quant[number] = q })
		case markerDHT:
			err = parseHuffman(seg.payload, func(class, number int, counts *[16]byte, symbols []byte) error {
				return d.huffman[class][number].define(class, counts, symbols)
			})
		case markerDRI:
			if len(seg.payload) != 2 {
				return corruptf("restart interval of %d bytes", len(seg.payload))
			}
			d.restart = int(seg.payload[0])<<8 | int(seg.payload[1])
		case markerSOS:
			s := &d.survey.scans[i]
			i++
			w.pos = s.end
			err = d.scan(s)
		}
		if err != nil {
			return err
		}
	}
	if d.survey.frame.progressive {
		d.reconstruct()
	}
	return nil
}

// scan reads one scan.
func (d *decoder) scan(s *scan) error {
	for _, c := range s.components {
		if err := d.latchQuant(&d.planes[c.index]); err != nil {
			return err
		}
	}
	if !s.needed {
		return nil
	}
	d.reader.begin(d.src[s.start:s.end])
	if d.survey.frame.progressive {
		return d.progressiveScan(s)
	}
	return d.sequentialScan(s)
}

// latchQuant gives a plane the quantization table that is defined when its first scan starts.
func (d *decoder) latchQuant(p *plane) error {
	if p.latched {
		return nil
	}
	q := d.quant[p.quant]
	if q == nil {
		return corruptf("no quantization table %d", p.quant)
	}
	p.keep.quantize(q)
	p.latched = true
	return nil
}

// table returns a Huffman table that a scan asks for. Frames of motion JPEG may go without definitions and mean
// the typical ones.
func (d *decoder) table(class, number int) (*huffman, error) {
	t := &d.huffman[class][number]
	if t.defined {
		return t, nil
	}
	for _, typical := range typicalTables() {
		if typical.class == class && typical.number == number && !d.survey.frame.progressive {
			return t, t.define(class, &typical.counts, []byte(typical.symbols))
		}
	}
	return nil, corruptf("no huffman table %d of class %d", number, class)
}

// image returns what was decoded.
func (d *decoder) image() *Image {
	m := &Image{Header: d.survey.header, Planes: make([]Plane, len(d.planes))}
	f := &d.survey.frame
	for i := range d.planes {
		p := &d.planes[i]
		n := p.keep.n
		m.Planes[i] = Plane{
			Pix:    p.pix,
			Stride: p.stride,
			Width:  min(p.stride, ceilDiv(p.width*n, 8)-p.blocks.Min.X*n),
			Height: min(p.blocks.Dy()*n, ceilDiv(p.height*n, 8)-p.blocks.Min.Y*n),
			X:      Axis{d.mcus.Min.X * 8 * f.hMax, 8 * f.hMax, n * p.h},
			Y:      Axis{d.mcus.Min.Y * 8 * f.vMax, 8 * f.vMax, n * p.v},
		}
	}
	return m
}
