package survival

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/bench/devcloud"
	"github.com/thumbing/thumbing/internal/bench/workload"
)

// outcome counts what became of the uploads.
type outcome struct {
	Keys    int // that have an acceptable upload
	Newest  int // of them: that show the avatar of the newest
	Stale   int // that show another
	Lost    int // that show none
	Untold  int // whose shown avatar the webhook has not heard of
	Bad     int // uploads that are no pictures
	Told    int // of them: that the webhook has heard of
	Passed  int // that a newer upload has overtaken
	Unheard int // of which nobody has heard
	Letters int // dead letters
}

func (o outcome) failing() int { return o.Stale + o.Lost + o.Untold + o.Unheard }

func (o outcome) String() string {
	return fmt.Sprintf("%d keys: %d newest, %d stale, %d lost, %d not told of; %d rejected: %d told, %d overtaken, %d unheard of; %d dead letters",
		o.Keys, o.Newest, o.Stale, o.Lost, o.Untold, o.Bad, o.Told, o.Passed, o.Unheard, o.Letters)
}

// retrying is a client that goes on where a person would.
func retrying(cloud *devcloud.Cloud) *s3.Client {
	return s3.NewFromConfig(cloud.Config, func(o *s3.Options) {
		o.UsePathStyle = true
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts, r.MaxBackoff = 20, time.Second
			r.RateLimiter = ratelimit.None
		})
	})
}

// look compares what the cloud shows and the webhook heard with what was uploaded.
func look(ctx context.Context, cloud *devcloud.Cloud, hook *webhook, made map[string][]workload.Upload) (o outcome, err error) {
	client := retrying(cloud)
	for key, uploads := range made {
		newest := -1
		for i, u := range uploads {
			if u.Avatar != nil {
				newest = i
			}
		}
		shown := ""
		if newest >= 0 {
			o.Keys++
			if shown, err = o.show(ctx, client, hook, key, uploads[newest]); err != nil {
				return o, err
			}
		}
		for i, u := range uploads {
			if u.Avatar != nil {
				continue
			}
			o.Bad++
			switch {
			case hook.heardOf(u.Version):
				o.Told++
			case i < newest && shown == uploads[newest].Version:
				o.Passed++
			default:
				o.Unheard++
			}
		}
	}
	o.Letters, err = letters(ctx, cloud)
	return o, err
}

// show counts one key, and returns the version of the upload whose avatar it shows.
func (o *outcome) show(ctx context.Context, client *s3.Client, hook *webhook, key string, want workload.Upload) (version string, err error) {
	processed, err := avatar.Keys{Output: "avatar/processed/"}.Processed(key)
	if err != nil {
		return "", err
	}
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(devcloud.Assets), Key: &processed})
	if none := (*types.NoSuchKey)(nil); errors.As(err, &none) {
		o.Lost++
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return "", err
	}
	provenance, _ := avatar.ParseProvenance(out.Metadata)
	if provenance.VersionID != want.Version || !samePicture(body, want.Avatar) {
		o.Stale++
		return provenance.VersionID, nil
	}
	o.Newest++
	if !hook.heardOfAvatar(processed, strings.Trim(aws.ToString(out.ETag), `"`)) {
		o.Untold++
	}
	return provenance.VersionID, nil
}

// samePicture tells whether two PNG files show the same. One that an upload brings back has other bytes.
func samePicture(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	one, errOne := png.Decode(bytes.NewReader(a))
	two, errTwo := png.Decode(bytes.NewReader(b))
	return errOne == nil && errTwo == nil && reflect.DeepEqual(one, two)
}

func (h *webhook) heardOf(version string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rejected[version]
}

func (h *webhook) heardOfAvatar(key, etag string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ready[key+" "+etag]
}

// letters counts the messages in the queues of dead letters.
func letters(ctx context.Context, cloud *devcloud.Cloud) (n int, err error) {
	client := sqs.NewFromConfig(cloud.Config)
	queues, err := client.ListQueues(ctx, &sqs.ListQueuesInput{})
	if err != nil {
		return 0, err
	}
	for _, url := range queues.QueueUrls {
		names := []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages, sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible}
		got, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: names})
		if err != nil {
			return 0, err
		}
		for _, name := range names {
			count, err := strconv.Atoi(got.Attributes[string(name)])
			if err != nil {
				return 0, err
			}
			n += count
		}
	}
	return n, nil
}
