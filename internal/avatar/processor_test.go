package avatar

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/s3event"
	"github.com/thumbing/thumbing/internal/thumbnail"
)

// picture is a PNG of one colour, a different one for each number.
func picture(t testing.TB, number int) []byte { return bytes.Clone(pair(t, number).upload) }

// avatarOf is what is made of it.
func avatarOf(t testing.TB, number int) []byte { return pair(t, number).avatar }

type pictures struct{ upload, avatar []byte }

var made sync.Map // of pictures, by number: the model asks for them again and again

func pair(t testing.TB, number int) pictures {
	t.Helper()
	if p, ok := made.Load(number); ok {
		return p.(pictures)
	}
	m := image.NewNRGBA(image.Rect(0, 0, 2, 2))
	for i := range 4 {
		m.SetNRGBA(i%2, i/2, color.NRGBA{R: byte(number), G: byte(number >> 8), B: 7, A: 0xff})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	avatar, err := thumbnail.Make(b.Bytes(), small)
	if err != nil {
		t.Fatal(err)
	}
	p := pictures{b.Bytes(), avatar.PNG}
	made.Store(number, p)
	return p
}

// small makes thumbnails that take little time.
var small = thumbnail.Options{Width: 2, Height: 2, MaxBytes: 1000}

func setUp(t testing.TB) (p *Processor, uploads, assets *bucket) {
	t.Helper()
	uploads, assets = newBucket("uploads"), newBucket("assets")
	p, err := New(Config{
		UploadsBucket: uploads.name, AssetsBucket: assets.name,
		Keys: Keys{Output: "out/"}, Thumbnail: small,
	}, uploads, assets, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, uploads, assets
}

// shows fails unless the avatar at key was made from the picture of this number.
func shows(t *testing.T, assets *bucket, key string, number int) {
	t.Helper()
	v, ok := assets.current(key)
	if !ok {
		t.Fatalf("%s: there is no avatar", key)
	}
	if !samePicture(t, v.body, avatarOf(t, number)) {
		p, _ := ParseProvenance(v.metadata)
		t.Fatalf("%s does not show picture %d; it was made from %+v", key, number, p)
	}
}

// samePicture tells whether two PNG files have the same pixels.
func samePicture(t *testing.T, a, b []byte) bool {
	t.Helper()
	if bytes.Equal(a, b) {
		return true
	}
	one, errOne := png.Decode(bytes.NewReader(a))
	two, errTwo := png.Decode(bytes.NewReader(b))
	if err := errors.Join(errOne, errTwo); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(one, two)
}

func expect(t *testing.T, o Outcome, status Status, code string) {
	t.Helper()
	if o.Status != status || o.Code != code {
		t.Fatalf("%q: got %s %s (%s, %v), want %s %s", o.Key, o.Status, o.Code, o.Reason, o.Err, status, code)
	}
	if status != Processed && o.Reason == "" {
		t.Errorf("%q: %s %s without a reason", o.Key, status, code)
	}
}

func TestProcess(t *testing.T) {
	p, uploads, assets := setUp(t)
	o := p.Process(t.Context(), uploads.upload("a b/é.JPG", picture(t, 1)))
	expect(t, o, Processed, "")
	if o.Output != "out/a b/é.png" || o.Picture.Format != thumbnail.PNG || o.Picture.Width != 2 || o.Bucket != "uploads" {
		t.Errorf("got %+v", o)
	}
	shows(t, assets, "out/a b/é.png", 1)
	v, _ := assets.current("out/a b/é.png")
	got, ok := ParseProvenance(v.metadata)
	if !ok || got.Key != "a b/é.JPG" || got.ETag == "" || got.LastModified.IsZero() {
		t.Errorf("provenance: got %+v, %v", got, ok)
	}
}

func TestReplayChangesNothing(t *testing.T) { // E1, E7
	p, uploads, assets := setUp(t)
	r := uploads.upload("me.jpg", picture(t, 1))
	expect(t, p.Process(t.Context(), r), Processed, "")
	for range 9 {
		expect(t, p.Process(t.Context(), r), Skipped, CodeReplay)
	}
	if n := assets.count("put"); n != 1 {
		t.Errorf("%d puts, want 1", n)
	}
	if n := uploads.count("get"); n != 1 {
		t.Errorf("%d gets, want 1", n)
	}
}

func TestNewestUploadWins(t *testing.T) { // E2
	t.Run("out of order", func(t *testing.T) {
		p, uploads, assets := setUp(t)
		first := uploads.upload("me.jpg", picture(t, 1))
		second := uploads.upload("me.jpg", picture(t, 2))
		expect(t, p.Process(t.Context(), second), Processed, "")
		expect(t, p.Process(t.Context(), first), Skipped, CodeStale)
		shows(t, assets, "out/me.png", 2)
	})
	t.Run("superseded before it was read", func(t *testing.T) {
		p, uploads, assets := setUp(t)
		first := uploads.upload("me.jpg", picture(t, 1))
		second := uploads.upload("me.jpg", picture(t, 2))
		expect(t, p.Process(t.Context(), first), Skipped, CodeSuperseded)
		expect(t, p.Process(t.Context(), second), Processed, "")
		shows(t, assets, "out/me.png", 2)
	})
	t.Run("two keys, one avatar", func(t *testing.T) { // K4
		p, uploads, assets := setUp(t)
		first := uploads.upload("me.jpg", picture(t, 1))
		second := uploads.upload("me.png", picture(t, 2))
		third := uploads.upload("me.jpg", picture(t, 3))
		expect(t, p.Process(t.Context(), second), Processed, "")
		expect(t, p.Process(t.Context(), first), Skipped, CodeStale)
		expect(t, p.Process(t.Context(), third), Processed, "")
		expect(t, p.Process(t.Context(), second), Skipped, CodeStale)
		shows(t, assets, "out/me.png", 3)
	})
	t.Run("the same bytes again", func(t *testing.T) {
		p, uploads, assets := setUp(t)
		expect(t, p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 1))), Processed, "")
		expect(t, p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 1))), Processed, "")
		if n := assets.count("put"); n != 2 { // who uploads again is told again
			t.Errorf("%d puts, want 2", n)
		}
	})
	t.Run("over a picture of unknown origin", func(t *testing.T) {
		p, uploads, assets := setUp(t)
		assets.upload("out/me.png", picture(t, 9))
		expect(t, p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 1))), Processed, "")
		shows(t, assets, "out/me.png", 1)
	})
}

func TestNewestAcceptableUpload(t *testing.T) {
	p, uploads, assets := setUp(t)
	uploads.versioned = true
	good := uploads.upload("me.jpg", picture(t, 1))
	bad := uploads.upload("me.jpg", []byte("no picture"))
	expect(t, p.Process(t.Context(), bad), Rejected, "unsupported-format")
	expect(t, p.Process(t.Context(), good), Processed, "") // by its version
	shows(t, assets, "out/me.png", 1)

	// Without s3:GetObjectVersion it is left to its successor.
	uploads.before = func(op, key string) error {
		if op == "get" && uploads.count("get")%2 == 0 {
			return fmt.Errorf("403: %w", ErrDenied)
		}
		return nil
	}
	uploads.calls = nil
	good = uploads.upload("you.jpg", picture(t, 2))
	uploads.upload("you.jpg", []byte("no picture"))
	expect(t, p.Process(t.Context(), good), Skipped, CodeSuperseded)
}

func TestOverwrittenWhileItIsProcessed(t *testing.T) { // C4
	p, uploads, assets := setUp(t)
	var second s3event.Record
	uploads.before = func(op, key string) error {
		if op == "get" {
			uploads.before = nil
			second = uploads.upload("me.jpg", picture(t, 2))
		}
		return nil
	}
	first := uploads.upload("me.jpg", picture(t, 1))
	expect(t, p.Process(t.Context(), first), Skipped, CodeSuperseded)
	expect(t, p.Process(t.Context(), second), Processed, "")
	shows(t, assets, "out/me.png", 2)
}

func TestRefusedFromTheRecordAlone(t *testing.T) {
	record := func(change func(*s3event.Record)) s3event.Record {
		r := s3event.Record{Name: "ObjectCreated:Put", Time: time.Now(), Bucket: "uploads", Key: "in/me.jpg", Size: 70, ETag: "e"}
		change(&r)
		return r
	}
	for _, c := range []struct {
		name      string
		record    s3event.Record
		oneBucket bool
		status    Status
		code      string
	}{
		{"another bucket", record(func(r *s3event.Record) { r.Bucket = "elsewhere" }), false, Skipped, CodeForeign},            // E11
		{"the assets bucket", record(func(r *s3event.Record) { r.Bucket = "assets" }), false, Skipped, CodeForeign},            // E11
		{"a processed picture", record(func(r *s3event.Record) { r.Key = "out/me.png" }), true, Skipped, CodeOwnOutput},        // E6
		{"outside the input", record(func(r *s3event.Record) { r.Key = "me.jpg" }), false, Skipped, CodeOutsideInput},          //
		{"a folder", record(func(r *s3event.Record) { r.Key, r.Size = "in/avatar/original/", 0 }), false, Skipped, CodeFolder}, // S4
		{"empty", record(func(r *s3event.Record) { r.Size = 0 }), false, Rejected, "empty"},                                    // E9
		{"too large", record(func(r *s3event.Record) { r.Size = small.MaxBytes + 1 }), false, Rejected, "too-many-bytes"},      // E9, I15
		{"path segments", record(func(r *s3event.Record) { r.Key = "in/../../etc/passwd" }), false, Rejected, CodeUnusableKey}, // K3
	} {
		t.Run(c.name, func(t *testing.T) {
			uploads, assets := newBucket("uploads"), newBucket("assets")
			config := Config{UploadsBucket: "uploads", AssetsBucket: "assets", Keys: Keys{Input: "in/", Output: "out/"}, Thumbnail: small}
			if c.oneBucket {
				config.AssetsBucket = "uploads"
			}
			p, err := New(config, uploads, assets, nil)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, p.Process(t.Context(), c.record), c.status, c.code)
			if calls := append(uploads.calls, assets.calls...); len(calls) != 0 {
				t.Errorf("asked S3: %q", calls)
			}
		})
	}
}

func TestNewRefusesALoop(t *testing.T) { // E6, S2
	for _, c := range []struct {
		assets, input, output string
		ok                    bool
	}{
		{"assets", "", "out/", true},
		{"uploads", "in/", "out/", true},
		{"uploads", "", "out/", false},
		{"uploads", "out/", "out/", false},
		{"uploads", "a/", "a/out/", false},
		{"uploads", "a/in/", "a/", false},
	} {
		_, err := New(Config{UploadsBucket: "uploads", AssetsBucket: c.assets, Keys: Keys{c.input, c.output}}, nil, nil, nil)
		if (err == nil) != c.ok {
			t.Errorf("%+v: got %v", c, err)
		}
	}
}

func TestSizeCountedAsItIsRead(t *testing.T) { // I15: what the record says of the size is not believed
	p, uploads, _ := setUp(t)
	padded := func(size int64) []byte { return append(picture(t, 1), make([]byte, size-int64(len(picture(t, 1))))...) }

	r := uploads.upload("most.png", padded(small.MaxBytes))
	expect(t, p.Process(t.Context(), r), Processed, "")

	r = uploads.upload("more.png", padded(small.MaxBytes+1))
	r.Size = 10
	expect(t, p.Process(t.Context(), r), Rejected, "too-many-bytes")
}

func TestRejectedPictureLeavesTheAvatar(t *testing.T) {
	p, uploads, assets := setUp(t)
	expect(t, p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 1))), Processed, "")
	o := p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 2)[:40]))
	expect(t, o, Rejected, "corrupt")
	if _, ok := errors.AsType[*thumbnail.Rejection](o.Err); !ok {
		t.Errorf("the cause is %v", o.Err)
	}
	shows(t, assets, "out/me.png", 1)
}

func TestRejectionIsTold(t *testing.T) {
	p, uploads, _ := setUp(t)
	board := &noticeBoard{}
	p.rejections = board
	uploads.versioned = true
	r := uploads.upload("a b.jpg", []byte("no picture"))
	o := p.Process(t.Context(), r)
	expect(t, o, Rejected, "unsupported-format")
	want := []Rejection{{Bucket: "uploads", Key: "a b.jpg", ETag: r.ETag, VersionID: r.VersionID, Sequencer: r.Sequencer.String(),
		Time: r.Time, Code: "unsupported-format", Reason: o.Reason}}
	if d := cmp.Diff(want, board.heard); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	// What is no rejection is not told.
	expect(t, p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 1))), Processed, "")
	expect(t, p.Process(t.Context(), uploads.upload("folder/", nil)), Skipped, CodeFolder)
	if len(board.heard) != 1 {
		t.Errorf("told %d times, want once", len(board.heard))
	}
}

func TestRejectionThatIsNotHeardComesAgain(t *testing.T) { // A6
	p, uploads, _ := setUp(t)
	fault := errors.New("SNS is away")
	board := &noticeBoard{before: func(string, string) error { return fault }}
	p.rejections = board
	payload := notification(t, uploads.upload("me.jpg", []byte("no picture")))
	outcomes := func() (all []Outcome, err error) {
		err = p.Handle(t.Context(), payload, func(_ context.Context, o Outcome) { all = append(all, o) })
		return all, err
	}
	all, err := outcomes()
	if !errors.Is(err, fault) || len(all) != 1 || all[0].Status != Failed || !strings.Contains(all[0].Reason, "unsupported-format") || all[0].Output != "out/me.png" {
		t.Fatalf("got %+v, %v", all, err)
	}
	board.before = nil
	if all, err = outcomes(); err != nil || all[0].Status != Rejected || len(board.heard) != 1 {
		t.Errorf("the second time: got %+v, %v, told %d times", all, err, len(board.heard))
	}
}

func TestDeletedUpload(t *testing.T) { // E5
	p, uploads, assets := setUp(t)
	for _, uploads.versioned = range []bool{false, true} {
		r := uploads.upload("me.jpg", picture(t, 1))
		uploads.delete("me.jpg")
		expect(t, p.Process(t.Context(), r), Gone, "")
	}
	if n := assets.count("put"); n != 0 {
		t.Errorf("%d puts, want none", n)
	}
}

func TestBlindToAbsence(t *testing.T) { // A5: without s3:ListBucket, an absent object is denied
	t.Run("no avatar yet", func(t *testing.T) {
		p, uploads, assets := setUp(t)
		assets.blind = true
		expect(t, p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 1))), Processed, "")
		expect(t, p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 2))), Processed, "")
		shows(t, assets, "out/me.png", 2)
	})
	t.Run("an avatar that may not be seen", func(t *testing.T) {
		p, uploads, assets := setUp(t)
		expect(t, p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 1))), Processed, "")
		assets.before = func(op, _ string) error {
			if op == "head" {
				return fmt.Errorf("403: %w", ErrDenied)
			}
			return nil
		}
		o := p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 2)))
		expect(t, o, Failed, "")
		if !errors.Is(o.Err, ErrDenied) {
			t.Errorf("the cause is %v", o.Err)
		}
		shows(t, assets, "out/me.png", 1)
	})
	t.Run("an upload that may not be read", func(t *testing.T) {
		p, uploads, _ := setUp(t)
		uploads.blind = true
		r := uploads.upload("me.jpg", picture(t, 1))
		uploads.delete("me.jpg")
		o := p.Process(t.Context(), r)
		expect(t, o, Failed, "")
		if n := uploads.count("get"); n != 1 {
			t.Errorf("%d attempts, want 1", n)
		}
	})
}

// notification is S3's JSON for the records.
func notification(t *testing.T, records ...s3event.Record) []byte {
	t.Helper()
	var list []any
	for _, r := range records {
		list = append(list, map[string]any{
			"eventSource": "aws:s3", "eventName": r.Name, "eventTime": r.Time.Format(time.RFC3339Nano),
			"s3": map[string]any{
				"bucket": map[string]any{"name": r.Bucket},
				"object": map[string]any{
					"key": url.QueryEscape(r.Key), "size": r.Size, "eTag": r.ETag,
					"versionId": r.VersionID, "sequencer": r.Sequencer.String(),
				},
			},
		})
	}
	b, err := json.Marshal(map[string]any{"Records": list})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestHandle(t *testing.T) { // E3: one record that goes wrong does not hold up the others
	p, uploads, assets := setUp(t)
	records := []s3event.Record{
		uploads.upload("one.jpg", picture(t, 1)),
		uploads.upload("two.jpg", picture(t, 2)),
		uploads.upload("poison.jpg", []byte("no picture")),
		uploads.upload("faulty.jpg", picture(t, 4)),
		uploads.upload("five.jpg", picture(t, 5)),
	}
	fault := errors.New("503 slow down")
	uploads.before = func(_, key string) error {
		if key == "faulty.jpg" {
			return fault
		}
		return nil
	}
	payload := notification(t, records...)
	payload = bytes.Replace(payload, []byte(`{"Records":[`), []byte(`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put"},{"eventSource":"aws:ses"},`), 1)

	got := map[Status]int{}
	seen := map[int]bool{}
	report := func(_ context.Context, o Outcome) {
		got[o.Status]++
		seen[o.Record] = true
	}
	err := p.Handle(t.Context(), payload, report)
	if !errors.Is(err, fault) || strings.Contains(err.Error(), "poison") {
		t.Errorf("got %v", err)
	}
	if got[Processed] != 3 || got[Rejected] != 1 || got[Failed] != 1 || got[Malformed] != 1 || got[Skipped] != 1 || len(seen) != 7 {
		t.Errorf("got %v of records %v", got, seen)
	}
	for key, number := range map[string]int{"out/one.png": 1, "out/two.png": 2, "out/five.png": 5} {
		shows(t, assets, key, number)
	}

	// The event is delivered again, whole: what is done stays done, and the rest is made good.
	uploads.before = nil
	if err := p.Handle(t.Context(), payload, func(context.Context, Outcome) {}); err != nil {
		t.Fatal(err)
	}
	shows(t, assets, "out/faulty.png", 4)
	if n := assets.count("put"); n != 4 {
		t.Errorf("%d puts, want 4", n)
	}
}

func TestHandleNothing(t *testing.T) { // E4
	p, uploads, assets := setUp(t)
	for _, payload := range []string{
		`{}`, `{"Records":[]}`, `{"Event":"s3:TestEvent"}`,
		`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectRemoved:Delete"}]}`,
	} {
		reports := 0
		err := p.Handle(t.Context(), []byte(payload), func(_ context.Context, o Outcome) {
			reports++
			expect(t, o, Skipped, CodeNoUpload)
		})
		if err != nil || reports != 1 {
			t.Errorf("%s: %v, %d outcomes", payload, err, reports)
		}
	}
	if err := p.Handle(t.Context(), []byte(`no JSON`), nil); err == nil {
		t.Error("a payload that is no JSON was accepted")
	}
	if calls := append(uploads.calls, assets.calls...); len(calls) != 0 {
		t.Errorf("asked S3: %q", calls)
	}
}
