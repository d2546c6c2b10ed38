// Package thumbnail turns the bytes of a picture into a small square PNG.
//
// Make is all of it: it finds out what the bytes are, reads the header, holds it against the limits, decodes
// the part that is wanted, turns it upright, and encodes it. JPEG, PNG, GIF, WebP, BMP and TIFF are read; of
// animations and multi-page files, the first picture. The name of a file or its Content-Type never matters.
//
// # Safety
//
// The bytes come from anybody. Whatever they are, Make answers a PNG or a *Rejection. What a picture would
// cost is read from its header and counted before a pixel is decoded, so that the answer depends on the
// bytes alone and is the same on every machine. Nothing of the source but its pixels reaches the result.
//
// # Geometry
//
// The thumbnail is the centre of the upright picture, cropped to cover the wanted size, as sharp's
// resize(512, 512) does it. The arithmetic is done with integers, or in a way that no compiler may fuse, so
// that every architecture makes the same bytes.
package thumbnail

import (
	"errors"
	"fmt"
)

// What the zero value of Options stands for.
const (
	DefaultWidth         = 512         // pixels
	DefaultHeight        = 512         // pixels
	DefaultMaxBytes      = 32 << 20    // of the source
	DefaultMaxPixels     = 50_000_000  // of the source
	DefaultMaxJPEGPixels = 256_000_000 // of a source that is a JPEG, which is decoded at scale
)

// maxSide is the largest thumbnail's side.
const maxSide = 4096

// Options are the wanted size and the limits. A field that is zero stands for its default.
type Options struct {
	Width, Height int   // of the thumbnail, in pixels
	MaxBytes      int64 // largest source, in bytes
	MaxPixels     int64 // largest source, in pixels
	MaxJPEGPixels int64 // largest source that is a JPEG, in pixels
}

// Result is a thumbnail, and what it was made from.
type Result struct {
	PNG []byte // 8-bit RGB, or RGBA where it is transparent anywhere

	Format        Format // of the source
	Width, Height int    // of the source as it is stored, in pixels
	Orientation   int    // of the source: 1 to 8, as EXIF numbers them
}

// Make makes the thumbnail of the picture in src. A picture that cannot or may not become one gives an error
// that is a *Rejection; any other error means that the options are wrong.
//
// Make keeps nothing of src and does not change it. The same bytes give the same answer, byte by byte.
func Make(src []byte, o Options) (Result, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Result{}, err
	}
	if len(src) == 0 {
		return Result{}, &Rejection{Code: Empty, Reason: "the file is empty"}
	}
	if int64(len(src)) > o.MaxBytes {
		return Result{}, TooManyBytes(int64(len(src)), o.MaxBytes)
	}
	format, err := Sniff(src)
	if err != nil {
		return Result{}, err
	}
	stored, h, err := read(src, format, o)
	if err != nil {
		return Result{}, rejection(format, err)
	}
	out, err := stored.upright(h.orientation).encode()
	if err != nil {
		return Result{}, fmt.Errorf("encode the thumbnail: %w", err)
	}
	return Result{PNG: out, Format: format, Width: h.width, Height: h.height, Orientation: h.orientation}, nil
}

func (o Options) withDefaults() (Options, error) {
	if o.Width < 0 || o.Width > maxSide || o.Height < 0 || o.Height > maxSide {
		return o, fmt.Errorf("a thumbnail of %dx%d is out of range: at most %d a side", o.Width, o.Height, maxSide)
	}
	if o.MaxBytes < 0 || o.MaxPixels < 0 || o.MaxJPEGPixels < 0 {
		return o, fmt.Errorf("a limit below zero: %d bytes, %d pixels, %d pixels of a JPEG", o.MaxBytes, o.MaxPixels, o.MaxJPEGPixels)
	}
	orDefault(&o.Width, DefaultWidth)
	orDefault(&o.Height, DefaultHeight)
	orDefault(&o.MaxBytes, DefaultMaxBytes)
	orDefault(&o.MaxPixels, DefaultMaxPixels)
	orDefault(&o.MaxJPEGPixels, DefaultMaxJPEGPixels)
	return o, nil
}

func orDefault[T int | int64](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// errPanic is what becomes of a decoder's panic.
var errPanic = errors.New("its decoder gave up")

// read answers the wanted part of the picture as it is stored, not yet upright, and its header. A decoder
// that panics has met bytes that its author did not think of: for the caller, the picture is broken. This is
// the only place where a panic becomes an answer; it is a net below code that is fuzzed not to need it.
func read(src []byte, f Format, o Options) (m picture, h header, err error) {
	defer func() {
		if p := recover(); p != nil {
			m, err = picture{}, fmt.Errorf("%w: %v", errPanic, p)
		}
	}()
	r := readerOf(f)
	if h, err = r.inspect(src); err != nil {
		return picture{}, header{}, err
	}
	if err := h.check(f, o); err != nil {
		return picture{}, header{}, err
	}
	m, err = r.render(src, h, cover(h, o.Width, o.Height))
	return m, h, err
}
