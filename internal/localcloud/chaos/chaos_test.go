package chaos

import (
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	const text = "duplicate=0.2,reorder=0.2,delay=2s,drop-response=0.05,s3-503=0.1,crash=0.05"
	s, err := Parse(text)
	want := Settings{Duplicate: 0.2, Reorder: 0.2, Delay: 2 * time.Second, DropResponse: 0.05, Unavailable: 0.1, Crash: 0.05}
	if err != nil || s != want || s.String() != text {
		t.Errorf("got %+v (%s), %v", s, s, err)
	}
	if s, err := Parse(" seed=7 , outage=1"); err != nil || s != (Settings{Seed: 7, Outage: 1}) || s.String() != "outage=1,seed=7" {
		t.Errorf("got %+v, %v", s, err)
	}
	_, err = Parse("duplicate,crash=2,delay=-1s,delay=x,seed=-1,flood=1,reorder=NaN")
	for _, problem := range []string{`"duplicate" is not of the form`, "crash=2: write a share", "delay=-1s: write a time", "delay is there twice",
		"seed=-1: write a whole number", "flood is no fault: there are duplicate", "reorder=NaN: write a share"} {
		if err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%v does not say %q", err, problem)
		}
	}
}

func TestNoChaos(t *testing.T) {
	for _, c := range []*Chaos{nil, New(Settings{})} {
		for range 1000 {
			d := c.Deliveries()
			if _, crash := c.Crash("1", nil); len(d) != 1 || d[0] != 0 || c.Request() != None || crash {
				t.Fatal("something went wrong")
			}
		}
	}
}

// The same seed gives the same decisions.
func TestSeed(t *testing.T) {
	s := Settings{Duplicate: 0.5, Reorder: 0.5, Delay: time.Second, DropResponse: 0.3, Unavailable: 0.3, Crash: 0.5, Seed: 42}
	one, two := New(s), New(s)
	for range 1000 {
		a, b := one.Deliveries(), two.Deliveries()
		if len(a) != len(b) || a[0] != b[0] || one.Request() != two.Request() {
			t.Fatal("they differ")
		}
	}
	if one.Counts() != two.Counts() || one.Counts().Duplicated < 400 || one.Counts().HeldBack < 400 || one.Counts().Dropped < 100 {
		t.Errorf("%+v", one.Counts())
	}
	if New(Settings{}).Settings().Seed == 0 {
		t.Error("no seed is told")
	}
}

// A delivery that is held back comes later than any that is not.
func TestHeldBack(t *testing.T) {
	c := New(Settings{Reorder: 0.5, Delay: 100 * time.Millisecond, Seed: 1})
	for range 1000 {
		before := c.Counts().HeldBack
		d := c.Deliveries()[0]
		if held := c.Counts().HeldBack > before; held != (d >= time.Second) || d >= 1100*time.Millisecond {
			t.Fatalf("waits %s, held back: %t", d, held)
		}
	}
}

func TestOutageEndsWithTheReplay(t *testing.T) {
	c := New(Settings{Outage: 1, Seed: 1})
	for range 3 {
		if _, crash := c.Crash("first", []byte("event")); !crash {
			t.Error("an attempt went well")
		}
	}
	if _, crash := c.Crash("replay", []byte("event")); crash {
		t.Error("the replay failed")
	}
	if n := c.Counts(); n.Outages != 1 || n.Crashed != 3 {
		t.Errorf("%+v", n)
	}
}
