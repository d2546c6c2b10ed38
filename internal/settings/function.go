package settings

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// The variables of the thumbnail function, which the stack sets.
const (
	SourceBucketName     = "SOURCE_BUCKET_NAME"
	DestBucketName       = "DEST_BUCKET_NAME"
	FunctionFolderInput  = "FOLDER_INPUT"
	FunctionFolderOutput = "FOLDER_OUTPUT"
	ProcessWidth         = "PROCESS_WIDTH"
	ProcessHeight        = "PROCESS_HEIGHT"
	TopicARN             = "TOPIC_ARN"
	MaxBytes             = "MAX_BYTES"
	MaxPixels            = "MAX_PIXELS"
	MaxJPEGPixels        = "MAX_JPEG_PIXELS"
)

// The size of a processed picture, in pixels.
const (
	DefaultWidth  = 512
	DefaultHeight = 512
)

// maxSide bounds the size of a processed picture that can be asked for, in pixels.
const maxSide = 4096

// Function is what the thumbnail function runs with.
type Function struct {
	SourceBucket string // the uploads bucket; events of other buckets are refused
	DestBucket   string // the assets bucket; may be the same
	FolderInput  string // only keys under this prefix are pictures: "" or "a/b/"
	FolderOutput string // prefix of processed pictures: "a/b/", never empty

	Topic string // ARN of the SNS topic that is told of rejected pictures; "" for none

	Width, Height int // of a processed picture, in pixels

	Limits Limits
}

// Limits are what an upload may have at most.
type Limits struct {
	Bytes      int64 // of the file
	Pixels     int64 // width times height of any picture but a JPEG
	JPEGPixels int64 // width times height of a JPEG
}

// DefaultLimits are the limits of a function whose environment names none: 32 MB, and 50 megapixels, or 256 of a JPEG,
// which is decoded at scale.
func DefaultLimits() Limits {
	return Limits{Bytes: 32 << 20, Pixels: 50_000_000, JPEGPixels: 256_000_000}
}

// LoadFunction reads the function's settings from the environment.
func LoadFunction() (Function, error) { return ParseFunction(os.LookupEnv) }

// ParseFunction reads the function's settings from the variables that lookup finds. Settings under which
// a processed picture would trigger the function again are refused. The error joins all problems, each
// with its variable's name.
func ParseFunction(lookup func(name string) (string, bool)) (Function, error) {
	r := reader{lookup: lookup}
	limits := DefaultLimits()
	f := Function{
		SourceBucket: required(&r, SourceBucketName, "the name of the uploads bucket", bucketName),
		DestBucket:   required(&r, DestBucketName, "the name of the assets bucket", bucketName),
		FolderInput:  optional(&r, FunctionFolderInput, "", folder),
		FolderOutput: outputFolder(&r, FunctionFolderOutput),
		Topic:        optional(&r, TopicARN, "", topicARN),
		Width:        int(optional(&r, ProcessWidth, DefaultWidth, count(maxSide))),
		Height:       int(optional(&r, ProcessHeight, DefaultHeight, count(maxSide))),
		Limits: Limits{
			// A whole upload is held in memory, of which Lambda gives at most 10 GB.
			Bytes:      optional(&r, MaxBytes, limits.Bytes, count(1<<30)),
			Pixels:     optional(&r, MaxPixels, limits.Pixels, count(1<<31)),
			JPEGPixels: optional(&r, MaxJPEGPixels, limits.JPEGPixels, count(1<<31)),
		},
	}
	if f.SourceBucket == f.DestBucket && f.SourceBucket != "" && !r.wrong(FunctionFolderInput, FunctionFolderOutput) {
		if overlap(f.FolderInput, f.FolderOutput) {
			r.report(FunctionFolderInput, "is %s, which overlaps %s (%s) in the same bucket, so that every avatar would trigger the next: set two folders that are apart",
				cmp.Or(f.FolderInput, "the whole bucket"), FunctionFolderOutput, f.FolderOutput)
		}
	}
	if err := errors.Join(r.problems...); err != nil {
		return Function{}, err
	}
	return f, nil
}

// Variables are the settings as ParseFunction reads them.
func (f Function) Variables() map[string]string {
	all := map[string]string{
		SourceBucketName:     f.SourceBucket,
		DestBucketName:       f.DestBucket,
		FunctionFolderInput:  f.FolderInput,
		FunctionFolderOutput: f.FolderOutput,
		ProcessWidth:         strconv.Itoa(f.Width),
		ProcessHeight:        strconv.Itoa(f.Height),
		MaxBytes:             strconv.FormatInt(f.Limits.Bytes, 10),
		MaxPixels:            strconv.FormatInt(f.Limits.Pixels, 10),
		MaxJPEGPixels:        strconv.FormatInt(f.Limits.JPEGPixels, 10),
	}
	if f.Topic != "" {
		all[TopicARN] = f.Topic
	}
	return all
}

// count reads a whole number from 1 to limit.
func count(limit int64) check[int64] {
	return func(text string) (int64, error) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || n > limit {
			return 0, fmt.Errorf("is %q: write a whole number from 1 to %d", text, limit)
		}
		return n, nil
	}
}
