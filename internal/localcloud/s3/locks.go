package s3

import (
	"hash/maphash"
	"io"
	"sync"

	"github.com/versity/versitygw/s3api/middlewares"
	"github.com/versity/versitygw/s3err"
)

// keyLocks makes each key's commits and reads one after the other, so that events are numbered in the order in
// which their objects came to be, and a reader never gets the entity tag of one object with the bytes of
// another. Uploads hold no lock while their bytes arrive. Keys share a fixed number of locks.
type keyLocks struct {
	seed  maphash.Seed
	locks [256]sync.RWMutex
}

func (l *keyLocks) index(bucket, key string) int {
	var h maphash.Hash
	h.SetSeed(l.seed)
	h.WriteString(bucket)
	h.WriteByte('/')
	h.WriteString(key)
	return int(h.Sum64() % uint64(len(l.locks)))
}

func (l *keyLocks) of(bucket, key string) *sync.RWMutex { return &l.locks[l.index(bucket, key)] }

// read holds a key for reading.
func (l *keyLocks) read(bucket, key string) (unlock func()) {
	m := l.of(bucket, key)
	m.RLock()
	return m.RUnlock
}

// write holds a key for a change.
func (l *keyLocks) write(bucket, key string) (unlock func()) {
	m := l.of(bucket, key)
	m.Lock()
	return m.Unlock
}

// copy holds one key for reading and another for a change.
func (l *keyLocks) copy(fromBucket, fromKey, bucket, key string) (unlock func()) {
	from, to := l.index(fromBucket, fromKey), l.index(bucket, key)
	switch { // in one order everywhere, or two copies could wait for each other
	case from == to:
		return l.write(bucket, key)
	case from < to:
		l.locks[from].RLock()
		l.locks[to].Lock()
	default:
		l.locks[to].Lock()
		l.locks[from].RLock()
	}
	return func() { l.locks[from].RUnlock(); l.locks[to].Unlock() }
}

// upload is the body of an upload. It takes the key's lock when the last byte has been read, for the commit
// that follows, and refuses a body that ends early, with an error that the storage does not take for an end as it
// does io.ErrUnexpectedEOF: a client that goes away must not leave half an object.
type upload struct {
	io.Reader
	lock   *sync.RWMutex // nil for a part, whose commit nobody sees
	commit func() error  // called when the lock is held; its error is the upload's
	locked bool
	left   int64 // bytes that have yet to come; negative when unknown
}

func (u *upload) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if u.left >= 0 {
		u.left -= int64(n)
	}
	if err == io.ErrUnexpectedEOF || err == io.EOF && u.left > 0 {
		return n, s3err.GetAPIError(s3err.ErrIncompleteBody)
	}
	if err == io.EOF && u.lock != nil && !u.locked {
		u.lock.Lock()
		u.locked = true
		if err := u.commit(); err != nil {
			return n, err
		}
	}
	return n, err
}

// unlock ends the commit.
func (u *upload) unlock() {
	if u.locked {
		u.lock.Unlock()
		u.locked = false
	}
}

// reader is the upload as the storage takes it, which asks some bodies for the checksum that came behind them.
func (u *upload) reader() io.Reader {
	if c, ok := u.Reader.(middlewares.ChecksumReader); ok {
		return struct {
			io.Reader
			checksum
		}{u, c}
	}
	return u
}

type checksum interface {
	Algorithm() string
	Checksum() string
}
