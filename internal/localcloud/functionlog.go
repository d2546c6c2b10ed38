package localcloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"

	"github.com/thumbing/thumbing/internal/embeddedmetric"
	"github.com/thumbing/thumbing/internal/localcloud/iam"
)

// functionLog passes on what a function writes, a line a call, to the log of the local cloud. A line of
// JSON with a message and a level, as slog's JSONHandler writes it, keeps them; one with metrics is added up; any
// other is a message.
type functionLog struct {
	log     *slog.Logger
	metrics *metrics
	permits func() error // why nothing may be written, if so; asked once
}

// newFunctionLog makes the log of a function, whose output goes to a log stream. Lambda writes it with the
// function's own rights: without them it is lost.
func newFunctionLog(log *slog.Logger, metrics *metrics, who *iam.Principal, stream string) *functionLog {
	return &functionLog{log: log, metrics: metrics, permits: sync.OnceValue(func() error {
		err := who.Authorize("logs:CreateLogStream", stream)
		if err == nil {
			err = who.Authorize("logs:PutLogEvents", stream)
		}
		if err != nil {
			log.Warn("the output of the function is withheld, for its role may not write logs", "role", who.Role.Name)
		}
		return err
	})}
}

func (f *functionLog) Write(line []byte) (int, error) {
	n := len(line)
	if f.permits() != nil {
		return n, nil
	}
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return n, nil
	}
	switch measured, err := embeddedmetric.Parse(line); {
	case err == nil:
		f.metrics.add(measured)
		return n, nil
	case !errors.Is(err, embeddedmetric.ErrNone):
		f.log.Warn("the function's metrics cannot be read", "error", err)
	}
	level, message := slog.LevelInfo, ""
	var attrs []slog.Attr
	err := eachMember(line, func(name string, value any) {
		text, _ := value.(string)
		switch name {
		case slog.LevelKey:
			if level.UnmarshalText([]byte(text)) != nil {
				attrs = append(attrs, slog.Any(name, value))
			}
		case slog.MessageKey:
			message = text
		case slog.TimeKey: // the log has its own
		default:
			attrs = append(attrs, slog.Any(name, value))
		}
	})
	if err != nil {
		f.log.Info(string(line))
		return n, nil
	}
	f.log.LogAttrs(context.Background(), level, message, attrs...)
	return n, nil
}

// eachMember calls f with the members of a JSON object, in their order.
func eachMember(object []byte, f func(name string, value any)) error {
	if !json.Valid(object) || object[0] != '{' {
		return errors.New("no JSON object")
	}
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber() // keeps sizes and times as they were written
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return err
		}
		f(name.(string), value) // the names in a valid object are strings
	}
	return nil
}
