package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3api/utils"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"

	"github.com/thumbing/thumbing/internal/localcloud/iam"
)

// store is versitygw's storage with S3's keys, whole reads and events. Every operation on keys is here or in
// multipart.go, reads.go, tags.go and lists.go; those on buckets are the storage's own.
type store struct {
	*posix.Posix
	sidecar   *sidecar // nil where the file system has extended attributes
	root      *os.Root // of the buckets
	locks     keyLocks
	events    *notifier
	directory *iam.Directory
	log       *slog.Logger
}

func newStore(c Config, f *folder, events *notifier) (*store, error) {
	storage, sidecar, err := f.open()
	if err != nil {
		return nil, err
	}
	return &store{Posix: storage, sidecar: sidecar, root: f.root, locks: keyLocks{seed: maphash.MakeSeed()}, events: events,
		directory: c.Identities, log: c.Log}, nil
}

// PutObject stores an object.
func (s *store) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	bucket, key := *in.Bucket, *in.Key
	path, err := s.pathOf(bucket, key)
	if err != nil {
		return s3response.PutObjectOutput{}, err
	}
	if in.IfMatch != nil {
		// The answer tells what the object is.
		if err := s.authorize(ctx, "s3:GetObject", bucket, key); err != nil {
			return s3response.PutObjectOutput{}, err
		}
	}
	name, length := createdPut, value(in.ContentLength)
	if isForm(ctx) {
		name, length = createdPost, -1 // that of the whole form
	}
	check, err := s.ifAbsent(ctx, &in, key, path)
	if err != nil {
		return s3response.PutObjectOutput{}, err
	}
	body := &upload{Reader: in.Body, lock: s.locks.of(bucket, key), left: length, commit: func() error {
		if err := check(); err != nil {
			return err
		}
		s.sidecar.begin(bucket, path)
		return nil
	}}
	defer body.unlock()
	in.Key, in.Body = &path, body.reader()
	out, err := s.Posix.PutObject(ctx, in)
	if body.locked {
		err = cmp.Or(err, s.sidecar.end(bucket, path, err == nil))
	}
	if err != nil {
		return out, s.fault("put", bucket, key, err)
	}
	s.created(ctx, name, bucket, key, out.ETag, out.VersionID, value(out.Size))
	return out, nil
}

// ifAbsent takes If-None-Match: * out of a put and returns the check in its place, to be made under the key's
// lock. The storage takes a delete marker for an object; for S3 there is none then. The check is also made at
// once, so that a large body need not come in vain.
func (s *store) ifAbsent(ctx context.Context, in *s3response.PutObjectInput, key, path string) (check func() error, err error) {
	if value(in.IfNoneMatch) != "*" || in.IfMatch != nil {
		return func() error { return nil }, nil
	}
	in.IfNoneMatch = nil
	bucket := *in.Bucket
	check = func() error {
		_, err := s.Posix.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: &bucket, Key: &path})
		switch code := s3Code(err); {
		case err == nil:
			return s3err.GetPreconditionFailedErr(s3err.ConditionIfNoneMatch)
		case code == http.StatusNotFound, code == http.StatusMethodNotAllowed:
			return nil
		}
		return s.fault("look for", bucket, key, err)
	}
	defer s.locks.read(bucket, key)()
	return check, check()
}

// CopyObject stores a copy of an object.
func (s *store) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (s3response.CopyObjectOutput, error) {
	bucket, key := *in.Bucket, *in.Key
	path, err := s.pathOf(bucket, key)
	if err != nil {
		return s3response.CopyObjectOutput{}, err
	}
	source, fromBucket, fromKey, err := s.copySource(in.CopySource)
	if err != nil {
		return s3response.CopyObjectOutput{}, err
	}
	defer s.locks.copy(fromBucket, fromKey, bucket, key)()
	if in.Key, in.CopySource = &path, &source; fromBucket != bucket || fromKey != key { // else it stays in its place
		s.sidecar.begin(bucket, path)
	}
	out, err := s.Posix.CopyObject(ctx, in)
	if err = cmp.Or(err, s.sidecar.end(bucket, path, err == nil)); err != nil {
		return out, s.unseen(ctx, fromBucket, s.fault("copy", bucket, key, err))
	}
	size := s.head(ctx, bucket, path).size
	s.created(ctx, createdCopy, bucket, key, value(out.CopyObjectResult.ETag), value(out.VersionId), size)
	return out, nil
}

// DeleteObject removes an object, or puts a delete marker on it.
func (s *store) DeleteObject(ctx context.Context, in *awss3.DeleteObjectInput) (*awss3.DeleteObjectOutput, error) {
	bucket, key := *in.Bucket, *in.Key
	path, err := s.pathOf(bucket, key)
	if err != nil {
		return nil, err
	}
	defer s.locks.write(bucket, key)()
	inner := *in
	inner.Key = &path
	_, err = s.Posix.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: in.Bucket, Key: &path, VersionId: in.VersionId})
	existed := err == nil || errors.Is(err, s3err.GetAPIError(s3err.ErrMethodNotAllowed)) // a delete marker, by its version
	out, err := s.Posix.DeleteObject(ctx, &inner)
	if err != nil {
		return out, s.fault("delete", bucket, key, err)
	}
	if existed {
		c := s.change(ctx, removedDelete, bucket, key)
		if c.VersionID = value(out.VersionId); value(out.DeleteMarker) && value(in.VersionId) == "" {
			c.Name = removedMarker
		}
		s.events.publish(c)
	}
	return out, nil
}

// DeleteObjects removes several objects.
func (s *store) DeleteObjects(ctx context.Context, in *awss3.DeleteObjectsInput) (s3response.DeleteResult, error) {
	var result s3response.DeleteResult
	for _, o := range in.Delete.Objects {
		out, err := s.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: in.Bucket, Key: o.Key, VersionId: o.VersionId})
		if err != nil {
			result.Error = append(result.Error, s3err.ObjectDeleteError(o.Key, o.VersionId, err))
			continue
		}
		deleted := types.DeletedObject{Key: o.Key, VersionId: o.VersionId, DeleteMarker: out.DeleteMarker}
		if value(out.DeleteMarker) {
			deleted.DeleteMarkerVersionId = out.VersionId
		}
		result.Deleted = append(result.Deleted, deleted)
	}
	return result, nil
}

// created publishes that an object came to be.
func (s *store) created(ctx context.Context, name, bucket, key, etag, version string, size int64) {
	c := s.change(ctx, name, bucket, key)
	c.ETag, c.VersionID, c.Size = etag, version, size
	s.events.publish(c)
}

// change begins a change with what is known of the request. Nothing of a request may outlive it, so what is
// published is written out before the request ends.
func (s *store) change(ctx context.Context, name, bucket, key string) change {
	c := change{Name: name, Bucket: bucket, Key: key}
	if account, ok := ctx.Value(string(utils.ContextKeyAccount)).(auth.Account); ok {
		c.Who = account.Access
	}
	if p := s.principal(ctx); p != nil {
		c.Who = p.ID
	}
	if r, ok := ctx.(interface{ RemoteIP() net.IP }); ok {
		c.From = r.RemoteIP().String()
	}
	c.RequestID, _ = ctx.Value(string(utils.ContextKeyRequestID)).(string)
	c.HostID, _ = ctx.Value(string(utils.ContextKeyHostID)).(string)
	return c
}

// isForm tells whether a request is an upload by an HTML form.
func isForm(ctx context.Context) bool {
	r, ok := ctx.(interface{ IsPost() bool })
	return ok && r.IsPost()
}

// head tells the entity tag and size of an object that the caller holds the lock of.
func (s *store) head(ctx context.Context, bucket, path string) (o struct {
	etag string
	size int64
}) {
	if out, err := s.Posix.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: &bucket, Key: &path}); err == nil {
		o.etag, o.size = value(out.ETag), value(out.ContentLength)
	}
	return o
}

// maxKey is how many bytes a key may have.
const maxKey = 1024

// pathOf gives the path of a client's key. Where somebody has put a link into the folder that leads out of it,
// there is no object, whatever the link leads to.
func (s *store) pathOf(bucket, key string) (string, error) {
	if len(key) > maxKey {
		return "", s3err.GetKeyTooLongErr(int64(len(key)), maxKey)
	}
	path := objectPath(key)
	if _, err := s.root.Stat(bucket + "/" + path); err != nil {
		errno, ofSystem := errors.AsType[syscall.Errno](err)
		if !ofSystem || errno == syscall.ELOOP { // os.Root's own error: it would lead outside
			return "", s3err.GetAPIError(s3err.ErrNoSuchKey)
		}
	}
	return path, nil
}

// copySource reads the source of a copy, and writes it with the path of its key.
func (s *store) copySource(header *string) (source, bucket, key string, err error) {
	bucket, key, version, err := backend.ParseCopySource(value(header))
	if err != nil {
		return "", "", "", err
	}
	path, err := s.pathOf(bucket, key)
	if err != nil {
		return "", "", "", err
	}
	source = bucket + "/" + url.QueryEscape(path)
	if version != "" {
		source += "?versionId=" + version
	}
	return source, bucket, key, nil
}

// fault gives the error that a client gets: S3's own as it is, but for the key, and anything else as an internal
// error, whose cause is logged here.
func (s *store) fault(action, bucket, key string, err error) error {
	var version s3err.NoSuchVersionError
	switch known, ok := err.(s3err.S3Error); {
	case err == nil:
		return nil
	case errors.As(err, &version):
		return s3err.GetNoSuchVersionErr(key, version.VersionId)
	case ok:
		return known
	}
	s.log.Error(fmt.Sprintf("S3 could not %s an object", action), "bucket", bucket, "key", key, "error", err)
	return s3err.GetAPIError(s3err.ErrInternalError)
}

// s3Code gives the HTTP status of an error of S3's, or 0.
func s3Code(err error) int {
	var known s3err.S3Error
	if errors.As(err, &known) {
		return known.StatusCode()
	}
	return 0
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
