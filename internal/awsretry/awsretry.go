// Package awsretry says how often the function asks AWS again, and how long it waits between: short at first,
// since most faults are gone the next moment, and longer each time, since the others are not.
package awsretry

import (
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

const (
	// Attempts is how often a request is tried. Some 3 s go by before the last try fails, 6 at most; the
	// caller's deadline ends it earlier.
	Attempts = 7

	firstWait = 100 * time.Millisecond
	maxWait   = 3 * time.Second
)

// New answers a retryer for one client.
func New() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = Attempts
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) { return Wait(attempt), nil })
	})
}

// Wait answers how long to wait after so many attempts, from 1: a random time, so that those that failed together
// do not come together again, below a limit that doubles each time ("full jitter").
//
// Source: Amazon Builders' Library, "Timeouts, retries, and backoff with jitter".
func Wait(attempt int) time.Duration {
	return rand.N(min(firstWait<<min(max(attempt-1, 0), 16), maxWait))
}
