package awsretry

import (
	"testing"
	"time"
)

func TestWait(t *testing.T) {
	for attempt, limit := range map[int]time.Duration{-1: firstWait, 0: firstWait, 1: firstWait, 2: 2 * firstWait, 5: 16 * firstWait, 6: maxWait, 1 << 40: maxWait} {
		var longest time.Duration
		for range 1000 {
			d := Wait(attempt)
			if d < 0 || d >= limit {
				t.Fatalf("after attempt %d: %s, and the limit is %s", attempt, d, limit)
			}
			longest = max(longest, d)
		}
		if longest < limit/2 {
			t.Errorf("after attempt %d: never longer than %s of %s", attempt, longest, limit)
		}
	}
}

func TestNew(t *testing.T) {
	r := New()
	if n := r.MaxAttempts(); n != Attempts {
		t.Errorf("%d attempts", n)
	}
	if d, err := r.RetryDelay(1, nil); err != nil || d >= firstWait {
		t.Errorf("%s, %v", d, err)
	}
}
