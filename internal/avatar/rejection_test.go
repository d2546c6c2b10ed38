package avatar

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRejectionMessage(t *testing.T) {
	r := Rejection{Bucket: "uploads", Key: "two\nlines \x1b[31m日本.jpg", ETag: "e", VersionID: "v", Sequencer: "ABC",
		Time: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), Code: "corrupt", Reason: "the picture ends early"}
	message, err := r.Message()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"event":"avatar.rejected","bucket":"uploads","key":"two\nlines \u001b[31m日本.jpg","etag":"e","version_id":"v",` +
		`"sequencer":"ABC","time":"2026-01-02T03:04:05.006Z","code":"corrupt","reason":"the picture ends early"}`
	if message != want {
		t.Errorf("got  %s\nwant %s", message, want)
	}
	got, ok := ParseRejection(message)
	r.Event = RejectedEvent
	if !ok {
		t.Fatal("it is not understood")
	}
	if d := cmp.Diff(r, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, other := range []string{"", "hello", `[]`, `{}`, `{"Records":[]}`, `{"event":"avatar.rejected"}`, `{"event":"other","key":"k","code":"c"}`} {
		if r, ok := ParseRejection(other); ok || r != (Rejection{}) {
			t.Errorf("%q is taken for %+v", other, r)
		}
	}
}

func FuzzParseRejection(f *testing.F) {
	message, err := Rejection{Key: "me.jpg", Code: "corrupt"}.Message()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(message)
	f.Add(`{"event":"avatar.rejected","key":"k","code":"c","time":"never"}`)
	f.Fuzz(func(t *testing.T, message string) {
		r, ok := ParseRejection(message)
		if !ok {
			return
		}
		again, err := r.Message()
		if err != nil {
			t.Skip() // a year that JSON has no words for
		}
		if same, ok := ParseRejection(again); !ok || !same.Time.Equal(r.Time) || same.Key != r.Key || same.Code != r.Code {
			t.Errorf("%q became %q", message, again)
		}
	})
}
