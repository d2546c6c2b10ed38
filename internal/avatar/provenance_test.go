package avatar

import (
	"strings"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/s3event"
)

func sequencer(t testing.TB, text string) s3event.Sequencer {
	t.Helper()
	s, err := s3event.ParseSequencer(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCompare(t *testing.T) { // E2, K4
	at := func(ms int) time.Time { return time.UnixMilli(1_700_000_000_000 + int64(ms)).UTC() }
	upload := func(key, seq string, ms int) Provenance {
		return Provenance{Key: key, Sequencer: sequencer(t, seq), Time: at(ms)}
	}
	// Oldest first. The two of b.png have a clock that went backwards: their sequencers decide.
	order := []Provenance{
		upload("a.jpg", "FF", 1),
		upload("a.jpg", "0100", 2),
		upload("a.png", "01", 3),
		upload("a.webp", "02", 3),
		upload("b.gif", "02", 3),
	}
	for i, p := range order {
		for j, q := range order {
			want := min(max(i-j, -1), 1)
			if got := p.Compare(q); got != want {
				t.Errorf("%+v to %+v: got %d, want %d", p, q, got, want)
			}
		}
	}
	earlier, later := upload("b.png", "1", 9), upload("b.png", "2", 8)
	if earlier.Compare(later) != -1 || later.Compare(earlier) != 1 {
		t.Error("the clock decided between two uploads of one key")
	}
}

func TestProvenanceMetadata(t *testing.T) {
	full := Provenance{
		Key: "a b/é+%.jpg", ETag: "9b2cf535f27731c974343645a3985328-3", VersionID: "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY",
		Sequencer: sequencer(t, "0069233C41A7D5B0E2"), Time: time.Date(2025, 11, 23, 16, 54, 25, 482_000_000, time.UTC),
		LastModified: time.Date(2025, 11, 23, 16, 54, 25, 0, time.UTC),
	}
	plain := full
	plain.Key, plain.VersionID, plain.LastModified = "me", "", time.Time{}
	long := full
	long.Key = strings.Repeat("日", 341) + "a"
	marked := full
	marked.Key = base64Mark + "YQ"
	for _, p := range []Provenance{full, plain, long, marked} {
		m := p.Metadata()
		m[metaEarlier] = parsePast(strings.Repeat("0123456789,", 2*maxPast)).String()
		size := 0
		for name, value := range m {
			size += len(name) + len(value)
			if strings.ContainsFunc(name+value, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Errorf("%s: %q is not plain ASCII", name, value)
			}
		}
		if size > 2048 {
			t.Errorf("%d bytes of metadata", size)
		}
		got, ok := ParseProvenance(m)
		if !ok || got != p {
			t.Errorf("got %+v, want %+v", got, p)
		}
	}
}

func TestParseProvenanceUnknown(t *testing.T) {
	good := Provenance{Key: "me", Sequencer: sequencer(t, "1"), Time: time.Now()}.Metadata()
	for _, change := range []struct{ name, value string }{
		{metaKey, ""}, {metaKey, "%zz"}, {metaKey, base64Mark + "!"}, {metaSequencer, ""}, {metaSequencer, "x"},
		{metaTime, ""}, {metaTime, "noon"}, {metaLastModified, "noon"},
	} {
		m := map[string]string{}
		for name, value := range good {
			m[name] = value
		}
		m[change.name] = change.value
		if p, ok := ParseProvenance(m); ok {
			t.Errorf("%s = %q: got %+v", change.name, change.value, p)
		}
	}
	if p, ok := ParseProvenance(nil); ok {
		t.Errorf("no metadata: got %+v", p)
	}
}

func FuzzProvenance(f *testing.F) {
	f.Add("a b.jpg", "etag", "version", "00FF", int64(1))
	f.Add("\x00\xff日本", "", strings.Repeat("v", 300), "0", int64(-1))
	f.Fuzz(func(t *testing.T, key, etag, version, seq string, ms int64) {
		s, err := s3event.ParseSequencer(seq)
		if err != nil || key == "" || len(key) > MaxKey || ms < 0 || ms > 4e12 {
			return
		}
		p := Provenance{Key: key, ETag: etag, VersionID: version, Sequencer: s, Time: time.UnixMilli(ms).UTC()}
		got, ok := ParseProvenance(p.Metadata())
		if len(version) > maxVersion {
			p.VersionID = ""
		}
		if !ok || got != p {
			t.Fatalf("got %+v, want %+v", got, p)
		}
		q := Provenance{Key: etag, Sequencer: s, Time: p.Time}
		if p.Compare(q) != -q.Compare(p) || p.Compare(p) != 0 {
			t.Fatalf("%+v and %+v have no order", p, q)
		}
	})
}
