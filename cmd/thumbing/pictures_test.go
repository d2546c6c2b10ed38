package main

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
)

// phonePhoto is a JPEG as it leaves a phone: stored by its long side, with an EXIF orientation. Upright, its
// upper half is red and its lower half blue, for the orientations 1 and 6.
func phonePhoto(t *testing.T, width, height, orientation int) []byte {
	t.Helper()
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	red, blue := color.YCbCrModel.Convert(color.RGBA{200, 30, 30, 255}).(color.YCbCr), color.YCbCrModel.Convert(color.RGBA{30, 30, 200, 255}).(color.YCbCr)
	for y := range height {
		for x := range width {
			c := red
			// Orientation 6 is turned clockwise to be seen: the stored left side comes up.
			if orientation == 6 && x >= width/2 || orientation == 1 && y >= height/2 {
				c = blue
			}
			img.Y[img.YOffset(x, y)] = c.Y + uint8((x^y)&3) // some texture
			img.Cb[img.COffset(x, y)], img.Cr[img.COffset(x, y)] = c.Cb, c.Cr
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	// APP1 behind SOI: a TIFF header and one IFD with the one entry 0x0112, a SHORT.
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00")
	exif = append(exif, byte(orientation), 0, 0, 0, 0, 0, 0)
	app1 := append([]byte{0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	return append(append(append([]byte{0xff, 0xd8}, app1...), exif...), b.Bytes()[2:]...)
}

// upright checks an avatar of phonePhoto.
func upright(t *testing.T, img image.Image) {
	t.Helper()
	top, bottom := at(img, 256, 40), at(img, 256, 470)
	if top.R < 150 || top.B > 80 || bottom.B < 150 || bottom.R > 80 {
		t.Errorf("not upright: %v above %v", top, bottom)
	}
}

// transparentPNG has a transparent left half.
func transparentPNG(t *testing.T) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 600, 600))
	for y := range 600 {
		for x := 300; x < 600; x++ {
			img.SetNRGBA(x, y, color.NRGBA{0, 160, 0, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// transparent checks an avatar of transparentPNG.
func transparent(t *testing.T, img image.Image) {
	t.Helper()
	left, right := at(img, 100, 256), at(img, 400, 256)
	if left.A != 0 || right.A != 255 || right.G < 150 {
		t.Errorf("left half %v, right half %v", left, right)
	}
}

func at(img image.Image, x, y int) color.NRGBA {
	return color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
}

func animatedGIF(t *testing.T) []byte {
	t.Helper()
	var g gif.GIF
	for i := range 3 {
		frame := image.NewPaletted(image.Rect(0, 0, 64, 48), color.Palette{color.Black, color.RGBA{uint8(80 * i), 200, 0, 255}})
		for p := range frame.Pix {
			frame.Pix[p] = uint8(p % 2)
		}
		g.Image, g.Delay = append(g.Image, frame), append(g.Delay, 5)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
