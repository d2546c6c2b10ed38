//go:build !linux

package process

// reserve returns an empty slice with room for n bytes.
func reserve(n int) []byte { return make([]byte, 0, n) }
