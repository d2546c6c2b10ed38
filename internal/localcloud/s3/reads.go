package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/s3response"
)

// Object opens an object of a bucket without a request over the network. The header is what S3 would answer:
// Content-Type, ETag, Last-Modified and what was stored with the object. The error is fs.ErrNotExist when there
// is no such object.
func (s *Server) Object(ctx context.Context, bucket, key string) (io.ReadSeekCloser, http.Header, error) {
	out, err := s.store.GetObject(ctx, &awss3.GetObjectInput{Bucket: &bucket, Key: &key})
	if code := s3Code(err); code == http.StatusNotFound || code == http.StatusBadRequest {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read s3://%s/%s: %w", bucket, key, err)
	}
	file, ok := out.Body.(io.ReadSeekCloser)
	if !ok {
		return nil, nil, errors.Join(fmt.Errorf("read s3://%s/%s: it has no positions", bucket, key), out.Body.Close())
	}
	h := http.Header{}
	for name, text := range map[string]*string{
		"Cache-Control":       out.CacheControl,
		"Content-Disposition": out.ContentDisposition,
		"Content-Encoding":    out.ContentEncoding,
		"Content-Language":    out.ContentLanguage,
		"Content-Type":        out.ContentType,
		"Etag":                out.ETag,
		"Expires":             out.ExpiresString,
	} {
		if value(text) != "" {
			h.Set(name, *text)
		}
	}
	if out.LastModified != nil {
		h.Set("Last-Modified", out.LastModified.UTC().Format(http.TimeFormat))
	}
	return file, h, nil
}

// Bucket gives the objects of one bucket.
func (s *Server) Bucket(name string) BucketObjects { return BucketObjects{s, name} }

// BucketObjects are the objects of one bucket of a server.
type BucketObjects struct {
	server *Server
	name   string
}

// Object opens an object, as Server.Object does.
func (b BucketObjects) Object(ctx context.Context, key string) (io.ReadSeekCloser, http.Header, error) {
	return b.server.Object(ctx, b.name, key)
}

// HeadObject tells what is known of an object.
func (s *store) HeadObject(ctx context.Context, in *awss3.HeadObjectInput) (*awss3.HeadObjectOutput, error) {
	path, err := s.pathOf(*in.Bucket, *in.Key)
	if err != nil {
		return nil, err
	}
	defer s.locks.read(*in.Bucket, *in.Key)()
	inner := *in
	inner.Key = &path
	out, err := s.Posix.HeadObject(ctx, &inner)
	return out, s.unseen(ctx, *in.Bucket, s.fault("read", *in.Bucket, *in.Key, err))
}

// GetObject opens an object.
func (s *store) GetObject(ctx context.Context, in *awss3.GetObjectInput) (*awss3.GetObjectOutput, error) {
	path, err := s.pathOf(*in.Bucket, *in.Key)
	if err != nil {
		return nil, err
	}
	defer s.locks.read(*in.Bucket, *in.Key)()
	inner := *in
	inner.Key = &path
	out, err := s.Posix.GetObject(ctx, &inner)
	return out, s.unseen(ctx, *in.Bucket, s.fault("read", *in.Bucket, *in.Key, err))
}

// GetObjectAttributes tells chosen things that are known of an object.
func (s *store) GetObjectAttributes(ctx context.Context, in *awss3.GetObjectAttributesInput) (s3response.GetObjectAttributesResponse, error) {
	path, err := s.pathOf(*in.Bucket, *in.Key)
	if err != nil {
		return s3response.GetObjectAttributesResponse{}, err
	}
	defer s.locks.read(*in.Bucket, *in.Key)()
	inner := *in
	inner.Key = &path
	out, err := s.Posix.GetObjectAttributes(ctx, &inner)
	return out, s.unseen(ctx, *in.Bucket, s.fault("read", *in.Bucket, *in.Key, err))
}

// NormalizeObjectKey gives the key that policies know an object by.
func (s *store) NormalizeObjectKey(_, key string) string { return key }
