package localcloud

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
)

// functionLog passes on what a function writes, a line a call, to the log of the local cloud. A line of
// JSON with a message and a level, as slog's JSONHandler writes it, keeps them; any other is a message.
type functionLog struct{ log *slog.Logger }

func (f *functionLog) Write(line []byte) (int, error) {
	n := len(line)
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return n, nil
	}
	var fields map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber() // keeps sizes and times as they were written
	if d.Decode(&fields) != nil {
		f.log.Info(string(line))
		return n, nil
	}
	level := slog.LevelInfo
	if text, ok := fields["level"].(string); ok && level.UnmarshalText([]byte(text)) == nil {
		delete(fields, "level")
	}
	message, _ := fields["msg"].(string)
	delete(fields, "msg")
	delete(fields, "time") // the log has its own
	var attrs []slog.Attr
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		attrs = append(attrs, slog.Any(name, fields[name]))
	}
	f.log.LogAttrs(context.Background(), level, message, attrs...)
	return n, nil
}
