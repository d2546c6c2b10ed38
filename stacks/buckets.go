package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	"github.com/thumbing/thumbing/internal/settings"
)

const (
	// An upload that was begun and not finished is paid for until it is removed.
	unfinishedUploadDays = 1
	// How long an overwritten or deleted object can be brought back.
	oldVersionDays = 30
	// How long a browser may remember what it may upload, in seconds.
	corsMaxAge = 3600
)

// newBuckets returns the bucket for uploads and the one for assets, which may be the same.
func newBuckets(stack awscdk.Stack, s settings.Settings) (uploads, assets awss3.IBucket) {
	uploads = newBucket(stack, "Uploads", s.Uploads, corsForUploads(s.UploadOrigins))
	if s.OneBucket() {
		return uploads, uploads
	}
	return uploads, newBucket(stack, "Assets", s.Assets, nil)
}

// newBucket makes a private bucket that outlives the stack, or takes the existing one of that name.
func newBucket(stack awscdk.Stack, id string, b settings.Bucket, cors *[]*awss3.CorsRule) awss3.IBucket {
	if b.Import {
		return awss3.Bucket_FromBucketName(stack, new(id), new(b.Name))
	}
	return awss3.NewBucket(stack, new(id), &awss3.BucketProps{
		BucketName:        new(b.Name),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        new(true),
		MinimumTLSVersion: new(1.2),
		Versioned:         new(true),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN,
		Cors:              cors,
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:                                  new("Tidy"),
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(new(float64(unfinishedUploadDays))),
			NoncurrentVersionExpiration:         awscdk.Duration_Days(new(float64(oldVersionDays))),
			ExpiredObjectDeleteMarker:           new(true),
		}},
	})
}

// corsForUploads lets pages of these origins, and of no others, upload by presigned URL or form.
func corsForUploads(origins []string) *[]*awss3.CorsRule {
	if len(origins) == 0 {
		return nil
	}
	return &[]*awss3.CorsRule{{
		AllowedOrigins: list(origins...),
		AllowedMethods: &[]awss3.HttpMethods{awss3.HttpMethods_PUT, awss3.HttpMethods_POST},
		AllowedHeaders: list("content-type", "content-md5", "cache-control", "x-amz-*"),
		ExposedHeaders: list("ETag"),
		MaxAge:         new(float64(corsMaxAge)),
	}}
}

// list is a list as the CDK takes it.
func list(items ...string) *[]*string {
	all := make([]*string, len(items))
	for i, item := range items {
		all[i] = new(item)
	}
	return &all
}
