package s3

import (
	"strings"
)

// A key is any 1,024 bytes; a file name is not. File systems take no name longer than 255 bytes, no file where
// there is a folder, on macOS no two names that differ by case or by Unicode composition only, and read "..",
// "." and "//" in their own way. So keys are written in names that they all keep apart:
//
//	photos/me.jpg  ->  photos%/me.jpg
//	Photo 1.JPG    ->  %50hoto%201.%4a%50%47
//	photos/        ->  photos%/%-
//
// Lower-case letters, digits, "-", "_" and "." stay, except for a "." that would begin a name, so that no
// object's name begins with one; every other byte is "%" and two hexadecimal digits. Each "/" of the key ends
// a folder, whose name gets a "%" behind it. A name that grows long continues inside a folder "...%+". An
// empty last part is "%-".
const (
	folderMark   = "%"
	continueMark = "%+"
	emptyName    = "%-"

	// A name is continued once it has this many bytes: it leaves room for the storage's temporary names,
	// which are an object's with some thirty bytes around them.
	fullName = 198
)

// objectPath gives the path of a key, relative to its bucket.
func objectPath(key string) string {
	var b strings.Builder
	b.Grow(len(key) + 8)
	for {
		part, rest, more := strings.Cut(key, "/")
		size := writePart(&b, part)
		if !more {
			if size == 0 {
				b.WriteString(emptyName)
			}
			return b.String()
		}
		b.WriteString(folderMark + "/")
		key = rest
	}
}

// writePart writes one part of a key and returns how long the name that it ends in has become.
func writePart(b *strings.Builder, part string) (size int) {
	const hex = "0123456789abcdef"
	for i := range len(part) {
		if c := part[i]; 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.' && size > 0 {
			b.WriteByte(c)
			size++
		} else {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			size += 3
		}
		if size >= fullName {
			b.WriteString(continueMark + "/")
			size = 0
		}
	}
	return size
}

// objectKey gives the key of a path. Only what objectPath gives is the path of a key.
func objectKey(path string) (key string, ok bool) {
	var b strings.Builder
	names := strings.Split(path, "/")
	for i, name := range names {
		text, ok := keyText(name, i < len(names)-1)
		if !ok {
			return "", false
		}
		b.WriteString(text)
	}
	key = b.String()
	return key, objectPath(key) == path
}

// keyText gives the text that one name adds to a key.
func keyText(name string, folder bool) (text string, ok bool) {
	var end string
	switch {
	case !folder && name == emptyName:
		return "", true
	case !folder:
	case strings.HasSuffix(name, continueMark):
		name = strings.TrimSuffix(name, continueMark)
	case strings.HasSuffix(name, folderMark):
		name, end = strings.TrimSuffix(name, folderMark), "/"
	default:
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '%' {
			b.WriteByte(name[i])
			continue
		}
		if i+2 >= len(name) {
			return "", false
		}
		high, low := unhex(name[i+1]), unhex(name[i+2])
		if high < 0 || low < 0 {
			return "", false
		}
		b.WriteByte(byte(high<<4 | low))
		i += 2
	}
	return b.String() + end, true
}

func unhex(c byte) int {
	return strings.IndexByte("0123456789abcdef", c)
}
