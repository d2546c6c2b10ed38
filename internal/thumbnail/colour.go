package thumbnail

import (
	"github.com/thumbing/thumbing/internal/thumbnail/icc"
)

// toSRGB converts a thumbnail from the colours of its profile, in place. A profile that cannot be read, or is
// for another kind of picture, is as good as none.
func toSRGB(p picture, profile []byte, space icc.Space) {
	if profile == nil {
		return
	}
	if t, err := icc.Parse(profile); err == nil && t.Space() == space {
		t.Apply(p.pix, p.channels)
	}
}

// space is the colour space of pixels with so many channels.
func space(channels int) icc.Space {
	if channels == 1 {
		return icc.Grey
	}
	return icc.RGB
}
