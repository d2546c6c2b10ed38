package cognito

import (
	"crypto/rand"
	"sync"
	"time"
)

// maxShelved bounds what a shelf holds: a program that asks in a loop must not fill the memory.
const maxShelved = 10_000

// A shelf keeps things for a time, under names that nobody can guess.
type shelf[T any] struct {
	life time.Duration
	now  func() time.Time

	mu    sync.Mutex
	items map[string]shelved[T]
}

type shelved[T any] struct {
	value T
	ends  time.Time
}

func newShelf[T any](life time.Duration, now func() time.Time) *shelf[T] {
	return &shelf[T]{life: life, now: now, items: map[string]shelved[T]{}}
}

// add keeps a value and gives its new name.
func (s *shelf[T]) add(value T) (name string) {
	name = rand.Text()
	s.put(name, value)
	return name
}

// put keeps a value under a name.
func (s *shelf[T]) put(name string, value T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for n, item := range s.items {
		if len(s.items) >= maxShelved || !now.Before(item.ends) {
			delete(s.items, n)
		}
	}
	s.items[name] = shelved[T]{value, now.Add(s.life)}
}

func (s *shelf[T]) get(name string) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	item, ok := s.items[name]
	if !ok || !s.now().Before(item.ends) {
		var none T
		return none, false
	}
	return item.value, true
}

// take gives a value and forgets it.
func (s *shelf[T]) take(name string) (T, bool) {
	value, ok := s.get(name)
	s.drop(name)
	return value, ok
}

func (s *shelf[T]) drop(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.items, name)
}

// dropIf forgets what the function wants forgotten.
func (s *shelf[T]) dropIf(unwanted func(T) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, item := range s.items {
		if unwanted(item.value) {
			delete(s.items, name)
		}
	}
}
