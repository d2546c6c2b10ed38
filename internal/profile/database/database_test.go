package database_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/thumbing/thumbing/internal/profile/database"
	"github.com/thumbing/thumbing/internal/profile/database/databasetest"
)

func TestMain(m *testing.M) { databasetest.Main(m) }

// each runs a test on both databases, with the schema in place.
func each(t *testing.T, test func(t *testing.T, d *database.Database)) {
	databasetest.Each(t, func(t *testing.T, location string) { test(t, databasetest.Open(t, location)) })
}

// eachTogether is each for tests of what is done at once, also where only one of two transactions can succeed.
func eachTogether(t *testing.T, test func(t *testing.T, d *database.Database)) {
	each(t, test)
	t.Run("serializable", func(t *testing.T) { test(t, databasetest.Open(t, databasetest.Serializable(t))) })
}

func addUser(t *testing.T, d *database.Database, handle string) database.User {
	t.Helper()
	u, err := d.AddUser(t.Context(), database.User{Subject: "sub-of-" + handle, Handle: handle, DisplayName: "Name of " + handle, Bio: "bio"})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// The schema goes up and down again, from any version to any other, and nothing is left.
func TestMigrations(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		ctx := t.Context()
		d, err := database.Open(location)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		var version *database.VersionError
		if err := d.Check(ctx); !errors.As(err, &version) || version.Have != 0 || version.Want == 0 {
			t.Fatalf("an empty database: %v", err)
		}
		for back := range version.Want {
			for range 2 { // the second time there is nothing to do
				if err := d.Migrate(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if err := d.Check(ctx); err != nil {
				t.Fatal(err)
			}
			addUser(t, d, fmt.Sprintf("user%d", back))
			if err := d.Unmigrate(ctx, back); err != nil {
				t.Fatal(err)
			}
			if err := d.Check(ctx); !errors.As(err, &version) || version.Have != back {
				t.Fatalf("back at version %d: %v", back, err)
			}
			if err := d.MigrateTo(ctx, back+1); err != nil {
				t.Fatal(err)
			}
			if have, want, err := d.Versions(ctx); err != nil || have != back+1 || want != version.Want {
				t.Fatalf("at version %d of %d, %v; wanted %d", have, want, err, back+1)
			}
		}
		if err := d.Unmigrate(ctx, 0); err != nil {
			t.Fatal(err)
		}
	})
}

// Several processes that start at once bring the schema up to date once.
func TestMigrateTogether(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				d, err := database.Open(location)
				if err != nil {
					t.Error(err)
					return
				}
				defer d.Close()
				if err := d.Migrate(t.Context()); err != nil {
					t.Error(err)
				}
				if err := d.Check(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}

func TestUsers(t *testing.T) {
	each(t, func(t *testing.T, d *database.Database) {
		ctx := t.Context()
		ada := addUser(t, d, "ada")
		if _, err := uuid.Parse(ada.UUID); err != nil || ada.Version != 1 || time.Since(ada.CreatedAt).Abs() > time.Minute {
			t.Errorf("added %+v", ada)
		}
		again, err := d.AddUser(ctx, database.User{Subject: ada.Subject, Handle: "other"})
		if err != nil || again != ada {
			t.Errorf("added twice: %+v, %v", again, err)
		}
		if _, err := d.AddUser(ctx, database.User{Subject: "another", Handle: "ada"}); !errors.Is(err, database.ErrTaken) {
			t.Errorf("a handle of another: %v", err)
		}
		for what, read := range map[string]func() (database.User, error){
			"subject": func() (database.User, error) { return d.UserBySubject(ctx, ada.Subject) },
			"handle":  func() (database.User, error) { return d.UserByHandle(ctx, "ada") },
		} {
			if got, err := read(); err != nil || got != ada {
				t.Errorf("by %s: %+v, %v", what, got, err)
			}
		}
		if _, err := d.UserByHandle(ctx, "nobody"); !errors.Is(err, database.ErrNotFound) {
			t.Errorf("no such user: %v", err)
		}

		changed, err := d.UpdateUser(ctx, ada.Subject, database.Change{DisplayName: "Ada L.", Bio: new("")})
		if err != nil || changed.DisplayName != "Ada L." || changed.Bio != "" || changed.Version != 2 {
			t.Errorf("changed: %+v, %v", changed, err)
		}
		changed, err = d.UpdateUser(ctx, ada.Subject, database.Change{DisplayName: "Ada", Version: 2})
		if err != nil || changed.DisplayName != "Ada" || changed.Bio != "" || changed.Version != 3 {
			t.Errorf("changed without a bio: %+v, %v", changed, err)
		}
		if _, err := d.UpdateUser(ctx, ada.Subject, database.Change{DisplayName: "x", Version: 2}); !errors.Is(err, database.ErrChanged) {
			t.Errorf("changed from an old version: %v", err)
		}
		if _, err := d.UpdateUser(ctx, "nobody", database.Change{DisplayName: "x", Version: 2}); !errors.Is(err, database.ErrNotFound) {
			t.Errorf("nobody changed: %v", err)
		}
		if got, err := d.UserByHandle(ctx, "ada"); err != nil || got != changed {
			t.Errorf("afterwards: %+v, %v", got, err)
		}
	})
}

// J12: what looks like SQL is text.
func TestTextIsText(t *testing.T) {
	each(t, func(t *testing.T, d *database.Database) {
		for i, text := range []string{`'; DROP TABLE users; --`, `" OR 1=1`, `$1`, `?1`, `%_\`, "é\u202e\u0301 \U0001F600", strings.Repeat("x", 5000)} {
			handle := fmt.Sprintf("u%d", i)
			u := addUser(t, d, handle)
			got, err := d.UpdateUser(t.Context(), u.Subject, database.Change{DisplayName: text, Bio: &text})
			if err != nil || got.DisplayName != text || got.Bio != text {
				t.Errorf("%q became %+v, %v", text, got, err)
			}
			if _, err := d.UserByHandle(t.Context(), text); !errors.Is(err, database.ErrNotFound) {
				t.Errorf("%q is a handle: %v", text, err)
			}
		}
	})
}

// C5: changes made at once are made one after the other, none is lost, and who looks first loses nothing.
func TestUpdatesTogether(t *testing.T) {
	eachTogether(t, func(t *testing.T, d *database.Database) {
		const writers = 100
		ctx := t.Context()
		ada := addUser(t, d, "ada")
		if _, err := d.UpdateUser(ctx, ada.Subject, database.Change{DisplayName: "Ada", Bio: new("0")}); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				for {
					was, err := d.UserBySubject(ctx, ada.Subject)
					if err != nil {
						t.Error(err)
						return
					}
					var n int
					if _, err := fmt.Sscan(was.Bio, &n); err != nil {
						t.Error(err)
						return
					}
					_, err = d.UpdateUser(ctx, ada.Subject, database.Change{DisplayName: "Ada", Bio: new(fmt.Sprint(n + 1)), Version: was.Version})
					if err == nil {
						return
					}
					if !errors.Is(err, database.ErrChanged) {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		if got, err := d.UserBySubject(ctx, ada.Subject); err != nil || got.Bio != fmt.Sprint(writers) || got.Version != writers+2 {
			t.Errorf("after %d changes: %+v, %v", writers, got, err)
		}
	})
}

func TestProfile(t *testing.T) {
	each(t, func(t *testing.T, d *database.Database) {
		ctx := t.Context()
		ada, eve := addUser(t, d, "ada"), addUser(t, d, "eve")
		now := time.Date(2026, 3, 4, 5, 6, 7, 890_000_000, time.FixedZone("", 3600))
		for i := range 50 {
			a := database.Activity{UUID: uuid.NewString(), Message: fmt.Sprint(i), Likes: i, Replies: 2 * i, Reposts: 3 * i,
				CreatedAt: now.Add(time.Duration(i) * 100 * time.Millisecond)}
			if i%10 == 0 { // some that expire
				a.ExpiresAt = now.Add(time.Duration(i) * time.Hour)
			}
			for range 2 { // added twice is there once
				if err := d.AddActivity(ctx, ada.UUID, a); err != nil {
					t.Fatal(err)
				}
			}
		}
		p, err := d.ProfileByHandle(ctx, "ada", now.Add(11*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if p.User != ada || p.Cruds != 48 || len(p.Activities) != 40 {
			t.Fatalf("%+v, %d cruds, %d shown", p.User, p.Cruds, len(p.Activities))
		}
		for i, a := range p.Activities {
			n := 49 - i
			if n == 10 {
				n = 9 // the tenth has expired
			}
			want := database.Activity{UUID: a.UUID, Message: fmt.Sprint(n), Likes: n, Replies: 2 * n, Reposts: 3 * n,
				CreatedAt: now.Add(time.Duration(n) * 100 * time.Millisecond).UTC()}
			if n%10 == 0 {
				want.ExpiresAt = now.Add(time.Duration(n) * time.Hour).UTC()
			}
			if d := cmp.Diff(want, a); d != "" {
				t.Errorf("activity %d (-want +got):\n%s", i, d)
			}
		}
		p, err = d.ProfileByHandle(ctx, "eve", now)
		if err != nil || p.User != eve || p.Cruds != 0 || len(p.Activities) != 0 {
			t.Errorf("eve: %+v, %v", p, err)
		}
		if _, err := d.ProfileByHandle(ctx, "nobody", now); !errors.Is(err, database.ErrNotFound) {
			t.Errorf("nobody: %v", err)
		}
	})
}

// C5: changes of any version, made at once, are all made.
func TestBlindUpdatesTogether(t *testing.T) {
	eachTogether(t, func(t *testing.T, d *database.Database) {
		const writers = 100
		ada := addUser(t, d, "ada")
		var all sync.WaitGroup
		for i := range writers {
			all.Go(func() {
				if u, err := d.UpdateUser(t.Context(), ada.Subject, database.Change{DisplayName: fmt.Sprint(i)}); err != nil || u.DisplayName != fmt.Sprint(i) {
					t.Errorf("%d: %+v, %v", i, u, err)
				}
			})
		}
		all.Wait()
		if got, err := d.UserBySubject(t.Context(), ada.Subject); err != nil || got.Version != writers+1 {
			t.Errorf("after %d changes: %+v, %v", writers, got, err)
		}
	})
}
