package stacks

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/settings"
)

const cdnARN = "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${CDN}"

// tlsOnly denies all that is not well encrypted on its way to a bucket.
func tlsOnly(id string) []statement {
	both := []string{"${" + id + ".Arn}", "${" + id + ".Arn}/*"}
	return []statement{
		{Effect: "Deny", Principal: "{AWS:*}", Actions: []string{"s3:*"}, Resources: both, Condition: "{Bool:{aws:SecureTransport:false}}"},
		{Effect: "Deny", Principal: "{AWS:*}", Actions: []string{"s3:*"}, Resources: both, Condition: "{NumericLessThan:{s3:TlsVersion:1.2}}"},
	}
}

// T1, T9, S10: private, encrypted, TLS only, versioned, tidied up, and kept when the stack goes.
func TestBuckets(t *testing.T) {
	tmpl := synthesize(t, everything())
	const tidy = "{AbortIncompleteMultipartUpload:{DaysAfterInitiation:1} ExpiredObjectDeleteMarker:true Id:Tidy NoncurrentVersionExpiration:{NoncurrentDays:30} Status:Enabled}"
	const fromCDN = "{StringEquals:{aws:SourceArn:" + cdnARN + "}}"
	logged := func(by, name string) statement {
		return statement{Effect: "Allow", Principal: "{Service:logging.s3.amazonaws.com}", Actions: []string{"s3:PutObject"}, Resources: []string{"${AccessLogs.Arn}/s3/" + name + "/*"},
			Condition: "{ArnLike:{aws:SourceArn:${" + by + ".Arn}} StringEquals:{aws:SourceAccount:${AWS::AccountId}}}"}
	}
	tests := []struct {
		id, name, owner, rules, logs string
		allowed                      []statement
	}{
		{"Uploads", "my-uploads", "BucketOwnerEnforced", "[" + tidy + "]", "{DestinationBucketName:${AccessLogs} LogFilePrefix:s3/my-uploads/}", nil},
		{"Assets", "my-assets", "BucketOwnerEnforced", "[" + tidy + "]", "{DestinationBucketName:${AccessLogs} LogFilePrefix:s3/my-assets/}", []statement{
			// T7: this distribution reads processed pictures, and nothing else. It may list, to tell what is missing.
			{Sid: "CDNReadsPictures", Effect: "Allow", Principal: "{Service:cloudfront.amazonaws.com}", Actions: []string{"s3:GetObject"},
				Resources: []string{"${Assets.Arn}/avatar/processed/*"}, Condition: fromCDN},
			{Sid: "CDNTellsMissingPictures", Effect: "Allow", Principal: "{Service:cloudfront.amazonaws.com}", Actions: []string{"s3:ListBucket"},
				Resources: []string{"${Assets.Arn}"}, Condition: fromCDN},
		}},
		// CloudFront hands its logs over by an access control list, which the owner's enforcement would refuse.
		{"AccessLogs", "null", "BucketOwnerPreferred", "[" + tidy + " {ExpirationInDays:90 Id:Expire Status:Enabled}]", "null",
			[]statement{logged("Uploads", "my-uploads"), logged("Assets", "my-assets")}},
	}
	if n := len(tmpl.of("AWS::S3::Bucket")); n != len(tests) {
		t.Errorf("%d buckets, and %d are looked at", n, len(tests))
	}
	for _, test := range tests {
		b := tmpl.at(t, test.id+"/Resource")
		if b.DeletionPolicy != "Retain" || b.UpdatePolicy != "Retain" {
			t.Errorf("%s goes with the stack: %s, %s", test.id, b.DeletionPolicy, b.UpdatePolicy)
		}
		tmpl.check(t, b, test.name, "BucketName")
		tmpl.check(t, b, "{BlockPublicAcls:true BlockPublicPolicy:true IgnorePublicAcls:true RestrictPublicBuckets:true}", "PublicAccessBlockConfiguration")
		tmpl.check(t, b, "[{ServerSideEncryptionByDefault:{SSEAlgorithm:AES256}}]", "BucketEncryption", "ServerSideEncryptionConfiguration")
		tmpl.check(t, b, "[{ObjectOwnership:"+test.owner+"}]", "OwnershipControls", "Rules")
		tmpl.check(t, b, "Enabled", "VersioningConfiguration", "Status")
		tmpl.check(t, b, test.rules, "LifecycleConfiguration", "Rules")
		tmpl.check(t, b, test.logs, "LoggingConfiguration")
		if d := cmp.Diff(append(tlsOnly(test.id), test.allowed...), tmpl.statements(t, tmpl.at(t, test.id+"/Policy/Resource"))); d != "" {
			t.Errorf("the policy of %s (-want +got):\n%s", test.id, d)
		}
	}
	// T9
	if tmpl.has("Custom::S3AutoDeleteObjects") || len(tmpl.of("Custom::S3AutoDeleteObjects")) > 0 {
		t.Error("something empties buckets")
	}
	// T11: exact origins, and only to upload.
	tmpl.check(t, tmpl.at(t, "Uploads/Resource"),
		"[{AllowedHeaders:[content-type content-md5 cache-control x-amz-*] AllowedMethods:[PUT POST] AllowedOrigins:[https://www.example.com http://127.0.0.1:8080] ExposedHeaders:[ETag] MaxAge:3600}]",
		"CorsConfiguration", "CorsRules")
	tmpl.check(t, tmpl.at(t, "Assets/Resource"), "null", "CorsConfiguration")
}

// Where no CDN writes logs, no bucket takes access control lists; where nothing is ours to log, there is no bucket for it.
func TestAccessLogs(t *testing.T) {
	s := defaults()
	s.CDN = false
	tmpl := synthesize(t, s)
	tmpl.check(t, tmpl.at(t, "AccessLogs/Resource"), "[{ObjectOwnership:BucketOwnerEnforced}]", "OwnershipControls", "Rules")

	s.Uploads.Import, s.Assets.Import = true, true
	if n := len(synthesize(t, s).of("AWS::S3::Bucket")); n != 0 {
		t.Errorf("%d buckets", n)
	}
	s.CDN = true
	tmpl = synthesize(t, s)
	if d := cmp.Diff(tlsOnly("AccessLogs"), tmpl.statements(t, tmpl.at(t, "AccessLogs/Policy/Resource"))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// One of two buckets may be the stack's.
func TestOneImported(t *testing.T) {
	for name, variable := range map[string]string{"Uploads": settings.UploadsBucketImport, "Assets": settings.AssetsBucketImport} {
		tmpl := synthesize(t, withVariables(map[string]string{variable: "true"}))
		if tmpl.has(name + "/Resource") {
			t.Errorf("%s is made", name)
		}
		if n := len(tmpl.of("AWS::S3::Bucket")); n != 2 {
			t.Errorf("%d buckets with %s imported", n, name)
		}
		if _, ok := tmpl.Outputs["AssetsBucketPolicy"]; ok != (name == "Assets") {
			t.Errorf("a policy to add: %t, with %s imported", ok, name)
		}
		checkRights(t, tmpl)
	}
}
