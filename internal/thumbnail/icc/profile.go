package icc

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Bounds on what is looked at. The largest profiles in use, of presses, take some megabytes.
const (
	maxProfile = 16 << 20
	maxTags    = 256
)

const (
	headerSize   = 128
	tagEntrySize = 12
)

// signature is four bytes that name something. Source: ICC.1:2022, 7.2 and 9.2.
type signature string

const (
	magic signature = "acsp"

	spaceGrey signature = "GRAY"
	spaceRGB  signature = "RGB "
	spaceCMYK signature = "CMYK"

	pcsXYZ signature = "XYZ "
	pcsLab signature = "Lab "

	tagA2B0          signature = "A2B0"
	tagGreyTRC       signature = "kTRC"
	tagRedTRC        signature = "rTRC"
	tagGreenTRC      signature = "gTRC"
	tagBlueTRC       signature = "bTRC"
	tagRedColorant   signature = "rXYZ"
	tagGreenColorant signature = "gXYZ"
	tagBlueColorant  signature = "bXYZ"
)

// profile is a header and a table of tags over the bytes of a profile.
type profile struct {
	version byte // the major one
	space   signature
	pcs     signature // the connection space: XYZ or Lab, relative to D50
	data    []byte
	tags    []byte // entries of tagEntrySize bytes
}

// open reads the header and finds the tag table. Source: ICC.1:2022, 7.2 and 7.3.
func open(b []byte) (profile, error) {
	if len(b) > maxProfile {
		return profile{}, fmt.Errorf("it takes %d bytes, more than %d", len(b), maxProfile)
	}
	if len(b) < headerSize+4 {
		return profile{}, errors.New("it ends within its header")
	}
	if at(b, 36) != magic {
		return profile{}, errors.New("it lacks the signature acsp")
	}
	p := profile{version: b[8], space: at(b, 16), pcs: at(b, 20), data: b}
	switch class := at(b, 12); class {
	case "scnr", "mntr", "prtr", "spac":
	default:
		return profile{}, fmt.Errorf("its class %q is not that of a picture's profile", class)
	}
	if p.pcs != pcsXYZ && p.pcs != pcsLab {
		return profile{}, fmt.Errorf("its connection space %q is neither XYZ nor Lab", p.pcs)
	}
	n := binary.BigEndian.Uint32(b[headerSize:])
	if n > maxTags {
		return profile{}, fmt.Errorf("it has %d tags, more than %d", n, maxTags)
	}
	p.tags = b[headerSize+4:]
	if len(p.tags) < int(n)*tagEntrySize {
		return profile{}, errors.New("it ends within its tag table")
	}
	p.tags = p.tags[:int(n)*tagEntrySize]
	return p, nil
}

// tag answers the contents of a tag, its type first: nil where it is missing or lies outside the profile.
func (p profile) tag(s signature) []byte {
	for e := p.tags; len(e) >= tagEntrySize; e = e[tagEntrySize:] {
		if at(e, 0) != s {
			continue
		}
		offset, size := uint64(binary.BigEndian.Uint32(e[4:])), uint64(binary.BigEndian.Uint32(e[8:]))
		if size < 8 || offset+size > uint64(len(p.data)) {
			return nil
		}
		return p.data[offset : offset+size]
	}
	return nil
}

// xyz reads a tag of XYZType with one triple. Source: ICC.1:2022, 10.31.
func (p profile) xyz(s signature) ([3]float64, error) {
	b := p.tag(s)
	if len(b) < 20 || at(b, 0) != "XYZ " {
		return [3]float64{}, fmt.Errorf("its tag %s is missing or damaged", s)
	}
	return [3]float64{s15Fixed16(b[8:]), s15Fixed16(b[12:]), s15Fixed16(b[16:])}, nil
}

// curve reads a tag that is a curve.
func (p profile) curve(s signature) (curve, error) {
	c, _, err := parseCurve(p.tag(s))
	if err != nil {
		return nil, fmt.Errorf("its tag %s: %w", s, err)
	}
	return c, nil
}

// at answers the signature at an offset of b.
func at(b []byte, offset int) signature { return signature(b[offset : offset+4]) }

// s15Fixed16 reads a signed number with 16 bits after the point. Source: ICC.1:2022, 4.6.
func s15Fixed16(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) / 65536 }
