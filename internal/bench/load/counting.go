package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// counting is the writers, and what came of them.
type counting struct {
	*service
	o      options
	client *http.Client

	mu      sync.Mutex
	metrics vegeta.Metrics
	races   int
	written []int // successes by profile
}

// shown is a profile as it was read.
type shown struct {
	Bio     string
	Version int64
}

func (s *service) newCounting(o options) *counting {
	return &counting{service: s, o: o, written: make([]int, len(s.handles)),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.writers}, Timeout: time.Minute}}
}

// write lets the writers at the service.
func (c *counting) write(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, c.o.duration)
	defer cancel()
	for i := range c.handles { // those who come for the first time
		c.request(context.WithoutCancel(ctx), http.MethodPost, "/api/profile/update", c.tokens[i], `{"display_name": "Load", "bio": "0"}`)
	}
	c.metrics = vegeta.Metrics{}
	var all sync.WaitGroup
	for i := range c.o.writers {
		all.Go(func() { c.count(ctx, i%len(c.handles)) })
	}
	all.Wait()
	c.metrics.Close()
}

// count counts in one profile until the time is over. A request that has begun is let end, so that it is known
// what came of it.
func (c *counting) count(ctx context.Context, i int) {
	for ctx.Err() == nil {
		was, err := c.read(i)
		if err != nil {
			c.add(&vegeta.Result{Timestamp: time.Now(), Error: err.Error()})
			continue
		}
		n, err := strconv.Atoi(was.Bio)
		if err != nil {
			c.add(&vegeta.Result{Timestamp: time.Now(), Error: err.Error()})
			continue
		}
		body := fmt.Sprintf(`{"display_name": "Load", "bio": "%d", "version": %d}`, n+1, was.Version)
		r, _ := c.request(context.WithoutCancel(ctx), http.MethodPost, "/api/profile/update", c.tokens[i], body)
		if r.Code == http.StatusConflict {
			r.Code, r.Error = http.StatusOK, "" // answered as it should be
			c.mu.Lock()
			c.races++
			c.mu.Unlock()
		} else if r.Code == http.StatusOK {
			c.mu.Lock()
			c.written[i]++
			c.mu.Unlock()
		}
		c.add(r)
	}
}

func (c *counting) add(r *vegeta.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.metrics.Add(r)
}

// read reads a profile.
func (c *counting) read(i int) (shown, error) {
	r, body := c.request(context.Background(), http.MethodGet, "/api/activities/@"+c.handles[i], "", "")
	if r.Error != "" {
		return shown{}, errors.New(r.Error)
	}
	var answer struct{ Profile shown }
	err := json.Unmarshal(body, &answer)
	return answer.Profile, err
}

// request makes a request and measures it.
func (c *counting) request(ctx context.Context, method, path, token, body string) (*vegeta.Result, []byte) {
	r := &vegeta.Result{Attack: "writers", Timestamp: time.Now(), Method: method, URL: c.url + path, BytesOut: uint64(len(body))}
	answer, err := func() ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, method, c.url+path, strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
			req.Header.Set("Content-Type", "application/json")
		}
		resp, err := c.client.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		r.Code = uint16(resp.StatusCode)
		if resp.StatusCode != http.StatusOK {
			r.Error = resp.Status
		}
		return io.ReadAll(resp.Body)
	}()
	if err != nil {
		r.Error = err.Error()
	}
	r.Latency, r.BytesIn = time.Since(r.Timestamp), uint64(len(answer))
	return r, answer
}

// check counts the updates that are not in the profiles though they were answered with success.
func (c *counting) check() (lost int, err error) {
	for i := range c.handles {
		now, err := c.read(i)
		if err != nil {
			return 0, err
		}
		n, err := strconv.Atoi(now.Bio)
		if err != nil {
			return 0, err
		}
		lost += c.written[i] - n
	}
	return lost, nil
}
