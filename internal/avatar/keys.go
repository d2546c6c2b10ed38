package avatar

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// MaxKey is the longest key that S3 takes, in bytes of UTF-8.
const MaxKey = 1024

// Why a source key has no processed key.
var (
	// ErrOutsideInput: the key is not under the input prefix.
	ErrOutsideInput = errors.New("not under the input prefix")
	// ErrFolder: the key ends in a slash. Consoles make such empty objects to show a folder.
	ErrFolder = errors.New("a folder, not a picture")
	// ErrUnusableKey: the key cannot be mapped to one that stays under the output prefix.
	ErrUnusableKey = errors.New("no key to make a processed picture's from")
)

// Keys maps the key of an upload to the key of the picture made from it.
type Keys struct {
	Input  string // prefix of the uploads, such as "uploads/"; empty for all keys
	Output string // prefix of the processed pictures, such as "avatar/processed/"
}

// Processed answers the processed picture's key for an upload's key, both as stored, not encoded. The
// input prefix is stripped, folders are kept, the last extension becomes ".png" whatever it was, and the
// output prefix is put in front:
//
//	data.jpg        avatar/processed/data.png
//	a/b/Photo.JPEG  avatar/processed/a/b/Photo.png
//	me              avatar/processed/me.png
//	.profile        avatar/processed/.profile.png
//
// a.jpg and a.png share one avatar on purpose.
//
// The result starts with the output prefix and, read as a path or as a URL, stays below it. Where it
// could not, Processed answers an error that wraps ErrOutsideInput, ErrFolder or ErrUnusableKey.
func (k Keys) Processed(source string) (string, error) {
	switch {
	case len(source) > MaxKey:
		return "", fmt.Errorf("%w: longer than %d bytes", ErrUnusableKey, MaxKey)
	case !utf8.ValidString(source):
		return "", fmt.Errorf("%w: not UTF-8", ErrUnusableKey)
	}
	rest, ok := strings.CutPrefix(source, k.Input)
	switch {
	case !ok:
		return "", fmt.Errorf("%w %q", ErrOutsideInput, k.Input)
	case rest == "" || strings.HasSuffix(rest, "/"):
		return "", ErrFolder
	case strings.ContainsRune(rest, 0):
		return "", fmt.Errorf("%w: it holds a NUL", ErrUnusableKey)
	}
	// URL parsers take a backslash for a slash (WHATWG URL Standard, special schemes), and resolve dot
	// segments: such a key would be read from somewhere else than it was written to.
	for segment := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r == '/' || r == '\\' }) {
		if segment == "." || segment == ".." {
			return "", fmt.Errorf("%w: it holds the path segment %q", ErrUnusableKey, segment)
		}
	}

	folder, name := path.Split(rest)
	// A leading dot begins a name, it does not end one.
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		name = name[:dot]
	}
	processed := k.Output + folder + name + ".png"
	if len(processed) > MaxKey {
		return "", fmt.Errorf("%w: the processed picture's key would be longer than %d bytes", ErrUnusableKey, MaxKey)
	}
	return processed, nil
}
