// Package s3store keeps uploads and processed pictures in S3: it is what package avatar reads from and
// writes to.
package s3store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/awsretry"
)

const (
	// contentType and cacheControl are what processed pictures are served with. A picture's key does not
	// change when the picture does, so copies of it are good for a minute.
	contentType  = "image/png"
	cacheControl = "public, max-age=60, must-revalidate"
)

// Store is S3 with one configuration. It is safe for concurrent use.
type Store struct {
	client *s3.Client
	wait   func(attempt int) time.Duration // before a body is read again
}

// New answers the S3 of an SDK configuration. An endpoint of one's own (AWS_ENDPOINT_URL and
// AWS_ENDPOINT_URL_S3, which the SDK reads itself) is addressed by path, since bucket names before its host
// name need not resolve.
func New(c aws.Config) *Store {
	client := s3.NewFromConfig(c, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil
		o.Retryer = awsretry.New()
	})
	return &Store{client: client, wait: awsretry.Wait}
}

// Bucket answers a bucket of the store. Nothing is asked of S3.
func (s *Store) Bucket(name string) *Bucket { return &Bucket{store: s, name: name} }

// Bucket is one bucket: package avatar's Uploads and Assets.
type Bucket struct {
	store *Store
	name  string
}

var (
	_ avatar.Uploads = (*Bucket)(nil)
	_ avatar.Assets  = (*Bucket)(nil)
)

// Get reads an object whole, if it is what the pin says and has at most limit bytes. A body that ends early
// or does not match its checksum is read again.
func (b *Bucket) Get(ctx context.Context, key string, pin avatar.Pin, limit int64) (avatar.Upload, error) {
	for attempt := 1; ; attempt++ {
		upload, err := b.get(ctx, key, pin, limit)
		if _, short := errors.AsType[*bodyError](err); !short || attempt == awsretry.Attempts {
			return upload, explain("get", b.name, err)
		}
		if sleepErr := sleep(ctx, b.store.wait(attempt)); sleepErr != nil {
			return avatar.Upload{}, explain("get", b.name, errors.Join(err, sleepErr))
		}
	}
}

// bodyError is a fault while the body was read, which the SDK leaves to its caller.
type bodyError struct{ cause error }

func (e *bodyError) Error() string { return "read the body: " + e.cause.Error() }
func (e *bodyError) Unwrap() error { return e.cause }

func (b *Bucket) get(ctx context.Context, key string, pin avatar.Pin, limit int64) (avatar.Upload, error) {
	in := &s3.GetObjectInput{Bucket: &b.name, Key: &key, ChecksumMode: types.ChecksumModeEnabled}
	if pin.VersionID != "" {
		in.VersionId = &pin.VersionID
	} else {
		in.IfMatch = new(quote(pin.ETag))
	}
	out, err := b.store.client.GetObject(ctx, in)
	if err != nil {
		return avatar.Upload{}, err
	}
	defer out.Body.Close()
	length := aws.ToInt64(out.ContentLength)
	if length > limit {
		return avatar.Upload{}, fmt.Errorf("%w: %d bytes", avatar.ErrTooLarge, length)
	}
	body, err := readAll(out.Body, length, limit)
	if err != nil {
		return avatar.Upload{}, err
	}
	return avatar.Upload{Body: body, LastModified: aws.ToTime(out.LastModified)}, nil
}

// readAll reads a body of so many bytes, as its header has them, but goes by what it gets.
func readAll(r io.Reader, length, limit int64) ([]byte, error) {
	body := bytes.NewBuffer(make([]byte, 0, max(length, 0)+bytes.MinRead))
	n, err := body.ReadFrom(io.LimitReader(r, limit+1))
	switch {
	case n > limit:
		return nil, fmt.Errorf("%w: over %d bytes", avatar.ErrTooLarge, limit)
	case err != nil:
		return nil, &bodyError{err}
	case n < length:
		return nil, &bodyError{io.ErrUnexpectedEOF}
	}
	return body.Bytes(), nil
}

// Head answers an object's ETag and metadata.
func (b *Bucket) Head(ctx context.Context, key string) (avatar.State, error) {
	out, err := b.store.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return avatar.State{}, explain("head", b.name, err)
	}
	return avatar.State{ETag: strings.Trim(aws.ToString(out.ETag), `"`), Metadata: out.Metadata}, nil
}

// Put writes a PNG, if the object is in the state that the condition says.
func (b *Bucket) Put(ctx context.Context, key string, png []byte, metadata map[string]string, c avatar.Condition) error {
	in := &s3.PutObjectInput{
		Bucket:       &b.name,
		Key:          &key,
		Body:         bytes.NewReader(png),
		ContentType:  new(contentType),
		CacheControl: new(cacheControl),
		Metadata:     metadata,
	}
	if c.ETag != "" {
		in.IfMatch = new(quote(c.ETag))
	} else {
		in.IfNoneMatch = new("*")
	}
	_, err := b.store.client.PutObject(ctx, in)
	return explain("put", b.name, err)
}

// quote puts an ETag into the quotes that HTTP wants. Source: RFC 9110, 8.8.3.
func quote(etag string) string { return `"` + etag + `"` }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
