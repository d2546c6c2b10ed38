// Package atomicfile writes files so that a reader, or the next run after a crash, finds the old content or the new.
package atomicfile

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
)

// Write makes or replaces a file in one step. Only the user may read it.
func Write(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = cmp.Or(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
