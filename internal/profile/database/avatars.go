package database

import (
	"cmp"
	"context"
	"database/sql"
	_ "embed" // the statements
	"errors"
	"fmt"
	"slices"
	"time"
)

// The statements about avatars, and about what was dealt with.
var (
	//go:embed avatars/ready.sql
	avatarsReady string
	//go:embed avatars/rejected.sql
	avatarsRejected string
	//go:embed avatars/event.sql
	avatarsEvent string
	//go:embed avatars/forget.sql
	avatarsForget string
	//go:embed avatars/events.sql
	avatarsEvents string
	//go:embed receipts/claim.sql
	receiptsClaim string
	//go:embed receipts/forget.sql
	receiptsForget string
)

// rememberedEvents is how many events a page that was away can catch up on.
const rememberedEvents = 50

// News is what the webhook heard of one upload: that its avatar is ready, or why it has none.
type News struct {
	Receipt string // the same whenever the same is heard again
	Subject string // whose avatar

	Key, Version string // of the avatar that is ready
	Sequencer    string // of its event: hexadecimal, upper case, without leading zeros

	Code, Reason string // why the upload was rejected; empty where it was not
}

// Event is what a user's pages are told of.
type Event struct {
	Number       int64  // counts the user's events from 1
	Key, Version string // of the avatar that is ready
	Code, Reason string // why an upload was rejected; empty where it was not
}

// Hear takes what one message told, as a whole or not at all, and answers the UUIDs of the users for whom
// it was news. A message or a part of one that was heard before has no effect, nor has an avatar older
// than the one that the user has, nor what is about nobody.
func (d *Database) Hear(ctx context.Context, messageReceipt string, all []News) (users []string, err error) {
	// In one order, so that no two messages wait for each other.
	all = slices.SortedStableFunc(slices.Values(all), func(a, b News) int { return cmp.Compare(a.Subject, b.Subject) })
	err = d.transact(ctx, func(tx *sql.Tx) error {
		users = nil
		now := stored(time.Now())
		if fresh, err := claim(ctx, tx, messageReceipt, now); err != nil || !fresh {
			return err
		}
		for _, n := range all {
			fresh, err := claim(ctx, tx, n.Receipt, now)
			if err != nil {
				return err
			}
			if !fresh {
				continue
			}
			user, err := hear(ctx, tx, n, now)
			if err != nil {
				return err
			}
			if user != "" {
				users = append(users, user)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("take a message: %w", err)
	}
	return users, nil
}

// claim tells whether a receipt is new.
func claim(ctx context.Context, tx *sql.Tx, receipt string, now any) (bool, error) {
	result, err := tx.ExecContext(ctx, receiptsClaim, receipt, now)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// hear takes one piece of news and answers the user's UUID; "" where it was none.
func hear(ctx context.Context, tx *sql.Tx, n News, now any) (user string, err error) {
	statement, args := avatarsReady, []any{n.Subject, n.Key, n.Version, n.Sequencer}
	if n.Code != "" {
		statement, args = avatarsRejected, []any{n.Subject}
	}
	var number int64
	err = tx.QueryRowContext(ctx, statement, args...).Scan(&user, &number)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if _, err := tx.ExecContext(ctx, avatarsEvent, user, number, n.Key, n.Version, n.Code, n.Reason, now); err != nil {
		return "", err
	}
	_, err = tx.ExecContext(ctx, avatarsForget, user, number-rememberedEvents)
	return user, err
}

// Events answers a user's events that came after the number, the oldest first, as far as they are
// remembered.
func (d *Database) Events(ctx context.Context, userUUID string, after int64) ([]Event, error) {
	rows, err := d.read.QueryContext(ctx, avatarsEvents, userUUID, after)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	defer rows.Close()
	var all []Event
	for rows.Next() {
		var e Event
		if err := rows.Scan(&e.Number, &e.Key, &e.Version, &e.Code, &e.Reason); err != nil {
			return nil, fmt.Errorf("read an event: %w", err)
		}
		all = append(all, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return all, nil
}

// ForgetReceipts forgets what was heard before the time: it would have effect again, but for avatars, where
// the newest stays.
func (d *Database) ForgetReceipts(ctx context.Context, before time.Time) error {
	err := again(ctx, func(ctx context.Context) error {
		_, err := d.write.ExecContext(ctx, receiptsForget, stored(before))
		return err
	})
	return explain("forget receipts", err)
}
