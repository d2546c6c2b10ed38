package s3event

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../testdata/events", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		file    string
		created []string // name and key of each
		skipped []string // a part of each reason
		broken  []string // a part of each error
	}{
		{file: "put.json", created: []string{"ObjectCreated:Put photo.jpg"}},
		{file: "put-versioned.json", created: []string{"ObjectCreated:Put photo.jpg"}},
		{file: "multipart.json", created: []string{"ObjectCreated:CompleteMultipartUpload people/ada/portrait.png"}}, // S5
		{file: "copy.json", created: []string{"ObjectCreated:Copy copied.webp"}},
		{file: "encoded-keys.json", created: []string{ // K1, K2
			"ObjectCreated:Put red flower.jpg",
			"ObjectCreated:Put a+b.png",
			"ObjectCreated:Put 日本.png",
			"ObjectCreated:Put a b+é.png",
			"ObjectCreated:Put 100% real.gif",
			"ObjectCreated:Put %2e%2e%2f.png",
		}},
		{ // E3, E10, K7
			file:    "several-records.json",
			created: []string{"ObjectCreated:Put one.jpg", "ObjectCreated:Put two.jpg", "ObjectCreated:Put four.jpg"},
			broken: []string{
				`record 2: the object key "no-escape-%zz.jpg" is not form-encoded`,
				"record 4: it has no object size; it has no object sequencer",
			},
		},
		{file: "newer-version.json", created: []string{"ObjectCreated:Put newer.jpg"}}, // E10
		// E4
		{file: "test-event.json", skipped: []string{"a test event"}},
		{file: "removed.json", skipped: []string{`"ObjectRemoved:Delete"`, `"ObjectRemoved:DeleteMarkerCreated"`}},
		{file: "mail.json", skipped: []string{`its source is "aws:ses"`}},
	} {
		t.Run(c.file, func(t *testing.T) {
			n, err := Parse(fixture(t, c.file))
			if err != nil {
				t.Fatal(err)
			}
			var created []string
			for i, r := range n.Created {
				created = append(created, r.Name+" "+r.Key)
				if r.Index < i {
					t.Errorf("%s has index %d", r.Key, r.Index)
				}
			}
			if diff := cmp.Diff(c.created, created); diff != "" {
				t.Errorf("created (-want +got):\n%s", diff)
			}
			var skipped, broken []string
			for _, s := range n.Skipped {
				skipped = append(skipped, s.Reason)
			}
			for _, b := range n.Broken {
				broken = append(broken, b.Error())
			}
			contain(t, "skipped", skipped, c.skipped)
			contain(t, "broken", broken, c.broken)
		})
	}
}

func contain(t *testing.T, what string, got, parts []string) {
	t.Helper()
	if len(got) != len(parts) {
		t.Fatalf("%s: got %q, want %d", what, got, len(parts))
	}
	for i := range got {
		if !strings.Contains(got[i], parts[i]) {
			t.Errorf("%s: got %q, want it to contain %q", what, got[i], parts[i])
		}
	}
}

func TestParseAllFields(t *testing.T) {
	n, err := Parse(fixture(t, "put-versioned.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := Record{
		Name:      "ObjectCreated:Put",
		Time:      time.Date(2025, 11, 23, 16, 54, 25, 482_000_000, time.UTC),
		Bucket:    "thumbing-uploads",
		Key:       "photo.jpg",
		Size:      338209,
		ETag:      "9b2cf535f27731c974343645a3985328",
		VersionID: "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY",
		Sequencer: Sequencer{"69233C41A7D5B0E2"},
	}
	if diff := cmp.Diff([]Record{want}, n.Created, cmp.AllowUnexported(Sequencer{})); diff != "" {
		t.Error(diff)
	}
}

func TestParseNothing(t *testing.T) { // E4
	for _, payload := range []string{`{}`, `{"Records":[]}`, `{"Records":null}`, `null`, `{"other":1}`} {
		n, err := Parse([]byte(payload))
		if err != nil || len(n.Created)+len(n.Broken) != 0 || len(n.Skipped) != 1 || n.Skipped[0].Index != -1 {
			t.Errorf("%s: got %+v, %v", payload, n, err)
		}
	}
}

func TestParseNoNotification(t *testing.T) {
	for _, payload := range []string{``, `[]`, `"x"`, `{"Records":{}}`, `{"Records":[`, "\xff"} {
		if n, err := Parse([]byte(payload)); err == nil {
			t.Errorf("%q: got %+v, want an error", payload, n)
		}
	}
}

func TestParseBrokenRecords(t *testing.T) { // E10
	valid := `"eventSource":"aws:s3","eventName":"ObjectCreated:Put","eventTime":"2025-11-23T16:54:25.482Z"`
	object := func(fields string) string { return `"s3":{"bucket":{"name":"b"},"object":{` + fields + `}}` }
	for _, c := range []struct{ record, want string }{
		{`7`, "cannot unmarshal"},
		{`{` + valid + `}`, "no bucket name"},
		{`{` + valid + `,"s3":7}`, "cannot unmarshal"},
		{`{` + valid + `,` + object(`"key":"k","size":1,"sequencer":"1"`) + `}`, "no object eTag"},
		{`{` + valid + `,` + object(`"key":"","size":1,"eTag":"e","sequencer":"1"`) + `}`, "no object key"},
		{`{` + valid + `,` + object(`"key":"k","size":-1,"eTag":"e","sequencer":"1"`) + `}`, "size is -1"},
		{`{` + valid + `,` + object(`"key":"k","size":1.5,"eTag":"e","sequencer":"1"`) + `}`, "cannot unmarshal"},
		{`{` + valid + `,` + object(`"key":"k","size":1,"eTag":"e","sequencer":"xyz"`) + `}`, "not hexadecimal"},
		{`{` + valid + `,` + object(`"key":"k%","size":1,"eTag":"e","sequencer":"1"`) + `}`, "not form-encoded"},
		{`{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","eventTime":"noon",` + object(``) + `}`, "noon"},
		{`{"eventSource":"aws:s3","eventName":"ObjectCreated:Put",` + object(`"key":"k","size":1,"eTag":"e","sequencer":"1"`) + `}`, "no eventTime"},
	} {
		n, err := Parse([]byte(`{"Records":[` + c.record + `]}`))
		if err != nil || len(n.Broken) != 1 || !strings.Contains(n.Broken[0].Error(), c.want) {
			t.Errorf("%s: got %+v, %v; want %q", c.record, n, err, c.want)
		}
	}
}

func TestSequencerCompare(t *testing.T) { // E2
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"1", "2", -1},
		{"9", "A", -1},
		{"a", "A", 0},
		{"0055AED6DCD90281E5", "55AED6DCD90281E5", 0},
		{"0055AED6DCD90281E5", "0055AED6DCD90281E6", -1},
		{"FF", "100", -1},
		{"0FF", "FE", 1},
		{"0", "000", 0},
		{"0", "1", -1},
	} {
		a, errA := ParseSequencer(c.a)
		b, errB := ParseSequencer(c.b)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if got := a.Compare(b); got != c.want {
			t.Errorf("%s to %s: got %d, want %d", c.a, c.b, got, c.want)
		}
		if got := b.Compare(a); got != -c.want {
			t.Errorf("%s to %s: got %d, want %d", c.b, c.a, got, -c.want)
		}
	}
	for _, text := range []string{"", "g", "0x1", "-1", " 1", strings.Repeat("1", 129)} {
		if s, err := ParseSequencer(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, s)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("../../testdata/events/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		f.Add(fixture(f, filepath.Base(file)))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		n, err := Parse(payload)
		if err != nil {
			return
		}
		var document struct{ Records []json.RawMessage }
		if err := json.Unmarshal(payload, &document); err != nil {
			t.Fatal(err)
		}
		// Every record has one outcome, and none is invented.
		total := len(n.Created) + len(n.Skipped) + len(n.Broken)
		if want := max(len(document.Records), 1); total != want {
			t.Fatalf("%d records became %d outcomes", want, total)
		}
		for _, r := range n.Created {
			if r.Key == "" || r.Bucket == "" || r.ETag == "" || r.Size < 0 || r.Time.IsZero() {
				t.Fatalf("an incomplete record: %+v", r)
			}
		}
	})
}

func FuzzKey(f *testing.F) { // K1: what a key is on the way in, it is on the way out
	for _, key := range []string{"a b", "a+b", "100%", "日本", "%2e", "\x00", "a/b c"} {
		f.Add(key)
	}
	put := string(fixture(f, "put.json"))
	f.Fuzz(func(t *testing.T, key string) {
		if key == "" {
			return
		}
		payload := strings.Replace(put, `"photo.jpg"`, `"`+url.QueryEscape(key)+`"`, 1)
		n, err := Parse([]byte(payload))
		if err != nil || len(n.Created) != 1 || n.Created[0].Key != key {
			t.Fatalf("%q: got %+v, %v", key, n, err)
		}
	})
}
