package profile

import (
	"sync"

	"golang.org/x/time/rate"
)

// limits bounds how often each person may change something.
type limits struct {
	rate  rate.Limit
	burst int

	mu     sync.Mutex
	people map[string]*rate.Limiter
}

func newLimits(r rate.Limit, burst int) *limits {
	return &limits{rate: r, burst: burst, people: map[string]*rate.Limiter{}}
}

func (l *limits) allow(subject string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.people[subject] == nil {
		l.people[subject] = rate.NewLimiter(l.rate, l.burst)
	}
	return l.people[subject].Allow()
}

// forget forgets who has done nothing for long enough to be as good as new.
func (l *limits) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for subject, limiter := range l.people {
		if limiter.Tokens() >= float64(l.burst) {
			delete(l.people, subject)
		}
	}
}
