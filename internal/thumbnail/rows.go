package thumbnail

import (
	"image"

	"github.com/thumbing/thumbing/internal/thumbnail/resample"
)

// rows scales a picture whose rows come one by one, from the top. Only the part that the window needs is
// kept, and of it only as many rows as the filter spans.
type rows struct {
	region   image.Rectangle // of the picture, that the window needs
	channels int
	out      [][]byte // one interleaved picture, or a plane for each channel
	streams  []*resample.Stream
	takePart func(pix []byte) // takes the next row of the region
}

// newRows scales interleaved pixels of 1 channel (grey), 3 (RGB) or 4 (RGB with alpha) to one picture.
func newRows(w window, width, height, channels int) (*rows, error) {
	r, err := newStreams(w, width, height, channels, 1, channels)
	if err != nil {
		return nil, err
	}
	r.takePart = r.streams[0].WriteRow
	return r, nil
}

// newStreams makes so many streams, of so many channels each, for the part of the picture that the window needs.
func newStreams(w window, width, height, channels, streams, each int) (*rows, error) {
	whole := resample.Window{X0: w.left, X1: w.right(), Y0: w.top, Y1: w.bottom()}
	r := &rows{region: whole.Footprint(width, height, w.width, w.height), channels: channels}
	plan, err := resample.New(r.region.Dx(), r.region.Dy(), whole.Sub(r.region.Min), w.width, w.height)
	if err != nil {
		return nil, err
	}
	for range streams {
		out := make([]byte, w.width*w.height*each)
		stream, err := plan.Stream(out, each)
		if err != nil {
			return nil, err
		}
		r.out, r.streams = append(r.out, out), append(r.streams, stream)
	}
	return r, nil
}

// take takes row y of the whole picture.
func (r *rows) take(y int, pix []byte) error {
	if y >= r.region.Min.Y && y < r.region.Max.Y {
		r.takePart(pix[r.region.Min.X*r.channels : r.region.Max.X*r.channels])
	}
	return nil
}
