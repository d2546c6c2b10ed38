package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/thumbing/thumbing/internal/embeddedmetric"
)

func TestTotals(t *testing.T) {
	sum := func(name, status, code string, count int, total float64) embeddedmetric.Sum {
		d := map[string]string{"FunctionName": "f", "Status": status}
		if code != "" {
			d["Code"] = code
		}
		return embeddedmetric.Sum{Name: name, Dimensions: d, Count: count, Total: total}
	}
	sums := []embeddedmetric.Sum{
		sum("Duration", "processed", "", 4, 90), sum("UploadBytes", "processed", "", 4, 4000), sum("Megapixels", "processed", "", 4, 1.5),
		sum("Uploads", "processed", "", 4, 4), sum("Uploads", "rejected", "", 3, 3),
		sum("Uploads", "rejected", "corrupt", 2, 2), sum("Uploads", "rejected", "empty", 1, 1),
	}
	const want = "[processed=4 rejected=3 rejected.corrupt=2 rejected.empty=1 mean_ms=22 bytes=4000 megapixels=1.5]"
	if got := fmt.Sprint(totals(sums)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}

	// The same is not said again.
	var out bytes.Buffer
	l := totalsLog{log: slog.New(slog.NewTextHandler(&out, nil)), measured: func() []embeddedmetric.Sum { return sums }}
	l.show()
	l.show()
	sums[3].Count++
	l.show()
	if n := strings.Count(out.String(), "so far"); n != 2 {
		t.Errorf("shown %d times, want twice:\n%s", n, out.String())
	}
	sums = nil
	l.show() // nothing to say
}
