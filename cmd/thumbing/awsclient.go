package main

import (
	"context"
	"errors"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
)

// loadAWS reads the AWS SDK's own configuration.
func loadAWS(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return aws.Config{}, explainConfig(err)
	}
	return cfg, nil
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
