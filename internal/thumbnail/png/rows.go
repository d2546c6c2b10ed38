package png

import (
	"image"
	"io"

	"github.com/thumbing/thumbing/internal/thumbnail/inflate"
)

// Rows decodes the picture and gives the rows of region, from the top, to emit: Channels bytes for each
// pixel from region.Min.X to region.Max.X, valid during the call. Samples of 16 bits are rounded to 8,
// those of fewer than 8 are spread to the full range; a gAMA chunk changes nothing.
//
// The whole picture is decoded, whatever the region, and anything missing or damaged in its data is an
// error; rows given before it remain given. Bytes after the picture's are not looked at. It takes memory
// for a few rows and, when the picture is interlaced, for half the region: see [Picture.Memory], and
// hold it against a limit before.
func (p *Picture) Rows(region image.Rectangle, emit func(row []byte)) error {
	if region.Empty() || !region.In(p.Bounds()) {
		return FormatError("the region is empty or not in the picture")
	}
	d := &decoder{
		picture: p,
		region:  region,
		emit:    emit,
		data:    inflate.NewReader(&imageData{rest: p.data}, 1+p.rowBytes(p.Width)),
		convert: newConverter(p),
	}
	if p.Interlaced {
		return d.interlaced()
	}
	return d.progressive()
}

// Memory returns about how many bytes Rows takes for region.
func (p *Picture) Memory(region image.Rectangle) int64 {
	row := int64(p.rowBytes(p.Width))
	n := 4*row + 1<<19
	if p.Interlaced {
		n += int64(region.Dx()) * int64(region.Dy()+1) / 2 * int64(p.Channels)
	}
	return n
}

// rowBytes returns the bytes that a row of so many pixels takes in the file, without its filter type.
func (p *Picture) rowBytes(pixels int) int {
	return (pixels*p.pixelBits() + 7) / 8
}

func (p *Picture) pixelBits() int {
	return p.Depth * [...]int{colourGrey: 1, colourRGB: 3, colourPalette: 1, colourGreyAlpha: 2, colourRGBA: 4}[p.colour]
}

// decoder decodes one picture.
type decoder struct {
	picture *Picture
	region  image.Rectangle
	emit    func(row []byte)
	data    *inflate.Reader
	convert converter
}

// progressive decodes a picture that is stored row by row.
func (d *decoder) progressive() error {
	p, region := d.picture, d.region
	row := newRowReader(d.data, p, p.Width, region.Max.X)
	out := make([]byte, region.Dx()*p.Channels)
	for y := range p.Height {
		if y >= region.Max.Y {
			if err := row.skip(); err != nil {
				return err
			}
			continue
		}
		cur, err := row.next()
		if err != nil {
			return err
		}
		if y >= region.Min.Y {
			d.emit(d.convert.row(out, cur, region.Min.X, region.Max.X))
		}
	}
	return nil
}

// rowReader reads rows of one width and undoes their filters.
type rowReader struct {
	data  *inflate.Reader
	bytes int // of a row in the file, with its filter type
	bpp   int // bytes of a pixel, 1 when it is smaller
	cur   []byte
	prev  []byte
}

// newRowReader returns a reader of rows of width pixels, the first used of which matter: no filter looks
// to the right.
func newRowReader(data *inflate.Reader, p *Picture, width, used int) *rowReader {
	n := p.rowBytes(used)
	return &rowReader{
		data:  data,
		bytes: 1 + p.rowBytes(width),
		bpp:   (p.pixelBits() + 7) / 8,
		cur:   make([]byte, n),
		prev:  make([]byte, n),
	}
}

// next returns the bytes of the next row, valid until the next call.
func (r *rowReader) next() ([]byte, error) {
	filtered, err := r.read()
	if err != nil {
		return nil, err
	}
	r.cur, r.prev = r.prev, r.cur
	undoFilter(int(filtered[0]), r.cur, filtered[1:], r.prev, r.bpp)
	return r.cur, nil
}

// skip passes over the next row; next cannot follow.
func (r *rowReader) skip() error {
	_, err := r.read()
	return err
}

func (r *rowReader) read() ([]byte, error) {
	filtered, err := r.data.Next(r.bytes)
	switch {
	case err == io.ErrUnexpectedEOF:
		return nil, FormatError("the image data ends too early")
	case err == inflate.ErrCorrupt:
		return nil, errImageData
	case err != nil:
		return nil, err
	case filtered[0] >= filterTypes:
		return nil, errImageData
	}
	return filtered, nil
}

// imageData is the content of consecutive IDAT chunks, as a source to inflate.
type imageData struct {
	rest []byte // of the file
}

func (s *imageData) Next() ([]byte, error) {
	c, rest, err := nextChunk(s.rest)
	if err != nil {
		return nil, err
	}
	if c.name != chunkIDAT {
		return nil, io.EOF
	}
	s.rest = rest
	if !c.intact() {
		return nil, errChecksum
	}
	return c.data, nil
}
