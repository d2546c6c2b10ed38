package avatar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/thumbing/thumbing/internal/s3event"
)

func TestParallelWriters(t *testing.T) { // C1, C6
	synctest.Test(t, func(t *testing.T) {
		p, uploads, assets := setUp(t)
		uploads.versioned = true
		const writers = 20
		var events []s3event.Record
		for i := range writers {
			events = append(events, uploads.upload("me.jpg", picture(t, i)))
		}
		var wg sync.WaitGroup
		for _, r := range events {
			wg.Go(func() {
				if o := p.Process(t.Context(), r); o.Status != Processed && o.Code != CodeStale {
					t.Errorf("got %s %s: %s", o.Status, o.Code, o.Reason)
				}
			})
		}
		wg.Wait()
		shows(t, assets, "out/me.png", writers-1)
	})
}

func TestParallelReplays(t *testing.T) { // C1: one wins, the others stop with success
	synctest.Test(t, func(t *testing.T) {
		p, uploads, assets := setUp(t)
		r := uploads.upload("me.jpg", picture(t, 1))
		var met sync.WaitGroup // every one looks before any one writes
		met.Add(20)
		assets.before = func(op, _ string) error {
			if op == "put" {
				met.Done()
				met.Wait()
			}
			return nil
		}
		outcomes := make(chan Outcome, 20)
		for range 20 {
			go func() { outcomes <- p.Process(t.Context(), r) }()
		}
		processed := 0
		for range 20 {
			switch o := <-outcomes; {
			case o.Status == Processed:
				processed++
			default:
				expect(t, o, Skipped, CodeReplay)
			}
		}
		if processed != 1 || assets.clock != 1 {
			t.Errorf("%d were processed and %d written, want 1", processed, assets.clock)
		}
	})
}

// An avatar that is the same as one before it is not taken for that one: an upload between the two, whose function
// looked when the first was there, does not replace the second.
func TestPictureThatComesBack(t *testing.T) { // C1, C4
	synctest.Test(t, func(t *testing.T) {
		p, uploads, assets := setUp(t)
		uploads.versioned = true
		expect(t, p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 1))), Processed, "")
		between := uploads.upload("me.jpg", picture(t, 2))
		newest := uploads.upload("me.jpg", picture(t, 1))
		assets.before = func(op, _ string) error {
			if op == "put" {
				assets.before = nil
				expect(t, p.Process(t.Context(), newest), Processed, "")
			}
			return nil
		}
		expect(t, p.Process(t.Context(), between), Skipped, CodeStale)
		v, _ := assets.current("out/me.png")
		if made, _ := ParseProvenance(v.metadata); made.VersionID != newest.VersionID {
			t.Errorf("the avatar is that of %q, want %q", made.VersionID, newest.VersionID)
		}
		if !samePicture(t, v.body, avatarOf(t, 1)) {
			t.Error("it shows another picture")
		}
	})
}

// As long as nobody goes back to a picture, its avatar has the bytes that thumbnail.Make gives it; and who does it
// again and again gets others each time.
func TestBytesNeverComeBack(t *testing.T) {
	p, uploads, assets := setUp(t)
	seen := map[string]bool{}
	for round := range maxPast {
		number := 1 + round%2
		expect(t, p.Process(t.Context(), uploads.upload("me.jpg", picture(t, number))), Processed, "")
		shows(t, assets, "out/me.png", number)
		v, _ := assets.current("out/me.png")
		if first := round < 2; first != bytes.Equal(v.body, avatarOf(t, number)) || seen[v.etag] {
			t.Errorf("round %d: the bytes are thumbnail.Make's: %t; they were there before: %t", round, !first, seen[v.etag])
		}
		seen[v.etag] = true
	}
	for range 2 * maxPast { // what is remembered stays within bounds, and does not get in the way
		expect(t, p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 1))), Processed, "")
	}
	if v, _ := assets.current("out/me.png"); len(v.metadata[metaEarlier]) > maxPast*(pastDigits+1) {
		t.Errorf("%d bytes of ETags", len(v.metadata[metaEarlier]))
	}
}

func TestConflicts(t *testing.T) { // C2
	for _, c := range []struct {
		conflicts int
		status    Status
		puts      int
	}{
		{1, Processed, 2},
		{maxWrites - 1, Processed, maxWrites},
		{maxWrites, Failed, maxWrites},
		{1000, Failed, maxWrites},
	} {
		synctest.Test(t, func(t *testing.T) {
			p, uploads, assets := setUp(t)
			assets.before = func(op, _ string) error {
				if op == "put" && assets.count("put") <= c.conflicts {
					return fmt.Errorf("409: %w", ErrConflict)
				}
				return nil
			}
			expect(t, p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 1))), c.status, "")
			if n := assets.count("put"); n != c.puts {
				t.Errorf("%d conflicts: %d puts, want %d", c.conflicts, n, c.puts)
			}
		})
	}
}

func TestAvatarDeletedInBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, uploads, assets := setUp(t)
		expect(t, p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 1))), Processed, "")
		assets.before = func(op, key string) error {
			if op == "put" {
				assets.before = nil
				assets.delete(key)
			}
			return nil
		}
		expect(t, p.Process(t.Context(), uploads.upload("me.jpg", picture(t, 2))), Processed, "")
		shows(t, assets, "out/me.png", 2)
	})
}

func TestDeadline(t *testing.T) {
	t.Run("300 ms left", func(t *testing.T) { // A7
		synctest.Test(t, func(t *testing.T) {
			p, uploads, assets := setUp(t)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			o := p.Process(ctx, uploads.upload("me.jpg", picture(t, 1)))
			expect(t, o, Failed, "")
			if !errors.Is(o.Err, context.DeadlineExceeded) || assets.count("put") != 0 {
				t.Errorf("%v, after %q", o.Err, assets.calls)
			}
			if ctx.Err() != nil {
				t.Error("no time was left to tell")
			}
		})
	})
	t.Run("while it was read", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, uploads, assets := setUp(t)
			uploads.before = func(string, string) error { time.Sleep(9*time.Second + time.Millisecond); return nil }
			ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second+margin)
			defer cancel()
			expect(t, p.Process(ctx, uploads.upload("me.jpg", picture(t, 1))), Failed, "")
			if n := assets.count("put"); n != 0 {
				t.Errorf("%d puts, want none", n)
			}
		})
	})
	t.Run("while others wrote", func(t *testing.T) { // A2
		synctest.Test(t, func(t *testing.T) {
			p, uploads, assets := setUp(t)
			assets.before = func(op, _ string) error {
				if op == "put" {
					time.Sleep(100 * time.Millisecond)
					return fmt.Errorf("409: %w", ErrConflict)
				}
				return nil
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			o := p.Process(ctx, uploads.upload("me.jpg", picture(t, 1)))
			expect(t, o, Failed, "")
			if ctx.Err() != nil {
				t.Error("it worked past its margin")
			}
		})
	})
}
