package jpeg

import (
	"bytes"
	"fmt"
)

// Header says what a file holds.
type Header struct {
	Width, Height int // in pixels, as stored: before any orientation that Exif asks for
	Components    int // 1, 3 or 4
	Precision     int // bits of a sample: 8
	Progressive   bool
	Model         Model
	// Inverted: samples of CMYK, or what YCCK converts to, are 255 for no ink, as Adobe writes them.
	Inverted bool
	// Exif is the TIFF structure of the first Exif segment, nil without one. It refers to the file's bytes.
	Exif []byte
	// ICC is the colour profile, nil without one and when parts of it are missing. It may refer to the file's
	// bytes.
	ICC []byte
}

// Model is what the components of a picture mean.
type Model uint8

// The colour models. Conversion of YCbCr is that of JFIF (ITU-T T.871 clause 7: BT.601 at full range). YCCK is
// CMY as RGB, converted to YCbCr, and K.
const (
	Grey Model = iota
	YCbCr
	RGB
	CMYK
	YCCK
)

// String returns the model's name.
func (m Model) String() string {
	switch m {
	case Grey:
		return "grey"
	case YCbCr:
		return "YCbCr"
	case RGB:
		return "RGB"
	case CMYK:
		return "CMYK"
	case YCCK:
		return "YCCK"
	}
	return fmt.Sprintf("Model(%d)", uint8(m))
}

// The signatures that start application segments.
var (
	signatureJFIF  = []byte("JFIF\x00")
	signatureExif  = []byte("Exif\x00")
	signatureICC   = []byte("ICC_PROFILE\x00")
	signatureAdobe = []byte("Adobe")
)

// headerBuilder gathers what a Header needs from the segments before the first scan.
type headerBuilder struct {
	frame          frame
	hasFrame       bool
	jfif           bool
	adobe          bool
	adobeTransform byte
	exif           []byte
	icc            iccParts
}

// add takes one segment into account.
func (b *headerBuilder) add(seg segment) error {
	p := seg.payload
	switch m := seg.marker; {
	case seg.isFrame():
		if b.hasFrame {
			return corruptf("a second frame")
		}
		f, err := parseFrame(m, p)
		if err != nil {
			return err
		}
		b.frame, b.hasFrame = f, true
	case m == markerDHP, m == markerEXP:
		return unsupportedf("hierarchical")
	case m == markerAPP0:
		b.jfif = b.jfif || len(p) >= 14 && bytes.HasPrefix(p, signatureJFIF)
	case m == markerAPP1:
		if b.exif == nil && len(p) > 6 && bytes.HasPrefix(p, signatureExif) {
			b.exif = p[6:]
		}
	case m == markerAPP2:
		if bytes.HasPrefix(p, signatureICC) {
			b.icc.add(p[len(signatureICC):])
		}
	case m == markerAPPE:
		if len(p) >= 12 && bytes.HasPrefix(p, signatureAdobe) {
			b.adobe, b.adobeTransform = true, p[11]
		}
	}
	return nil
}

// needHeight makes sure, when the walker stands behind the header of the first scan, that there is a frame, and that
// its height is known. Where the frame leaves it open, a DNL segment behind the scan gives it (T.81 B.2.5).
func (b *headerBuilder) needHeight(w walker) error {
	if !b.hasFrame {
		return corruptf("a scan before the frame")
	}
	if b.frame.height != 0 {
		return nil
	}
	w.skipScan()
	seg, err := w.next()
	if err != nil {
		return err
	}
	if seg.marker != markerDNL || len(seg.payload) != 2 {
		return corruptf("no number of lines")
	}
	if b.frame.height = int(seg.payload[0])<<8 | int(seg.payload[1]); b.frame.height == 0 {
		return corruptf("no lines")
	}
	return nil
}

// header returns the whole.
func (b *headerBuilder) header() Header {
	h := Header{
		Width: b.frame.width, Height: b.frame.height,
		Components:  len(b.frame.components),
		Precision:   8,
		Progressive: b.frame.progressive,
		Model:       b.model(),
		Exif:        b.exif,
		ICC:         b.icc.join(),
	}
	h.Inverted = b.adobe && h.Components == 4
	return h
}

// model decides what the components mean. T.81 leaves that to applications; this is what they agree on: a JFIF
// file is YCbCr, else Adobe's segment says, else the component identifiers may spell it out (Adobe Technical
// Note 5116, clause 18).
func (b *headerBuilder) model() Model {
	c := b.frame.components
	switch {
	case len(c) == 1:
		return Grey
	case len(c) == 4:
		if b.adobe && b.adobeTransform != 0 {
			return YCCK
		}
		return CMYK
	case b.jfif:
		return YCbCr
	case b.adobe && b.adobeTransform == 0:
		return RGB
	case !b.adobe && c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B':
		return RGB
	}
	return YCbCr
}

// iccParts gathers a profile that is spread over APP2 segments (ICC.1 annex B.4): each carries its number, from
// 1, and how many there are.
type iccParts struct {
	parts  [256][]byte
	total  byte
	seen   int
	length int
	broken bool
}

func (c *iccParts) add(p []byte) {
	if len(p) < 2 {
		c.broken = true
		return
	}
	number, total := p[0], p[1]
	if c.seen > 0 && total != c.total || number == 0 || number > total || c.parts[number] != nil {
		c.broken = true
		return
	}
	c.parts[number] = p[2:]
	c.total = total
	c.seen++
	c.length += len(p) - 2
}

// join returns the profile, or nil when there is none or any part of it is missing or contradicts another.
func (c *iccParts) join() []byte {
	if c.broken || c.seen == 0 || c.seen != int(c.total) || c.length == 0 {
		return nil
	}
	if c.seen == 1 {
		return c.parts[1]
	}
	profile := make([]byte, 0, c.length)
	for i := 1; i <= c.seen; i++ {
		profile = append(profile, c.parts[i]...)
	}
	return profile
}
