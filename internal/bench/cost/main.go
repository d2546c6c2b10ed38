// Command cost reckons what the deployed stack costs a month, from what was measured of the function and the
// prices that AWS publishes. It prints the table of README.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// Prices are AWS's in us-east-1, in dollars, on demand, without free tiers.
const (
	lambdaGBSecond = 0.0000133334 // arm64
	lambdaRequest  = 0.20 / 1e6
	s3Put          = 0.005 / 1e3
	s3Get          = 0.0004 / 1e3
	s3GBMonth      = 0.023
	snsPublish     = 0.50 / 1e6
	snsHTTP        = 0.60 / 1e6
	logsGB         = 0.50
	xrayTrace      = 5.0 / 1e6
	cdnGB          = 0.085 // the first 10 TB, North America and Europe
	cdnRequest     = 0.0100 / 1e4
	cdnFunction    = 0.10 / 1e6
	kmsKey         = 1.00
	alarmMetric    = 0.10
	customMetric   = 0.30
	dashboard      = 3.00
)

// What the stack has, and does for one upload.
const (
	alarmMetrics  = 16 // of nine alarms: an expression is paid for by the metrics in it
	customMetrics = 10 // outcomes and codes that occur
	puts, gets    = 2, 2
	logBytes      = 2000 // the function's line, its metrics and Lambda's own three
	traceShare    = 0.05 // of the uploads of a second beyond its first
	fixed         = kmsKey + alarmMetrics*alarmMetric + customMetrics*customMetric + dashboard
	secondsAMonth = 30 * 24 * 3600
)

// work is one upload as the function sees it.
type work struct {
	memoryMB  float64 // of the function
	computeMS float64 // with that memory's share of a processor
	waitMS    float64 // for S3, which is billed too
	uploadMB  float64
	avatarKB  float64
}

// usual is a photograph of a phone, 12 megapixels, as it was measured; but for the wait, which only AWS can tell.
var usual = work{memoryMB: 1024, computeMS: 37, waitMS: 100, uploadMB: 3, avatarKB: 530}

func main() {
	var w work
	flag.Float64Var(&w.memoryMB, "memory", usual.memoryMB, "the function's memory, MB")
	flag.Float64Var(&w.computeMS, "compute", usual.computeMS, "computing for one picture, ms")
	flag.Float64Var(&w.waitMS, "wait", usual.waitMS, "waiting for S3 for one picture, ms")
	flag.Float64Var(&w.uploadMB, "upload", usual.uploadMB, "an upload, MB")
	flag.Float64Var(&w.avatarKB, "avatar", usual.avatarKB, "an avatar, KB")
	flag.Parse()
	w.print(os.Stdout)
}

// function is what one invocation costs.
func (w work) function() float64 {
	return lambdaRequest + w.memoryMB/1024*(w.computeMS+w.waitMS)/1000*lambdaGBSecond
}

// around is what one upload costs besides: requests, messages, logs.
func around() float64 {
	return puts*s3Put + gets*s3Get + snsPublish + snsHTTP + logBytes/1e9*logsGB
}

// traces is what n uploads in a month cost in X-Ray, which takes the first of each second and a share of the others.
func traces(n float64) float64 {
	first := min(n, secondsAMonth)
	return (first + traceShare*(n-first)) * xrayTrace
}

// storage is what one upload and its avatar cost in each month that they are kept.
func (w work) storage() float64 { return (w.uploadMB/1e3 + w.avatarKB/1e6) * s3GBMonth }

// read is what one reading of an avatar costs.
func (w work) read() float64 { return w.avatarKB/1e6*cdnGB + cdnRequest + cdnFunction }

func (w work) print(out io.Writer) {
	var b strings.Builder
	b.WriteString("| avatars a month | function | S3 requests, SNS, logs | X-Ray | alarms, metrics, dashboard, key | sum | storage, for each month kept |\n|---|---|---|---|---|---|---|\n")
	for _, row := range []struct {
		name string
		n    float64
	}{{"10 thousand", 1e4}, {"1 million", 1e6}, {"100 million", 1e8}} {
		function, rest, traced := row.n*w.function(), row.n*around(), traces(row.n)
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", row.name, dollars(function), dollars(rest), dollars(traced), dollars(fixed),
			dollars(function+rest+traced+fixed), dollars(row.n*w.storage()))
	}
	fmt.Fprintf(&b, "\nA million readings through the CDN: %s, of which %s is the transfer.\n", dollars(1e6*w.read()), dollars(1e6*w.avatarKB/1e6*cdnGB))
	fmt.Fprint(out, b.String())
}

// dollars writes an amount with as many digits as mean something.
func dollars(d float64) string {
	switch {
	case d < 10:
		return fmt.Sprintf("$%.2f", d)
	case d < 1000:
		return fmt.Sprintf("$%.0f", d)
	}
	s := fmt.Sprintf("%.0f", d)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return "$" + s
}
