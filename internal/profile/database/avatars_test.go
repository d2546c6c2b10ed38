package database_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/profile/database"
)

func ready(subject, version, sequencer string) database.News {
	return database.News{Receipt: subject + sequencer, Subject: subject, Key: "out/" + subject + ".png", Version: version, Sequencer: sequencer}
}

// W6, E1, E2: each message and each record has one effect, and the newest avatar stays whatever comes late.
func TestHear(t *testing.T) {
	each(t, func(t *testing.T, d *database.Database) {
		ctx := t.Context()
		ada, eve := addUser(t, d, "ada"), addUser(t, d, "eve")
		rejected := database.News{Receipt: "r", Subject: ada.Subject, Code: "corrupt", Reason: "It is cut off."}
		for _, step := range []struct {
			name    string
			message string
			news    []database.News
			heard   []string
			version string // of ada's avatar afterwards
		}{
			{"nothing", "m0", nil, nil, ""},
			{"first", "m1", []database.News{ready(ada.Subject, "v2", "F0")}, []string{ada.UUID}, "v2"},
			{"the same message", "m1", []database.News{ready(ada.Subject, "v9", "FFF")}, nil, "v2"},
			{"the same record", "m2", []database.News{ready(ada.Subject, "v2", "F0")}, nil, "v2"},
			{"an older one", "m3", []database.News{ready(ada.Subject, "v1", "EF")}, nil, "v2"},
			{"a longer sequencer is newer", "m4", []database.News{ready(ada.Subject, "v3", "100")}, []string{ada.UUID}, "v3"},
			{"rejected", "m5", []database.News{rejected}, []string{ada.UUID}, "v3"},
			{"rejected again", "m6", []database.News{rejected}, nil, "v3"},
			{"nobody's", "m7", []database.News{ready("sub-of-nobody", "v1", "1")}, nil, "v3"},
			{"two users", "m8", []database.News{ready(eve.Subject, "v1", "1"), ready(ada.Subject, "v4", "101")}, []string{ada.UUID, eve.UUID}, "v4"},
		} {
			heard, err := d.Hear(ctx, step.message, step.news)
			if err != nil || !cmp.Equal(heard, step.heard) {
				t.Errorf("%s: heard by %q, %v", step.name, heard, err)
			}
			if u, err := d.UserByHandle(ctx, "ada"); err != nil || u.AvatarVersion != step.version || u.Version != 1 {
				t.Errorf("%s: %+v, %v", step.name, u, err)
			}
		}
		key := "out/" + ada.Subject + ".png"
		want := []database.Event{{Number: 1, Key: key, Version: "v2"}, {Number: 2, Key: key, Version: "v3"},
			{Number: 3, Code: "corrupt", Reason: "It is cut off."}, {Number: 4, Key: key, Version: "v4"}}
		for after := range int64(6) {
			got, err := d.Events(ctx, ada.UUID, after)
			if diff := cmp.Diff(want[min(int(after), len(want)):], got); err != nil || diff != "" && len(got) > 0 {
				t.Errorf("events after %d: %v (-want +got):\n%s", after, err, diff)
			}
		}
		if u, err := d.UserByHandle(ctx, "ada"); err != nil || u.LastEvent != 4 || u.AvatarKey != key {
			t.Errorf("%+v, %v", u, err)
		}

		// Receipts that were forgotten do not bring an old avatar back.
		if err := d.ForgetReceipts(ctx, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if heard, err := d.Hear(ctx, "m1", []database.News{ready(ada.Subject, "v2", "F0")}); err != nil || heard != nil {
			t.Errorf("heard by %q, %v", heard, err)
		}
		if heard, err := d.Hear(ctx, "m6", []database.News{rejected}); err != nil || len(heard) != 1 {
			t.Errorf("heard by %q, %v", heard, err)
		}
	})
}

// E1, C5: the same news told at once by many has one effect, and no message waits for another for ever.
func TestHearTogether(t *testing.T) {
	eachTogether(t, func(t *testing.T, d *database.Database) {
		const messages = 40
		ctx := t.Context()
		ada, eve := addUser(t, d, "ada"), addUser(t, d, "eve")
		var all sync.WaitGroup
		for i := range messages {
			all.Go(func() {
				sequencer := fmt.Sprintf("%X", 16+i/4) // each four times
				news := []database.News{ready(ada.Subject, "v"+sequencer, sequencer), ready(eve.Subject, "v"+sequencer, sequencer)}
				if i%2 == 1 {
					news[0], news[1] = news[1], news[0]
				}
				if _, err := d.Hear(ctx, fmt.Sprint("m", i), news); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, handle := range []string{"ada", "eve"} {
			u, err := d.UserByHandle(ctx, handle)
			if err != nil || u.AvatarVersion != "v19" || u.LastEvent > messages/4 {
				t.Errorf("%s: %+v, %v", handle, u, err)
			}
			events, err := d.Events(ctx, u.UUID, 0)
			if err != nil || int64(len(events)) != u.LastEvent {
				t.Errorf("%s: %d events of %d, %v", handle, len(events), u.LastEvent, err)
			}
		}
	})
}

// A page that was away for long catches up on the newest events.
func TestEventsAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, d *database.Database) {
		ada := addUser(t, d, "ada")
		for i := range 60 {
			n := ready(ada.Subject, fmt.Sprint("v", i), fmt.Sprintf("%X", i+1))
			if _, err := d.Hear(t.Context(), fmt.Sprint("m", i), []database.News{n}); err != nil {
				t.Fatal(err)
			}
		}
		events, err := d.Events(t.Context(), ada.UUID, 0)
		if err != nil || len(events) != 50 || events[0].Number != 11 || events[49].Version != "v59" {
			t.Errorf("%d events, %v: %+v", len(events), err, events)
		}
	})
}
