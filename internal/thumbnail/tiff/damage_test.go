package tiff

import (
	"encoding/binary"
	"errors"
	"image"
	"math"
	"testing"
)

// small are small pictures of every kind that a file can be made of.
func small() map[string]file {
	base := file{width: 5, height: 4, photometric: photometricRGB, samples: 3, sample: of(8, noise), rowsPerStrip: 3}
	with := func(change func(*file)) file { f := base; change(&f); return f }
	fax := func(kind int) file {
		return with(func(f *file) {
			f.compression, f.bits, f.samples, f.photometric, f.sample = kind, 1, 1, photometricWhiteIsZero, of(1, noise)
		})
	}
	return map[string]file{
		"plain":      base,
		"big":        with(func(f *file) { f.big = true }),
		"big-endian": with(func(f *file) { f.order, f.bits = binary.BigEndian, 16 }),
		"planar":     with(func(f *file) { f.planar = true }),
		"tiles":      with(func(f *file) { f.tile = image.Pt(16, 16) }),
		"PackBits":   with(func(f *file) { f.compression = compressPackBits }),
		"LZW":        with(func(f *file) { f.compression, f.predictor = compressLZW, predictorHorizontal }),
		"deflate":    with(func(f *file) { f.compression, f.reversed = compressDeflate, true }),
		"JPEG":       with(func(f *file) { f.compression, f.encode = compressJPEG, compressJPEGRows(3) }),
		"Huffman":    fax(compressHuffman),
		"T.4":        fax(compressT4),
		"T.6":        fax(compressT6),
		"palette":    palettes()[0].file,
		"L*a*b*":     with(func(f *file) { f.photometric = photometricCIELab }),
		"CMYK":       with(func(f *file) { f.photometric, f.samples = photometricCMYK, 4 }),
		"alpha":      with(func(f *file) { f.samples, f.fields = 4, map[int]values{tagExtraSamples: shorts(extraAssociated)} }),
		"float":      colours()[len(colours())-1].file,
		"subsampled": with(func(f *file) {
			f.photometric, f.encode = photometricYCbCr, func(rows []byte, width int) []byte { return units(rows, width, 2, 2) }
		}),
		"orientation": with(func(f *file) { f.fields = map[int]values{tagOrientation: shorts(6)} }),
	}
}

// TestTruncated cuts files at every byte. // I11
func TestTruncated(t *testing.T) {
	for name, f := range small() {
		src := f.bytes()
		mustDecode(t, src)
		for n := range src {
			if _, _, err := decode(src[:n]); !errors.Is(err, ErrCorrupt) {
				t.Fatalf("%s: %d of %d bytes: %v", name, n, len(src), err)
			}
		}
		if _, _, err := decode(append(src, "rubbish"...)); err != nil {
			t.Errorf("%s: bytes behind the picture: %v", name, err)
		}
	}
}

// TestShortBlocks takes most of what blocks hold, and counts them so.
func TestShortBlocks(t *testing.T) {
	for name, f := range small() {
		inner := f
		f.encode = func(rows []byte, width int) []byte {
			b := inner.compress(rows, width)
			return b[:len(b)/5]
		}
		f.reversed = false // done already
		f.fields = map[int]values{}
		for tag, v := range inner.fields {
			f.fields[tag] = v
		}
		f.fields[tagFillOrder] = shorts(uint64(1 + btoi(inner.reversed)))
		if _, _, err := decode(f.bytes()); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestErrors(t *testing.T) {
	base := file{width: 5, height: 4, photometric: photometricBlackIsZero, sample: of(16, noise)}
	field := func(tag int, v values) func(*file) {
		return func(f *file) { f.fields = map[int]values{tag: v} }
	}
	for name, c := range map[string]struct {
		change func(*file)
		want   error
	}{
		"no width":        {field(tagImageWidth, values{}), ErrCorrupt},
		"no height":       {field(tagImageLength, shorts(0)), ErrCorrupt},
		"a width of 2^31": {field(tagImageWidth, longs(1<<31)), ErrCorrupt},
		"as large as can be": {func(f *file) {
			f.fields = map[int]values{tagImageWidth: longs(math.MaxInt32), tagImageLength: longs(math.MaxInt32)}
		}, ErrCorrupt},
		"a width that is a fraction": {field(tagImageWidth, values{typ: typeRational, numbers: []uint64{5000}}), ErrCorrupt},
		"no samples":                 {field(tagSamplesPerPixel, shorts(0)), ErrCorrupt},
		"65 samples":                 {field(tagSamplesPerPixel, shorts(65)), ErrUnsupported},
		"no bits":                    {field(tagBitsPerSample, shorts(0)), ErrCorrupt},
		"5 bits":                     {field(tagBitsPerSample, shorts(5)), ErrUnsupported},
		"32 bits":                    {field(tagBitsPerSample, shorts(32)), ErrUnsupported},
		"signed samples":             {field(tagSampleFormat, shorts(2)), ErrUnsupported},
		"complex samples":            {field(tagSampleFormat, shorts(6)), ErrUnsupported},
		"floating point of 8 bits":   {field(tagSampleFormat, shorts(3)), ErrUnsupported},
		"grey of floating point":     {func(f *file) { f.bits = 32; field(tagSampleFormat, shorts(3))(f) }, ErrUnsupported},
		"bits that differ": {func(f *file) {
			f.samples, f.photometric = 3, photometricRGB
			field(tagBitsPerSample, shorts(5, 6, 5))(f)
		}, ErrUnsupported},
		"RGB of two samples":    {func(f *file) { f.samples, f.photometric = 2, photometricRGB }, ErrCorrupt},
		"CMYK of three samples": {func(f *file) { f.samples, f.photometric = 3, photometricCMYK }, ErrCorrupt},
		"other inks":            {func(f *file) { f.samples, f.photometric = 4, photometricCMYK; field(tagInkSet, shorts(2))(f) }, ErrUnsupported},
		"a mask":                {func(f *file) { f.photometric = 4 }, ErrUnsupported},
		"a colour filter array": {func(f *file) { f.photometric = 32803 }, ErrUnsupported},
		"no palette":            {func(f *file) { f.photometric = photometricPalette }, ErrCorrupt},
		"a short palette": {func(f *file) {
			f.photometric = photometricPalette
			field(tagColorMap, shorts(make([]uint64, 767)...))(f)
		}, ErrCorrupt},
		"a palette of 16 bits": {func(f *file) { f.photometric, f.bits = photometricPalette, 16 }, ErrUnsupported},
		"YCbCr of 16 bits":     {func(f *file) { f.photometric, f.samples, f.bits = photometricYCbCr, 3, 16 }, ErrUnsupported},
		"YCbCr, three share chroma": {func(f *file) {
			f.photometric, f.samples = photometricYCbCr, 3
			field(tagYCbCrSubSampling, shorts(3, 1))(f)
		}, ErrCorrupt},
		"YCbCr in planes that share":    {func(f *file) { f.photometric, f.samples, f.planar = photometricYCbCr, 3, true }, ErrUnsupported},
		"L*a*b* of 4 bits":              {func(f *file) { f.photometric, f.samples, f.bits = photometricCIELab, 3, 4 }, ErrUnsupported},
		"a compression of old":          {field(tagCompression, shorts(compressJPEGOld)), ErrUnsupported},
		"an unknown compression":        {field(tagCompression, shorts(50000)), ErrUnsupported},
		"fax of 8 bits":                 {field(tagCompression, shorts(compressT6)), ErrCorrupt},
		"fax, uncompressed":             {func(f *file) { f.bits, f.compression = 1, compressT4; field(tagT4Options, longs(2))(f) }, ErrUnsupported},
		"JPEG of 16 bits":               {func(f *file) { f.bits = 16; field(tagCompression, shorts(compressJPEG))(f) }, ErrUnsupported},
		"no JPEG":                       {field(tagCompression, shorts(compressJPEG)), ErrCorrupt},
		"an unknown predictor":          {func(f *file) { f.compression = compressLZW; field(tagPredictor, shorts(4))(f) }, ErrUnsupported},
		"a predictor of 4 bits":         {func(f *file) { f.compression, f.bits = compressLZW, 4; field(tagPredictor, shorts(2))(f) }, ErrUnsupported},
		"a floating predictor of whole": {func(f *file) { f.compression = compressLZW; field(tagPredictor, shorts(3))(f) }, ErrCorrupt},
		"an unknown configuration":      {field(tagPlanarConfiguration, shorts(3)), ErrCorrupt},
		"no strips":                     {field(tagStripOffsets, values{}), ErrCorrupt},
		"strips of one row":             {field(tagRowsPerStrip, shorts(1)), ErrCorrupt},
		"a strip behind the end":        {field(tagStripOffsets, longs(1<<31)), ErrTruncated},
		"a strip over the end":          {field(tagStripByteCounts, longs(1<<31)), ErrTruncated},
		"a short strip":                 {field(tagStripByteCounts, longs(19)), ErrTruncated},
		"an offset that is none":        {field(tagStripOffsets, values{typ: typeRational, numbers: []uint64{8}}), ErrTruncated},
		"tiles of no width":             {field(tagTileWidth, shorts(0)), ErrCorrupt},
		"tiles of great width":          {func(f *file) { f.tile = image.Pt(16, 16); field(tagTileWidth, longs(1<<30))(f) }, ErrCorrupt},
		"no LZW": {func(f *file) {
			f.compression, f.encode = compressLZW, func([]byte, int) []byte { return []byte{0xff, 0xff, 0xff} }
		}, ErrCorrupt},
		"no deflate": {func(f *file) {
			f.compression, f.encode = compressDeflate, func([]byte, int) []byte { return []byte{1, 2, 3} }
		}, ErrCorrupt},
		"all over the file and more":      {field(tagICCProfile, values{typ: 99, bytes: []byte("x")}), nil},
		"a directory that ends with zero": {field(tagOrientation, values{typ: typeShort, numbers: []uint64{}}), nil},
	} {
		f := base
		c.change(&f)
		if _, _, err := decode(f.bytes()); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestDirectories breaks what comes before the fields.
func TestDirectories(t *testing.T) {
	f := file{width: 5, height: 4, photometric: photometricBlackIsZero, sample: of(8, noise)}
	good, f2 := f.bytes(), f
	f2.big = true
	big := f2.bytes()
	put := func(src []byte, at int, b ...byte) []byte {
		src = append([]byte(nil), src...)
		copy(src[at:], b)
		return src
	}
	at := int(binary.LittleEndian.Uint32(good[4:]))
	for name, c := range map[string]struct {
		src  []byte
		want error
	}{
		"nothing":                {nil, ErrTruncated},
		"no byte order":          {put(good, 0, 'X'), ErrCorrupt},
		"version 41":             {put(good, 2, 41), ErrCorrupt},
		"offsets of 4 bytes":     {put(big, 4, 4), ErrCorrupt},
		"not zero":               {put(big, 6, 1), ErrCorrupt},
		"behind the end":         {put(good, 4, 0xff, 0xff, 0xff, 0xff), ErrTruncated},
		"far behind the end":     {put(big, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), ErrTruncated},
		"65535 fields":           {put(good, at, 0xff, 0xff), ErrTruncated},
		"a directory in a loop":  {put(good, len(good)-4, good[4:8]...), nil},
		"values behind the end":  {put(good, at+2+4, 0xff, 0xff), ErrTruncated},
		"more values than bytes": {put(good, at+2+4, 0xff, 0xff, 0xff, 0xff), ErrTruncated},
	} {
		if _, _, err := decode(c.src); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestLimits holds that what costs too much is refused by its header.
func TestLimits(t *testing.T) { // I3
	base := file{width: 5, height: 4, photometric: photometricBlackIsZero, sample: of(8, noise)}
	large := map[int]values{tagImageWidth: longs(60_000), tagImageLength: longs(60_000), tagRowsPerStrip: longs(60_000)}
	shared := func(n int) map[int]values {
		all := make([]uint64, n)
		for i := range all {
			all[i] = 8
		}
		counts := make([]uint64, n)
		for i := range counts {
			counts[i] = 200_000
		}
		return map[int]values{
			tagImageLength: longs(uint64(n)), tagRowsPerStrip: shorts(1),
			tagStripOffsets: longs(all...), tagStripByteCounts: longs(counts...),
		}
	}
	for name, c := range map[string]struct {
		change func(*file)
		limits Limits
	}{
		"60000x60000":                  {func(f *file) { f.fields = large }, Limits{}},
		"60000x60000 of one bit":       {func(f *file) { f.bits, f.fields = 1, large }, Limits{Work: 1 << 28}},
		"a long row":                   {func(f *file) { f.fields = map[int]values{tagImageWidth: longs(math.MaxInt32)} }, Limits{Work: math.MaxInt64}},
		"strips that share their data": {func(f *file) { f.compression, f.fields = compressPackBits, shared(50_000) }, Limits{}},
		"many pixels in a JPEG":        {func(f *file) { f.compression, f.fields = compressJPEG, large }, Limits{Work: math.MaxInt64}},
		"little work":                  {func(f *file) {}, Limits{Work: 39}},
		"little memory":                {func(f *file) { f.compression = compressDeflate }, Limits{Memory: 1 << 16}},
		"many tiles at a time": {func(f *file) {
			f.compression, f.tile = compressLZW, image.Pt(16, 16)
			all := longs(make([]uint64, 10_000)...)
			f.fields = map[int]values{tagImageWidth: longs(160_000), tagTileOffsets: all, tagTileByteCounts: all}
		}, Limits{}},
	} {
		f := base
		c.change(&f)
		src := f.bytes()
		if name == "strips that share their data" {
			src = append(src, make([]byte, 200_000)...)
		}
		err := DecodeRows(src, Options{Limits: c.limits}, func(int, []byte) error {
			t.Errorf("%s: a row", name)
			return nil
		})
		if !errors.Is(err, ErrTooMuchWork) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := DecodeHeader(src); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := DecodeRows(base.bytes(), Options{Limits: Limits{Work: 40, Memory: 20}}, func(int, []byte) error { return nil }); err != nil {
		t.Errorf("enough: %v", err)
	}
}
