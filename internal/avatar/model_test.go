package avatar

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/thumbing/thumbing/internal/s3event"
)

var (
	modelSeed = flag.Uint64("model.seed", 0, "run the model with this seed alone")
	modelRuns = flag.Uint64("model.runs", 1000, "run the model with this many seeds")
)

// TestModel runs random histories: uploads of few pictures, good and bad, to keys that share avatars, and deletions;
// their events duplicated, reordered, and processed in parallel by functions whose requests fail before or after they
// had their effect, which is also what a crash between any two requests looks like to S3 and SNS. An event whose
// outcome is a failure is delivered again, as Lambda does. In the end each avatar shows its newest acceptable
// upload, nothing is shown that is not acceptable, and every rejection was told.
func TestModel(t *testing.T) { // E1, E2, E3, E7, C1, C3, C4, A4, A6
	if *modelSeed != 0 {
		runModel(t, *modelSeed)
		return
	}
	for seed := range *modelRuns {
		runModel(t, seed+1)
		if t.Failed() {
			t.Fatalf("run again with -run TestModel -model.seed %d", seed+1)
		}
	}
}

func runModel(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		chance := &chance{random: rand.New(rand.NewPCG(seed, 0))}
		p, uploads, assets := setUp(t)
		board := &noticeBoard{}
		p.jitter, p.rejections = chance.upTo, board
		uploads.versioned, assets.versioned, assets.blind = chance.of(0.5), chance.of(0.5), chance.of(0.5)

		h := newHistory(t, uploads, chance)
		fault := func(what string, likely float64) func(string, string) error {
			return func(op, key string) error {
				time.Sleep(chance.upTo(20 * time.Millisecond)) // so that functions interleave
				if chance.of(likely) {
					return fmt.Errorf("%s %s %s", op, key, what)
				}
				return nil
			}
		}
		lost := func(op, key string) error { // called under the bucket's lock, where nobody may sleep
			if chance.of(0.2) {
				return fmt.Errorf("%s %s has lost its response", op, key)
			}
			return nil
		}
		uploads.before, assets.before, board.before = fault("was not heard", 0.1), fault("was not heard", 0.1), fault("was not heard", 0.1)
		assets.after, board.after = lost, lost

		rejected := map[string]bool{}
		var mu sync.Mutex
		var functions sync.WaitGroup
		for _, r := range h.events {
			functions.Go(func() {
				time.Sleep(chance.upTo(200 * time.Millisecond))
				for {
					o := p.Process(t.Context(), r)
					if o.Status == Rejected {
						mu.Lock()
						rejected[r.Sequencer.String()] = true
						mu.Unlock()
					}
					if o.Status != Failed {
						return
					}
					time.Sleep(chance.upTo(time.Second))
				}
			})
		}
		functions.Wait()
		h.check(t, assets)
		for sequencer := range rejected {
			if !board.told(sequencer) {
				t.Errorf("nobody was told that the upload %s is rejected", sequencer)
			}
		}
	})
}

// history is what clients did, and what S3 will say of it.
type history struct {
	events []s3event.Record
	made   []acceptable
}

// acceptable is an upload that can become an avatar.
type acceptable struct {
	picture int // its number
	record  s3event.Record
	output  string
	sure    bool // it can be read until its event has been dealt with: it was never deleted, nor replaced where nothing keeps versions
}

func newHistory(t *testing.T, uploads *bucket, chance *chance) *history {
	h := &history{}
	keys := []string{"me.jpg", "me.png", "you.jpg", "you"}
	byKey := map[string][]int{} // places in made
	gone := func(key string) {
		for _, i := range byKey[key] {
			h.made[i].sure = false
		}
	}
	for range 1 + chance.below(12) {
		key := keys[chance.below(len(keys))]
		if chance.of(0.1) {
			uploads.delete(key)
			gone(key)
			continue
		}
		if !uploads.versioned {
			gone(key)
		}
		number := chance.below(3) // people go back to a picture they had
		body, good := picture(t, number), chance.of(0.7)
		if !good {
			body = body[:len(body)-1-chance.below(20)]
		}
		r := uploads.upload(key, body)
		for range 1 + chance.below(3) {
			h.events = append(h.events, r)
		}
		if good {
			output, err := (Keys{Output: "out/"}).Processed(key)
			if err != nil {
				t.Fatal(err)
			}
			byKey[key] = append(byKey[key], len(h.made))
			h.made = append(h.made, acceptable{number, r, output, true})
		}
	}
	chance.shuffle(len(h.events), func(i, j int) { h.events[i], h.events[j] = h.events[j], h.events[i] })
	return h
}

// check fails unless every avatar shows an acceptable upload, and none that is older than one which was sure to
// be read.
func (h *history) check(t *testing.T, assets *bucket) {
	t.Helper()
	sure := map[string]int{} // by avatar: the place of the newest upload that was sure to be read
	for i, m := range h.made {
		if m.sure {
			sure[m.output] = i
		}
	}
	for output := range sure {
		if _, ok := assets.current(output); !ok {
			t.Errorf("%s: there is no avatar, and an upload is acceptable", output)
		}
	}
	for output := range assets.objects {
		v, _ := assets.current(output)
		p, _ := ParseProvenance(v.metadata)
		shown := slices.IndexFunc(h.made, func(m acceptable) bool {
			return m.output == output && m.record.Key == p.Key && m.record.Sequencer == p.Sequencer
		})
		if shown < 0 || !samePicture(t, v.body, avatarOf(t, h.made[shown].picture)) {
			t.Fatalf("%s shows what nobody uploaded, as the avatar of %+v", output, p)
		}
		if newest, ok := sure[output]; ok && shown < newest {
			t.Errorf("%s shows upload %d, and upload %d is newer and acceptable", output, shown, newest)
		}
	}
}

// noticeBoard is a topic in memory: package avatar's Rejections.
type noticeBoard struct {
	before, after func(op, key string) error

	mu    sync.Mutex
	heard []Rejection
}

func (b *noticeBoard) Publish(_ context.Context, r Rejection) error {
	if b.before != nil {
		if err := b.before("publish", r.Key); err != nil {
			return err
		}
	}
	b.mu.Lock()
	b.heard = append(b.heard, r)
	b.mu.Unlock()
	if b.after != nil {
		return b.after("publish", r.Key)
	}
	return nil
}

func (b *noticeBoard) told(sequencer string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.heard, func(r Rejection) bool { return r.Sequencer == sequencer })
}

// chance is a random source that goroutines share.
type chance struct {
	mu     sync.Mutex
	random *rand.Rand
}

func (c *chance) of(likely float64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.Float64() < likely
}

func (c *chance) upTo(d time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Duration(c.random.Int64N(int64(d)))
}

func (c *chance) below(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(n)
}

func (c *chance) shuffle(n int, swap func(i, j int)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.random.Shuffle(n, swap)
}
