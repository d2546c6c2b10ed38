package s3

import (
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/versity/versitygw/backend/meta"
)

// sidecar keeps what is known of objects in files beside them, where the file system has no extended attributes.
// Those would go with the file that a new object replaces; these stay, so that the new object would inherit what
// it was not given itself: headers, tags, even that it has been deleted. So a commit ends with forgetting what it
// did not write.
type sidecar struct {
	meta.SideCar

	mu      sync.Mutex
	commits map[string]map[string]bool // the attributes that a commit has written, by the path of its object
}

func newSidecar(dir string) (*sidecar, error) {
	files, err := meta.NewSideCar(dir)
	return &sidecar{SideCar: files, commits: map[string]map[string]bool{}}, err
}

// StoreAttribute sets an attribute of an object.
func (s *sidecar) StoreAttribute(f *os.File, bucket, object, attribute string, value []byte) error {
	s.mu.Lock()
	if written, ok := s.commits[filepath.Join(bucket, object)]; ok {
		written[attribute] = true
	}
	s.mu.Unlock()
	return s.SideCar.StoreAttribute(f, bucket, object, attribute, value)
}

// begin begins the commit of an object. A nil sidecar does nothing: extended attributes need none of this.
func (s *sidecar) begin(bucket, path string) {
	if s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.commits[filepath.Join(bucket, path)] = map[string]bool{}
	}
}

// end ends a commit that was begun; when the object has been stored, with what it was given and no more.
func (s *sidecar) end(bucket, path string, stored bool) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	written, begun := s.commits[filepath.Join(bucket, path)]
	delete(s.commits, filepath.Join(bucket, path))
	s.mu.Unlock()
	if !begun || !stored {
		return nil
	}
	known, err := s.ListAttributes(bucket, path)
	for _, attribute := range known {
		if !written[attribute] {
			err = errors.Join(err, s.DeleteAttribute(bucket, path, attribute))
		}
	}
	return err
}
