// Package sigv4 checks the signatures of requests to AWS services that run on this machine.
//
// Sources: AWS General Reference, "Signature Version 4 signing process"; AWS Identity and Access Management User
// Guide, "Create a signed AWS API request".
package sigv4

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
	maxSkew     = 15 * time.Minute // between a request's time and this clock
	amzDate     = "20060102T150405Z"
	maxHeaders  = 64 // that a signature names
	contentSize = "content-length"
)

// authorization is the form of the header of that name; its groups are access key, date, region, service,
// signed headers and signature.
var authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/\s]+)/([0-9]{8})/([^/\s]+)/([^/\s]+)/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$`)

// Service is the service that an Authorization header is signed for, "sqs", or empty where it is none of
// Signature Version 4.
func Service(header string) string {
	if g := authorization.FindStringSubmatch(header); g != nil {
		return g[4]
	}
	return ""
}

// Secrets finds the secret key of an access key, which comes with a session token if it is a temporary one. Ok is
// false where there is no such access key, or the token is not its own.
type Secrets func(accessKey, sessionToken string) (secret string, ok bool)

// Single is the secret of one lasting access key. An empty access key is none.
func Single(accessKey, secret string) Secrets {
	return func(asked, _ string) (string, bool) {
		return secret, accessKey != "" && subtle.ConstantTimeCompare([]byte(asked), []byte(accessKey)) == 1
	}
}

// Verifier checks the requests to one service. Its Secrets may be nil: then nobody is known.
type Verifier struct {
	Service, Region string // of the credential scope
	Secrets         Secrets
}

// Error says why a request is refused, with the code that AWS has for it. Its status is 403 Forbidden.
type Error struct{ Code, Message string }

func (e *Error) Error() string { return e.Message }

func mismatch(format string, args ...any) error {
	return &Error{"SignatureDoesNotMatch", fmt.Sprintf(format, args...)}
}

// Verify checks a request's signature: it is signed again, over the same headers, and must come out the same.
// That also keeps web pages out, which can post forms here but not sign them. It returns the access key; every
// reason to refuse the request is an [*Error].
func (v Verifier) Verify(r *http.Request, body []byte) (accessKey string, err error) {
	g := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if g == nil {
		return "", &Error{"MissingAuthenticationToken", "Request is missing Authentication Token"}
	}
	accessKey, date, region, name, headers, signature := strings.Clone(g[1]), g[2], g[3], g[4], strings.Split(g[5], ";"), g[6]
	secret, ok := "", false
	if v.Secrets != nil {
		secret, ok = v.Secrets(accessKey, r.Header.Get("X-Amz-Security-Token"))
	}
	if !ok {
		return "", &Error{"InvalidClientTokenId", "The security token included in the request is invalid."}
	}
	at, err := time.Parse(amzDate, r.Header.Get("X-Amz-Date"))
	if err != nil || at.Format("20060102") != date {
		return "", mismatch("X-Amz-Date is missing, or not of the credential's day")
	}
	if skew := time.Since(at).Abs(); skew > maxSkew {
		return "", mismatch("the request was signed %s away from this clock", skew.Round(time.Second))
	}
	if name != v.Service || region != v.Region {
		return "", mismatch("Credential should be scoped to %s/%s, not %s/%s", v.Region, v.Service, region, name)
	}
	for _, needed := range []string{"host", "x-amz-date"} {
		if !slices.Contains(headers, needed) {
			return "", mismatch("the header %s is not signed", needed)
		}
	}
	if len(headers) > maxHeaders {
		return "", mismatch("too many headers are signed")
	}
	// The client signed the URL that it sent; r.URL may lack a part that led here.
	asked, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return "", mismatch("the request's URL cannot be read")
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
	credentials := aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(r.Context(), credentials, again, hex.EncodeToString(sum[:]), v.Service, v.Region, at); err != nil {
		return "", mismatch("the signature cannot be checked: %v", err)
	}
	want := authorization.FindStringSubmatch(again.Header.Get("Authorization"))
	if want == nil || want[5] != g[5] || subtle.ConstantTimeCompare([]byte(want[6]), []byte(signature)) != 1 {
		return "", mismatch("The request signature we calculated does not match the signature you provided. Check your secret access key.")
	}
	return accessKey, nil
}
