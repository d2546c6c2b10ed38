package avatar

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/thumbing/thumbing/internal/s3event"
)

var modelSeed = flag.Uint64("model.seed", 0, "run the model with this seed alone")

// TestModel runs random histories: uploads to keys that share avatars, good and bad, their events
// duplicated, reordered, and processed in parallel by functions whose requests fail before or after they
// had their effect. An event whose outcome is a failure is delivered again, as Lambda does. In the end,
// each avatar shows its newest acceptable upload.
func TestModel(t *testing.T) { // E1, E2, E3, E7, C1, C4, A4
	if *modelSeed != 0 {
		runModel(t, *modelSeed)
		return
	}
	for seed := range uint64(150) {
		runModel(t, seed+1)
		if t.Failed() {
			t.Fatalf("run again with -run TestModel -model.seed %d", seed+1)
		}
	}
}

func runModel(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 0))
		chance := &chance{random: random}
		p, uploads, assets := setUp(t)
		p.jitter = chance.upTo
		// Where old versions cannot be read, a good upload that a bad one has replaced is lost. So bad ones
		// only come up where there are versions.
		uploads.versioned = random.IntN(2) == 0
		assets.versioned = random.IntN(2) == 0
		assets.blind = random.IntN(2) == 0

		keys := []string{"me.jpg", "me.png", "you.jpg", "you"}
		newest := map[string]int{} // by avatar: the number of its newest acceptable picture
		var events []s3event.Record
		for number := range 1 + random.IntN(12) {
			key := keys[random.IntN(len(keys))]
			body := picture(t, number)
			good := !uploads.versioned || random.IntN(3) > 0
			if !good {
				body = body[:len(body)-1-random.IntN(20)]
			}
			r := uploads.upload(key, body)
			for range 1 + random.IntN(3) {
				events = append(events, r)
			}
			if good {
				output, err := p.config.Keys.Processed(key)
				if err != nil {
					t.Fatal(err)
				}
				newest[output] = number
			}
		}
		random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })

		fault := func(what string, likely float64) func(string, string) error {
			return func(op, key string) error {
				time.Sleep(chance.upTo(20 * time.Millisecond)) // so that functions interleave
				if chance.of(likely) {
					return fmt.Errorf("%s %s %s", op, key, what)
				}
				return nil
			}
		}
		uploads.before = fault("was not heard", 0.1)
		assets.before = fault("was not heard", 0.1)
		assets.after = func(op, key string) error {
			if chance.of(0.2) {
				return errors.New("the response was lost")
			}
			return nil
		}

		var functions sync.WaitGroup
		for _, r := range events {
			functions.Go(func() {
				time.Sleep(chance.upTo(200 * time.Millisecond))
				for p.Process(t.Context(), r).Status == Failed {
					time.Sleep(chance.upTo(time.Second))
				}
			})
		}
		functions.Wait()

		for output, number := range newest {
			shows(t, assets, output, number)
		}
		for output := range assets.objects {
			if _, ok := newest[output]; !ok {
				t.Errorf("%s has an avatar, and no acceptable upload", output)
			}
		}
	})
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
