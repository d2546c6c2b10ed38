package jpeg

import (
	"image"
	"slices"
)

// decoder holds what decoding changes. Tables are those defined last (T.81 B.2.4: they hold until redefined).
type decoder struct {
	options Options
	meter   meter
	walker  *walker
	builder headerBuilder
	header  Header
	frame   *frame          // nil before the first scan
	script  script          // all scans of a progressive frame; those of a sequential one so far
	scans   int             // how many were read
	mcus    image.Rectangle // the MCUs that are wanted
	planes  []plane
	quant   [4]quantTable
	huffman [2][4]huffman // by class and number
	restart int           // MCUs of a restart interval, 0 for none
	reader  bitReader
	runs    runTable   // of the scan being read
	places  placeTable // empty until a refinement asks
	block   block
}

// decode goes through the file.
func (d *decoder) decode() error {
	for {
		seg, err := d.walker.next()
		if err != nil {
			return err
		}
		switch seg.marker {
		case markerEOI:
			return d.finish()
		case markerDQT:
			err = parseQuant(seg.payload, &d.quant)
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
			err = d.scan(seg.payload)
		default:
			if d.frame == nil || seg.isFrame() {
				err = d.builder.add(seg) // what is said of a picture is said before its first scan
			}
		}
		if err != nil {
			return err
		}
	}
}

// scan reads the scan that follows its header p, and moves past it.
func (d *decoder) scan(p []byte) error {
	if d.frame == nil {
		if err := d.start(p); err != nil {
			return err
		}
	}
	w, f := d.walker, d.frame
	if !f.progressive {
		s, err := parseScan(f, p)
		if err != nil {
			return err
		}
		s.start, s.end, s.needed = w.pos, len(w.src), true
		if err := d.meter.count(f, &s); err != nil {
			return err
		}
		d.script = append(d.script, s)
	}
	s := &d.script[d.scans]
	d.scans++
	if d.planes == nil {
		if err := d.plan(); err != nil {
			return err
		}
	}
	if err := d.latchQuant(s); err != nil {
		return err
	}
	w.pos = s.end
	if !s.needed {
		return nil
	}
	d.reader.begin(w.src[:s.end], s.start)
	if f.progressive {
		return d.progressiveScan(s)
	}
	if err := d.sequentialScan(s); err != nil {
		return err
	}
	w.pos = d.reader.next
	w.skipScan()
	return nil
}

// start settles what the file is when its first scan comes, with header p.
func (d *decoder) start(p []byte) error {
	if err := d.builder.needHeight(*d.walker); err != nil {
		return err
	}
	d.header = d.builder.header()
	f := &d.builder.frame
	f.measure()
	if f.progressive {
		var err error
		if d.script, err = readScript(*d.walker, p, f, &d.meter); err != nil {
			return err
		}
	}
	d.frame = f
	return nil
}

// plan chooses the scales, and what of the picture is kept.
func (d *decoder) plan() error {
	f, o := d.frame, &d.options
	whole := image.Rect(0, 0, f.width, f.height)
	crop := o.Crop.Intersect(whole)
	if crop.Empty() {
		crop = whole
	}
	d.planes = make([]plane, len(f.components))
	scales := make([]int, len(d.planes))
	wanted := make([]uint64, len(d.planes))
	for i := range d.planes {
		scales[i] = chooseScale(f, &f.components[i], d.header.Model.isChroma(i), crop, o.Width, o.Height)
		wanted[i] = keptBy(scales[i])
	}
	history := d.script.markNeeded(wanted)
	d.mcus = cropMCUs(f, scales, crop, o.Width, o.Height)
	memory := int64(0)
	for i := range d.planes {
		p := &d.planes[i]
		p.component = &f.components[i]
		p.keep = newKeeper(scales[i])
		p.blocks = image.Rect(d.mcus.Min.X*p.h, d.mcus.Min.Y*p.v, d.mcus.Max.X*p.h, d.mcus.Max.Y*p.v)
		memory += p.memory(f.progressive, history[i])
	}
	if memory > d.meter.limits.Memory {
		return tooMuchf("%d bytes of samples and coefficients", memory)
	}
	for i := range d.planes {
		d.planes[i].allocate(f.progressive, history[i])
	}
	return nil
}

// latchQuant gives the components of a scan the quantization tables that are defined when their first scan starts.
func (d *decoder) latchQuant(s *scan) error {
	for _, c := range s.components {
		p := &d.planes[c.index]
		if p.latched {
			continue
		}
		q := &d.quant[p.quant]
		if !q.defined {
			return corruptf("no quantization table %d", p.quant)
		}
		p.keep.quantize(q)
		p.latched = true
	}
	return nil
}

// table returns a Huffman table that a scan asks for, ready for use. Frames of motion JPEG may go without definitions
// and mean the typical ones.
func (d *decoder) table(class, number int) (*huffman, error) {
	t := &d.huffman[class][number]
	if !t.defined {
		typical := typicalTables()
		i := slices.IndexFunc(typical[:], func(t typicalTable) bool { return t.class == class && t.number == number })
		if i < 0 || d.frame.progressive {
			return nil, corruptf("no huffman table %d of class %d", number, class)
		}
		if err := t.define(class, &typical[i].counts, []byte(typical[i].symbols)); err != nil {
			return nil, err
		}
	}
	t.makeCoef()
	return t, nil
}

// finish makes what is left to make when the file is read to its end.
func (d *decoder) finish() error {
	if d.frame == nil {
		return errNoScan
	}
	for i := range d.planes {
		if !d.planes[i].latched {
			return errNotCoded
		}
	}
	if d.frame.progressive {
		d.reconstruct()
	}
	return nil
}

// image returns what was decoded.
func (d *decoder) image() *Image {
	m := &Image{Header: d.header, Planes: make([]Plane, len(d.planes))}
	f := d.frame
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
