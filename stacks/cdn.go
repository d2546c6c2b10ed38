package stacks

import (
	_ "embed"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscertificatemanager"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/thumbing/thumbing/internal/settings"
)

const (
	// How old a picture may be on its plain URL, in seconds: what the function writes as its max-age, and the
	// most that an edge keeps it for, whoever wrote it.
	pictureMaxAge = 60
	// How long an edge remembers that a picture is missing, in seconds: it may come any moment.
	missingMaxAge = 5
	// How long a browser remembers to use HTTPS only.
	hstsDays = 365
)

var (
	//go:embed edge/missing.js
	missingJS string
	//go:embed edge/versions.js
	versionsJS string
)

// newCDN makes the distribution that serves processed pictures, and nothing else of the bucket.
//
// Only paths below the folder of processed pictures reach the bucket, and of their queries only v. A request
// that would list the bucket cannot be expressed that way, so the distribution may list it: that is how S3
// tells a missing picture (404) from a forbidden one (403). Turning 403 into 404 at the edge instead would
// need an error page in the bucket, and would hide a broken policy behind "not found".
//
// Pictures are not compressed on their way: PNG is already, and a cache that is split by Accept-Encoding hits less.
func newCDN(stack awscdk.Stack, s settings.Settings, b buckets) awscloudfront.Distribution {
	origin := newOrigin(stack, b.assets)
	headers := newResponseHeaders(stack)
	props := &awscloudfront.DistributionProps{
		Comment:     new("Processed pictures of " + s.Assets.Name),
		HttpVersion: awscloudfront.HttpVersion_HTTP2_AND_3,
		PriceClass:  priceClass(s.PriceClass),
		DefaultBehavior: &awscloudfront.BehaviorOptions{
			Origin:                origin,
			CachePolicy:           awscloudfront.CachePolicy_CACHING_DISABLED(),
			ViewerProtocolPolicy:  awscloudfront.ViewerProtocolPolicy_REDIRECT_TO_HTTPS,
			ResponseHeadersPolicy: headers,
			Compress:              new(false),
			FunctionAssociations:  atEdge(stack, "Missing", missingJS, awscloudfront.FunctionEventType_VIEWER_REQUEST),
		},
		AdditionalBehaviors: &map[string]*awscloudfront.BehaviorOptions{
			"/" + s.FolderOutput + "*": {
				Origin:                origin,
				CachePolicy:           newCachePolicy(stack),
				ViewerProtocolPolicy:  awscloudfront.ViewerProtocolPolicy_REDIRECT_TO_HTTPS,
				ResponseHeadersPolicy: headers,
				Compress:              new(false),
				FunctionAssociations:  atEdge(stack, "Versions", versionsJS, awscloudfront.FunctionEventType_VIEWER_RESPONSE),
			},
		},
		ErrorResponses: &[]*awscloudfront.ErrorResponse{{
			HttpStatus: new(404.0),
			Ttl:        awscdk.Duration_Seconds(new(float64(missingMaxAge))),
		}},
		EnableLogging: new(true),
		LogBucket:     b.logs,
		LogFilePrefix: new("cdn/"),
	}
	if s.DomainName != "" {
		props.DomainNames = list(s.DomainName)
		props.Certificate = certificate(stack, s)
		props.MinimumProtocolVersion = awscloudfront.SecurityPolicyProtocol_TLS_V1_2_2021
	}
	cdn := awscloudfront.NewDistribution(stack, new("CDN"), props)
	for _, statement := range readersOf(stack, s, b.assets, cdn) {
		b.assets.AddToResourcePolicy(statement) // of an imported bucket this does nothing: an output shows what to add
	}
	return cdn
}

// newOrigin is the bucket, asked with requests that the distribution signs.
func newOrigin(stack awscdk.Stack, assets awss3.IBucket) awscloudfront.IOrigin {
	access := awscloudfront.NewS3OriginAccessControl(stack, new("CDNAccess"), &awscloudfront.S3OriginAccessControlProps{
		OriginAccessControlName: new(regional(stack, "access")),
		Description:             new("Signs what the CDN asks the assets bucket"),
		Signing:                 awscloudfront.Signing_SIGV4_ALWAYS(),
	})
	return &bucketOrigin{assets, access}
}

// bucketOrigin is a bucket as CloudFront is told of it. The CDK's own would let it read the whole bucket, and its
// package brings all of the CDK that a distribution could stand before.
type bucketOrigin struct {
	bucket awss3.IBucket
	access awscloudfront.S3OriginAccessControl
}

// Bind describes the bucket.
func (o *bucketOrigin) Bind(_ constructs.Construct, options *awscloudfront.OriginBindOptions) *awscloudfront.OriginBindConfig {
	return &awscloudfront.OriginBindConfig{OriginProperty: &awscloudfront.CfnDistribution_OriginProperty{
		Id:                    options.OriginId,
		DomainName:            o.bucket.BucketRegionalDomainName(),
		OriginAccessControlId: o.access.OriginAccessControlId(),
		S3OriginConfig:        &awscloudfront.CfnDistribution_S3OriginConfigProperty{OriginAccessIdentity: new("")}, // nobody by that older way
	}}
}

// readersOf lets this distribution, and no other, read the processed pictures of the bucket.
func readersOf(stack awscdk.Stack, s settings.Settings, assets awss3.IBucket, cdn awscloudfront.Distribution) []awsiam.PolicyStatement {
	allow := func(sid, action string, resource *string) awsiam.PolicyStatement {
		return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        new(sid),
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(new("cloudfront.amazonaws.com"), nil)},
			Actions:    list(action),
			Resources:  &[]*string{resource},
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceArn": cdn.DistributionArn()}},
		})
	}
	return []awsiam.PolicyStatement{
		allow("CDNReadsPictures", "s3:GetObject", assets.ArnForObjects(new(s.FolderOutput+"*"))),
		allow("CDNTellsMissingPictures", "s3:ListBucket", assets.BucketArn()),
	}
}

// newCachePolicy keeps each version of a picture apart, and the plain URL's for a minute at most.
func newCachePolicy(stack awscdk.Stack) awscloudfront.CachePolicy {
	return awscloudfront.NewCachePolicy(stack, new("CDNCache"), &awscloudfront.CachePolicyProps{
		Comment:             new("A minute, and each version by itself"),
		MinTtl:              awscdk.Duration_Seconds(new(0.0)),
		DefaultTtl:          awscdk.Duration_Seconds(new(float64(pictureMaxAge))),
		MaxTtl:              awscdk.Duration_Seconds(new(float64(pictureMaxAge))),
		QueryStringBehavior: awscloudfront.CacheQueryStringBehavior_AllowList(new("v")),
		HeaderBehavior:      awscloudfront.CacheHeaderBehavior_None(),
		CookieBehavior:      awscloudfront.CacheCookieBehavior_None(),
	})
}

// newResponseHeaders keeps a stored picture inert, whatever somebody uploaded, lets pages of any origin read
// it, and keeps to ourselves which upload it was made from.
func newResponseHeaders(stack awscdk.Stack) awscloudfront.ResponseHeadersPolicy {
	return awscloudfront.NewResponseHeadersPolicy(stack, new("CDNHeaders"), &awscloudfront.ResponseHeadersPolicyProps{
		ResponseHeadersPolicyName: new(regional(stack, "headers")),
		Comment:                   new("Pictures are data for everyone, and never run"),
		SecurityHeadersBehavior: &awscloudfront.ResponseSecurityHeadersBehavior{
			ContentTypeOptions: &awscloudfront.ResponseHeadersContentTypeOptions{Override: new(true)},
			ContentSecurityPolicy: &awscloudfront.ResponseHeadersContentSecurityPolicy{
				ContentSecurityPolicy: new("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
				Override:              new(true),
			},
			StrictTransportSecurity: &awscloudfront.ResponseHeadersStrictTransportSecurity{
				AccessControlMaxAge: awscdk.Duration_Days(new(float64(hstsDays))),
				Override:            new(true),
			},
		},
		CorsBehavior: &awscloudfront.ResponseHeadersCorsBehavior{
			AccessControlAllowOrigins:     list("*"),
			AccessControlAllowMethods:     list("GET", "HEAD"),
			AccessControlAllowHeaders:     list("*"),
			AccessControlExposeHeaders:    list("ETag"),
			AccessControlAllowCredentials: new(false),
			OriginOverride:                new(true),
		},
		CustomHeadersBehavior: &awscloudfront.ResponseCustomHeadersBehavior{
			CustomHeaders: &[]*awscloudfront.ResponseCustomHeader{
				{Header: new("Cross-Origin-Resource-Policy"), Value: new("cross-origin"), Override: new(true)},
			},
		},
		RemoveHeaders: list(
			"x-amz-meta-source-key", "x-amz-meta-source-etag", "x-amz-meta-source-version",
			"x-amz-meta-source-sequencer", "x-amz-meta-source-time", "x-amz-meta-source-last-modified"),
	})
}

// regional is a name for what CloudFront keeps for the whole account, where a stack of another region may be.
// The CDK does so by itself for some of it.
func regional(stack awscdk.Stack, what string) string {
	return StackID + "-" + what + "-" + *stack.Region()
}

// atEdge runs a script for every request or response of a kind.
func atEdge(stack awscdk.Stack, id, script string, when awscloudfront.FunctionEventType) *[]*awscloudfront.FunctionAssociation {
	return &[]*awscloudfront.FunctionAssociation{{
		EventType: when,
		Function: awscloudfront.NewFunction(stack, new("CDN"+id), &awscloudfront.FunctionProps{
			Code:    awscloudfront.FunctionCode_FromInline(new(script)),
			Runtime: awscloudfront.FunctionRuntime_JS_2_0(),
		}),
	}}
}

// certificate is the custom domain's: the one that the settings name, or one that proves itself in the hosted
// zone. CloudFront takes it only of us-east-1, where [Synth] has checked that the stack is, as far as that is known.
func certificate(stack awscdk.Stack, s settings.Settings) interfacesawscertificatemanager.ICertificateRef {
	if s.CertificateARN != "" {
		return awscertificatemanager.Certificate_FromCertificateArn(stack, new("Certificate"), new(s.CertificateARN))
	}
	return awscertificatemanager.NewCertificate(stack, new("Certificate"), &awscertificatemanager.CertificateProps{
		DomainName: new(s.DomainName),
		Validation: awscertificatemanager.CertificateValidation_FromDns(zone(stack, s)),
	})
}

func priceClass(name string) awscloudfront.PriceClass {
	switch name {
	case settings.PriceClassAll:
		return awscloudfront.PriceClass_PRICE_CLASS_ALL
	case settings.PriceClass200:
		return awscloudfront.PriceClass_PRICE_CLASS_200
	}
	return awscloudfront.PriceClass_PRICE_CLASS_100
}
