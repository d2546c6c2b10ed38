// Command thumbnail is the Lambda function that turns uploads into avatars. It wires the parts together:
// settings from the environment, clients that are made once, one line of log and one of metrics for each outcome.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/s3store"
	"github.com/thumbing/thumbing/internal/settings"
	"github.com/thumbing/thumbing/internal/snstopic"
	"github.com/thumbing/thumbing/internal/thumbnail"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	slog.SetLogLoggerLevel(slog.LevelError) // aws-lambda-go writes to package log the errors that it returns
	slog.SetDefault(log)
	f, err := newFunction(context.Background(), log, os.Stdout)
	if err != nil {
		log.Error("the function cannot start", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(f.handle)
}

func newFunction(ctx context.Context, log *slog.Logger, metrics io.Writer) (*function, error) {
	s, err := settings.LoadFunction()
	if err != nil {
		return nil, err
	}
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("configure the AWS SDK: %w", err)
	}
	limitMemory(lambdacontext.MemoryLimitInMB)
	store := s3store.New(c)
	var rejections avatar.Rejections
	if s.Topic != "" {
		rejections = snstopic.New(c, s.Topic)
	}
	processor, err := avatar.New(avatar.Config{
		UploadsBucket: s.SourceBucket,
		AssetsBucket:  s.DestBucket,
		Keys:          avatar.Keys{Input: s.FolderInput, Output: s.FolderOutput},
		Thumbnail: thumbnail.Options{
			Width: s.Width, Height: s.Height,
			MaxBytes: s.Limits.Bytes, MaxPixels: s.Limits.Pixels, MaxJPEGPixels: s.Limits.JPEGPixels,
		},
	}, store.Bucket(s.SourceBucket), store.Bucket(s.DestBucket), rejections)
	if err != nil {
		return nil, err
	}
	return &function{processor: processor, log: log, metrics: metrics}, nil
}

// limitMemory has the garbage collected in time, and not before: by itself the heap may double before it is, and
// Lambda ends a function that goes beyond its memory; but a picture leaves little behind, and its first answer comes
// sooner when nothing is collected while it is read.
func limitMemory(megabytes int) {
	if megabytes > 0 {
		debug.SetMemoryLimit(int64(megabytes) << 20 * 3 / 4)
		debug.SetGCPercent(400)
	}
}
