package settings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseFunctionDefaults(t *testing.T) {
	got, err := ParseFunction(from(map[string]string{SourceBucketName: "my-uploads", DestBucketName: "my-assets"}))
	if err != nil {
		t.Fatal(err)
	}
	want := Function{
		SourceBucket: "my-uploads", DestBucket: "my-assets", FolderOutput: "avatar/processed/",
		Width: 512, Height: 512,
		Limits: Limits{Bytes: 33_554_432, Pixels: 50_000_000, JPEGPixels: 256_000_000},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestParseFunction(t *testing.T) {
	base := map[string]string{
		SourceBucketName: "my-uploads", DestBucketName: "my-assets", FunctionFolderInput: "in", FunctionFolderOutput: "out",
		ProcessWidth: "256", ProcessHeight: "128", MaxBytes: "1000", MaxPixels: "2000", MaxJPEGPixels: "3000",
		TopicARN: "arn:aws:sns:us-east-1:123456789012:avatars",
	}
	got, err := ParseFunction(from(base))
	if err != nil {
		t.Fatal(err)
	}
	want := Function{"my-uploads", "my-assets", "in/", "out/", "arn:aws:sns:us-east-1:123456789012:avatars", 256, 128, Limits{1000, 2000, 3000}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}

	refused := []struct {
		name    string
		changes map[string]string
		wrong   []string
	}{
		{"no buckets", map[string]string{SourceBucketName: "-", DestBucketName: ""}, []string{SourceBucketName, DestBucketName}},
		{"no size", map[string]string{ProcessWidth: "0", ProcessHeight: "-5"}, []string{ProcessWidth, ProcessHeight}},
		{"absurd size", map[string]string{ProcessWidth: "100000", ProcessHeight: "1e3"}, []string{ProcessWidth, ProcessHeight}},
		{"no limit", map[string]string{MaxBytes: "0", MaxPixels: "x", MaxJPEGPixels: "99999999999999999999"}, []string{MaxBytes, MaxPixels, MaxJPEGPixels}},
		{"no topic", map[string]string{TopicARN: "avatars"}, []string{TopicARN}},
		{"no output folder", map[string]string{FunctionFolderOutput: ""}, []string{FunctionFolderOutput}},
		// E6: an avatar would trigger the next.
		{"loop", map[string]string{DestBucketName: "my-uploads", FunctionFolderInput: ""}, []string{FunctionFolderInput}},
		{"loop below", map[string]string{DestBucketName: "my-uploads", FunctionFolderInput: "out/more"}, []string{FunctionFolderInput}},
	}
	for _, test := range refused {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseFunction(from(with(base, test.changes)))
			if err == nil {
				t.Fatal("accepted")
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(test.wrong) {
				t.Fatalf("%d problems, want %d:\n%v", len(lines), len(test.wrong), err)
			}
			for i, name := range test.wrong {
				if !strings.HasPrefix(lines[i], name+" ") {
					t.Errorf("problem %q, want one of %s", lines[i], name)
				}
			}
		})
	}
}

func TestLoadFunction(t *testing.T) {
	clearEnv(t, FunctionFolderInput, FunctionFolderOutput, ProcessWidth, ProcessHeight, MaxBytes, MaxPixels, MaxJPEGPixels, TopicARN)
	t.Setenv(SourceBucketName, "my-uploads")
	t.Setenv(DestBucketName, "my-assets")
	f, err := LoadFunction()
	if err != nil || f.SourceBucket != "my-uploads" || f.DestBucket != "my-assets" {
		t.Errorf("got %+v, %v", f, err)
	}
}

func FuzzParseFunction(f *testing.F) {
	f.Add("uploads", "assets", "", "avatar/processed", "512", "1000")
	f.Add("pictures", "pictures", "in", "out", "0", "-1")
	f.Add("pictures", "pictures", "", "..", "1e9", "99999999999999999999")
	f.Fuzz(func(t *testing.T, source, dest, input, output, side, limit string) {
		fn, err := ParseFunction(from(map[string]string{
			SourceBucketName: source, DestBucketName: dest, FunctionFolderInput: input, FunctionFolderOutput: output,
			ProcessWidth: side, ProcessHeight: side, MaxBytes: limit, MaxPixels: limit, MaxJPEGPixels: limit,
		}))
		if err != nil {
			return
		}
		if fn.SourceBucket == fn.DestBucket && strings.HasPrefix(fn.FolderOutput+"me.png", fn.FolderInput) {
			t.Fatalf("loops: %q and %q", fn.FolderInput, fn.FolderOutput)
		}
		if fn.Width < 1 || fn.Height < 1 || fn.Limits.Bytes < 1 || fn.Limits.Pixels < 1 || fn.Limits.JPEGPixels < 1 {
			t.Fatalf("a size or limit below 1: %+v", fn)
		}
		again, err := ParseFunction(from(fn.Variables()))
		if d := cmp.Diff(fn, again); err != nil || d != "" {
			t.Fatalf("a second reading differs: %v\n%s", err, d)
		}
	})
}
