package tiff

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/thumbing/thumbing/internal/thumbnail/jpeg"
)

// jpegRows gives the rows of a block that is a JPEG picture (Technical Note 2). It is decoded whole: what the samples
// mean, only the TIFF file says.
type jpegRows struct {
	planes []jpeg.Plane
	width  int
	y      int
	row    []byte
}

func newJPEGRows(p *picture, data []byte, rows int) (*jpegRows, error) {
	l := &p.layout
	samples := p.samplesInRow()
	data = withTables(p.coding.jpegTables, data)
	h, err := jpeg.DecodeHeader(data)
	switch {
	case err != nil:
		return nil, jpegError(err)
	case h.Progressive:
		return nil, unsupportedf("a progressive jpeg within")
	case h.Components != samples:
		return nil, corruptf("a jpeg of %d components for %d samples", h.Components, samples)
	case h.Width != l.width || h.Height < rows || h.Height > l.height:
		return nil, corruptf("a jpeg of %dx%d for %dx%d", h.Width, h.Height, l.width, rows)
	}
	m, err := jpeg.Decode(data, jpeg.Options{Limits: jpeg.Limits{Scans: samples, Memory: p.jpegMemory()}})
	if err != nil {
		return nil, jpegError(err)
	}
	return &jpegRows{planes: m.Planes, width: m.Width, row: make([]byte, m.Width*samples)}, nil
}

// jpegMemory returns the bytes that decoding a block may take: its samples, and some for small ones, since JPEG rounds
// up to whole blocks of its own.
func (p *picture) jpegMemory() int64 {
	return 2*mul(mul(int64(p.layout.width), int64(p.layout.height)), int64(p.samplesInRow())) + 64<<10
}

// withTables puts the tables that blocks share, a JPEG stream of their own, in front of a block's.
func withTables(tables, data []byte) []byte {
	startOfImage, endOfImage := []byte{0xff, 0xd8}, []byte{0xff, 0xd9}
	tables, ok := bytes.CutSuffix(tables, endOfImage)
	if !ok {
		return data
	}
	data = bytes.TrimPrefix(data, startOfImage)
	return append(tables[:len(tables):len(tables)], data...)
}

func jpegError(err error) error {
	switch {
	case errors.Is(err, jpeg.ErrTruncated):
		return fmt.Errorf("%w: %w", ErrTruncated, err)
	case errors.Is(err, jpeg.ErrUnsupported):
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	case errors.Is(err, jpeg.ErrTooMuchWork):
		return fmt.Errorf("%w: %w", ErrTooMuchWork, err)
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}

func (r *jpegRows) next() ([]byte, error) {
	samples := len(r.planes)
	for c, plane := range r.planes {
		line := plane.Pix[nearest(plane.Y, r.y, plane.Height)*plane.Stride:][:plane.Width]
		for x := range r.width {
			r.row[x*samples+c] = line[nearest(plane.X, x, plane.Width)]
		}
	}
	r.y++
	return r.row, nil
}

// nearest returns which of n samples covers the middle of pixel i.
func nearest(a jpeg.Axis, i, n int) int {
	return min(max((2*(i-a.Origin)+1)*a.Den/(2*a.Num), 0), n-1)
}
