package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/settings"
)

// abortTimeout is how long an interrupted multipart upload may take to remove the parts it has sent.
const abortTimeout = 10 * time.Second

// A store is the uploads bucket and the assets bucket, as the verbs use them. Its errors are in the words of
// explain.
type store struct {
	client  *s3.Client
	uploads string
	assets  string
	keys    avatar.Keys
	topic   *topic // nil where the topic is that of another cloud
}

// An object is what a listing says about one object.
type object struct {
	key      string
	size     int64 // bytes
	modified time.Time
}

// openStore reads the settings and the AWS SDK's own configuration. It makes sure that there are credentials,
// and does not connect to S3.
func openStore(ctx context.Context) (*store, error) {
	set, err := settings.Load(".")
	if err != nil {
		return nil, explainSettings(err)
	}
	cfg, err := loadAWS(ctx)
	if err != nil {
		return nil, err
	}
	client := newClient(cfg)
	options := client.Options()
	if err := checkAccess(ctx, options.Region, options.Credentials, options.BaseEndpoint); err != nil {
		return nil, err
	}
	s := &store{
		client:  client,
		uploads: set.Uploads.Name,
		assets:  set.Assets.Name,
		keys:    avatar.Keys{Input: set.FolderInput, Output: set.FolderOutput},
		topic:   newTopic(cfg, set),
	}
	if aws.ToString(s.topic.client.Options().BaseEndpoint) != aws.ToString(options.BaseEndpoint) {
		s.topic = nil
	}
	return s, nil
}

// newClient is an S3 client that suits a server other than AWS too: such a server may know no bucket's host name.
func newClient(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil
		atOwnEndpoint(o.BaseEndpoint, &o.Region, &o.Retryer)
	})
}

// put uploads what body holds, in parts when it is much, and tells sent how many more bytes have left. The number
// is negative when an attempt failed and is made again.
func (s *store) put(ctx context.Context, key string, body io.ReadSeeker, contentType string, sent func(int64)) error {
	client := s3.New(s.client.Options(), func(o *s3.Options) { o.HTTPClient = countingClient{o.HTTPClient, sent} })
	transfer := transfermanager.New(client, func(o *transfermanager.Options) { o.FailTimeout = abortTimeout })
	_, err := transfer.UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket:      &s.uploads,
		Key:         &key,
		Body:        body,
		ContentType: &contentType,
	})
	return s.explain(err, s.uploads)
}

// list yields the objects of a bucket under a prefix, in the order of their keys, page by page.
func (s *store) list(ctx context.Context, bucket, prefix string) iter.Seq2[object, error] {
	return func(yield func(object, error) bool) {
		pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{
			Bucket: &bucket,
			Prefix: &prefix,
			// XML has no control characters, keys may.
			EncodingType: types.EncodingTypeUrl,
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(object{}, s.explain(err, bucket))
				return
			}
			for _, o := range page.Contents {
				key, err := listedKey(page.EncodingType, aws.ToString(o.Key))
				if !yield(object{key, aws.ToInt64(o.Size), aws.ToTime(o.LastModified)}, err) || err != nil {
					return
				}
			}
		}
	}
}

// listedKey decodes a key of a listing, if the server did encode it as it was asked to.
func listedKey(encoding types.EncodingType, key string) (string, error) {
	if encoding != types.EncodingTypeUrl {
		return key, nil
	}
	decoded, err := url.QueryUnescape(key)
	if err != nil {
		return "", fmt.Errorf("the listing holds a key that cannot be decoded: %w", err)
	}
	return decoded, nil
}

// checkBuckets fails when one of the buckets does not exist or is out of reach.
func (s *store) checkBuckets(ctx context.Context) error {
	for _, bucket := range []string{s.uploads, s.assets} {
		_, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
		if isNotFound(err) {
			return s.explainNoBucket(bucket)
		}
		if err != nil {
			return s.explain(err, bucket)
		}
	}
	return nil
}

// A state is what is known of an object without reading it. There is none when its ETag is empty.
type state struct {
	etag     string // quoted, as HTTP has it
	size     int64  // bytes
	modified time.Time
	metadata map[string]string
}

// head answers an object's state.
func (s *store) head(ctx context.Context, bucket, key string) (state, error) {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if isNotFound(err) {
		return state{}, nil
	}
	if err != nil {
		return state{}, s.explain(err, bucket)
	}
	return state{aws.ToString(out.ETag), aws.ToInt64(out.ContentLength), aws.ToTime(out.LastModified), out.Metadata}, nil
}

// errChanged says that an object is no longer the one that was looked at.
var errChanged = errors.New("changed in the meantime")

// remove deletes an object, if it still has the ETag.
func (s *store) remove(ctx context.Context, bucket, key, etag string) error {
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key, IfMatch: &etag})
	switch {
	case isNotFound(err):
		return nil
	case isPreconditionFailed(err):
		return errChanged
	}
	return s.explain(err, bucket)
}

// countingClient counts the bytes of request bodies as they go out. What the transfer manager has read says
// little about what has been sent: it reads many parts ahead.
type countingClient struct {
	s3.HTTPClient
	sent func(int64)
}

func (c countingClient) Do(req *http.Request) (*http.Response, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return c.HTTPClient.Do(req)
	}
	body := &countingBody{ReadCloser: req.Body, sent: c.sent}
	counted := req.WithContext(req.Context()) // a shallow copy
	counted.Body = body
	resp, err := c.HTTPClient.Do(counted)
	if err != nil || resp.StatusCode >= 300 {
		c.sent(-body.count.Load())
	}
	return resp, err
}

type countingBody struct {
	io.ReadCloser
	sent  func(int64)
	count atomic.Int64
}

func (b *countingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.count.Add(int64(n))
	b.sent(int64(n))
	return n, err
}
