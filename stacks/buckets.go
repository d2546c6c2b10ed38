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
	// How long it can be looked up who asked for what.
	accessLogDays = 90
	// How long a browser may remember what it may upload, in seconds.
	corsMaxAge = 3600
)

// buckets are the stack's. Uploads and assets may be one.
type buckets struct {
	uploads, assets awss3.IBucket
	logs            awss3.IBucket // of requests to the others and to the CDN; nil when there is nothing of ours to ask
}

func newBuckets(stack awscdk.Stack, s settings.Settings) buckets {
	var b buckets
	if s.CDN || !s.Uploads.Import || !s.Assets.Import {
		b.logs = newLogBucket(stack, s)
	}
	b.uploads = newBucket(stack, "Uploads", s.Uploads, corsForUploads(s.UploadOrigins), b.logs)
	b.assets = b.uploads
	if !s.OneBucket() {
		b.assets = newBucket(stack, "Assets", s.Assets, nil, b.logs)
	}
	return b
}

// newBucket makes a private bucket that outlives the stack, or takes the existing one of that name.
func newBucket(stack awscdk.Stack, id string, b settings.Bucket, cors *[]*awss3.CorsRule, logs awss3.IBucket) awss3.IBucket {
	if b.Import {
		return awss3.Bucket_FromBucketName(stack, new(id), new(b.Name))
	}
	props := private()
	props.BucketName = new(b.Name)
	props.Cors = cors
	props.ServerAccessLogsBucket = logs
	props.ServerAccessLogsPrefix = new("s3/" + b.Name + "/")
	return awss3.NewBucket(stack, new(id), props)
}

// newLogBucket makes the bucket for access logs. It has no name of its own, so that a stack that was removed
// and comes again does not meet the one that it left.
//
// CloudFront writes its logs as another account and hands them over by an access control list. It is the one
// bucket that takes such lists: every object in it is the bucket owner's all the same.
func newLogBucket(stack awscdk.Stack, s settings.Settings) awss3.IBucket {
	props := private(&awss3.LifecycleRule{
		Id:         new("Expire"),
		Expiration: awscdk.Duration_Days(new(float64(accessLogDays))),
	})
	if s.CDN {
		props.ObjectOwnership = awss3.ObjectOwnership_BUCKET_OWNER_PREFERRED
	}
	return awss3.NewBucket(stack, new("AccessLogs"), props)
}

// private is what all buckets have in common.
func private(more ...*awss3.LifecycleRule) *awss3.BucketProps {
	rules := append([]*awss3.LifecycleRule{{
		Id:                                  new("Tidy"),
		AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(new(float64(unfinishedUploadDays))),
		NoncurrentVersionExpiration:         awscdk.Duration_Days(new(float64(oldVersionDays))),
		ExpiredObjectDeleteMarker:           new(true),
	}}, more...)
	return &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        new(true),
		MinimumTLSVersion: new(1.2),
		Versioned:         new(true),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN,
		LifecycleRules:    &rules,
	}
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
