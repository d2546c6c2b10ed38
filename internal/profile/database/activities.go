package database

import (
	"context"
	_ "embed" // the statements
	"fmt"
	"time"
)

// The statements about activities.
var (
	//go:embed activities/insert.sql
	activitiesInsert string
	//go:embed activities/newest.sql
	activitiesNewest string
)

// Newest is how many activities a profile shows.
const Newest = 40

// Activity is something that a user said.
type Activity struct {
	UUID                    string
	Message                 string
	Likes, Replies, Reposts int
	CreatedAt               time.Time
	ExpiresAt               time.Time // it is not shown from then on; zero for never
}

// Profile is a user with what their page shows.
type Profile struct {
	User
	Cruds      int        // how many activities there are
	Activities []Activity // the newest of them, at most [Newest]
}

// ProfileByHandle answers a user and the activities that have not expired at the given time, the newest
// first, or [ErrNotFound].
func (d *Database) ProfileByHandle(ctx context.Context, handle string, now time.Time) (Profile, error) {
	var p Profile
	row := d.read.QueryRowContext(ctx, usersShow, handle, stored(now))
	if err := row.Scan(append([]any{&p.Cruds}, p.User.columns()...)...); err != nil {
		return Profile{}, explain("read a profile", err)
	}
	rows, err := d.read.QueryContext(ctx, activitiesNewest, p.UUID, stored(now), Newest)
	if err != nil {
		return Profile{}, fmt.Errorf("read activities: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a Activity
		if err := rows.Scan(&a.UUID, &a.Message, &a.Likes, &a.Replies, &a.Reposts, moment{&a.CreatedAt}, moment{&a.ExpiresAt}); err != nil {
			return Profile{}, fmt.Errorf("read an activity: %w", err)
		}
		p.Activities = append(p.Activities, a)
	}
	if err := rows.Err(); err != nil {
		return Profile{}, fmt.Errorf("read activities: %w", err)
	}
	return p, nil
}

// AddActivity adds an activity of a user. One that is there already stays as it is.
func (d *Database) AddActivity(ctx context.Context, userUUID string, a Activity) error {
	err := again(ctx, func(ctx context.Context) error {
		_, err := d.write.ExecContext(ctx, activitiesInsert, a.UUID, userUUID, a.Message, a.Likes, a.Replies, a.Reposts,
			stored(a.CreatedAt), stored(a.ExpiresAt))
		return err
	})
	return explain("add an activity", err)
}
