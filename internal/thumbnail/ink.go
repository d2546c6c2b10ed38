package thumbnail

import (
	"github.com/thumbing/thumbing/internal/thumbnail/icc"
)

// Ink is converted where there are fewest pixels: of a picture that gets smaller, the thumbnail's, and of one that gets
// larger, its own. There is no choice in the second case: a filter overshoots at edges, and four inks that each do it
// by themselves make colours that are nowhere in the picture.

// inkTransform is how cyan, magenta, yellow and black look by their profile, or without one that can be read.
func inkTransform(profile []byte) *icc.Transform {
	if t, err := icc.Parse(profile); err == nil && t.Space() == icc.CMYK {
		return t
	}
	return icc.GenericCMYK()
}

// fromInk makes colours of four planes of ink, where 0 is none.
func fromInk(planes [][]byte, t *icc.Transform, width, height int) picture {
	rgb := make([]byte, 3*width*height)
	t.ApplyCMYK(rgb, planes[0], planes[1], planes[2], planes[3])
	return pictureOf(rgb, 3, width, height)
}

// inkRows scales a picture of interleaved inks whose rows come one by one.
type inkRows struct {
	*rows
	transform *icc.Transform
	enlarged  bool
}

func newInkRows(w window, width, height int, t *icc.Transform) (inkRows, error) {
	const inks, colours = 4, 3
	r := inkRows{transform: t, enlarged: w.enlarges()}
	streams, each := inks, 1
	if r.enlarged {
		streams, each = 1, colours
	}
	var err error
	if r.rows, err = newStreams(w, width, height, inks, streams, each); err != nil {
		return inkRows{}, err
	}
	planes := make([][]byte, inks)
	for i := range planes {
		planes[i] = make([]byte, r.region.Dx())
	}
	rgb := make([]byte, colours*r.region.Dx())
	r.takePart = func(pix []byte) {
		for i, plane := range planes {
			for x := range plane {
				plane[x] = pix[inks*x+i]
			}
		}
		if r.enlarged {
			t.ApplyCMYK(rgb, planes[0], planes[1], planes[2], planes[3])
			r.streams[0].WriteRow(rgb)
			return
		}
		for i, plane := range planes {
			r.streams[i].WriteRow(plane)
		}
	}
	return r, nil
}

// picture is the scaled picture once all rows are in.
func (r inkRows) picture(width, height int) picture {
	if r.enlarged {
		return pictureOf(r.out[0], 3, width, height)
	}
	return fromInk(r.out, r.transform, width, height)
}
