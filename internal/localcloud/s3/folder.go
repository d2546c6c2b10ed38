package s3

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
)

// folder is where a server keeps everything. One server at a time has it.
type folder struct {
	buckets  string // a folder a bucket
	versions string // older versions of objects
	metadata string // what is known of objects, where the file system keeps no extended attributes
	journal  string // events that have yet to be delivered
	applied  string // notifications that their targets know of

	lock    *os.File
	root    *os.Root // of the buckets: no link leads out of it; nil before it was opened
	opened  bool
	workdir string // the process's working directory before the storage changed it
}

// openFolder takes a folder, and makes it when there is none.
func openFolder(dir string) (*folder, error) {
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("the folder %q is not absolute", dir)
	}
	f := &folder{
		buckets:  filepath.Join(dir, "buckets"),
		versions: filepath.Join(dir, "versions"),
		metadata: filepath.Join(dir, "metadata"),
		journal:  filepath.Join(dir, "events.jsonl"),
		applied:  filepath.Join(dir, "notifications.json"),
	}
	for _, d := range []string{f.buckets, f.versions} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return nil, err
		}
	}
	var err error
	if f.lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return nil, err
	}
	if err = syscall.Flock(int(f.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = fmt.Errorf("the folder %s is in use: stop the program that uses it, or choose another folder", dir)
		}
		return nil, errors.Join(err, f.lock.Close())
	}
	if err := f.sweep(); err != nil {
		return nil, errors.Join(fmt.Errorf("clean up after the last run: %w", err), f.lock.Close())
	}
	return f, nil
}

// taken tells that a server runs in this process. The storage changes the process's working directory, of which
// there is one.
var taken atomic.Bool

// open gives the folder's storage, which moves the process into the folder.
func (f *folder) open() (*posix.Posix, *sidecar, error) {
	if !taken.CompareAndSwap(false, true) {
		return nil, nil, errors.New("a process can run one S3 server at a time")
	}
	f.opened = true
	var err error
	if f.workdir, err = os.Getwd(); err != nil {
		f.workdir = "" // it is gone, so nobody misses it
	}
	if f.root, err = os.OpenRoot(f.buckets); err != nil {
		return nil, nil, err
	}
	files, err := f.sidecar()
	if err != nil {
		return nil, nil, err
	}
	var attributes meta.MetadataStorer = meta.XattrMeta{}
	if files != nil {
		attributes = files
	}
	defer silence()()
	storage, err := posix.New(f.buckets, attributes, posix.PosixOpts{
		VersioningDir:       f.versions,
		CopyObjectThreshold: maxCopySize,
		ForceNoObjLockFile:  true, // no other process writes here
	})
	return storage, files, err
}

// maxCopySize is S3's limit for one CopyObject.
const maxCopySize = 5 << 30

// sidecar gives the place of what is known of objects where the file system has no extended attributes, and nil
// where it has: those appear with an object in one step. A folder stays with what it began with.
func (f *folder) sidecar() (*sidecar, error) {
	probe, err := os.CreateTemp(filepath.Dir(f.buckets), ".probe")
	if err != nil {
		return nil, err
	}
	_, statErr := os.Stat(f.metadata)
	xattrErr := meta.XattrMeta{}.StoreAttribute(probe, "", "", "probe", []byte("1"))
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return nil, err
	}
	if statErr != nil && xattrErr == nil {
		return nil, nil
	}
	if err := os.MkdirAll(f.metadata, 0o755); err != nil {
		return nil, err
	}
	return newSidecar(f.metadata)
}

// silence keeps what the storage prints when it is made off the user's terminal: it has no option for that.
func silence() (restore func()) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return func() {} // then it prints a line
	}
	stdout := os.Stdout
	os.Stdout = null
	return func() {
		os.Stdout = stdout
		null.Close() // nothing was written
	}
}

// sweep removes what a process that was killed left behind: parts of uploads that will never be finished, and
// claims on multipart uploads that were being completed, which can then be completed again.
func (f *folder) sweep() error {
	if err := f.sweepFiles(filepath.Join(posix.MetaTmpDir, "*")); err != nil {
		return err
	}
	if err := f.sweepFiles(filepath.Join(posix.MetaTmpMultipartDir, "*", "*")); err != nil {
		return err
	}
	for _, root := range []string{f.buckets, f.metadata} {
		claims, err := filepath.Glob(filepath.Join(root, "*", posix.MetaTmpMultipartDir, "*", "*"+claimMark))
		if err != nil {
			return err
		}
		for _, path := range claims {
			id, _, _ := strings.Cut(filepath.Base(path), ".")
			if err := os.Rename(path, filepath.Join(filepath.Dir(path), id)); err != nil {
				return err
			}
		}
	}
	return filepath.WalkDir(f.buckets, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == posix.MetaTmpDir {
			return fs.SkipDir
		}
		if !d.IsDir() && strings.HasPrefix(d.Name(), ".") && strings.Contains(d.Name(), temporaryMark) {
			return os.Remove(path)
		}
		return nil
	})
}

// sweepFiles removes the files, not the folders, that have a pattern's name in any bucket.
func (f *folder) sweepFiles(pattern string) error {
	paths, err := filepath.Glob(filepath.Join(f.buckets, "*", pattern))
	if err != nil {
		return err
	}
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err == nil && !info.IsDir() {
			err = os.Remove(path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// How the storage names what it is at work on.
const (
	claimMark     = ".inprogress" // behind "ID.ETAG" of a multipart upload that is being completed
	temporaryMark = ".sgwtmp."    // in the name of a file that is about to take an object's place
)

// close gives the folder back, and the process its working directory.
func (f *folder) close() error {
	var err error
	if f.workdir != "" {
		err = os.Chdir(f.workdir)
	}
	if f.root != nil {
		err = errors.Join(err, f.root.Close())
	}
	if f.opened {
		taken.Store(false)
	}
	return errors.Join(err, f.lock.Close())
}
