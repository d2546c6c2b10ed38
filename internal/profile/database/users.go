package database

import (
	"context"
	"database/sql"
	_ "embed" // the statements
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// The statements about users.
var (
	//go:embed users/insert.sql
	usersInsert string
	//go:embed users/subject.sql
	usersSubject string
	//go:embed users/short.sql
	usersShort string
	//go:embed users/show.sql
	usersShow string
	//go:embed users/update.sql
	usersUpdate string
)

// User is one person with a profile.
type User struct {
	UUID          string
	Subject       string // who it is to Cognito: the "sub" of the person's tokens
	Handle        string // lower case, unique
	DisplayName   string
	Bio           string
	Email         string
	AvatarKey     string // in the assets bucket; "" where there is none yet
	AvatarVersion string // changes with every new picture
	LastEvent     int64  // number of the newest event, 0 where there is none
	Version       int64  // grows with every change of the profile, from 1
	CreatedAt     time.Time
}

// columns are the places for what the statements select, in their order.
func (u *User) columns() []any {
	return []any{&u.UUID, &u.Subject, &u.Handle, &u.DisplayName, &u.Bio, &u.Email, &u.AvatarKey, &u.AvatarVersion,
		&u.LastEvent, &u.Version, moment{&u.CreatedAt}}
}

// UserBySubject answers a user, or [ErrNotFound].
func (d *Database) UserBySubject(ctx context.Context, subject string) (User, error) {
	return d.user(ctx, usersSubject, subject)
}

// UserByHandle answers a user, or [ErrNotFound].
func (d *Database) UserByHandle(ctx context.Context, handle string) (User, error) {
	return d.user(ctx, usersShort, handle)
}

func (d *Database) user(ctx context.Context, statement string, args ...any) (User, error) {
	var u User
	err := d.read.QueryRowContext(ctx, statement, args...).Scan(u.columns()...)
	return u, explain("read a user", err)
}

// AddUser adds a user with a UUID of its own, unless there is one of that subject already, which is
// answered instead: whoever signs in twice at once is one user. [ErrTaken] says that another user has the
// handle.
func (d *Database) AddUser(ctx context.Context, u User) (User, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return User{}, err
	}
	err = d.transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, usersInsert, id.String(), u.Subject, u.Handle, u.DisplayName, u.Bio, u.Email, stored(time.Now()))
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, usersSubject, u.Subject).Scan(u.columns()...)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, ErrTaken // the insert did nothing, and not for the subject's sake
	}
	return u, explain("add a user", err)
}

// Change is what a person changes of their profile.
type Change struct {
	DisplayName string
	Bio         *string // nil leaves it as it is
	Version     int64   // of the user that was looked at; 0 for any
}

// UpdateUser changes a user and answers the changed one, [ErrNotFound], or [ErrChanged] where the user is no
// longer of the change's version.
func (d *Database) UpdateUser(ctx context.Context, subject string, c Change) (User, error) {
	var u User
	err := again(ctx, func(ctx context.Context) error {
		return d.write.QueryRowContext(ctx, usersUpdate, subject, c.DisplayName, c.Bio, c.Version).Scan(u.columns()...)
	})
	if errors.Is(err, sql.ErrNoRows) && c.Version != 0 {
		if _, err := d.UserBySubject(ctx, subject); err != nil {
			return User{}, err
		}
		return User{}, ErrChanged
	}
	return u, explain("update a user", err)
}

// explain says what was tried, and gives the database's "no rows" the name of this package.
func explain(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	}
	return fmt.Errorf("%s: %w", what, err)
}
