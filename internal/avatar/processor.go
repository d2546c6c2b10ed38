// Package avatar brings each upload to one outcome: it reads the picture, makes the thumbnail, and writes
// it where it belongs.
//
// Events arrive at least once, late and out of order, and several functions may run at a time. So a
// processed picture carries the provenance of its upload, and is only ever written under the condition
// that what is there has not changed since it was looked at, and is older. The newest upload wins
// whatever the order; a replay changes nothing.
//
// Every upload has an outcome, and every outcome an address. What can never become an avatar is rejected, which
// is final: the old avatar stays, and the uploader's side is told. What may succeed later is an error of
// [Processor.Handle], for which Lambda delivers the event again, twice, and then leaves it in the dead letters;
// that goes for missing rights as well, which people mend. No state is kept but the avatars themselves: a
// function that is killed leaves no lock behind, and no file.
package avatar

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/thumbing/thumbing/internal/s3event"
	"github.com/thumbing/thumbing/internal/thumbnail"
)

const (
	// margin is the time before the deadline at which work stops, so that what happened can still be told.
	margin = 500 * time.Millisecond

	// How often a write that others got in the way of is tried, and how long the longest of the random waits
	// between may be at first; it doubles each time.
	maxWrites = 8
	firstWait = 50 * time.Millisecond
)

// Config says where uploads come from and processed pictures go.
type Config struct {
	UploadsBucket string
	AssetsBucket  string // may be the same
	Keys          Keys
	Thumbnail     thumbnail.Options
}

// Processor turns uploads into avatars. It is safe for concurrent use.
type Processor struct {
	config     Config
	uploads    Uploads
	assets     Assets
	rejections Rejections                             // nil where nobody is to be told
	jitter     func(most time.Duration) time.Duration // a random time below most
}

// New answers a processor. Rejections may be nil: then the outcomes alone tell of them. It refuses a
// configuration in which a processed picture would be an upload.
func New(c Config, uploads Uploads, assets Assets, rejections Rejections) (*Processor, error) {
	if c.UploadsBucket == c.AssetsBucket &&
		(strings.HasPrefix(c.Keys.Output, c.Keys.Input) || strings.HasPrefix(c.Keys.Input, c.Keys.Output)) {
		return nil, fmt.Errorf("processed pictures under %q would trigger the function again, which takes what is under %q of the same bucket: set two folders that are apart",
			c.Keys.Output, c.Keys.Input)
	}
	if c.Thumbnail.MaxBytes == 0 {
		c.Thumbnail.MaxBytes = thumbnail.DefaultMaxBytes
	}
	return &Processor{config: c, uploads: uploads, assets: assets, rejections: rejections, jitter: rand.N[time.Duration]}, nil
}

// Handle processes every record of an S3 notification, one after the other, and reports the outcome of
// each. One that goes wrong does not hold up the others. The error joins those of the failed: with it, the
// notification should be delivered again, whole; what is done already is then skipped.
func (p *Processor) Handle(ctx context.Context, payload []byte, report func(context.Context, Outcome)) error {
	n, err := s3event.Parse(payload)
	if err != nil {
		return err
	}
	for _, s := range n.Skipped {
		report(ctx, Outcome{Status: Skipped, Code: CodeNoUpload, Reason: s.Reason, Record: s.Index})
	}
	for _, b := range n.Broken {
		report(ctx, Outcome{Status: Malformed, Reason: b.Reason, Err: b, Record: b.Index})
	}
	var failures []error
	for _, r := range n.Created {
		o := p.Process(ctx, r)
		report(ctx, o)
		if o.Status == Failed {
			failures = append(failures, fmt.Errorf("%q: %w", r.Key, o.Err))
		}
	}
	return errors.Join(failures...)
}

// Process brings one upload to its outcome. It stops a little before the context's deadline.
func (p *Processor) Process(ctx context.Context, r s3event.Record) Outcome {
	start := time.Now()
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
	}
	o := p.process(ctx, r)
	if o.Status == Rejected {
		o = p.tell(ctx, r, o)
	}
	o.Record, o.Bucket, o.Key, o.Size = r.Index, r.Bucket, r.Key, r.Size
	o.Duration = time.Since(start)
	return o
}

// tell publishes a rejection. Where that fails the upload has failed, so that its event comes again and whoever
// waits for an avatar hears why there is none.
func (p *Processor) tell(ctx context.Context, r s3event.Record, o Outcome) Outcome {
	if p.rejections == nil {
		return o
	}
	err := p.rejections.Publish(ctx, Rejection{
		Bucket: r.Bucket, Key: r.Key, ETag: r.ETag, VersionID: r.VersionID, Sequencer: r.Sequencer.String(), Time: r.Time,
		Code: o.Code, Reason: o.Reason,
	})
	if err != nil {
		untold := failed(fmt.Sprintf("tell that the picture is rejected (%s: %s)", o.Code, o.Reason), err)
		untold.Output = o.Output
		return untold
	}
	return o
}

func (p *Processor) process(ctx context.Context, r s3event.Record) Outcome {
	output, refused := p.admit(r)
	if refused.Status != "" {
		refused.Output = output
		return refused
	}
	o := p.make(ctx, r, output)
	o.Output = output
	return o
}

// admit decides what can be decided from the record alone, before anything is asked of S3. The outcome has
// no status where the upload is to be processed.
func (p *Processor) admit(r s3event.Record) (output string, o Outcome) {
	switch {
	case r.Bucket != p.config.UploadsBucket:
		return "", skipped(CodeForeign, "the event is from the bucket %q, and uploads are in %q", r.Bucket, p.config.UploadsBucket)
	case r.Bucket == p.config.AssetsBucket && strings.HasPrefix(r.Key, p.config.Keys.Output):
		return "", skipped(CodeOwnOutput, "it is a processed picture itself")
	}
	output, err := p.config.Keys.Processed(r.Key)
	switch {
	case errors.Is(err, ErrOutsideInput):
		return "", skipped(CodeOutsideInput, "%v", err)
	case errors.Is(err, ErrFolder):
		return "", skipped(CodeFolder, "%v", err)
	case err != nil:
		return "", Outcome{Status: Rejected, Code: CodeUnusableKey, Reason: err.Error(), Err: err}
	}
	if limit := p.config.Thumbnail.MaxBytes; r.Size > limit {
		return output, rejected(thumbnail.TooManyBytes(r.Size, limit))
	}
	if r.Size == 0 {
		_, err := thumbnail.Make(nil, p.config.Thumbnail) // for its words about it
		return output, rejected(err)
	}
	return output, Outcome{}
}

// make reads the upload and writes its avatar. What is there already is looked at first: for a replay,
// nothing else needs to be done.
func (p *Processor) make(ctx context.Context, r s3event.Record, output string) Outcome {
	mine := provenanceOf(r)
	found, err := p.look(ctx, output)
	if err != nil {
		return failed("look at the avatar", err)
	}
	if o := found.settles(mine); o.Status != "" {
		return o
	}
	upload, o := p.read(ctx, r)
	if o.Status != "" {
		return o
	}
	if err := ctx.Err(); err != nil { // thumbnail.Make cannot be interrupted
		return failed("make the thumbnail", err)
	}
	picture, err := thumbnail.Make(upload.Body, p.config.Thumbnail)
	if err != nil {
		return rejected(err)
	}
	mine.LastModified = upload.LastModified
	o = p.write(ctx, output, picture.PNG, mine, found)
	o.Picture = picture
	return o
}

// read reads the upload that the record tells of, and no other.
//
// It is pinned by its ETag, so that an upload that was overwritten or deleted in the meantime is not taken
// for it. Where it was overwritten in a bucket that keeps versions, the version is asked for: should the
// newer upload be rejected, this one is the newest that can be shown. That takes s3:GetObjectVersion; a
// function without it leaves the upload to its successor.
func (p *Processor) read(ctx context.Context, r s3event.Record) (Upload, Outcome) {
	limit := p.config.Thumbnail.MaxBytes
	upload, err := p.uploads.Get(ctx, r.Key, Pin{ETag: r.ETag}, limit)
	if errors.Is(err, ErrPrecondition) {
		superseded := skipped(CodeSuperseded, "a newer upload has taken its place")
		if r.VersionID == "" {
			return Upload{}, superseded
		}
		upload, err = p.uploads.Get(ctx, r.Key, Pin{VersionID: r.VersionID}, limit)
		if errors.Is(err, ErrDenied) || errors.Is(err, ErrNotFound) {
			return Upload{}, superseded
		}
	}
	switch {
	case err == nil:
		return upload, Outcome{}
	case errors.Is(err, ErrNotFound):
		return Upload{}, Outcome{Status: Gone, Reason: "it was deleted before it was read", Err: err}
	case errors.Is(err, ErrTooLarge):
		return Upload{}, rejected(&thumbnail.Rejection{Code: thumbnail.ExcessBytes, Reason: fmt.Sprintf("more than %d bytes", limit)})
	case errors.Is(err, ErrDenied):
		return Upload{}, failed("read the upload (without the right to list the bucket, S3 says the same of one that was deleted)", err)
	}
	return Upload{}, failed("read the upload", err)
}

// found is what was at the avatar's key when it was looked at.
type found struct {
	etag       string     // empty where there was nothing, or where it was not to be seen
	provenance Provenance // without a key where it is not known: such a picture is older than any upload
	past       past       // with its own ETag
	denied     error      // why it was not to be seen
}

// look looks at the avatar's key.
//
// A function that may not list the bucket is denied to hear that there is no such object, in the same words
// as when it may not see one. So a denial is taken for an absence, at first: the write goes by the same
// condition, and is refused where there was something.
func (p *Processor) look(ctx context.Context, output string) (found, error) {
	state, err := p.assets.Head(ctx, output)
	switch {
	case errors.Is(err, ErrNotFound):
		return found{}, nil
	case errors.Is(err, ErrDenied):
		return found{denied: err}, nil
	case err != nil:
		return found{}, err
	}
	provenance, _ := ParseProvenance(state.Metadata)
	return found{etag: state.ETag, provenance: provenance, past: parsePast(state.Metadata[metaEarlier]).and(state.ETag)}, nil
}

// settles answers an outcome where an upload has nothing to add to what was found.
func (f found) settles(mine Provenance) Outcome {
	if f.provenance.Key == "" {
		return Outcome{}
	}
	switch mine.Compare(f.provenance) {
	case 0:
		return skipped(CodeReplay, "its avatar is there already")
	case -1:
		return skipped(CodeStale, "the avatar was made from a newer upload, of %s", f.provenance.Time.Format(time.RFC3339))
	}
	return Outcome{}
}

// write puts the avatar on the condition that what was found is still there. When another writer was faster
// it looks again, and goes on as long as its own upload is the newest.
func (p *Processor) write(ctx context.Context, output string, png []byte, mine Provenance, f found) Outcome {
	for round := 1; ; round++ {
		if err := ctx.Err(); err != nil {
			return failed("write the avatar", err)
		}
		metadata := mine.Metadata()
		if len(f.past) > 0 {
			metadata[metaEarlier] = f.past.String()
		}
		err := p.assets.Put(ctx, output, f.past.renew(png), metadata, Condition{ETag: f.etag})
		switch {
		case err == nil:
			return Outcome{Status: Processed}
		case !errors.Is(err, ErrPrecondition) && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrConflict):
			return failed("write the avatar", err)
		case round == maxWrites:
			return failed(fmt.Sprintf("write the avatar, %d times", maxWrites), err)
		}
		if waitErr := p.wait(ctx, round); waitErr != nil {
			return failed("write the avatar", errors.Join(err, waitErr))
		}
		exists := f.etag == "" && errors.Is(err, ErrPrecondition)
		if f, err = p.look(ctx, output); err != nil {
			return failed("look at the avatar", err)
		}
		if exists && f.denied != nil { // the denial was no absence
			return failed("look at the avatar", f.denied)
		}
		if o := f.settles(mine); o.Status != "" {
			return o
		}
	}
}

// wait waits a random time, so that writers that met do not meet again.
func (p *Processor) wait(ctx context.Context, round int) error {
	t := time.NewTimer(p.jitter(firstWait << (round - 1)))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func skipped(code, format string, args ...any) Outcome {
	return Outcome{Status: Skipped, Code: code, Reason: fmt.Sprintf(format, args...)}
}

// rejected is the outcome for an error of thumbnail.Make.
func rejected(err error) Outcome {
	r, ok := errors.AsType[*thumbnail.Rejection](err)
	if !ok {
		return failed("make the thumbnail", err)
	}
	return Outcome{Status: Rejected, Code: string(r.Code), Reason: r.Reason, Err: err}
}

func failed(what string, err error) Outcome {
	err = fmt.Errorf("%s: %w", what, err)
	return Outcome{Status: Failed, Reason: err.Error(), Err: err}
}
