// Package uploads signs the forms by which browsers upload straight to S3.
package uploads

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/thumbing/thumbing/internal/profile"
)

// signedFor is how long a form is good for.
const signedFor = 5 * time.Minute

// Signer signs forms for one bucket with the rights of its client, which must be allowed to s3:PutObject
// what the forms are for.
type Signer struct {
	client   *s3.PresignClient
	bucket   string
	maxBytes int64
}

// NewSigner answers a signer of forms that take pictures of up to so many bytes.
func NewSigner(client *s3.Client, bucket string, maxBytes int64) *Signer {
	return &Signer{s3.NewPresignClient(client), bucket, maxBytes}
}

// Form signs a form for one key and one content type. S3 itself refuses any other, and pictures that are
// empty or too large. Source: Amazon S3 API Reference, "Creating a POST policy".
func (s *Signer) Form(ctx context.Context, key, contentType string) (profile.Form, error) {
	expires := time.Now().Add(signedFor).UTC().Truncate(time.Second)
	signed, err := s.client.PresignPostObject(ctx, &s3.PutObjectInput{Bucket: &s.bucket, Key: &key}, func(o *s3.PresignPostOptions) {
		o.Expires = signedFor
		o.Conditions = []any{
			[]any{"content-length-range", 1, s.maxBytes},
			[]any{"eq", "$Content-Type", contentType},
		}
	})
	if err != nil {
		return profile.Form{}, fmt.Errorf("sign a form for %s/%s: %w", s.bucket, key, err)
	}
	signed.Values["Content-Type"] = contentType
	return profile.Form{URL: signed.URL, Fields: signed.Values, Key: key, ExpiresAt: expires, MaxBytes: s.maxBytes}, nil
}

// Origin is where the forms lead to: "https://host". It finds out by signing one, and so tells at the start
// of a program whether there are credentials to sign with.
func (s *Signer) Origin(ctx context.Context) (string, error) {
	form, err := s.Form(ctx, "origin", "image/png")
	if err != nil {
		return "", err
	}
	u, err := url.Parse(form.URL)
	if err != nil || u.Host == "" {
		return "", errors.Join(fmt.Errorf("the form of %s leads nowhere: %q", s.bucket, form.URL), err)
	}
	return u.Scheme + "://" + u.Host, nil
}
