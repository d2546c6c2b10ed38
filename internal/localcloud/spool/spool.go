// Package spool keeps work that waits on disk, one file an item, so that it outlives the process.
//
// An item that [Spool.Put] has taken survives a kill of the process at any moment, and is never seen
// half-written: it is written beside and renamed into place. It is not forced to the disk itself, so a
// power cut may lose the last ones.
package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Item is one piece of waiting work.
type Item struct {
	ID   string
	Data []byte
}

// Spool is a folder of items. It is safe for concurrent use; calls about one ID are the caller's to order.
type Spool struct {
	dir string

	mu    sync.Mutex
	last  uint64            // number of the newest item
	files map[string]string // names by ID
}

// fileName is NUMBER.ID; numbers give the order in which items came.
var fileName = regexp.MustCompile(`^([0-9]{20})\.([A-Za-z0-9_-]{1,128})$`)

// unfinished begins the name of a file that is being written.
const unfinished = "new-"

// Open opens the spool in dir, which it makes if need be. One process may have it open at a time.
func Open(dir string) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	s := &Spool{dir: dir, files: map[string]string{}}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), unfinished) {
			// Its Put never returned, so nobody counts on it.
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return nil, fmt.Errorf("open spool: %w", err)
			}
			continue
		}
		g := fileName.FindStringSubmatch(e.Name())
		if g == nil {
			continue // somebody else's file
		}
		n, err := strconv.ParseUint(g[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("open spool: %s: %w", e.Name(), err)
		}
		s.last, s.files[g[2]] = max(s.last, n), e.Name()
	}
	return s, nil
}

// Items reads all items, in the order in which they first came.
func (s *Spool) Items() ([]Item, error) {
	s.mu.Lock()
	type named struct{ id, file string }
	all := make([]named, 0, len(s.files))
	for id, file := range s.files {
		all = append(all, named{id, file})
	}
	s.mu.Unlock()
	slices.SortFunc(all, func(a, b named) int { return cmp.Compare(a.file, b.file) })
	items := make([]Item, 0, len(all))
	for _, n := range all {
		data, err := os.ReadFile(filepath.Join(s.dir, n.file))
		if errors.Is(err, fs.ErrNotExist) {
			continue // done meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("read spool: %w", err)
		}
		items = append(items, Item{n.id, data})
	}
	return items, nil
}

// Put keeps an item, in place of one of the same ID if there is one. IDs are up to 128 letters, digits,
// hyphens and underscores.
func (s *Spool) Put(id string, data []byte) error {
	name, err := s.name(id)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(s.dir, unfinished)
	if err != nil {
		return fmt.Errorf("keep %s: %w", id, err)
	}
	_, err = f.Write(data)
	if err = cmp.Or(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(s.dir, name))
	}
	if err != nil {
		return fmt.Errorf("keep %s: %w", id, errors.Join(err, os.Remove(f.Name())))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[id] = name
	return nil
}

// name gives the file of an ID: the one it has, or a new one.
func (s *Spool) name(id string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name, ok := s.files[id]; ok {
		return name, nil
	}
	s.last++
	name := fmt.Sprintf("%020d.%s", s.last, id)
	if !fileName.MatchString(name) {
		return "", fmt.Errorf("keep %q: not an ID of letters, digits, hyphens and underscores", id)
	}
	return name, nil
}

// Delete forgets an item. It is no error if there is none.
func (s *Spool) Delete(id string) error {
	s.mu.Lock()
	name, ok := s.files[id]
	delete(s.files, id)
	s.mu.Unlock()
	if !ok {
		return nil
	}
	if err := os.Remove(filepath.Join(s.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget %s: %w", id, err)
	}
	return nil
}

// Len is how many items there are.
func (s *Spool) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.files)
}
