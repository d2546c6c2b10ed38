package s3

import (
	"cmp"
	"context"
	"slices"
	"strings"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/uuid"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// CompleteMultipartUpload makes an object of uploaded parts.
func (s *store) CompleteMultipartUpload(ctx context.Context, in *awss3.CompleteMultipartUploadInput) (s3response.CompleteMultipartUploadResult, string, error) {
	bucket, key := *in.Bucket, *in.Key
	path, err := s.partPath(bucket, key, in.UploadId)
	if err != nil {
		return s3response.CompleteMultipartUploadResult{}, "", err
	}
	if in.IfMatch != nil {
		if err := s.authorize(ctx, "s3:GetObject", bucket, key); err != nil {
			return s3response.CompleteMultipartUploadResult{}, "", err
		}
	}
	defer s.locks.write(bucket, key)()
	inner := *in
	inner.Key = &path
	s.sidecar.begin(bucket, path)
	out, version, err := s.Posix.CompleteMultipartUpload(ctx, &inner)
	out.Key = in.Key
	if err = cmp.Or(err, s.sidecar.end(bucket, path, err == nil)); err != nil {
		return out, version, s.fault("complete the multipart upload of", bucket, key, err)
	}
	// A repeated request succeeds too. It is no news when another object has taken the place since.
	if now := s.head(ctx, bucket, path); now.etag == value(out.ETag) {
		s.created(ctx, createdMultipart, bucket, key, now.etag, version, now.size)
	}
	return out, version, nil
}

// CreateMultipartUpload begins an upload in parts.
func (s *store) CreateMultipartUpload(ctx context.Context, in s3response.CreateMultipartUploadInput) (s3response.InitiateMultipartUploadResult, error) {
	bucket, key := *in.Bucket, *in.Key
	path, err := s.pathOf(bucket, key)
	if err != nil {
		return s3response.InitiateMultipartUploadResult{}, err
	}
	in.Key = &path
	out, err := s.Posix.CreateMultipartUpload(ctx, in)
	out.Key = key
	return out, s.fault("begin a multipart upload of", bucket, key, err)
}

// UploadPart stores a part of an upload.
func (s *store) UploadPart(ctx context.Context, in *awss3.UploadPartInput) (*awss3.UploadPartOutput, error) {
	path, err := s.partPath(*in.Bucket, *in.Key, in.UploadId)
	if err != nil {
		return nil, err
	}
	inner := *in
	inner.Key = &path
	inner.Body = (&upload{Reader: in.Body, left: value(in.ContentLength)}).reader()
	out, err := s.Posix.UploadPart(ctx, &inner)
	return out, s.fault("store a part of", *in.Bucket, *in.Key, err)
}

// UploadPartCopy stores a part of an upload that is copied from an object.
func (s *store) UploadPartCopy(ctx context.Context, in *awss3.UploadPartCopyInput) (s3response.CopyPartResult, error) {
	path, err := s.partPath(*in.Bucket, *in.Key, in.UploadId)
	if err != nil {
		return s3response.CopyPartResult{}, err
	}
	source, fromBucket, fromKey, err := s.copySource(in.CopySource)
	if err != nil {
		return s3response.CopyPartResult{}, err
	}
	defer s.locks.read(fromBucket, fromKey)()
	inner := *in
	inner.Key, inner.CopySource = &path, &source
	out, err := s.Posix.UploadPartCopy(ctx, &inner)
	return out, s.unseen(ctx, fromBucket, s.fault("copy a part of", *in.Bucket, *in.Key, err))
}

// AbortMultipartUpload forgets an upload in parts.
func (s *store) AbortMultipartUpload(ctx context.Context, in *awss3.AbortMultipartUploadInput) error {
	path, err := s.partPath(*in.Bucket, *in.Key, in.UploadId)
	if err != nil {
		return err
	}
	inner := *in
	inner.Key = &path
	return s.fault("abort the multipart upload of", *in.Bucket, *in.Key, s.Posix.AbortMultipartUpload(ctx, &inner))
}

// ListParts lists the parts of an upload.
func (s *store) ListParts(ctx context.Context, in *awss3.ListPartsInput) (s3response.ListPartsResult, error) {
	path, err := s.partPath(*in.Bucket, *in.Key, in.UploadId)
	if err != nil {
		return s3response.ListPartsResult{}, err
	}
	inner := *in
	inner.Key = &path
	out, err := s.Posix.ListParts(ctx, &inner)
	out.Key = *in.Key
	return out, s.fault("list the parts of", *in.Bucket, *in.Key, err)
}

// ListMultipartUploads lists the uploads in parts that have begun. The storage gives all of them, by path; which
// belong on the page is decided here, by key.
func (s *store) ListMultipartUploads(ctx context.Context, in *awss3.ListMultipartUploadsInput) (s3response.ListMultipartUploadsResult, error) {
	const every = 1 << 30
	all, err := s.Posix.ListMultipartUploads(ctx, &awss3.ListMultipartUploadsInput{Bucket: in.Bucket, MaxUploads: new(int32(every))})
	if err != nil {
		return s3response.ListMultipartUploadsResult{}, s.fault("list multipart uploads to", *in.Bucket, "", err)
	}
	prefix, delimiter := value(in.Prefix), value(in.Delimiter)
	keyMarker, idMarker, limit := value(in.KeyMarker), value(in.UploadIdMarker), int(value(in.MaxUploads))
	var uploads []s3response.Upload
	for _, u := range all.Uploads {
		var ok bool
		if u.Key, ok = objectKey(u.Key); ok && strings.HasPrefix(u.Key, prefix) && u.Key >= keyMarker && (u.Key > keyMarker || idMarker != "") {
			uploads = append(uploads, u)
		}
	}
	slices.SortStableFunc(uploads, func(a, b s3response.Upload) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), a.Initiated.Compare(b.Initiated))
	})
	page, err := backend.ListMultipartUploads(uploads, prefix, delimiter, keyMarker, idMarker, limit)
	if err != nil {
		return s3response.ListMultipartUploadsResult{}, s.fault("list multipart uploads to", *in.Bucket, "", err)
	}
	return s3response.ListMultipartUploadsResult{
		Bucket: *in.Bucket, Prefix: prefix, Delimiter: delimiter, MaxUploads: limit,
		KeyMarker: keyMarker, UploadIDMarker: idMarker,
		NextKeyMarker: page.NextKeyMarker, NextUploadIDMarker: page.NextUploadIDMarker, IsTruncated: page.IsTruncated,
		Uploads: page.Uploads, CommonPrefixes: page.CommonPrefixes,
	}, nil
}

// partPath gives the path of a key whose upload is named by a client. The storage makes a path of the name, so it
// must be one that the storage gave.
func (s *store) partPath(bucket, key string, uploadID *string) (string, error) {
	path, err := s.pathOf(bucket, key)
	if id := value(uploadID); err == nil && uuid.Validate(id) != nil {
		err = s3err.GetNoSuchUploadErr(id)
	}
	return path, err
}
