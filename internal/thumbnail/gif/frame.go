package gif

import "fmt"

func (p *picture) work() int64 {
	f := &p.frame
	return int64(p.Width)*int64(p.Height) + int64(f.width)*int64(f.height) + int64(len(f.data))
}

func (p *picture) memory() int64 {
	const tables = 32 << 10 // of LZW
	f := &p.frame
	n := int64(p.Width)*int64(p.Channels) + int64(f.width) + tables
	if f.interlaced {
		n += int64(f.width) * int64(f.height)
	}
	return n
}

// decode hands out the rows of the screen.
func (p *picture) decode(emit func(y int, pix []byte) error) error {
	f := &p.frame
	next, err := f.rows()
	if err != nil {
		return err
	}
	pix := make([]byte, p.Width*p.Channels)
	colours := p.colours()
	for y := range p.Height {
		clear(pix)
		if y >= f.y && y < f.y+f.height {
			indices, err := next()
			if err != nil {
				return fmt.Errorf("row %d: %w", y-f.y, err)
			}
			paint(pix[f.x*p.Channels:], indices, &colours, p.Channels)
		}
		if err := emit(y, pix); err != nil {
			return err
		}
	}
	return nil
}

// colours returns the pixel for each index: black for those that the table does not have.
func (p *picture) colours() [256][4]byte {
	var c [256][4]byte
	for i := range c {
		c[i][3] = 255
		if 3*i+3 <= len(p.frame.table) {
			copy(c[i][:3], p.frame.table[3*i:])
		}
	}
	if t := p.frame.transparent; t >= 0 {
		c[t] = [4]byte{}
	}
	return c
}

func paint(pix, indices []byte, colours *[256][4]byte, channels int) {
	for i, index := range indices {
		c := &colours[index]
		q := pix[i*channels : (i+1)*channels : (i+1)*channels]
		q[0], q[1], q[2] = c[0], c[1], c[2]
		if channels == 4 {
			q[3] = c[3]
		}
	}
}

// rows returns a function that gives the indices of the frame's rows from the top, each valid until the next call.
func (f *frame) rows() (func() ([]byte, error), error) {
	pixels := newLZWReader(f.data, f.codeSize)
	if f.interlaced {
		return f.interlacedRows(pixels)
	}
	row := make([]byte, f.width)
	return func() ([]byte, error) { return row, pixels.read(row) }, nil
}

// interlacedRows decodes the frame whole. Every eighth row comes first, then those half way between them, then those
// between all these, then the rest (appendix E).
func (f *frame) interlacedRows(pixels *lzwReader) (func() ([]byte, error), error) {
	all := make([]byte, f.width*f.height)
	for _, pass := range []struct{ first, step int }{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
		for y := pass.first; y < f.height; y += pass.step {
			if err := pixels.read(all[y*f.width : (y+1)*f.width]); err != nil {
				return nil, fmt.Errorf("row %d: %w", y, err)
			}
		}
	}
	return func() ([]byte, error) {
		row := all[:f.width]
		all = all[f.width:]
		return row, nil
	}, nil
}
