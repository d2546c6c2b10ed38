package avatar

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/thumbing/thumbing/internal/s3event"
)

// bucket is an S3 bucket in memory. It obeys the rules that the processor relies on: what is written is
// there for all who read after it; conditions are checked and applied as one; a deleted object leaves a
// marker where versions are kept.
type bucket struct {
	name      string
	versioned bool
	blind     bool                       // the reader may not list it: what is absent is denied
	before    func(op, key string) error // a fault that comes before the request has an effect
	after     func(op, key string) error // one that comes after: the response is lost

	mu      sync.Mutex
	objects map[string][]version // newest last
	clock   int64
	calls   []string // "head key", "get key", "put key"
}

type version struct {
	id, etag string
	body     []byte
	metadata map[string]string
	time     time.Time
	marker   bool // of a deletion
}

func newBucket(name string) *bucket {
	return &bucket{name: name, objects: map[string][]version{}}
}

func (b *bucket) called(op, key string) error {
	b.mu.Lock()
	b.calls = append(b.calls, op+" "+key)
	b.mu.Unlock()
	if b.before != nil {
		return b.before(op, key)
	}
	return nil
}

func (b *bucket) count(op string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, c := range b.calls {
		if len(c) > len(op) && c[:len(op)] == op {
			n++
		}
	}
	return n
}

func (b *bucket) current(key string) (version, bool) {
	all := b.objects[key]
	if len(all) == 0 || all[len(all)-1].marker {
		return version{}, false
	}
	return all[len(all)-1], true
}

func (b *bucket) absent() error {
	if b.blind {
		return fmt.Errorf("403: %w", ErrDenied)
	}
	return fmt.Errorf("404: %w", ErrNotFound)
}

func (b *bucket) store(key string, v version) version {
	b.clock++
	sum := md5.Sum(v.body)
	v.etag = hex.EncodeToString(sum[:])
	v.time = time.UnixMilli(1_700_000_000_000 + b.clock).UTC()
	v.id = fmt.Sprintf("v%d", b.clock)
	if !b.versioned {
		v.id = ""
		b.objects[key] = nil
	}
	b.objects[key] = append(b.objects[key], v)
	return v
}

// upload stores an object as a client does, and answers the record that S3 sends of it.
func (b *bucket) upload(key string, body []byte) s3event.Record {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.store(key, version{body: body})
	sequencer, err := s3event.ParseSequencer(fmt.Sprintf("%016X", 0xABC000+b.clock))
	if err != nil {
		panic(err)
	}
	return s3event.Record{
		Name: "ObjectCreated:Put", Time: v.time, Bucket: b.name, Key: key, Size: int64(len(body)),
		ETag: v.etag, VersionID: v.id, Sequencer: sequencer,
	}
}

func (b *bucket) delete(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.versioned {
		b.store(key, version{marker: true})
		return
	}
	delete(b.objects, key)
}

func (b *bucket) Get(ctx context.Context, key string, pin Pin, limit int64) (Upload, error) {
	if err := b.called("get", key); err != nil {
		return Upload{}, err
	}
	if err := ctx.Err(); err != nil {
		return Upload{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	v, ok := b.current(key)
	switch {
	case pin.VersionID != "":
		ok = false
		for _, old := range b.objects[key] {
			if old.id == pin.VersionID {
				v, ok = old, true
			}
		}
		if !ok {
			return Upload{}, b.absent()
		}
	case !ok:
		return Upload{}, b.absent()
	case v.etag != pin.ETag:
		return Upload{}, fmt.Errorf("412: %w", ErrPrecondition)
	}
	if int64(len(v.body)) > limit {
		return Upload{}, ErrTooLarge
	}
	return Upload{Body: v.body, LastModified: v.time}, nil
}

func (b *bucket) Head(ctx context.Context, key string) (State, error) {
	if err := b.called("head", key); err != nil {
		return State{}, err
	}
	if err := ctx.Err(); err != nil {
		return State{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	v, ok := b.current(key)
	if !ok {
		return State{}, b.absent()
	}
	return State{ETag: v.etag, Metadata: maps.Clone(v.metadata)}, nil
}

func (b *bucket) Put(ctx context.Context, key string, png []byte, metadata map[string]string, c Condition) error {
	if err := b.called("put", key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	v, ok := b.current(key)
	switch {
	case c.ETag == "" && ok, c.ETag != "" && ok && v.etag != c.ETag:
		return fmt.Errorf("412: %w", ErrPrecondition)
	case c.ETag != "" && !ok:
		return fmt.Errorf("404: %w", ErrNotFound)
	}
	b.store(key, version{body: png, metadata: maps.Clone(metadata)})
	if b.after != nil {
		return b.after("put", key)
	}
	return nil
}
