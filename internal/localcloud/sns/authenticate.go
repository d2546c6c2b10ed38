package sns

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	service     = "sns"
	maxSkew     = 15 * time.Minute // between a request's time and this clock
	amzDate     = "20060102T150405Z"
	maxHeaders  = 64 // that a signature names
	contentSize = "content-length"
)

// authorization is the form of the header of that name; its groups are access key, date, region, service,
// signed headers and signature. Source: AWS General Reference, "Signature Version 4 signing process".
var authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/\s]+)/([0-9]{8})/([^/\s]+)/([^/\s]+)/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$`)

// authenticate checks a request's SigV4 signature: it is signed again, over the same headers, and must come
// out the same. That also keeps web pages out, which can post forms here but not sign them.
func (s *Service) authenticate(r *http.Request, body []byte) error {
	g := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if g == nil {
		return &apiError{http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token"}
	}
	accessKey, date, region, name, headers, signature := g[1], g[2], g[3], g[4], strings.Split(g[5], ";"), g[6]
	if s.config.AccessKey == "" || subtle.ConstantTimeCompare([]byte(accessKey), []byte(s.config.AccessKey)) != 1 {
		return &apiError{http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid."}
	}
	at, err := time.Parse(amzDate, r.Header.Get("X-Amz-Date"))
	if err != nil || at.Format("20060102") != date {
		return mismatch("X-Amz-Date is missing, or not of the credential's day")
	}
	if skew := time.Since(at).Abs(); skew > maxSkew {
		return mismatch(fmt.Sprintf("the request was signed %s away from this clock", skew.Round(time.Second)))
	}
	if name != service || region != s.config.Region {
		return mismatch(fmt.Sprintf("Credential should be scoped to %s/%s, not %s/%s", s.config.Region, service, region, name))
	}
	for _, needed := range []string{"host", "x-amz-date"} {
		if !slices.Contains(headers, needed) {
			return mismatch("the header " + needed + " is not signed")
		}
	}
	if len(headers) > maxHeaders {
		return mismatch("too many headers are signed")
	}
	// The client signed the URL that it sent; r.URL lacks the part that led here.
	asked, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return mismatch("the request's URL cannot be read")
	}
	again := &http.Request{Method: r.Method, Host: r.Host, Header: http.Header{},
		URL: &url.URL{Scheme: "http", Host: r.Host, Path: asked.Path, RawPath: asked.RawPath, RawQuery: asked.RawQuery}}
	for _, h := range headers {
		if h == contentSize {
			again.ContentLength = int64(len(body))
		} else if values := r.Header.Values(h); len(values) > 0 && h != "host" {
			again.Header[http.CanonicalHeaderKey(h)] = values
		}
	}
	sum := sha256.Sum256(body)
	credentials := aws.Credentials{AccessKeyID: s.config.AccessKey, SecretAccessKey: s.config.SecretKey}
	if err := v4.NewSigner().SignHTTP(r.Context(), credentials, again, hex.EncodeToString(sum[:]), service, region, at); err != nil {
		return fmt.Errorf("check the signature: %w", err)
	}
	want := authorization.FindStringSubmatch(again.Header.Get("Authorization"))
	if want == nil || want[5] != g[5] || subtle.ConstantTimeCompare([]byte(want[6]), []byte(signature)) != 1 {
		return mismatch("The request signature we calculated does not match the signature you provided. Check your secret access key.")
	}
	return nil
}

func mismatch(why string) error {
	return &apiError{http.StatusForbidden, "SignatureDoesNotMatch", why}
}
