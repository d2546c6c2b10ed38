package s3

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/s3api/utils"
)

// check says in words what is wrong with a bucket's configuration.
func (b Bucket) check() error {
	if !utils.IsValidBucketName(b.Name) {
		return errors.New("a name has 3 to 63 lower-case letters, digits, dots and hyphens, and begins and ends with a letter or digit")
	}
	for i, r := range b.Rules {
		switch {
		case r.ID == "":
			return errors.New("a notification has no ID")
		case r.Deliver == nil:
			return fmt.Errorf("the notification %s goes nowhere", r.ID)
		case slices.ContainsFunc(b.Rules[:i], func(o Rule) bool { return o.ID == r.ID }):
			return fmt.Errorf("two notifications have the ID %s", r.ID)
		}
	}
	_, err := b.cors()
	return err
}

// ensureBucket makes a bucket unless it exists, and gives it its owner, versioning and CORS rules.
func (s *store) ensureBucket(ctx context.Context, owner string, b Bucket) error {
	acl, err := auth.UpdateACL(&auth.PutBucketAclInput{ACL: types.BucketCannedACLPrivate}, auth.ACL{Owner: owner}, nil)
	if err != nil {
		return err
	}
	ownership := types.ObjectOwnershipBucketOwnerEnforced
	_, err = s.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: &b.Name})
	if s3Code(err) == http.StatusNotFound {
		err = s.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: &b.Name, ObjectOwnership: ownership,
			CreateBucketConfiguration: &types.CreateBucketConfiguration{}}, acl)
	}
	if err != nil {
		return err
	}
	// Also of one that exists: the key may be another, or the server was killed in the middle of the above.
	if err := s.PutBucketAcl(ctx, b.Name, acl); err != nil {
		return err
	}
	if err := s.PutBucketOwnershipControls(ctx, b.Name, ownership); err != nil {
		return err
	}
	if err := s.setVersioning(ctx, b); err != nil {
		return err
	}
	cors, err := b.cors()
	if err != nil {
		return err
	}
	return s.PutBucketCors(ctx, b.Name, cors)
}

// setVersioning switches versioning on, or suspends it where it was on: S3 knows no way back from there.
func (s *store) setVersioning(ctx context.Context, b Bucket) error {
	now, err := s.GetBucketVersioning(ctx, b.Name)
	switch {
	case err != nil:
		return err
	case b.Versioned:
		return s.PutBucketVersioning(ctx, b.Name, types.BucketVersioningStatusEnabled)
	case now.Status != nil:
		return s.PutBucketVersioning(ctx, b.Name, types.BucketVersioningStatusSuspended)
	}
	return nil
}

// cors writes the CORS rules as the storage keeps them, in the XML of PutBucketCors.
func (b Bucket) cors() ([]byte, error) {
	var c auth.CORSConfiguration
	for _, r := range b.CORS {
		rule := auth.CORSRule{
			AllowedMethods: texts[auth.CORSHTTPMethod](r.AllowedMethods),
			AllowedHeaders: texts[auth.CORSHeader](r.AllowedHeaders),
			ExposeHeaders:  texts[auth.CORSHeader](r.ExposedHeaders),
			AllowedOrigins: texts[auth.CORSOrigin](r.AllowedOrigins),
		}
		if r.MaxAge > 0 {
			rule.MaxAgeSeconds = new(int32(r.MaxAge))
		}
		if err := rule.Validate(); err != nil {
			return nil, fmt.Errorf("a CORS rule is not valid: %w", err)
		}
		c.Rules = append(c.Rules, rule)
	}
	if len(c.Rules) == 0 {
		return nil, nil
	}
	return xml.Marshal(c)
}

func texts[T ~string](in []string) []T {
	out := make([]T, len(in))
	for i, s := range in {
		out[i] = T(s)
	}
	return out
}
