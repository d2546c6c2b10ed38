package s3store

import (
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/thumbing/thumbing/internal/awsretry"
)

// quick is the store's client, without the waits between its attempts.
func quick(s *Store) *s3.Client {
	return s3.New(s.client.Options(), func(o *s3.Options) {
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts = awsretry.Attempts
			r.Backoff = noWait{}
		})
	})
}
