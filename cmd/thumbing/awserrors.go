package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
)

// What to do about the errors that most people meet first.
const (
	hintLocalKeys = "thumbing dev takes AWS_ACCESS_KEY_ID=thumbing and AWS_SECRET_ACCESS_KEY=thumbing-local"
	hintNoKeys    = "for AWS set AWS_PROFILE; for thumbing dev set AWS_ENDPOINT_URL=http://127.0.0.1:9000, " +
		"AWS_ACCESS_KEY_ID=thumbing and AWS_SECRET_ACCESS_KEY=thumbing-local"
	hintSignIn = "sign in again, for example with aws sso login, or renew AWS_SESSION_TOKEN"
)

// explain says an S3 error about a bucket in words, with a hint where there is something to do.
func (s *store) explain(err error, bucket string) error {
	if err == nil {
		return nil
	}
	if words := explainAccess(err, "S3", s.endpoint()); words != nil {
		return words
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return innermost(err)
	}
	switch api.ErrorCode() {
	case "NoSuchBucket":
		return s.explainNoBucket(bucket)
	case "AccessDenied", "Forbidden":
		return failure.WithHint(fmt.Errorf("access to bucket %s denied", bucket),
			"the credentials in use need the right to do this; AWS_PROFILE chooses others")
	case "PermanentRedirect", "MovedPermanently", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return failure.WithHint(fmt.Errorf("bucket %s is in another region than %s", bucket, s.client.Options().Region),
			"set AWS_REGION to the bucket's region")
	}
	return unexplained(api)
}

// unexplained is an error in the service's own words.
func unexplained(api smithy.APIError) error {
	return fmt.Errorf("%s: %s", api.ErrorCode(), strings.TrimSuffix(api.ErrorMessage(), "."))
}

// explainAccess says in words why a service does not listen to anything, whatever was asked. It answers nil when that
// is not the trouble.
func explainAccess(err error, service, endpoint string) error {
	if words := explainNetwork(err, service, endpoint); words != nil {
		return words
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if response, bad := errors.AsType[*awshttp.ResponseError](err); bad && (!ok || saysNothing(api, response)) {
		err := fmt.Errorf("the server answers %d %s", response.HTTPStatusCode(), http.StatusText(response.HTTPStatusCode()))
		return failure.WithHint(err, "does %s answer at AWS_ENDPOINT_URL?", service)
	}
	if !ok {
		return nil
	}
	switch api.ErrorCode() {
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSignatureException", "InvalidClientTokenId", "UnrecognizedClientException",
		"XAdminUserNotFound": // the last is versitygw's
		err := errors.New("the access key or its secret is wrong")
		if isLocal(endpoint) {
			return failure.WithHint(err, hintLocalKeys)
		}
		return failure.WithHint(err, "check AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case "ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired":
		return failure.WithHint(errors.New("the credentials have expired"), hintSignIn)
	case "RequestTimeTooSkewed":
		return failure.WithHint(errors.New("the clock of this machine differs too much from the server's"), "set the clock")
	}
	return nil
}

// saysNothing tells an error that the SDK made up from the status alone, for want of an answer as AWS gives it.
func saysNothing(api smithy.APIError, response *awshttp.ResponseError) bool {
	switch api.ErrorCode() {
	case "AccessDenied", "Forbidden", "MovedPermanently": // all that a HEAD request is told
		return false
	}
	message := api.ErrorMessage()
	return message == "" || message == "UnknownError" || message == http.StatusText(response.HTTPStatusCode())
}

func (s *store) explainNoBucket(bucket string) error {
	err := fmt.Errorf("there is no bucket %s", bucket)
	if isLocal(s.endpoint()) {
		return failure.WithHint(err, "thumbing dev makes the buckets that UPLOADS_BUCKET_NAME and ASSETS_BUCKET_NAME name: "+
			"give it the same names as here")
	}
	return failure.WithHint(err, "deploy the stack first, or correct UPLOADS_BUCKET_NAME or ASSETS_BUCKET_NAME; "+
		"for thumbing dev set AWS_ENDPOINT_URL=http://127.0.0.1:9000")
}

// explainNetwork says in words why a server cannot be reached. It answers nil when that is not the trouble.
func explainNetwork(err error, service, endpoint string) error {
	if errors.Is(err, context.Canceled) {
		return failure.Reason(err)
	}
	where := cmp.Or(endpoint, service)
	if errors.Is(err, syscall.ECONNREFUSED) {
		err := fmt.Errorf("cannot connect to %s: connection refused", where)
		if isLocal(endpoint) {
			return failure.WithHint(err, "is thumbing dev running, and is AWS_ENDPOINT_URL the address it prints?")
		}
		return failure.WithHint(err, "check AWS_ENDPOINT_URL")
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return failure.WithHint(fmt.Errorf("cannot find the host %s", dns.Name), "check AWS_ENDPOINT_URL, AWS_REGION and the network")
	}
	if strings.Contains(err.Error(), http.ErrSchemeMismatch.Error()) {
		return failure.WithHint(fmt.Errorf("%s speaks http, not https", where), "write http:// in AWS_ENDPOINT_URL")
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("cannot reach %s: %w", where, op.Err)
	}
	return nil
}

// explainSettings gives who runs the pipeline here and has named no buckets the names that thumbing dev uses then.
func explainSettings(err error) error {
	var all []error
	for _, e := range failure.Unjoin(err) {
		if strings.Contains(e.Error(), "_BUCKET_NAME is not set") {
			e = failure.WithHint(e, ".env is a place for the settings; thumbing dev takes thumbing-uploads and thumbing-assets "+
				"when no names are set")
		}
		all = append(all, e)
	}
	return errors.Join(all...)
}

// explainConfig says in words why the AWS configuration cannot be read.
func explainConfig(err error) error {
	if profile, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		return failure.WithHint(fmt.Errorf("there is no AWS profile %s", profile.Profile), "aws configure list-profiles lists them; AWS_PROFILE names one")
	}
	return fmt.Errorf("read the AWS configuration: %w", err)
}

// explainCredentials says in words why there are no credentials.
func explainCredentials(err error, endpoint string) error {
	if errors.Is(err, context.Canceled) {
		return failure.Reason(err)
	}
	switch text := err.Error(); {
	case strings.Contains(text, "IMDS"), strings.Contains(text, "ec2imds"):
		// The last place to look is always the machine's own role: nothing else was configured.
		err = errors.New("no AWS credentials found")
	case strings.Contains(text, "SSO"), strings.Contains(text, "expired"):
		return failure.WithHint(fmt.Errorf("the credentials cannot be renewed: %w", innermost(err)), hintSignIn)
	default:
		err = fmt.Errorf("no AWS credentials: %w", innermost(err))
	}
	if isLocal(endpoint) {
		return failure.WithHint(err, hintLocalKeys)
	}
	return failure.WithHint(err, hintNoKeys)
}

// endpoint is the URL of the server in AWS's place, or empty.
func (s *store) endpoint() string { return aws.ToString(s.client.Options().BaseEndpoint) }

// isLocal tells whether an endpoint is on this machine.
func isLocal(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host).IsLoopback()
}

func isNotFound(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && (api.ErrorCode() == "NotFound" || api.ErrorCode() == "NoSuchKey")
}

func isPreconditionFailed(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorCode() == "PreconditionFailed"
}

// innermost is the cause at the end of an error's chain: the SDK puts a line of request details around it.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
