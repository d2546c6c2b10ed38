package cognito

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	fetchTimeout = 5 * time.Second
	// fetchPause is the least time between two fetches: strangers can make up as many key ids as they like.
	fetchPause = 10 * time.Second
	// fetchAge is how old the keys may grow before they are looked at again: those that the pool took back go.
	fetchAge  = time.Hour
	maxKeySet = 64 << 10 // bytes
)

// keyring holds the keys of one JSON Web Key Set (RFC 7517) by their ids. Known keys are served at once, also while
// the set cannot be fetched. For an unknown one the set is fetched again, at most once in fetchPause: callers
// that come meanwhile share the fetch.
type keyring struct {
	uri    string
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	keys  map[string]*rsa.PublicKey // replaced as a whole; nil until the first fetch succeeded
	tried time.Time                 // when the last fetch began
	err   error                     // how it ended
	under chan struct{}             // closed when the fetch under way ends; nil when none is
}

func newKeyring(uri string, transport http.RoundTripper, now func() time.Time) *keyring {
	return &keyring{uri: uri, now: now, client: &http.Client{
		Transport:     transport,
		Timeout:       fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// key gives the key of that id. Its error is an [*Error].
func (k *keyring) key(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	k.mu.Lock()
	key, known := k.keys[kid]
	age := k.now().Sub(k.tried)
	if k.under == nil && (!known && age >= fetchPause || known && age >= fetchAge) {
		k.tried, k.under = k.now(), make(chan struct{})
		go k.refresh(k.under)
	}
	under := k.under
	k.mu.Unlock()

	if known {
		return key, nil
	}
	if under != nil {
		select {
		case <-under:
		case <-ctx.Done():
			return nil, unavailable("wait for the pool's keys: %w", ctx.Err())
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch key, known := k.keys[kid]; {
	case known:
		return key, nil
	case k.err != nil: // the key may be a new one
		return nil, unavailable("the pool's keys: %w", k.err)
	}
	return nil, invalid("the pool has no key %s", quote(kid))
}

// refresh fetches the set, for all who wait for it: no caller's end ends it.
func (k *keyring) refresh(done chan struct{}) {
	keys, err := k.fetch()
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.keys = keys
	}
	k.err, k.under = err, nil
	close(done)
}

func (k *keyring) fetch() (map[string]*rsa.PublicKey, error) {
	resp, err := k.client.Get(k.uri)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return nil, fmt.Errorf("get %s: %w", k.uri, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxKeySet+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("get %s: %w", k.uri, err)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("get %s: the answer is %s", k.uri, resp.Status)
	case len(body) > maxKeySet:
		return nil, fmt.Errorf("get %s: the answer is longer than %d bytes", k.uri, maxKeySet)
	}
	keys, err := parseKeySet(body)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", k.uri, err)
	}
	return keys, nil
}
