package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
)

// loadAWS reads the AWS SDK's own configuration.
func loadAWS(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return aws.Config{}, explainConfig(err)
	}
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = awshttp.NewBuildableClient() // as every client of the SDK would by itself
	}
	cfg.HTTPClient = plainBodies{cfg.HTTPClient}
	return cfg, nil
}

// plainBodies hides from net/http that the SDK's request bodies can write themselves. When the answer begins before
// net/http has looked for the end of the body, which a server on this machine is quick enough for, the SDK has closed
// the body and WriteTo fails; net/http then closes the connection, and the rest of the answer is lost.
type plainBodies struct{ aws.HTTPClient }

func (c plainBodies) Do(r *http.Request) (*http.Response, error) {
	if _, ok := r.Body.(io.WriterTo); ok && r.Body != http.NoBody {
		plain := r.WithContext(r.Context()) // a shallow copy
		plain.Body = struct{ io.ReadCloser }{r.Body}
		r = plain
	}
	return c.HTTPClient.Do(r)
}

// checkAccess makes sure that a client has a region and credentials. It does not connect to anything but what gives
// credentials out.
func checkAccess(ctx context.Context, region string, provider aws.CredentialsProvider, endpoint *string) error {
	if region == "" {
		return failure.WithHint(errors.New("no AWS region is configured"), "set AWS_REGION, or name a profile that has one with AWS_PROFILE")
	}
	if _, err := provider.Retrieve(ctx); err != nil {
		return explainCredentials(err, aws.ToString(endpoint))
	}
	return nil
}

// atOwnEndpoint suits a client to a server in AWS's place: it is never in another region, and when nothing listens
// there it is told at once.
func atOwnEndpoint(endpoint *string, region *string, retryer *aws.Retryer) {
	if endpoint == nil {
		return
	}
	*retryer = unlessRefused{*retryer}
	if *region == "" {
		*region = "us-east-1"
	}
}

// unlessRefused does not try again where nothing listens.
type unlessRefused struct{ aws.Retryer }

func (r unlessRefused) IsErrorRetryable(err error) bool {
	return !errors.Is(err, syscall.ECONNREFUSED) && r.Retryer.IsErrorRetryable(err)
}
