package s3_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/thumbing/thumbing/internal/localcloud/chaos"
	"github.com/thumbing/thumbing/internal/localcloud/s3"
)

// A request that is refused has no effect; one whose answer is lost has one. Clients that try again get through.
func TestFaults(t *testing.T) {
	faults := make(chan chaos.Fault, 10)
	c := config(t.TempDir(), "127.0.0.1:0", func(context.Context, []byte) error { return nil })
	c.Fault = func() chaos.Fault {
		select {
		case f := <-faults:
			return f
		default:
			return chaos.None
		}
	}
	server, err := s3.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	api := client(server.URL(), secretKey, nil)
	put := func(key string, attempts int) error {
		_, err := api.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("uploads"), Key: &key, Body: strings.NewReader("body")},
			func(o *awss3.Options) { o.Retryer = retry.AddWithMaxAttempts(o.Retryer, attempts) })
		return err
	}
	there := func(key string) bool {
		_, err := api.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("uploads"), Key: &key})
		return err == nil
	}

	faults <- chaos.Unavailable
	if err := put("refused", 1); code(err) != "SlowDown" || there("refused") {
		t.Errorf("refused: %v, stored: %t", err, there("refused"))
	}
	faults <- chaos.Dropped
	if err := put("lost", 1); err == nil || code(err) != "" || !there("lost") {
		t.Errorf("lost: %v, stored: %t", err, there("lost"))
	}
	faults <- chaos.Dropped
	faults <- chaos.Unavailable
	if err := put("again", 3); err != nil || !there("again") {
		t.Errorf("tried again: %v", err)
	}
}
