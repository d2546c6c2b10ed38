// Package settings knows every environment variable of the project: its name, its default, what makes a
// value wrong and what to write instead. It is the only reader of the environment; the other packages are
// given plain values.
//
// [Load] reads what the stack is made from, [LoadFunction] what the thumbnail function runs with, and
// [LoadCDK] what the CDK command line tells the app. A .env file fills what the environment leaves unset.
package settings

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"
)

// The variables of the stack.
const (
	UploadsBucketName   = "UPLOADS_BUCKET_NAME"
	UploadsBucketImport = "UPLOADS_BUCKET_IMPORT"
	AssetsBucketName    = "ASSETS_BUCKET_NAME"
	AssetsBucketImport  = "ASSETS_BUCKET_IMPORT"
	FolderInput         = "THUMBING_FOLDER_INPUT"
	FolderOutput        = "THUMBING_FOLDER_OUTPUT"
	TopicName           = "THUMBING_TOPIC_NAME"
	WebhookURL          = "THUMBING_WEBHOOK_URL"
	UploadOrigins       = "THUMBING_UPLOAD_ORIGINS"
	Architecture        = "THUMBING_ARCH"
	CDN                 = "THUMBING_CDN"
	AssetsDomainName    = "ASSETS_DOMAIN_NAME"
	HostedZoneName      = "HOSTED_ZONE_NAME"
	CertificateARN      = "CERTIFICATE_ARN"
	AlarmEmail          = "ALARM_EMAIL"
)

// What stands in for a variable that is not set.
const (
	DefaultFolderOutput = "avatar/processed/"
	DefaultTopicName    = "cruddur-webhook-avatar"
	DefaultArchitecture = ARM64
)

// The processor architectures a function can have, as AWS Lambda names them.
const (
	ARM64 = "arm64"
	X8664 = "x86_64"
)

// Settings is what the stack is made from, checked and normalised.
type Settings struct {
	Uploads Bucket // where pictures arrive
	Assets  Bucket // where processed pictures go; may be the same bucket

	FolderInput  string // only keys under this prefix trigger: "" or "a/b/"
	FolderOutput string // prefix of processed pictures: "a/b/", never empty

	TopicName     string   // SNS topic that hears of processed and of rejected pictures
	WebhookURL    string   // its HTTP subscriber; "" for none
	UploadOrigins []string // origins ("https://host[:port]") whose pages may upload from a browser
	Architecture  string   // ARM64 or X8664

	CDN            bool   // false leaves CloudFront and DNS out
	DomainName     string // custom domain of the CDN; "" for none
	HostedZoneName string // Route 53 zone that DomainName is written to; "" for none
	CertificateARN string // ACM certificate of DomainName, in us-east-1

	AlarmEmail string // who hears of alarms; "" for nobody

	DotEnv string // path of the .env file that was read; "" when there was none
}

// Bucket names an S3 bucket.
type Bucket struct {
	Name   string
	Import bool // it exists already, and is not the stack's to create or remove
}

// OneBucket reports whether uploads and processed pictures share a bucket.
func (s Settings) OneBucket() bool { return s.Uploads.Name == s.Assets.Name }

// DeadLettersName returns the name of the queue for what could not be done: the topic's, as far as there is
// room for it in a queue's name, and what it is.
func (s Settings) DeadLettersName() string {
	const most, suffix = 80, "-dead-letters"
	return s.TopicName[:min(len(s.TopicName), most-len(suffix))] + suffix
}

// Function returns what the thumbnail function of a stack with these settings runs with.
func (s Settings) Function() Function {
	return Function{
		SourceBucket: s.Uploads.Name,
		DestBucket:   s.Assets.Name,
		FolderInput:  s.FolderInput,
		FolderOutput: s.FolderOutput,
		Width:        DefaultWidth,
		Height:       DefaultHeight,
		Limits:       DefaultLimits(),
	}
}

// CheckLoop returns an error when a processed picture would be taken for an upload, and so on without end.
// Parse gives no such settings. The error is a clause of which THUMBING_FOLDER_INPUT is the subject.
func (s Settings) CheckLoop() error {
	if !s.OneBucket() || !overlap(s.FolderInput, s.FolderOutput) {
		return nil
	}
	return fmt.Errorf("is %s, which overlaps %s (%s) in the same bucket, so that every avatar would trigger the next: write two folders that are apart, such as avatar/original/ and %s, or use two buckets",
		cmp.Or(s.FolderInput, "the whole bucket"), FolderOutput, s.FolderOutput, DefaultFolderOutput)
}

// Load reads the settings from the environment. A .env file in dir fills what is unset, for this process
// as a whole: an AWS_PROFILE or AWS_ENDPOINT_URL in it reaches the AWS SDK too. The error joins all
// problems.
func Load(dir string) (Settings, error) {
	path, file, err := readDotEnv(dir)
	if err != nil {
		return Settings{}, err
	}
	for name, value := range file {
		if _, set := os.LookupEnv(name); set {
			continue
		}
		if err := os.Setenv(name, value); err != nil {
			return Settings{}, fmt.Errorf("%s: the variable %q cannot be set: %w", path, name, err)
		}
	}
	s, err := Parse(os.LookupEnv)
	s.DotEnv = path
	return s, err
}

// Parse reads the settings from the variables that lookup finds. A variable that is set but blank counts
// as unset, but for THUMBING_FOLDER_OUTPUT, where blank could be meant as the whole bucket. The error
// joins all problems, each with its variable's name, what is wrong, and what to write instead.
func Parse(lookup func(name string) (string, bool)) (Settings, error) {
	r := reader{lookup: lookup}
	s := Settings{
		Uploads: Bucket{
			Name:   required(&r, UploadsBucketName, "the name of the bucket where pictures arrive", bucketName),
			Import: optional(&r, UploadsBucketImport, false, boolean),
		},
		Assets: Bucket{
			Name:   required(&r, AssetsBucketName, "the name of the bucket for processed pictures", bucketName),
			Import: optional(&r, AssetsBucketImport, false, boolean),
		},
		FolderInput:    optional(&r, FolderInput, "", folder),
		FolderOutput:   outputFolder(&r, FolderOutput),
		TopicName:      optional(&r, TopicName, DefaultTopicName, topicName),
		WebhookURL:     optional(&r, WebhookURL, "", webhookURL),
		UploadOrigins:  optional(&r, UploadOrigins, nil, origins),
		Architecture:   optional(&r, Architecture, DefaultArchitecture, architecture),
		CDN:            optional(&r, CDN, true, boolean),
		DomainName:     optional(&r, AssetsDomainName, "", domainName),
		HostedZoneName: optional(&r, HostedZoneName, "", domainName),
		CertificateARN: optional(&r, CertificateARN, "", certificateARN),
		AlarmEmail:     optional(&r, AlarmEmail, "", email),
	}
	s.checkBuckets(&r)
	s.checkDomain(&r)
	if err := errors.Join(r.problems...); err != nil {
		return Settings{}, err
	}
	return s, nil
}

// checkBuckets refuses settings under which a processed picture would be taken for an upload. Values that
// are wrong by themselves were reported already, and are empty here.
func (s Settings) checkBuckets(r *reader) {
	if !s.OneBucket() || s.Uploads.Name == "" {
		return
	}
	if s.Uploads.Import != s.Assets.Import && !r.wrong(UploadsBucketImport, AssetsBucketImport) {
		r.report(AssetsBucketImport, "is %t but %s is %t, for one and the same bucket: write the same value for both",
			s.Assets.Import, UploadsBucketImport, s.Uploads.Import)
	}
	if !r.wrong(FolderInput, FolderOutput) {
		if err := s.CheckLoop(); err != nil {
			r.report(FolderInput, "%w", err)
		}
	}
}

// checkDomain refuses a custom domain that could not be served or written to DNS.
func (s Settings) checkDomain(r *reader) {
	if r.wrong(AssetsDomainName, HostedZoneName, CertificateARN) {
		return
	}
	switch {
	case s.DomainName == "" && s.HostedZoneName != "":
		r.report(AssetsDomainName, "is not set, though %s is: write the name to serve pictures at, such as assets.%s",
			HostedZoneName, s.HostedZoneName)
	case s.DomainName == "" && s.CertificateARN != "":
		r.report(AssetsDomainName, "is not set, though %s is: write the name that the certificate was issued for", CertificateARN)
	case s.DomainName != "" && s.CertificateARN == "":
		r.report(CertificateARN, "is not set, though %s is: write the ARN of a certificate for %s, issued in us-east-1",
			AssetsDomainName, s.DomainName)
	}
	if s.DomainName != "" && s.HostedZoneName != "" && s.DomainName != s.HostedZoneName &&
		!strings.HasSuffix(s.DomainName, "."+s.HostedZoneName) {
		r.report(AssetsDomainName, "is %s, which is outside the hosted zone %s (%s): write a name that ends in .%s",
			s.DomainName, s.HostedZoneName, HostedZoneName, s.HostedZoneName)
	}
}

// overlap tells whether what is written to the one folder of a bucket can be seen in the other.
func overlap(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }
