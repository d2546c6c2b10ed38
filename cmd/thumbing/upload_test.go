package main

import (
	"strings"
	"testing"
)

// I7: what the bytes are comes before what the name says.
func TestMediaType(t *testing.T) {
	for _, c := range []struct{ head, name, want string }{
		{"\xff\xd8\xff\xe0", "a.png", "image/jpeg"},
		{"\x89PNG\r\n\x1a\n", "a", "image/png"},
		{"GIF89a", "a", "image/gif"},
		{"RIFF\x00\x00\x00\x00WEBP", "a.jpg", "image/webp"},
		{"MM\x00*", "a", "image/tiff"},
		{"<!doctype html>", "a.jpg", "text/html; charset=utf-8"},
		{"\x00\x00\x00\x1cftypheic", "a.HEIC", "image/heic"},
		{"\x00\x01\x02", "a.jpg", "application/octet-stream"},
		{"", "a.jpg", "application/octet-stream"},
	} {
		if got := mediaType([]byte(c.head), c.name); got != c.want {
			t.Errorf("%q named %s: %s, not %s", c.head, c.name, got, c.want)
		}
	}
}

func TestDoubtful(t *testing.T) {
	jpeg := "\xff\xd8\xff\xe0"
	for _, c := range []struct {
		head string
		size int64
		want string // in the error; empty for none
	}{
		{jpeg, 32 << 20, ""},
		{jpeg, 32<<20 + 1, "too-many-bytes"}, // I15
		{"", 0, "empty"},
		{"<svg xmlns='http://www.w3.org/2000/svg'/>", 41, "unsupported-format"},
	} {
		err := doubtful([]byte(c.head), c.size)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q of %d bytes: %v", c.head, c.size, err)
		}
	}
}
