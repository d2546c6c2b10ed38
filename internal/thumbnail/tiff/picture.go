package tiff

import (
	"encoding/binary"
	"math"
)

// Photometric interpretations: what samples mean (sections 4, 5, 6, 16, 21 and 23).
const (
	photometricWhiteIsZero = 0
	photometricBlackIsZero = 1
	photometricRGB         = 2
	photometricPalette     = 3
	photometricCMYK        = 5
	photometricYCbCr       = 6
	photometricCIELab      = 8
)

// Sample formats (section 19).
const (
	formatUnsigned = 1
	formatFloat    = 3
	formatVoid     = 4 // nothing is known of it: read as unsigned
)

// Kinds of extra samples (section 18).
const (
	extraAssociated   = 1 // alpha that the colour has been multiplied with
	extraUnassociated = 2 // alpha
)

// picture is what the first directory says, checked, in the form that decoding wants.
type picture struct {
	Header
	file  []byte
	order binary.ByteOrder

	photometric uint64
	bits        int    // of a sample: 1, 2, 4 or 8 to 16; of floating point 16, 32 or 64
	format      uint64 // of a sample
	stored      int    // samples of a pixel in the file
	used        []int  // those of them that make the picture, in order
	associated  bool   // the last one used is alpha that the colour has been multiplied with
	palette     []byte // three bytes for each colour
	ycbcr       ycbcr

	layout layout
	coding coding
}

// newPicture reads a file up to its pixels.
func newPicture(file []byte) (*picture, error) {
	d, err := readDirectory(file)
	if err != nil {
		return nil, err
	}
	p := &picture{file: file, order: d.order}
	for _, read := range []func(*directory) error{p.readSize, p.readSamples, p.readColour, p.readCoding, p.readLayout} {
		if err := read(d); err != nil {
			return nil, err
		}
	}
	p.Orientation = orientation(d)
	if p.photometric != photometricCIELab { // which is turned into sRGB
		p.ICC = d.fields[tagICCProfile].data
	}
	return p, nil
}

func (p *picture) readSize(d *directory) error {
	width, height := d.number(tagImageWidth, 0), d.number(tagImageLength, 0)
	if width == 0 || height == 0 || width > math.MaxInt32 || height > math.MaxInt32 {
		return corruptf("a size of %dx%d", width, height)
	}
	p.Width, p.Height = int(width), int(height)
	return nil
}

// orientation reads the field that EXIF has in common with TIFF: one SHORT, 1 to 8. Anything else is upright.
func orientation(d *directory) int {
	f := d.fields[tagOrientation]
	if f.typ != typeShort || f.count != 1 || f.at(0) < 1 || f.at(0) > 8 {
		return 1
	}
	return int(f.at(0))
}

// maxSamples is more than any picture has: what has more is measurements.
const maxSamples = 64

// readSamples reads how many samples a pixel has, and of which kind.
func (p *picture) readSamples(d *directory) error {
	stored := d.number(tagSamplesPerPixel, 1)
	if stored == 0 {
		return corruptf("no samples")
	}
	if stored > maxSamples {
		return unsupportedf("%d samples a pixel", stored)
	}
	p.stored = int(stored)
	bits, err := sameOfAll(d.fields[tagBitsPerSample], p.stored, 1, "numbers of bits")
	if err != nil {
		return err
	}
	if p.format, err = sameOfAll(d.fields[tagSampleFormat], p.stored, formatUnsigned, "sample formats"); err != nil {
		return err
	}
	switch p.format {
	case formatUnsigned, formatVoid:
		if err := checkBits(bits); err != nil {
			return err
		}
	case formatFloat:
		if bits != 16 && bits != 32 && bits != 64 {
			return unsupportedf("floating point of %d bits", bits)
		}
	default: // signed, or complex: nothing says which value is black
		return unsupportedf("sample format %d", p.format)
	}
	p.bits = int(bits)
	return nil
}

// checkBits holds the bits of a sample against what scanners, cameras and programs write.
func checkBits(bits uint64) error {
	switch {
	case bits == 0:
		return corruptf("samples of no bits")
	case bits == 1, bits == 2, bits == 4, bits >= 8 && bits <= 16:
		return nil
	}
	return unsupportedf("samples of %d bits", bits)
}

// sameOfAll returns what a field says of each of the samples, which must be the same. Some writers say it once.
func sameOfAll(f field, samples int, otherwise uint64, what string) (uint64, error) {
	if f.count == 0 {
		return otherwise, nil
	}
	v := f.at(0)
	for i := 1; i < min(f.count, samples); i++ {
		if f.at(i) != v {
			return 0, unsupportedf("different %s in a pixel", what)
		}
	}
	return v, nil
}

// readColour reads what the samples mean.
func (p *picture) readColour(d *directory) error {
	p.photometric = d.number(tagPhotometric, p.guessPhotometric(d))
	colours := 3
	switch p.photometric {
	case photometricWhiteIsZero, photometricBlackIsZero:
		colours, p.Channels = 1, 1
	case photometricRGB:
		p.Channels = 3
	case photometricPalette:
		colours, p.Channels = 1, 3
		if err := p.readPalette(d.fields[tagColorMap]); err != nil {
			return err
		}
	case photometricCMYK:
		const inksCMYK = 1
		if inks := d.number(tagInkSet, inksCMYK); inks != inksCMYK {
			return unsupportedf("inks other than cyan, magenta, yellow and black")
		}
		colours, p.Channels, p.CMYK = 4, 4, true
	case photometricYCbCr:
		p.Channels = 3
		if p.bits != 8 {
			return unsupportedf("YCbCr of other than 8 bits a sample")
		}
		var err error
		if p.ycbcr, err = readYCbCr(d); err != nil {
			return err
		}
	case photometricCIELab:
		p.Channels = 3
		if p.bits != 8 && p.bits != 16 {
			return unsupportedf("L*a*b* of other than 8 or 16 bits a sample")
		}
	default:
		return unsupportedf("photometric interpretation %d", p.photometric)
	}
	if p.format == formatFloat && p.photometric != photometricRGB {
		// Of grey, nothing says which value is white.
		return unsupportedf("floating point that is not RGB")
	}
	if p.stored < colours {
		return corruptf("%d samples a pixel for %d colours", p.stored, colours)
	}
	for i := range colours {
		p.used = append(p.used, i)
	}
	if alpha := p.findAlpha(d, colours); alpha > 0 {
		p.used = append(p.used, alpha)
		p.Channels = 4
	}
	return nil
}

// guessPhotometric stands in for a field that is required.
func (p *picture) guessPhotometric(d *directory) uint64 {
	switch c := d.number(tagCompression, compressNone); {
	case c == compressHuffman, c == compressT4, c == compressT6:
		return photometricWhiteIsZero
	case p.stored >= 3:
		return photometricRGB
	}
	return photometricBlackIsZero
}

// findAlpha returns which sample is alpha, 0 for none. Grey and RGB can have it.
func (p *picture) findAlpha(d *directory, colours int) int {
	switch p.photometric {
	case photometricWhiteIsZero, photometricBlackIsZero, photometricRGB:
	default:
		return 0
	}
	extra := d.fields[tagExtraSamples]
	for i := range min(extra.count, p.stored-colours) {
		switch extra.at(i) {
		case extraAssociated:
			p.associated = true
			return colours + i
		case extraUnassociated:
			return colours + i
		}
	}
	if p.stored == colours+1 {
		return colours // nothing says so, or that it is something else; libvips and ImageMagick take it for that
	}
	return 0
}

// readPalette reads the ColorMap: all red samples, of 16 bits, then all green, then all blue (section 5).
func (p *picture) readPalette(f field) error {
	if p.bits > 8 {
		return unsupportedf("a palette for samples of %d bits", p.bits)
	}
	n := 1 << p.bits
	if f.count < 3*n {
		return corruptf("%d colours in the palette of %d", f.count/3, n)
	}
	shift := 0 // some writers have samples of 8 bits
	for i := range 3 * n {
		if f.at(i) > 0xff {
			shift = 8
		}
	}
	p.palette = make([]byte, 0, 3*n)
	for i := range n {
		for c := range 3 {
			p.palette = append(p.palette, byte(f.at(c*n+i)>>shift))
		}
	}
	return nil
}
