package s3

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestRuleMatches(t *testing.T) {
	for _, c := range []struct {
		events         []string
		prefix, suffix string
		name, key      string
		want           bool
	}{
		{[]string{"s3:ObjectCreated:*"}, "", "", createdPut, "k", true},
		{[]string{"s3:ObjectCreated:*"}, "", "", createdMultipart, "k", true},
		{[]string{"s3:ObjectCreated:*"}, "", "", removedDelete, "k", false},
		{[]string{"s3:ObjectCreated:Put"}, "", "", createdPut, "k", true},
		{[]string{"s3:ObjectCreated:Put"}, "", "", createdPost, "k", false},
		{[]string{"s3:ObjectCreated:Put", "s3:ObjectRemoved:*"}, "", "", removedMarker, "k", true},
		{[]string{"s3:ObjectCreated:*"}, "in/", "", createdPut, "in/k", true},
		{[]string{"s3:ObjectCreated:*"}, "in/", "", createdPut, "in", false},
		{[]string{"s3:ObjectCreated:*"}, "in/", "", createdPut, "out/in/k", false},
		{[]string{"s3:ObjectCreated:*"}, "", ".jpg", createdPut, "k.jpg", true},
		{[]string{"s3:ObjectCreated:*"}, "", ".jpg", createdPut, "k.jpg/x", false},
		{[]string{"s3:ObjectCreated:*"}, "in/", ".jpg", createdPut, "in/k.jpg", true},
		{[]string{"s3:ObjectCreated:*"}, "a+b/", "", createdPut, "a b/k", true},
		{[]string{"s3:ObjectCreated:*"}, "a b/", "", createdPut, "a b/k", false}, // nor does it in S3
		{[]string{"s3:ObjectCreated:*"}, "%C3%A9", "", createdPut, "é", true},
		{nil, "", "", createdPut, "k", false},
	} {
		r := Rule{Events: c.events, Prefix: c.prefix, Suffix: c.suffix}
		if got := r.matches(c.name, formKey(c.key)); got != c.want {
			t.Errorf("%v %q..%q about %s of %q: %t", c.events, c.prefix, c.suffix, c.name, c.key, got)
		}
	}
}

// target takes events, and fails the first so many of each.
type target struct {
	failures int

	mu   sync.Mutex
	seen map[string]int
	got  []string
	at   []time.Time
}

func (d *target) deliver(_ context.Context, event []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := keyOf(event)
	if d.seen == nil {
		d.seen = map[string]int{}
	}
	if d.seen[key]++; d.seen[key] <= d.failures && strings.HasPrefix(key, "bad") {
		return errors.New("not now")
	}
	d.got, d.at = append(d.got, key), append(d.at, time.Now())
	return nil
}

// keys gives the keys of the events that were taken.
func (d *target) keys() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.got)
}

// keyOf gives the key of an event, or what a test event is about.
func keyOf(event []byte) string {
	var e struct {
		Event   string
		Records []struct {
			S3 struct{ Object struct{ Key string } }
		}
	}
	if err := json.Unmarshal(event, &e); err != nil {
		return err.Error()
	}
	if e.Event != "" {
		return e.Event
	}
	return e.Records[0].S3.Object.Key
}

// startNotifier starts a notifier of the bucket "b" as it would run in a folder.
func startNotifier(t *testing.T, dir string, delays func(Rule, []byte) []time.Duration, rules ...Rule) *notifier {
	t.Helper()
	n, err := newNotifier(Config{Region: "us-east-1", AccessKey: "me", Log: slog.New(slog.DiscardHandler), Delays: delays,
		Buckets: []Bucket{{Name: "b", Rules: rules}}},
		&folder{journal: filepath.Join(dir, "events"), applied: filepath.Join(dir, "applied")})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.start(); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *notifier) put(keys ...string) {
	for _, key := range keys {
		n.publish(change{Name: createdPut, Bucket: "b", Key: key})
	}
}

func created(to *target) Rule {
	return Rule{ID: "r", Events: []string{"s3:ObjectCreated:*"}, Deliver: to.deliver}
}

func TestFailedDeliveriesComeAgain(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		to := &target{failures: 3}
		n := startNotifier(t, dir, nil, created(to))
		begin := time.Now()
		n.put("1", "bad", "2", "3")
		synctest.Wait()
		if want := []string{"1", "2", "3"}; !slices.Equal(to.keys(), want) { // E3: a bad one holds nobody up
			t.Errorf("at once came %q, want %q", to.keys(), want)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []string{"1", "2", "3", "bad"}; !slices.Equal(to.keys(), want) {
			t.Errorf("then there were %q, want %q", to.keys(), want)
		}
		if waited := to.at[3].Sub(begin); waited != 700*time.Millisecond { // 0.1 + 0.2 + 0.4 s, on the test's clock
			t.Errorf("it waited %v", waited)
		}
		if err := n.close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// L9
func TestDelays(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		to := &target{}
		n := startNotifier(t, dir, func(r Rule, event []byte) []time.Duration {
			switch keyOf(event) {
			case "lost":
				return nil
			case "twice":
				return []time.Duration{0, time.Second}
			case "late":
				return []time.Duration{2 * time.Second}
			}
			return []time.Duration{0}
		}, created(to))
		n.put("late", "1", "lost", "twice", "2")
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []string{"1", "twice", "2", "twice", "late"}; !slices.Equal(to.keys(), want) {
			t.Errorf("got %q, want %q", to.keys(), want)
		}
		if err := n.close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// What was not delivered is delivered after the next start, in order and with greater numbers to follow.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	to := &target{failures: 1}
	var sequencers []string
	r := created(to)
	r.Deliver = func(ctx context.Context, event []byte) error {
		var e notification
		if err := json.Unmarshal(event, &e); err != nil {
			return err
		}
		sequencers = append(sequencers, e.Records[0].S3.Object.Sequencer)
		return to.deliver(ctx, event)
	}
	synctest.Test(t, func(t *testing.T) {
		n := startNotifier(t, dir, nil, r)
		n.put("1", "bad 1", "bad 2", "2")
		synctest.Wait()
		if err := n.close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if want := []string{"1", "2"}; !slices.Equal(to.keys(), want) {
		t.Errorf("before: %q, want %q", to.keys(), want)
	}
	synctest.Test(t, func(t *testing.T) {
		// The clock of this run began anew, far behind that of the last events if those were from the future.
		n := startNotifier(t, dir, nil, r)
		n.put("3")
		synctest.Wait()
		if err := n.close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if want := []string{"1", "2", "bad+1", "bad+2", "3"}; !slices.Equal(to.keys(), want) {
		t.Errorf("after: %q, want %q", to.keys(), want)
	}
	last := sequencers[len(sequencers)-1]
	for _, s := range sequencers[:len(sequencers)-1] {
		if s >= last {
			t.Errorf("%s is not greater than %s", last, s)
		}
	}
	// Nothing is left over, and an event of a notification that is gone does not stay.
	synctest.Test(t, func(t *testing.T) {
		n := startNotifier(t, dir, nil, r)
		synctest.Wait()
		if len(to.got) != 5 || len(n.journal.all()) != 0 {
			t.Errorf("%q, %v", to.got, n.journal.all())
		}
		if err := n.close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestTestEvents(t *testing.T) {
	dir := t.TempDir()
	run := func(want string, rules ...Rule) {
		t.Helper()
		var got []string
		for i := range rules {
			rules[i].Deliver = func(_ context.Context, event []byte) error {
				got = append(got, rules[i].ID+" "+keyOf(event))
				return nil
			}
		}
		synctest.Test(t, func(t *testing.T) {
			n := startNotifier(t, dir, nil, rules...)
			synctest.Wait()
			if err := n.close(t.Context()); err != nil {
				t.Error(err)
			}
		})
		slices.Sort(got)
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("got %q, want %q", text, want)
		}
	}
	topic := Rule{ID: "topic", Events: []string{"s3:ObjectCreated:*"}, Target: "arn:1", Test: true}
	function := Rule{ID: "function", Events: []string{"s3:ObjectCreated:*"}}
	run("topic s3:TestEvent", topic, function)
	run("", topic, function)
	topic.Prefix = "in/"
	run("topic s3:TestEvent", topic)
	run("", topic)
	topic.Target = "arn:2"
	run("topic s3:TestEvent", topic, function)
	run("", function)
	run("topic s3:TestEvent", topic)
}

func TestTestEventFields(t *testing.T) {
	got, err := testEvent("b", time.Date(2014, 10, 13, 15, 57, 2, 89e6, time.UTC), "5582815E1AEA5ADF", "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3e")
	want := `{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2014-10-13T15:57:02.089Z","Bucket":"b",` +
		`"RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3e"}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
}

// A process can be killed at any byte of a write.
func TestUnfinishedJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events")
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	first, second := entry{ID: j.next(), Rule: "b/r", Event: json.RawMessage(`{"n":1}`)}, entry{ID: j.next(), Rule: "b/r", Event: json.RawMessage(`{"n":2}`)}
	for _, e := range []entry{first, second} {
		if err := j.add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	for n := range len(whole) + 1 {
		if err := os.WriteFile(path, whole[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		j, err := openJournal(path)
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		var want []uint64
		if n >= len(lines[0])+len(lines[1]) {
			want = append(want, first.ID)
		}
		if n == len(whole) {
			want = append(want, second.ID)
		}
		var got []uint64
		for _, e := range j.all() {
			got = append(got, e.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d bytes: %v, want %v", n, got, want)
		}
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte("nonsense\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openJournal(path); err == nil || !strings.Contains(err.Error(), "remove "+path) {
		t.Errorf("a damaged journal: %v", err)
	}
}

// The journal does not grow with events that are done.
func TestJournalStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events")
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	event := json.RawMessage(fmt.Sprintf("%q", strings.Repeat("x", 10_000)))
	pending := entry{ID: j.next(), Rule: "b/r", Event: json.RawMessage(`1`)}
	if err := j.add(pending); err != nil {
		t.Fatal(err)
	}
	for range 300 {
		e := entry{ID: j.next(), Rule: "b/r", Event: event}
		if err := errors.Join(j.add(e), j.done(e.ID)); err != nil {
			t.Fatal(err)
		}
	}
	last := j.next()
	if err := j.add(entry{ID: last, Rule: "b/r", Event: event}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.done(last), j.close()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 2<<20 {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
	j, err = openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := j.all(); len(got) != 1 || got[0].ID != pending.ID || j.next() <= last {
		t.Errorf("left over: %v", got)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte("{\"floor\":5}\n{\"id\":7,\"rule\":\"b/r\",\"event\":{}}\n{\"done\":7}\n"))
	f.Add([]byte("{\"id\":7,\"event\":null}\n{"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "events")
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		j, err := openJournal(path)
		if err != nil {
			return
		}
		before, next := j.all(), j.next()
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
		for _, e := range before {
			if e.ID >= next {
				t.Fatalf("%d was given before, and now %d", e.ID, next)
			}
		}
		if j, err = openJournal(path); err != nil {
			t.Fatalf("it does not read what it wrote: %v", err)
		}
		if after := j.all(); len(after) != len(before) {
			t.Fatalf("%d events became %d", len(before), len(after))
		}
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
	})
}
