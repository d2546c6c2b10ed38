package tiff

import "fmt"

// decoder decodes one picture.
type decoder struct {
	p       *picture
	readers *blockReaders
	unpack  *unpacker
	samples []byte // a row of the picture: those of its samples that are used
	convert func(samples []byte) []byte
}

func newDecoder(p *picture) *decoder {
	return &decoder{
		p:       p,
		readers: newBlockReaders(p, len(p.planes())*p.layout.across),
		unpack:  newUnpacker(p),
		samples: make([]byte, p.Width*len(p.used)),
		convert: newConverter(p),
	}
}

// decode goes through the picture by bands of blocks.
func (d *decoder) decode(emit func(y int, pix []byte) error) error {
	p := d.p
	for band := range p.layout.down {
		readers, err := d.openBand(band)
		if err != nil {
			return err
		}
		for i := range p.rows(band) {
			y := band*p.layout.height + i
			if err := d.readRow(readers); err != nil {
				return fmt.Errorf("row %d: %w", y, damage(err))
			}
			if err := emit(y, d.convert(d.samples)); err != nil {
				return err
			}
		}
	}
	return nil
}

// openBand returns readers for the blocks that lie side by side, plane after plane.
func (d *decoder) openBand(band int) ([]rowReader, error) {
	l := &d.p.layout
	var readers []rowReader
	for _, plane := range d.p.planes() {
		for x := range l.across {
			block := l.block(plane, x, band)
			r, err := d.readers.open(len(readers), block, d.p.rows(band))
			if err != nil {
				return nil, fmt.Errorf("block %d: %w", block, damage(err))
			}
			readers = append(readers, r)
		}
	}
	return readers, nil
}

// readRow reads a row of the picture across blocks and planes.
func (d *decoder) readRow(readers []rowReader) error {
	p, used := d.p, len(d.p.used)
	for i, r := range readers {
		raw, err := r.next()
		if err != nil {
			return err
		}
		plane, x := i/p.layout.across, i%p.layout.across*p.layout.width
		dst := d.samples[x*used : min(x+p.layout.width, p.Width)*used]
		if p.layout.planar {
			d.unpack.take(dst[plane:], used, raw, 0, 1, plane < 3)
			continue
		}
		if used == p.stored && d.unpack.plain() {
			copy(dst, raw)
			continue
		}
		for k, sample := range p.used {
			d.unpack.take(dst[k:], used, raw, sample, p.stored, k < 3)
		}
	}
	return nil
}
