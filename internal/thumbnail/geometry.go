package thumbnail

import (
	"image"
	"math"
)

// window is the part of a stored picture that becomes the thumbnail: a grid of width x height cells.
// Coordinates are those of pixel edges: the source covers 0 to its width.
type window struct {
	width, height int     // of the thumbnail before it is turned upright
	left, top     float64 // of the grid's corner, in source pixels
	stepX, stepY  float64 // source pixels a cell, across and down: the same, but for pixels that are not square
}

func (w window) right() float64  { return w.left + float64(float64(w.width)*w.stepX) }
func (w window) bottom() float64 { return w.top + float64(float64(w.height)*w.stepY) }

// enlarges reports whether the picture has fewer pixels than the thumbnail takes of it.
func (w window) enlarges() bool { return w.stepX*w.stepY < 1 }

// bounds are the pixels that the window touches.
func (w window) bounds() image.Rectangle {
	return image.Rect(int(math.Floor(w.left)), int(math.Floor(w.top)), int(math.Ceil(w.right())), int(math.Ceil(w.bottom())))
}

// cover answers the window that fills width x height from the centre of the upright picture.
//
// It is sharp's resize(width, height): the picture is scaled until it covers the box, each side rounded to
// whole pixels, its centre kept where it was; then the box is cut out, one pixel further from the left or
// top where the margin is odd. That cut is made in the upright picture, so orientation decides which side
// has the odd pixel.
func cover(h header, width, height int) window {
	if h.orientation >= 5 { // the picture lies on its side
		width, height = height, width
	}
	w := window{width: width, height: height}
	tall := h.height
	if h.shownHeight > 0 {
		tall = h.shownHeight
	}
	// The shorter side, measured in boxes, sets the scale. Compared by cross multiplication, to be exact.
	num, den := h.width, width
	if int64(tall)*int64(width) < int64(h.width)*int64(height) {
		num, den = tall, height
	}
	step := float64(num) / float64(den)

	flipX := h.orientation == 2 || h.orientation == 3 || h.orientation == 7 || h.orientation == 8
	flipY := h.orientation == 3 || h.orientation == 4 || h.orientation == 6 || h.orientation == 7
	w.left, w.stepX = offset(h.width, width, num, den, flipX, step), step
	w.top, w.stepY = offset(tall, height, num, den, flipY, step), step
	if tall != h.height {
		squeeze := float64(h.height) / float64(tall)
		w.top, w.stepY = float64(w.top*squeeze), float64(w.stepY*squeeze)
	}
	return w
}

// offset answers where the window begins along one side of size source pixels, scaled by den/num.
func offset(size, wanted, num, den int, flip bool, step float64) float64 {
	scaled := int((2*int64(size)*int64(den) + int64(num)) / (2 * int64(num))) // size*den/num, rounded
	cut := (scaled - wanted + 1) / 2
	if flip {
		cut = scaled - wanted - cut
	}
	// The centres of the source and of the scaled picture coincide. Twice the distance is a whole number.
	return float64(float64(size)/2) - float64(float64(scaled-2*cut)/2*step)
}
