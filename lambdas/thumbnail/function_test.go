package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/embeddedmetric"
	"github.com/thumbing/thumbing/internal/localcloud/lambdaruntime"
	"github.com/thumbing/thumbing/internal/localcloud/s3"
)

const accessKey, secretKey = "thumbing", "thumbing-local"

// cloud is a real S3 server whose uploads bucket notifies the real binary.
type cloud struct {
	client  *awss3.Client
	results chan lambdaruntime.Result
	output  *output
	invoke  func(payload string)
}

func start(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{results: make(chan lambdaruntime.Result, 100), output: &output{}}
	binary := built(t, "")
	var runtime *lambdaruntime.Runtime
	server, err := s3.Start(t.Context(), s3.Config{
		Listen: "127.0.0.1:0", Dir: t.TempDir(), AccessKey: accessKey, SecretKey: secretKey,
		Log: slog.New(slog.DiscardHandler),
		Buckets: []s3.Bucket{
			{Name: "assets"},
			{Name: "uploads", Rules: []s3.Rule{{
				ID: "Thumbnailer", Events: []string{"s3:ObjectCreated:*"}, Target: "arn:aws:lambda:us-east-1:000000000000:function:thumbnail",
				Deliver: func(ctx context.Context, event []byte) error {
					_, err := runtime.Invoke(ctx, event)
					return err
				},
			}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	runtime, err = lambdaruntime.Start(t.Context(), lambdaruntime.Function{
		Name: "thumbnail", Binary: binary, Timeout: 20 * time.Second, MemoryMB: 512, Concurrency: 1,
		Env: map[string]string{"SOURCE_BUCKET_NAME": "uploads", "DEST_BUCKET_NAME": "assets", "FOLDER_OUTPUT": "avatar/processed/"},
	}, lambdaruntime.Options{
		Output: c.output, Credentials: lambdaruntime.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey},
		// A9: no room for files, of which the function makes none
		Env:      map[string]string{"AWS_ENDPOINT_URL": server.URL(), "TMPDIR": "/nonexistent"},
		OnResult: func(r lambdaruntime.Result) error { c.results <- r; return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := runtime.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	c.client = awss3.NewFromConfig(aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
	}, func(o *awss3.Options) {
		o.BaseEndpoint, o.UsePathStyle = new(server.URL()), true
	})
	c.invoke = func(payload string) {
		if _, err := runtime.Invoke(t.Context(), []byte(payload)); err != nil {
			t.Error(err)
		}
	}
	return c
}

// output collects what the function writes, line by line.
type output struct {
	mu    sync.Mutex
	lines []string
}

func (o *output) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lines = append(o.lines, string(line))
	return len(line), nil
}

// all answers the lines, each of which must be one JSON object: those of the log and those with metrics.
func (o *output) all(t *testing.T) (logged []map[string]any, measured []embeddedmetric.Line) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, line := range o.lines {
		if l, err := embeddedmetric.Parse([]byte(line)); err == nil {
			measured = append(measured, l)
			continue
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		logged = append(logged, fields)
	}
	return logged, measured
}

// put uploads, and waits until the function has answered to the event.
func (c *cloud) put(t *testing.T, key string, body []byte) {
	t.Helper()
	_, err := c.client.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: new("uploads"), Key: &key, Body: bytes.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	if r := <-c.results; r.Err != nil {
		t.Errorf("%q: the function answered %v", key, r.Err)
	}
}

func TestFunction(t *testing.T) {
	c := start(t)
	photo := image.NewRGBA(image.Rect(0, 0, 80, 40)) // left half red, right half blue
	for y := range 40 {
		for x := range 80 {
			photo.SetRGBA(x, y, color.RGBA{R: byte(255 * (1 - x/40)), B: byte(255 * (x / 40)), A: 255})
		}
	}
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, photo, nil); err != nil {
		t.Fatal(err)
	}

	c.put(t, "people/a b+é.JPEG", jpg.Bytes())
	c.put(t, "two\nlines\x1b[31m.jpg", jpg.Bytes()) // K5
	c.put(t, "text.jpg", []byte("not a picture"))   // I7
	c.put(t, "empty.jpg", nil)                      // E9
	c.put(t, "folder/", nil)                        // S4
	c.invoke(`{"Event":"s3:TestEvent"}`)            // E4
	if r := <-c.results; r.Err != nil {
		t.Errorf("a test event: the function answered %v", r.Err)
	}

	out, err := c.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: new("assets"), Key: new("avatar/processed/people/a b+é.png")})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	m, err := png.Decode(io.LimitReader(out.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds().Dx() != 512 || m.Bounds().Dy() != 512 {
		t.Errorf("the avatar is %v", m.Bounds())
	}
	if r, _, b, _ := m.At(100, 256).RGBA(); r < 0xf000 || b > 0x1000 {
		t.Errorf("its left is not red")
	}
	if aws.ToString(out.ContentType) != "image/png" || !strings.Contains(aws.ToString(out.CacheControl), "max-age=60") {
		t.Errorf("it is served as %q, %q", aws.ToString(out.ContentType), aws.ToString(out.CacheControl))
	}
	if p, ok := avatar.ParseProvenance(out.Metadata); !ok || p.Key != "people/a b+é.JPEG" || p.ETag == "" || p.LastModified.IsZero() {
		t.Errorf("its provenance is %+v", p)
	}

	want := []struct{ msg, code, key, output string }{
		{"processed", "", "people/a b+é.JPEG", "avatar/processed/people/a b+é.png"},
		{"processed", "", "two\nlines\x1b[31m.jpg", "avatar/processed/two\nlines\x1b[31m.png"},
		{"rejected", "unsupported-format", "text.jpg", "avatar/processed/text.png"},
		{"rejected", "empty", "empty.jpg", "avatar/processed/empty.png"},
		{"skipped", "folder", "folder/", ""},
		{"skipped", "no-upload", "", ""},
	}
	lines, measured := c.output.all(t)
	if len(lines) != len(want) || len(measured) != len(want) {
		t.Fatalf("%d lines of log and %d of metrics, want %d of each:\n%s", len(lines), len(measured), len(want), strings.Join(c.output.lines, "\n"))
	}
	for i, w := range want {
		text := func(name string) string { s, _ := lines[i][name].(string); return s }
		if text("msg") != w.msg || text("code") != w.code || text("key") != w.key || text("output") != w.output || text("requestId") == "" {
			t.Errorf("line %d is %v, want %+v", i, lines[i], w)
		}
		if m := measured[i]; m.Namespace != "Thumbing" || m.Dimensions["FunctionName"] != "thumbnail" || m.Dimensions["Status"] != w.msg || m.Dimensions["Code"] != w.code {
			t.Errorf("measured %+v, want %+v", m, w)
		}
	}
	checkSums(t, measured, int64(jpg.Len()))
	for _, name := range []string{"bytes", "ms", "width", "height", "outputBytes"} {
		if _, ok := lines[0][name].(float64); !ok {
			t.Errorf("the first line has no %s: %v", name, lines[0])
		}
	}
}

// checkSums holds what alarms and dashboards are made from.
func checkSums(t *testing.T, lines []embeddedmetric.Line, size int64) {
	t.Helper()
	var sums embeddedmetric.Sums
	for _, l := range lines {
		sums.Add(l)
	}
	got := map[string]float64{}
	for _, s := range sums.All() {
		if s.Dimensions["FunctionName"] != "thumbnail" {
			t.Errorf("%+v is of no function", s)
		}
		got[strings.TrimRight(s.Name+" "+s.Dimensions["Status"]+" "+s.Dimensions["Code"], " ")] = s.Total
	}
	if got["Duration processed"] <= 0 {
		t.Error("processing took no time")
	}
	delete(got, "Duration processed")
	want := map[string]float64{
		"Uploads processed": 2, "Uploads rejected": 2, "Uploads skipped": 2,
		"Uploads rejected unsupported-format": 1, "Uploads rejected empty": 1, "Uploads skipped folder": 1, "Uploads skipped no-upload": 1,
		"UploadBytes processed": float64(2 * size), "Megapixels processed": 2 * 80 * 40 / 1e6,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestEventThatCannotBeRead(t *testing.T) {
	c := start(t)
	c.invoke(`[]`)
	if r := <-c.results; r.Err == nil {
		t.Error("the function answered with success")
	}
	lines, _ := c.output.all(t)
	if len(lines) == 0 || lines[0]["level"] != "ERROR" || lines[0]["requestId"] == nil {
		t.Errorf("it logged %v", lines)
	}
}

func TestSettingsAreMissing(t *testing.T) { // S1
	for _, name := range []string{"SOURCE_BUCKET_NAME", "DEST_BUCKET_NAME"} {
		t.Setenv(name, "")
	}
	_, err := newFunction(t.Context(), slog.New(slog.DiscardHandler), io.Discard)
	if err == nil || !strings.Contains(err.Error(), "SOURCE_BUCKET_NAME") || !strings.Contains(err.Error(), "DEST_BUCKET_NAME") {
		t.Errorf("got %v", err)
	}
}
