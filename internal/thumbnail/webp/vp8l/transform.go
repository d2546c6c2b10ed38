package vp8l

// transform undoes, row by row from the top, what the encoder did to a picture (RFC 9649, 3.5).
type transform interface {
	// invert returns row y, in the same place or one of its own.
	invert(row []uint32, y int) []uint32
}

// Types of transforms.
const (
	predictorTransform = iota
	colourTransform
	subtractGreenTransform
	indexingTransform
	transformTypes
)

// readTransforms reads the transforms of a picture of some width, and returns the width that is stored.
func (d *Decoder) readTransforms(width int) (int, error) {
	r := &d.bits
	var seen [transformTypes]bool
	for r.read(1) == 1 {
		kind := r.read(2)
		if seen[kind] {
			return 0, FormatError("a transform comes twice")
		}
		seen[kind] = true
		var t transform
		var err error
		switch kind {
		case predictorTransform:
			t, err = d.readPredictor(width)
		case colourTransform:
			t, err = d.readColour(width)
		case subtractGreenTransform:
			t = subtractGreen{}
		default:
			var p *palette
			if p, err = d.readPalette(width); err == nil {
				width = subsampled(width, p.bits)
			}
			t = p
		}
		if err != nil {
			return 0, err
		}
		d.transforms = append(d.transforms, t)
	}
	return width, nil
}

// readSquares reads a transform's parameters, which hold for squares of 1<<bits pixels: a row of squares after the
// other.
func (d *Decoder) readSquares(width int) (squares, error) {
	s := squares{bits: uint(2 + d.bits.read(3))}
	s.across = subsampled(width, s.bits)
	var err error
	s.values, err = readSubimage(&d.bits, &d.budget, s.across, subsampled(d.height, s.bits))
	return s, err
}

type squares struct {
	bits   uint
	across int
	values []uint32
}

// row returns the values for row y of the picture.
func (s *squares) row(y int) []uint32 {
	return s.values[y>>s.bits*s.across:][:s.across]
}

// subtractGreen is the transform that takes green off red and blue (RFC 9649, 3.5.3).
type subtractGreen struct{}

func (subtractGreen) invert(row []uint32, _ int) []uint32 {
	for i, v := range row {
		green := v >> 8 & 0xff
		row[i] = v&0xff00ff00 | (v&0x00ff00ff+green*0x00010001)&0x00ff00ff
	}
	return row
}

// colour is the transform that takes multiples of green and red off other colours (RFC 9649, 3.5.2).
type colour struct{ squares }

func (d *Decoder) readColour(width int) (*colour, error) {
	s, err := d.readSquares(width)
	return &colour{s}, err
}

func (t *colour) invert(row []uint32, y int) []uint32 {
	rest := row
	for _, factors := range t.row(y) {
		greenToRed, greenToBlue, redToBlue := int8(factors), int8(factors>>8), int8(factors>>16)
		n := min(1<<t.bits, len(rest))
		for i, v := range rest[:n] {
			green := int8(v >> 8)
			red := uint8(v>>16) + part(greenToRed, green)
			blue := uint8(v) + part(greenToBlue, green) + part(redToBlue, int8(red))
			rest[i] = v&0xff00ff00 | uint32(red)<<16 | uint32(blue)
		}
		rest = rest[n:]
	}
	return row
}

// part is a factor, in units of 1/32, times a colour.
func part(factor, colour int8) uint8 { return uint8(int32(factor) * int32(colour) >> 5) }

// palette is the transform that replaces colours by indices, as green, of which several may share a pixel (RFC 9649, 3.5.4).
type palette struct {
	colours [256]uint32 // indices beyond the palette are transparent black
	bits    uint        // 1<<bits indices share a pixel
	row     []uint32
}

func (d *Decoder) readPalette(width int) (*palette, error) {
	n := d.bits.read(8) + 1
	colours, err := readSubimage(&d.bits, &d.budget, n, 1)
	if err != nil {
		return nil, err
	}
	if err := d.budget.spend(width, 4); err != nil {
		return nil, err
	}
	p := &palette{row: make([]uint32, width)}
	switch {
	case n <= 2:
		p.bits = 3
	case n <= 4:
		p.bits = 2
	case n <= 16:
		p.bits = 1
	}
	var sum uint32
	for i, v := range colours {
		sum = addPixels(sum, v)
		p.colours[i] = sum
	}
	return p, nil
}

func (p *palette) invert(row []uint32, _ int) []uint32 {
	if p.bits == 0 {
		for i, v := range row {
			p.row[i] = p.colours[uint8(v>>8)]
		}
		return p.row
	}
	width := 8 >> p.bits // bits of an index
	mask := uint32(1)<<width - 1
	rest := p.row
	for _, v := range row {
		indices := v >> 8 & 0xff
		n := min(1<<p.bits, len(rest))
		for i := range rest[:n] {
			rest[i] = p.colours[indices&mask]
			indices >>= width
		}
		rest = rest[n:]
	}
	return p.row
}
