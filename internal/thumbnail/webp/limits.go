package webp

import "image"

// Limits bounds what a picture may cost. It is counted from the file's structure, not measured, so that the answer is
// the same on every machine. Zero fields mean [DefaultLimits].
type Limits struct {
	// Work is the number of pixels to decode, of colour and of alpha, and to give, plus the bytes of the file. Each
	// costs some nanoseconds.
	Work int64
	// Memory is the bytes to hold.
	Memory int64
}

// DefaultLimits returns limits that a picture of 50 megapixels with alpha stays within.
func DefaultLimits() Limits {
	return Limits{Work: 1 << 28, Memory: 128 << 20}
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	if l.Work == 0 {
		l.Work = d.Work
	}
	if l.Memory == 0 {
		l.Memory = d.Memory
	}
	return l
}

// newMeter counts what decoding a part of a file costs, and returns how much memory is left for codes and tables.
func newMeter(l Limits, f *file, crop image.Rectangle) (memory int64, err error) {
	l = l.orDefault()
	frame := area(f.Frame.Dx(), f.Frame.Dy())
	work := f.size + frame + area(crop.Dx(), crop.Dy())
	if f.alpha != nil {
		work += frame
	}
	if work > l.Work {
		return 0, tooMuchf("more than %d pixels and bytes", l.Work)
	}
	const perColumn = 128 // more than the decoder of lossy pictures, conversion and canvas take together
	memory = l.Memory - perColumn*int64(crop.Dx()+f.Frame.Dx())
	if memory < 0 {
		return 0, tooMuchf("more than %d bytes of rows", l.Memory)
	}
	return memory, nil
}

func area(width, height int) int64 { return int64(width) * int64(height) }
