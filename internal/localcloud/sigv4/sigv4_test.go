package sigv4_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/thumbing/thumbing/internal/localcloud/sigv4"
)

const (
	key    = "thumbing"
	secret = "thumbing-local"
	body   = `{"QueueName": "q"}`
	target = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A0%3Afunction%3Af/invocations?Qualifier=%24LATEST&b=+"
)

var verifier = sigv4.Verifier{Service: "sqs", Region: "us-east-1", Secrets: sigv4.Single(key, secret)}

// scope is what a request is signed with.
type scope struct {
	secret, token, service, region string
	at                             time.Time
}

func good() scope { return scope{secret: secret, service: "sqs", region: "us-east-1", at: time.Now()} }

// signed is a request as it arrives, signed by AWS's own signer.
func signed(t *testing.T, s scope) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:9000"+target, strings.NewReader(body))
	r.RequestURI = target // as a server has it
	r.Header.Set("X-Amz-Target", "AmazonSQS.GetQueueUrl")
	r.Header.Add("X-Amz-Meta-Twice", "one")
	r.Header.Add("X-Amz-Meta-Twice", "two   words")
	sum := sha256.Sum256([]byte(body))
	who := aws.Credentials{AccessKeyID: key, SecretAccessKey: s.secret, SessionToken: s.token}
	if err := v4.NewSigner().SignHTTP(t.Context(), who, r, hex.EncodeToString(sum[:]), s.service, s.region, s.at); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGoodSignature(t *testing.T) {
	for name, s := range map[string]scope{"now": good(), "14 minutes ago": {secret, "", "sqs", "us-east-1", time.Now().Add(-14 * time.Minute)}} {
		if who, err := verifier.Verify(signed(t, s), []byte(body)); who != key || err != nil {
			t.Errorf("%s: %q, %v", name, who, err)
		}
	}
}

// L2, for the services beside S3.
func TestBadSignature(t *testing.T) {
	with := func(change func(*scope)) scope {
		s := good()
		change(&s)
		return s
	}
	for name, c := range map[string]struct {
		scope  scope
		change func(*http.Request)
		body   string
	}{
		"secret":       {scope: with(func(s *scope) { s.secret = "other" })},
		"service":      {scope: with(func(s *scope) { s.service = "s3" })},
		"region":       {scope: with(func(s *scope) { s.region = "eu-west-1" })},
		"16 min ago":   {scope: with(func(s *scope) { s.at = time.Now().Add(-16 * time.Minute) })},
		"16 min hence": {scope: with(func(s *scope) { s.at = time.Now().Add(16 * time.Minute) })},
		"body":         {scope: good(), body: body + " "},
		"path":         {scope: good(), change: func(r *http.Request) { r.RequestURI = "/" + r.RequestURI }},
		"query":        {scope: good(), change: func(r *http.Request) { r.RequestURI += "&a=1" }},
		"method":       {scope: good(), change: func(r *http.Request) { r.Method = http.MethodPut }},
		"host":         {scope: good(), change: func(r *http.Request) { r.Host = "localhost:9000" }},
		"header":       {scope: good(), change: func(r *http.Request) { r.Header.Set("X-Amz-Target", "AmazonSQS.PurgeQueue") }},
		"no time":      {scope: good(), change: func(r *http.Request) { r.Header.Del("X-Amz-Date") }},
		"no host": {scope: good(), change: func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "host;", "", 1))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r, sent := signed(t, c.scope), body
			if c.change != nil {
				c.change(r)
			}
			if c.body != "" {
				sent = c.body
			}
			who, err := verifier.Verify(r, []byte(sent))
			if e, ok := errors.AsType[*sigv4.Error](err); !ok || e.Code != "SignatureDoesNotMatch" || who != "" {
				t.Errorf("%q, %v", who, err)
			}
		})
	}
}

func TestUnknownKey(t *testing.T) {
	session := func(_, token string) (string, bool) { return secret, token == "session" }
	for name, c := range map[string]struct {
		secrets sigv4.Secrets
		token   string
		want    string
	}{
		"nobody":        {nil, "", "InvalidClientTokenId"},
		"no key":        {sigv4.Single("", secret), "", "InvalidClientTokenId"},
		"another key":   {sigv4.Single("other", secret), "", "InvalidClientTokenId"},
		"without token": {session, "", "InvalidClientTokenId"},
		"other token":   {session, "sessions", "InvalidClientTokenId"},
		"with token":    {session, "session", ""},
	} {
		s := good()
		s.token = c.token
		v := verifier
		v.Secrets = c.secrets
		_, err := v.Verify(signed(t, s), []byte(body))
		got := ""
		if e, ok := errors.AsType[*sigv4.Error](err); ok {
			got = e.Code
		}
		if got != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestService(t *testing.T) {
	if got := sigv4.Service(signed(t, good()).Header.Get("Authorization")); got != "sqs" {
		t.Errorf("%q", got)
	}
	for _, header := range []string{"", "Bearer sqs", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sqs"} {
		if got := sigv4.Service(header); got != "" {
			t.Errorf("%q: %q", header, got)
		}
	}
}

// No Authorization header that was not made with the secret is good, and none breaks anything.
func FuzzAuthorization(f *testing.F) {
	day := time.Now().UTC().Format("20060102")
	f.Add(fmt.Sprintf("AWS4-HMAC-SHA256 Credential=thumbing/%s/us-east-1/sqs/aws4_request, SignedHeaders=host;x-amz-date, Signature=%064x", day, 1))
	f.Add(fmt.Sprintf("AWS4-HMAC-SHA256 Credential=thumbing/%s/us-east-1/sqs/aws4_request,SignedHeaders=content-length;host;x-amz-date,Signature=%064x", day, 1))
	f.Add("AWS4-HMAC-SHA256 Credential=////, SignedHeaders=;;;, Signature=")
	f.Add("Bearer x")
	f.Add("")
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", bytes.NewReader([]byte(body)))
		r.RequestURI = "/"
		r.Header.Set("X-Amz-Date", time.Now().UTC().Format("20060102T150405Z"))
		r.Header.Set("Authorization", header)
		who, err := verifier.Verify(r, []byte(body))
		if _, ok := errors.AsType[*sigv4.Error](err); !ok || who != "" {
			t.Errorf("%q: %q, %v", header, who, err)
		}
	})
}
