// Package chaos does to the local cloud what the real one does now and then: it delivers events twice, late and
// out of order, throttles, loses answers, and ends functions in the middle of their work. It only decides what
// happens; the services do it.
//
// Everything comes from one seed. What it hits still depends on the order in which requests arrive, which is not
// the same in two runs.
package chaos

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Settings say how often each fault happens. Shares are from 0 to 1.
type Settings struct {
	Duplicate    float64       // of event deliveries that happen twice
	Reorder      float64       // of event deliveries that are held back, so that later ones overtake them
	Delay        time.Duration // the longest that a delivery waits; one that is held back waits as long again
	DropResponse float64       // of S3 requests that are carried out, and whose answer is lost
	Unavailable  float64       // of S3 requests that are answered with 503 SlowDown, and not carried out
	Crash        float64       // of attempts of a function that end with the function killed
	Outage       float64       // of events on which the function is killed in every attempt, until they are replayed
	Seed         uint64        // 0 stands for a random one
}

// holdBack is how long a delivery is held back at least, where no longer delay is set.
const holdBack = time.Second

// names are those of the faults in text, in the order in which they are written.
var names = []string{"duplicate", "reorder", "delay", "drop-response", "s3-503", "crash", "outage", "seed"}

// share finds the share of that name; nil for what is none.
func (s *Settings) share(name string) *float64 {
	switch name {
	case "duplicate":
		return &s.Duplicate
	case "reorder":
		return &s.Reorder
	case "drop-response":
		return &s.DropResponse
	case "s3-503":
		return &s.Unavailable
	case "crash":
		return &s.Crash
	case "outage":
		return &s.Outage
	}
	return nil
}

// Parse reads settings such as "duplicate=0.2,delay=2s,s3-503=0.1,seed=7". All problems are told at once.
func Parse(text string) (Settings, error) {
	var s Settings
	var problems []error
	seen := map[string]bool{}
	for item := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(item), "=")
		if !ok {
			problems = append(problems, fmt.Errorf("%q is not of the form name=value, such as duplicate=0.2", item))
			continue
		}
		if seen[name] {
			problems = append(problems, fmt.Errorf("%s is there twice", name))
		}
		seen[name] = true
		if err := s.set(name, value); err != nil {
			problems = append(problems, err)
		}
	}
	return s, errors.Join(problems...)
}

func (s *Settings) set(name, value string) (err error) {
	switch share := s.share(name); {
	case share != nil:
		if *share, err = strconv.ParseFloat(value, 64); err != nil || !(*share >= 0 && *share <= 1) {
			return fmt.Errorf("%s=%s: write a share from 0 to 1, such as 0.1", name, value)
		}
	case name == "delay":
		if s.Delay, err = time.ParseDuration(value); err != nil || s.Delay < 0 || s.Delay > time.Hour {
			return fmt.Errorf("%s=%s: write a time of at most an hour, such as 2s", name, value)
		}
	case name == "seed":
		if s.Seed, err = strconv.ParseUint(value, 10, 64); err != nil {
			return fmt.Errorf("%s=%s: write a whole number", name, value)
		}
	default:
		return fmt.Errorf("%s is no fault: there are %s", name, strings.Join(names, ", "))
	}
	return nil
}

// String writes the settings as Parse reads them, without what does not happen.
func (s Settings) String() string {
	var parts []string
	for _, name := range names {
		switch share := s.share(name); {
		case share != nil && *share > 0:
			parts = append(parts, name+"="+strconv.FormatFloat(*share, 'g', -1, 64))
		case name == "delay" && s.Delay > 0:
			parts = append(parts, name+"="+s.Delay.String())
		case name == "seed" && s.Seed > 0:
			parts = append(parts, name+"="+strconv.FormatUint(s.Seed, 10))
		}
	}
	return strings.Join(parts, ",")
}

// Chaos decides. It is safe for concurrent use; a nil one lets everything go well.
type Chaos struct {
	settings Settings

	mu     sync.Mutex
	random *rand.Rand
	counts Counts
	down   map[[sha256.Size]byte]string // requests by event of an outage
}

// Counts are how often faults have happened.
type Counts struct {
	Duplicated, HeldBack, Dropped, Unavailable, Crashed, Outages int
}

// New answers a chaos of these settings. A seed is drawn where they have none; Settings tells it.
func New(s Settings) *Chaos {
	if s.Seed == 0 {
		s.Seed = rand.Uint64N(1_000_000) + 1
	}
	return &Chaos{settings: s, random: rand.New(rand.NewPCG(s.Seed, 0)), down: map[[sha256.Size]byte]string{}}
}

// Settings are those in force, with the seed.
func (c *Chaos) Settings() Settings { return c.settings }

// Counts tells what has happened so far.
func (c *Chaos) Counts() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts
}

// hits draws a share, and counts when it is hit. The chaos is locked.
func (c *Chaos) hits(share float64, count *int) bool {
	if share == 0 || c.random.Float64() >= share {
		return false
	}
	*count++
	return true
}

// Deliveries answers after which times an event is delivered, once for each.
func (c *Chaos) Deliveries() []time.Duration {
	if c == nil {
		return []time.Duration{0}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	all := []time.Duration{c.wait()}
	if c.hits(c.settings.Duplicate, &c.counts.Duplicated) {
		all = append(all, c.wait())
	}
	return all
}

func (c *Chaos) wait() (d time.Duration) {
	if c.settings.Delay > 0 {
		d = time.Duration(c.random.Int64N(int64(c.settings.Delay)))
	}
	if c.hits(c.settings.Reorder, &c.counts.HeldBack) {
		d += max(c.settings.Delay, holdBack)
	}
	return d
}

// Fault is what happens to a request.
type Fault int

// The faults.
const (
	None        Fault = iota
	Unavailable       // it is refused with 503 and not carried out
	Dropped           // it is carried out, and its answer is lost
)

// Request decides what happens to a request to S3.
func (c *Chaos) Request() Fault {
	if c == nil {
		return None
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.hits(c.settings.Unavailable, &c.counts.Unavailable):
		return Unavailable
	case c.hits(c.settings.DropResponse, &c.counts.Dropped):
		return Dropped
	}
	return None
}

// maxCrash is how far into an attempt a function is killed at the latest.
const maxCrash = 50 * time.Millisecond

// Crash decides whether the function is killed in an attempt of an event, and after what time. An event that an
// outage has hit fails in every attempt of the same request; sent again by another one it does not.
func (c *Chaos) Crash(requestID string, payload []byte) (after time.Duration, crash bool) {
	if c == nil {
		return 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	event := sha256.Sum256(payload)
	request, met := c.down[event]
	switch {
	case met && request == requestID:
		c.counts.Crashed++
		return 0, true
	case !met && c.hits(c.settings.Outage, &c.counts.Outages):
		c.down[event] = requestID
		c.counts.Crashed++
		return 0, true
	case c.hits(c.settings.Crash, &c.counts.Crashed):
		return time.Duration(c.random.Int64N(int64(maxCrash))), true
	}
	return 0, false
}
