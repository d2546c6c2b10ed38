package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/thumbing/thumbing/internal/embeddedmetric"
)

// totalsEvery is how often the sums of the function's metrics are shown while they change.
const totalsEvery = 10 * time.Second

// totalsLog shows what the function has measured, each time in whole.
type totalsLog struct {
	log      *slog.Logger
	measured func() []embeddedmetric.Sum
	shown    string
}

// run shows the totals now and then, until ctx is done.
func (l *totalsLog) run(ctx context.Context) {
	tick := time.NewTicker(totalsEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.show()
		case <-ctx.Done():
			return
		}
	}
}

// show shows the totals unless they are as they were.
func (l *totalsLog) show() {
	attrs := totals(l.measured())
	if text := fmt.Sprint(attrs); len(attrs) > 0 && text != l.shown {
		l.shown = text
		l.log.LogAttrs(context.Background(), slog.LevelInfo, "so far", append([]slog.Attr{slog.String("service", "metrics")}, attrs...)...)
	}
}

// totals are the sums in few words: uploads by status and code, and of the processed ones the mean time and
// the whole size.
func totals(sums []embeddedmetric.Sum) []slog.Attr {
	statuses, codes := map[string]int{}, map[string]map[string]int{}
	var ms, bytes, megapixels float64
	timed := 0
	for _, s := range sums {
		status, code := s.Dimensions["Status"], s.Dimensions["Code"]
		switch {
		case s.Name == "Uploads" && code == "":
			statuses[status] += s.Count
		case s.Name == "Uploads":
			if codes[status] == nil {
				codes[status] = map[string]int{}
			}
			codes[status][code] += s.Count
		case s.Name == "Duration":
			ms, timed = ms+s.Total, timed+s.Count
		case s.Name == "UploadBytes":
			bytes += s.Total
		case s.Name == "Megapixels":
			megapixels += s.Total
		}
	}
	var attrs []slog.Attr
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		attrs = append(attrs, slog.Int(status, statuses[status]))
		for _, code := range slices.Sorted(maps.Keys(codes[status])) {
			attrs = append(attrs, slog.Int(status+"."+code, codes[status][code]))
		}
	}
	if timed > 0 {
		attrs = append(attrs, slog.Int("mean_ms", int(ms)/timed), slog.Int("bytes", int(bytes)), slog.Float64("megapixels", megapixels))
	}
	return attrs
}
