package png

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"image"
	"math/rand/v2"
	"testing"
)

func TestChunksThatDoNotMatter(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	p := randomPicture(rnd, colourPalette, 4, 20, 20, false, true)
	want, _ := p.want()
	c := p.chunks(t, rnd)
	ihdr, plte, trns, idat, iend := c[0], c[1], c[2], c[3], c[4]
	junk := func(name string) named { return named{name, []byte("not what it should be")} }
	garbage := append(bytes.Clone(idat.data), bytes.Repeat([]byte{0xee}, 3000)...)
	for name, list := range map[string][]named{
		"tRNS before PLTE":               {ihdr, trns, plte, idat, iend},
		"text, time and gamma":           {ihdr, junk("tEXt"), junk("zTXt"), junk("tIME"), junk("gAMA"), plte, trns, idat, junk("iTXt"), iend},
		"frames of an animation":         {ihdr, junk("acTL"), plte, trns, junk("fcTL"), idat, junk("fdAT"), junk("fcTL"), iend},
		"a second palette":               {ihdr, plte, {"PLTE", make([]byte, 48)}, trns, idat, iend},
		"a palette after the data":       {ihdr, plte, trns, idat, {"PLTE", make([]byte, 48)}, iend},
		"transparency after the data":    {ihdr, plte, trns, idat, {"tRNS", []byte{9, 9, 9}}, iend},
		"bytes after the stream":         {ihdr, plte, trns, {"IDAT", garbage}, iend},
		"image data after the picture's": {ihdr, plte, trns, idat, {"IDAT", garbage}, iend},
		"image data elsewhere":           {ihdr, plte, trns, idat, junk("teXt"), {"IDAT", garbage}, iend},
	} {
		got, _, err := decode(write(list...), image.Rectangle{})
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, _, err := decode(append(write(c...), "trailing bytes"...), image.Rectangle{})
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("bytes after the file: %v", err)
	}
}

// withWrongSum replaces the checksum of a chunk by a wrong one.
func withWrongSum(file []byte, name string) []byte {
	file = bytes.Clone(file)
	at := bytes.Index(file, []byte(name))
	n := int(binary.BigEndian.Uint32(file[at-4:]))
	file[at+4+n]++
	return file
}

func TestChecksums(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	c := randomPicture(rnd, colourRGB, 8, 9, 9, false, false).chunks(t, rnd)
	list := []named{c[0], {"PLTE", make([]byte, 6)}, {"eXIf", []byte("exif")}, {"iCCP", profileChunk(t, []byte("profile"))}, {"tRNS", make([]byte, 6)}, c[1], c[2]}
	whole := write(list...)
	for _, name := range []string{"IHDR", "PLTE", "IDAT", "IEND"} {
		if _, _, err := decode(withWrongSum(whole, name), image.Rectangle{}); !isFormatError(err) {
			t.Errorf("%s with a wrong checksum: %v", name, err)
		}
	}
	_, p, err := decode(whole, image.Rectangle{})
	if err != nil || p.EXIF == nil || p.Channels != 4 {
		t.Fatalf("the whole file: %v", err)
	}
	for _, name := range []string{"eXIf", "iCCP", "tRNS"} {
		_, p, err := decode(withWrongSum(whole, name), image.Rectangle{})
		if err != nil {
			t.Errorf("%s with a wrong checksum: %v", name, err)
			continue
		}
		profile, err := p.Profile()
		if err != nil {
			t.Errorf("%s with a wrong checksum: %v", name, err)
		}
		gone := map[string]bool{"eXIf": p.EXIF == nil, "iCCP": profile == nil, "tRNS": p.Channels == 3}
		for other, is := range gone {
			if is != (other == name) {
				t.Errorf("%s has a wrong checksum: %s is gone: %v", name, other, is)
			}
		}
	}
}

func isFormatError(err error) bool {
	var f FormatError
	return errors.As(err, &f)
}

// I3
func TestParseRefuses(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 12))
	p := randomPicture(rnd, colourPalette, 8, 4, 4, false, false)
	c := p.chunks(t, rnd)
	ihdr, plte, idat, iend := c[0], c[1], c[2], c[3]
	with := func(at int, v ...byte) named {
		b := bytes.Clone(ihdr.data)
		copy(b[at:], v)
		return named{"IHDR", b}
	}
	for name, list := range map[string][]named{
		"no header":                    {plte, idat, iend},
		"two headers":                  {ihdr, ihdr, plte, idat, iend},
		"a header later":               {plte, ihdr, idat, iend},
		"a long header":                {{"IHDR", append(bytes.Clone(ihdr.data), 0)}, plte, idat, iend},
		"no width":                     {with(0, 0, 0, 0, 0), plte, idat, iend},
		"no height":                    {with(4, 0, 0, 0, 0), plte, idat, iend},
		"a width of 32 bits":           {with(0, 0x80, 0, 0, 0), plte, idat, iend},
		"a depth that is not":          {with(8, 3), plte, idat, iend},
		"a depth of another type":      {with(8, 16), plte, idat, iend},
		"a colour type that is not":    {with(9, 1), plte, idat, iend},
		"another compression":          {with(10, 1), plte, idat, iend},
		"another filter method":        {with(11, 1), plte, idat, iend},
		"another interlacing":          {with(12, 2), plte, idat, iend},
		"no palette":                   {ihdr, idat, iend},
		"a palette after the data":     {ihdr, idat, plte, iend},
		"an empty palette":             {ihdr, {"PLTE", nil}, idat, iend},
		"a palette of 4 bytes":         {ihdr, {"PLTE", make([]byte, 4)}, idat, iend},
		"a palette of 257":             {ihdr, {"PLTE", make([]byte, 771)}, idat, iend},
		"no data":                      {ihdr, plte, iend},
		"no end":                       {ihdr, plte, idat},
		"an unknown critical chunk":    {ihdr, {"CrIt", nil}, plte, idat, iend},
		"Apple's chunk for its phones": {{"CgBI", make([]byte, 4)}, ihdr, plte, idat, iend},
	} {
		if _, err := Parse(write(list...)); !isFormatError(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, s := range []string{"", "\x89PNG", signature, "\xff\xd8\xff\xe0", "GIF89a"} {
		if _, err := Parse([]byte(s)); !isFormatError(err) {
			t.Errorf("%q: %v", s, err)
		}
	}
	// Sizes are only what the header says: the largest is read without room for it.
	huge := with(0, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff)
	if got, err := Parse(write(huge, plte, idat, iend)); err != nil || got.Width != 1<<31-1 || got.Height != 1<<31-1 {
		t.Errorf("the largest size: %+v, %v", got, err)
	}
}

// profileChunk returns the content of an iCCP chunk.
func profileChunk(t testing.TB, profile []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("a name\x00\x00")
	w := zlib.NewWriter(&b)
	if _, err := w.Write(profile); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestProfileAndEXIF(t *testing.T) {
	rnd := rand.New(rand.NewPCG(19, 20))
	c := randomPicture(rnd, colourGrey, 8, 4, 4, false, false).chunks(t, rnd)
	parse := func(list ...named) *Picture {
		t.Helper()
		p, err := Parse(write(list...))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	profile := bytes.Repeat([]byte("profile"), 500)
	p := parse(c[0], named{"iCCP", profileChunk(t, profile)}, named{"eXIf", []byte("first")}, c[1], named{"eXIf", []byte("second")}, c[2])
	if got, err := p.Profile(); err != nil || !bytes.Equal(got, profile) {
		t.Errorf("profile of %d bytes, %v", len(got), err)
	}
	if string(p.EXIF) != "first" {
		t.Errorf("EXIF %q", p.EXIF)
	}
	if p := parse(c[0], c[1], named{"eXIf", []byte("late")}, c[2]); string(p.EXIF) != "late" {
		t.Errorf("EXIF after the data: %q", p.EXIF)
	}
	if got, err := parse(c...).Profile(); got != nil || err != nil {
		t.Errorf("without a profile: %v, %v", got, err)
	}
	for name, b := range map[string][]byte{
		"another compression": []byte("name\x00\x01xxxx"),
		"no compression":      []byte("name\x00"),
		"no stream":           []byte("name\x00\x00xxxx"),
		"a bomb":              profileChunk(t, make([]byte, maxProfile+1)),
		"a cut stream":        profileChunk(t, profile)[:30],
	} {
		if _, err := parse(c[0], named{"iCCP", b}, c[1], c[2]).Profile(); !isFormatError(err) {
			t.Errorf("a profile with %s: %v", name, err)
		}
	}
}

func TestMemory(t *testing.T) {
	p := &Picture{Width: 4000, Height: 3000, Depth: 8, Channels: 3, colour: colourRGB}
	if n := p.Memory(p.Bounds()); n > 1<<20 {
		t.Errorf("%d bytes for a picture row by row", n)
	}
	p.Interlaced = true
	if n := p.Memory(p.Bounds()); n < 4000*1500*3 || n > 4000*1500*3+1<<20 {
		t.Errorf("%d bytes for an interlaced picture", n)
	}
}

// TestTransparencyBeyondPalette: a tRNS chunk with more values than there are colours says nothing (section 11.3.2.1), as
// libpng has it.
func TestTransparencyBeyondPalette(t *testing.T) {
	rnd := rand.New(rand.NewPCG(21, 22))
	p := randomPicture(rnd, colourPalette, 4, 20, 20, false, true)
	c := p.chunks(t, rnd)
	for _, v := range []struct{ values, channels int }{{len(c[1].data) / 3, 4}, {len(c[1].data)/3 + 1, 3}} {
		c[2].data = make([]byte, v.values)
		got, err := Parse(write(c...))
		if err != nil || got.Channels != v.channels {
			t.Errorf("%d values: %d channels, %v", v.values, got.Channels, err)
		}
	}
}
