package main

import (
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/embeddedmetric"
)

// namespace is where CloudWatch keeps the function's metrics. Alarms of the stack go by it, and by the names below.
const namespace = "Thumbing"

// measure is what an outcome adds to the metrics: every upload by its status, and by its code where it has one;
// and of those that became avatars how long it took and how large they were. Each combination of names and
// values is a metric that is paid for, so there are no more.
func measure(o avatar.Outcome, at time.Time) embeddedmetric.Line {
	const function, status, code = "FunctionName", "Status", "Code"
	byStatus := [][]string{{function, status}}
	counted := byStatus
	l := embeddedmetric.Line{Namespace: namespace, Time: at, Dimensions: map[string]string{
		function: lambdacontext.FunctionName, status: string(o.Status),
	}}
	if o.Code != "" {
		l.Dimensions[code] = o.Code
		counted = append(counted, []string{function, status, code})
	}
	l.Metrics = []embeddedmetric.Metric{{Name: "Uploads", Unit: embeddedmetric.Count, Value: 1, Dimensions: counted}}
	if o.Status == avatar.Processed {
		l.Metrics = append(l.Metrics,
			embeddedmetric.Metric{Name: "Duration", Unit: embeddedmetric.Milliseconds, Value: milliseconds(o.Duration), Dimensions: byStatus},
			embeddedmetric.Metric{Name: "UploadBytes", Unit: embeddedmetric.Bytes, Value: float64(o.Size), Dimensions: byStatus},
			embeddedmetric.Metric{Name: "Megapixels", Unit: embeddedmetric.None, Value: float64(o.Picture.Width) * float64(o.Picture.Height) / 1e6, Dimensions: byStatus},
		)
	}
	return l
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
