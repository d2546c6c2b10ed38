package stacks

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/thumbing/thumbing/internal/settings"
)

// T7
func TestCDN(t *testing.T) {
	tmpl := synthesize(t, everything())
	cdn := tmpl.at(t, "CDN/Resource")
	config := func(want string, keys ...string) {
		t.Helper()
		tmpl.check(t, cdn, want, append([]string{"DistributionConfig"}, keys...)...)
	}
	config("http2and3", "HttpVersion")
	config("true", "IPV6Enabled")
	config("PriceClass_All", "PriceClass")
	config("[assets.example.com]", "Aliases")
	config("{AcmCertificateArn:${Certificate} MinimumProtocolVersion:TLSv1.2_2021 SslSupportMethod:sni-only}", "ViewerCertificate")
	config("{Bucket:${AccessLogs.RegionalDomainName} Prefix:cdn/}", "Logging")
	config("[{ErrorCachingMinTTL:5 ErrorCode:404}]", "CustomErrorResponses")

	// The bucket is asked with signed requests, and has no other way in.
	config("[{DomainName:${Assets.RegionalDomainName} Id:ThumbingServerlessCdkStackCDNOrigin13D17295D OriginAccessControlId:${CDNAccess.Id} S3OriginConfig:{OriginAccessIdentity:}}]", "Origins")
	tmpl.check(t, tmpl.at(t, "CDNAccess/Resource"), "{Description:Signs what the CDN asks the assets bucket Name:ThumbingServerlessCdkStack-access-${AWS::Region} "+
		"OriginAccessControlOriginType:s3 SigningBehavior:always SigningProtocol:sigv4}", "OriginAccessControlConfig")

	// Processed pictures come from it, and nothing else does: not an upload, not a list.
	const origin = "TargetOriginId:ThumbingServerlessCdkStackCDNOrigin13D17295D ViewerProtocolPolicy:redirect-to-https}"
	config("[{CachePolicyId:${CDNCache} Compress:false FunctionAssociations:[{EventType:viewer-response FunctionARN:${CDNVersions.FunctionARN}}] "+
		"PathPattern:/avatar/processed/* ResponseHeadersPolicyId:${CDNHeaders} "+origin+"]", "CacheBehaviors")
	config("{CachePolicyId:4135ea2d-6df8-44a3-9df3-4b5a84be39ad Compress:false FunctionAssociations:[{EventType:viewer-request FunctionARN:${CDNMissing.FunctionARN}}] "+
		"ResponseHeadersPolicyId:${CDNHeaders} "+origin, "DefaultCacheBehavior")

	// S9: no copy is older than a minute, and each version is one of its own.
	tmpl.check(t, tmpl.at(t, "CDNCache/Resource"), "{Comment:A minute, and each version by itself DefaultTTL:60 MaxTTL:60 MinTTL:0 "+
		"Name:ThumbingServerlessCdkStackCDNCache9F9F2FD0-${AWS::Region} ParametersInCacheKeyAndForwardedToOrigin:"+
		"{CookiesConfig:{CookieBehavior:none} EnableAcceptEncodingBrotli:false EnableAcceptEncodingGzip:false "+
		"HeadersConfig:{HeaderBehavior:none} QueryStringsConfig:{QueryStringBehavior:whitelist QueryStrings:[v]}}}", "CachePolicyConfig")

	headers := tmpl.at(t, "CDNHeaders/Resource")
	for key, want := range map[string]string{
		"SecurityHeadersConfig": "{ContentSecurityPolicy:{ContentSecurityPolicy:default-src 'none'; style-src 'unsafe-inline'; sandbox Override:true} " +
			"ContentTypeOptions:{Override:true} StrictTransportSecurity:{AccessControlMaxAgeSec:31536000 Override:true}}",
		"CorsConfig": "{AccessControlAllowCredentials:false AccessControlAllowHeaders:{Items:[*]} AccessControlAllowMethods:{Items:[GET HEAD]} " +
			"AccessControlAllowOrigins:{Items:[*]} AccessControlExposeHeaders:{Items:[ETag]} OriginOverride:true}",
		"CustomHeadersConfig": "{Items:[{Header:Cross-Origin-Resource-Policy Override:true Value:cross-origin}]}",
		"RemoveHeadersConfig": "{Items:[{Header:x-amz-meta-source-key} {Header:x-amz-meta-source-etag} {Header:x-amz-meta-source-version} " +
			"{Header:x-amz-meta-source-sequencer} {Header:x-amz-meta-source-time} {Header:x-amz-meta-source-last-modified}]}",
	} {
		tmpl.check(t, headers, want, "ResponseHeadersPolicyConfig", key)
	}
	for _, f := range tmpl.of("AWS::CloudFront::Function") {
		tmpl.check(t, f, "cloudfront-js-2.0", "FunctionConfig", "Runtime")
		tmpl.check(t, f, "true", "AutoPublish")
	}
}

func TestDNS(t *testing.T) {
	const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/0a"
	tests := []struct {
		name             string
		variables        map[string]string
		zone, zoneName   string // of the records; "" for no records
		certificate      string // of the distribution; "" for CloudFront's own
		made             bool   // by the stack
		domain, priceFor string
	}{
		{name: "no domain", priceFor: "PriceClass_100"},
		{name: "own certificate", variables: map[string]string{settings.AssetsDomainName: "a.example.com", settings.HostedZoneName: "example.com", settings.HostedZoneID: "Z1"},
			zone: "Z1", zoneName: "null", certificate: "${Certificate}", made: true, domain: "a.example.com"},
		{name: "zone by name", variables: map[string]string{settings.AssetsDomainName: "a.example.com", settings.HostedZoneName: "example.com", settings.CertificateARN: certificate},
			zone: "null", zoneName: "example.com.", certificate: certificate, domain: "a.example.com"},
		{name: "DNS elsewhere", variables: map[string]string{settings.AssetsDomainName: "a.example.com", settings.CertificateARN: certificate, settings.PriceClass: "200"},
			certificate: certificate, domain: "a.example.com", priceFor: "PriceClass_200"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tmpl := synthesize(t, withVariables(test.variables))
			cdn := tmpl.at(t, "CDN/Resource")
			if test.certificate == "" {
				tmpl.check(t, cdn, "null", "DistributionConfig", "ViewerCertificate")
				tmpl.check(t, cdn, "null", "DistributionConfig", "Aliases")
			} else {
				tmpl.check(t, cdn, test.certificate, "DistributionConfig", "ViewerCertificate", "AcmCertificateArn")
				tmpl.check(t, cdn, "TLSv1.2_2021", "DistributionConfig", "ViewerCertificate", "MinimumProtocolVersion")
				tmpl.check(t, cdn, "["+test.domain+"]", "DistributionConfig", "Aliases")
			}
			if test.priceFor != "" {
				tmpl.check(t, cdn, test.priceFor, "DistributionConfig", "PriceClass")
			}
			if tmpl.has("Certificate/Resource") != test.made {
				t.Errorf("the stack makes a certificate: %t", !test.made)
			}
			if test.made {
				tmpl.check(t, tmpl.at(t, "Certificate/Resource"), "[{DomainName:a.example.com HostedZoneId:Z1}]", "DomainValidationOptions")
				tmpl.check(t, tmpl.at(t, "Certificate/Resource"), "DNS", "ValidationMethod")
			}
			records := tmpl.of("AWS::Route53::RecordSet")
			if test.zoneName == "" {
				if len(records) > 0 {
					t.Errorf("%d records", len(records))
				}
				return
			}
			var kinds []string
			for _, r := range records {
				kinds = append(kinds, tmpl.show(r.Properties["Type"]))
				tmpl.check(t, r, test.domain+".", "Name")
				tmpl.check(t, r, test.zone, "HostedZoneId")
				tmpl.check(t, r, test.zoneName, "HostedZoneName")
				tmpl.check(t, r, "${CDN.DomainName}", "AliasTarget", "DNSName")
			}
			if !slices.Equal(kinds, []string{"A", "AAAA"}) {
				t.Errorf("records %q", kinds)
			}
		})
	}
}

// THUMBING_CDN=off leaves it all out.
func TestWithoutCDN(t *testing.T) {
	s := everything()
	s.CDN = false
	tmpl := synthesize(t, s)
	for id, r := range tmpl.Resources {
		if strings.HasPrefix(r.Type, "AWS::CloudFront::") || strings.HasPrefix(r.Type, "AWS::Route53::") || strings.HasPrefix(r.Type, "AWS::CertificateManager::") {
			t.Errorf("there is a %s: %s", r.Type, id)
		}
	}
	if d, ok := tmpl.Outputs["AvatarURL"]; ok {
		t.Errorf("an avatar is said to be at %s", tmpl.show(d.Value))
	}
}

// The scripts at the edge are run by a JavaScript engine, as CloudFront would.
func TestEdgeScripts(t *testing.T) {
	node, err := findNode("..", settings.LoadCDK().Node)
	if err != nil {
		t.Fatal(err)
	}
	call := func(t *testing.T, script string, event any) (answer struct {
		StatusCode int
		Headers    map[string]struct{ Value string }
	}) {
		t.Helper()
		in, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), node, "-e", fmt.Sprintf("%s\nconsole.log(JSON.stringify(handler(%s)))", script, in)).Output()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	type values map[string]map[string]string
	missing := call(t, missingJS, nil)
	if missing.StatusCode != 404 || missing.Headers["cache-control"].Value != "no-store" || missing.Headers["x-content-type-options"].Value != "nosniff" {
		t.Errorf("outside the folder: %+v", missing)
	}
	// S9
	const minute, forever = "public, max-age=60, must-revalidate", "public, max-age=31536000, immutable"
	for name, test := range map[string]struct {
		query, headers values
		want           string
	}{
		"plain":            {values{}, values{"etag": {"value": `"e1"`}}, minute},
		"by ETag":          {values{"v": {"value": "e1"}}, values{"etag": {"value": `"e1"`}}, forever},
		"by weak ETag":     {values{"v": {"value": "e1"}}, values{"etag": {"value": `W/"e1"`}}, forever},
		"by version":       {values{"v": {"value": "v1"}}, values{"etag": {"value": `"e1"`}, "x-amz-version-id": {"value": "v1"}}, forever},
		"another version":  {values{"v": {"value": "e2"}}, values{"etag": {"value": `"e1"`}, "x-amz-version-id": {"value": "v1"}}, minute},
		"empty":            {values{"v": {"value": ""}}, values{}, minute},
		"nothing to be of": {values{"v": {"value": "e1"}}, values{}, minute},
	} {
		test.headers["cache-control"] = map[string]string{"value": minute}
		event := map[string]any{"request": map[string]any{"querystring": test.query}, "response": map[string]any{"statusCode": 200, "headers": test.headers}}
		if got := call(t, versionsJS, event).Headers["cache-control"].Value; got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
