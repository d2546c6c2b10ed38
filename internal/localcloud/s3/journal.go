package s3

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud/atomicfile"
)

// journal is the file of events that have yet to be delivered, and the source of numbers: an event is in it
// before the request that caused it is answered, until it has been delivered. Every change is one line, written
// with one call, so that a process that is killed leaves at most one line unfinished, at the end.
type journal struct {
	path string

	mu      sync.Mutex
	file    *os.File
	size    int64
	limit   int64 // size at which the file is written anew
	last    uint64
	pending map[uint64]entry
}

// entry is one line: an event that was added, or the number of one that is done, or a number that is not to be
// given again.
type entry struct {
	ID    uint64          `json:"id,omitempty"`
	Rule  string          `json:"rule,omitempty"`
	Event json.RawMessage `json:"event,omitempty"`
	Done  uint64          `json:"done,omitempty"`
	Floor uint64          `json:"floor,omitempty"`
}

const minJournalLimit = 1 << 20

// openJournal reads a journal, or begins one.
func openJournal(path string) (*journal, error) {
	j := &journal{path: path, pending: map[uint64]entry{}}
	if err := j.read(); err != nil {
		return nil, fmt.Errorf("read the events that are still to be delivered: %w (remove %s to go on without them)", err, path)
	}
	if err := j.rewrite(); err != nil {
		return nil, err
	}
	return j, nil
}

func (j *journal) read() error {
	f, err := os.Open(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	for r := bufio.NewReader(f); ; {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			return nil // a line without an end was never finished
		}
		if err != nil {
			return err
		}
		var e entry
		err = json.Unmarshal(line, &e)
		if err == nil && max(e.ID, e.Done, e.Floor) > math.MaxInt64 {
			err = errors.New("no such number was given")
		}
		if err != nil {
			return fmt.Errorf("line %.80q: %w", line, err)
		}
		j.last = max(j.last, e.ID, e.Done, e.Floor)
		if e.Event != nil {
			j.pending[e.ID] = e
		}
		delete(j.pending, e.Done)
	}
}

// rewrite replaces the file by one with only what is pending.
func (j *journal) rewrite() error {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	err := out.Encode(entry{Floor: j.last})
	for _, id := range slices.Sorted(maps.Keys(j.pending)) {
		err = errors.Join(err, out.Encode(j.pending[id]))
	}
	size := int64(b.Len())
	if err == nil {
		err = atomicfile.Write(j.path, b.Bytes())
	}
	var f *os.File
	if err == nil {
		f, err = os.OpenFile(j.path, os.O_WRONLY|os.O_APPEND, 0)
	}
	if err != nil {
		return fmt.Errorf("write the journal of events: %w", err)
	}
	if j.file != nil {
		err = j.file.Close()
	}
	j.file, j.size, j.limit = f, size, max(minJournalLimit, 4*size)
	return err
}

// next gives a number greater than any before it, also than those before a restart.
func (j *journal) next() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last = max(j.last+1, uint64(time.Now().UnixNano()))
	return j.last
}

// add keeps an event for a rule until it is done.
func (j *journal) add(e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pending[e.ID] = e
	return j.write(e)
}

// done forgets an event.
func (j *journal) done(id uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.pending, id)
	return j.write(entry{Done: id})
}

func (j *journal) write(e entry) error {
	if j.size >= j.limit {
		return j.rewrite() // with e in it, or without what is done
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	n, err := j.file.Write(append(line, '\n'))
	j.size += int64(n)
	if err != nil {
		j.limit = 0 // half a line may be in the file: write it anew before the next
	}
	return err
}

// all gives the pending events, oldest first.
func (j *journal) all() []entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.SortedFunc(maps.Values(j.pending), func(a, b entry) int { return cmp.Compare(a.ID, b.ID) })
}

func (j *journal) len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.pending)
}

func (j *journal) close() error { return j.file.Close() }
