// Package settings knows every environment variable of the project: its name, its default, what makes a
// value wrong and what to write instead. It is the only reader of the environment; the other packages are
// given plain values.
//
// [Load] reads what the stack is made from, [LoadFunction] what the thumbnail function runs with,
// [LoadProfile] what the profile service does, and [LoadCDK] what the CDK command line tells the app. A .env file fills what the environment leaves unset.
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
	Concurrency         = "THUMBING_CONCURRENCY"
	Tracing             = "THUMBING_TRACING"
	CDN                 = "THUMBING_CDN"
	PriceClass          = "THUMBING_PRICE_CLASS"
	AssetsDomainName    = "ASSETS_DOMAIN_NAME"
	HostedZoneName      = "HOSTED_ZONE_NAME"
	HostedZoneID        = "HOSTED_ZONE_ID"
	CertificateARN      = "CERTIFICATE_ARN"
	AlarmEmail          = "ALARM_EMAIL"
)

// What stands in for a variable that is not set.
const (
	DefaultFolderOutput = "avatar/processed/"
	DefaultTopicName    = "cruddur-webhook-avatar"
	DefaultArchitecture = ARM64
	DefaultConcurrency  = 50
	DefaultPriceClass   = PriceClass100
)

// The processor architectures a function can have, as AWS Lambda names them.
const (
	ARM64 = "arm64"
	X8664 = "x86_64"
)

// Where the CDN has edges, by CloudFront's price classes: North America, Europe and Israel; those and most of
// Asia, Africa and the Middle East; everywhere.
const (
	PriceClass100 = "100"
	PriceClass200 = "200"
	PriceClassAll = "all"
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
	Concurrency   int      // how many pictures the function may work on at once; 0 for as many as the account allows
	Tracing       bool     // whether X-Ray samples the function's invocations

	CDN            bool   // false leaves CloudFront and DNS out
	PriceClass     string // PriceClass100, PriceClass200 or PriceClassAll
	DomainName     string // custom domain of the CDN; "" for none
	HostedZoneName string // Route 53 zone that DomainName is written to; "" for none
	HostedZoneID   string // its id; "" where the name alone tells the zone
	CertificateARN string // ACM certificate of DomainName, in us-east-1; "" for one of the stack's own

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
func (s Settings) DeadLettersName() string { return s.derivedName(80, "-dead-letters") }

// AlarmsTopicName returns the name of the SNS topic that hears of alarms.
func (s Settings) AlarmsTopicName() string { return s.derivedName(256, "-alarms") }

func (s Settings) derivedName(most int, suffix string) string {
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
	path, err := loadDotEnv(dir)
	if err != nil {
		return Settings{}, err
	}
	s, err := Parse(os.LookupEnv)
	s.DotEnv = path
	return s, err
}

// LoadDeadLettersName is Load for who needs no more than Settings.DeadLettersName, which goes without the settings
// that are required.
func LoadDeadLettersName(dir string) (string, error) {
	if _, err := loadDotEnv(dir); err != nil {
		return "", err
	}
	r := reader{lookup: os.LookupEnv}
	s := Settings{TopicName: optional(&r, TopicName, DefaultTopicName, topicName)}
	if err := errors.Join(r.problems...); err != nil {
		return "", err
	}
	return s.DeadLettersName(), nil
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
		Concurrency:    optional(&r, Concurrency, DefaultConcurrency, concurrency),
		Tracing:        optional(&r, Tracing, true, boolean),
		CDN:            optional(&r, CDN, true, boolean),
		PriceClass:     optional(&r, PriceClass, DefaultPriceClass, priceClass),
		DomainName:     optional(&r, AssetsDomainName, "", domainName),
		HostedZoneName: optional(&r, HostedZoneName, "", domainName),
		HostedZoneID:   optional(&r, HostedZoneID, "", hostedZoneID),
		CertificateARN: optional(&r, CertificateARN, "", certificateARN),
		AlarmEmail:     optional(&r, AlarmEmail, "", email),
	}
	s.checkBuckets(&r)
	s.checkCDN(&r)
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

// checkCDN refuses a folder that CloudFront could not be told to serve.
func (s Settings) checkCDN(r *reader) {
	if !s.CDN || r.wrong(CDN, FolderOutput) {
		return
	}
	switch {
	case strings.ContainsAny(s.FolderOutput, "!()"):
		r.report(FolderOutput, "is %s, with a character that CloudFront takes in no path: write a folder without ! ( ), or set %s=off", s.FolderOutput, CDN)
	case len(s.FolderOutput) > maxPathPattern-len("/*"):
		r.report(FolderOutput, "has %d characters, more than CloudFront takes in a path: write a folder of at most %d, or set %s=off",
			len(s.FolderOutput), maxPathPattern-len("/*"), CDN)
	}
}

// checkDomain refuses a custom domain that could not be served or written to DNS.
func (s Settings) checkDomain(r *reader) {
	if r.wrong(AssetsDomainName, HostedZoneName, HostedZoneID, CertificateARN) {
		return
	}
	switch {
	case s.DomainName == "" && s.HostedZoneName != "":
		r.report(AssetsDomainName, "is not set, though %s is: write the name to serve pictures at, such as assets.%s",
			HostedZoneName, s.HostedZoneName)
	case s.DomainName == "" && s.CertificateARN != "":
		r.report(AssetsDomainName, "is not set, though %s is: write the name that the certificate was issued for", CertificateARN)
	case s.HostedZoneID != "" && s.HostedZoneName == "":
		r.report(HostedZoneName, "is not set, though %s is: write the zone's name, such as example.com", HostedZoneID)
	case s.DomainName != "" && s.CertificateARN == "" && s.HostedZoneID == "":
		r.report(CertificateARN, "is not set, though %s is: write the ARN of a certificate for %s, issued in us-east-1; or write %s and %s, for a certificate of the stack's own",
			AssetsDomainName, s.DomainName, HostedZoneName, HostedZoneID)
	}
	if s.DomainName != "" && s.HostedZoneName != "" && s.DomainName != s.HostedZoneName &&
		!strings.HasSuffix(s.DomainName, "."+s.HostedZoneName) {
		r.report(AssetsDomainName, "is %s, which is outside the hosted zone %s (%s): write a name that ends in .%s",
			s.DomainName, s.HostedZoneName, HostedZoneName, s.HostedZoneName)
	}
}

// CertificateRegion is where CloudFront looks for certificates.
const CertificateRegion = "us-east-1"

// OwnCertificate reports whether the stack makes the certificate of the custom domain.
func (s Settings) OwnCertificate() bool { return s.CDN && s.DomainName != "" && s.CertificateARN == "" }

// CheckRegion returns an error when a stack in the region, "" for one not known yet, would make a certificate
// where CloudFront does not look. The error is a clause of which CERTIFICATE_ARN is the subject.
func (s Settings) CheckRegion(region string) error {
	if !s.OwnCertificate() || region == "" || region == CertificateRegion {
		return nil
	}
	return fmt.Errorf("is not set, so that the stack makes the certificate of %s itself, but it goes to %s and CloudFront takes certificates of %s only: write the ARN of one issued there, or deploy to %s",
		s.DomainName, region, CertificateRegion, CertificateRegion)
}

// overlap tells whether what is written to the one folder of a bucket can be seen in the other.
func overlap(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }
