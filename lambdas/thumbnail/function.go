package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/thumbing/thumbing/internal/avatar"
)

// function handles the events that Lambda brings, one at a time.
type function struct {
	processor *avatar.Processor
	log       *slog.Logger
	metrics   io.Writer // takes one line of JSON an outcome
}

// handle handles one event of S3. An error has Lambda deliver the event again.
func (f *function) handle(ctx context.Context, payload json.RawMessage) error {
	log := f.log
	if c, ok := lambdacontext.FromContext(ctx); ok {
		log = log.With("requestId", c.AwsRequestID)
	}
	reported := false
	err := f.processor.Handle(ctx, payload, func(ctx context.Context, o avatar.Outcome) {
		reported = true
		log.LogAttrs(ctx, level(o), string(o.Status), attributes(o)...)
		if err := json.NewEncoder(f.metrics).Encode(measure(o, time.Now())); err != nil {
			log.ErrorContext(ctx, "an outcome is missing from the metrics", "error", err.Error())
		}
	})
	if err != nil && !reported {
		log.ErrorContext(ctx, "the event cannot be read", "error", err.Error())
	}
	return err
}

// level is how much an outcome asks for attention.
func level(o avatar.Outcome) slog.Level {
	switch {
	case o.Status == avatar.Failed, o.Status == avatar.Malformed:
		return slog.LevelError
	case o.Status == avatar.Rejected, o.Code == avatar.CodeForeign, o.Code == avatar.CodeOwnOutput:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// attributes are what a line says of an outcome: what is not known is left out. JSON keeps whatever a key
// holds within its line.
func attributes(o avatar.Outcome) []slog.Attr {
	var list []slog.Attr
	text := func(name, value string) {
		if value != "" {
			list = append(list, slog.String(name, value))
		}
	}
	text("code", o.Code)
	text("reason", o.Reason)
	text("bucket", o.Bucket)
	text("key", o.Key)
	text("output", o.Output)
	if o.Key == "" {
		return append(list, slog.Int("record", o.Record))
	}
	list = append(list, slog.Int64("bytes", o.Size), slog.Int64("ms", o.Duration.Milliseconds()))
	if p := o.Picture; p.PNG != nil {
		list = append(list, slog.String("format", string(p.Format)), slog.Int("width", p.Width), slog.Int("height", p.Height),
			slog.Int("orientation", p.Orientation), slog.Int("outputBytes", len(p.PNG)))
	}
	return list
}
