package database

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"math"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/sethvargo/go-retry"
)

//go:embed migrations/*.sql
var migrations embed.FS

// VersionError says that the schema is not the one that this program was made for.
type VersionError struct {
	Have, Want int64
	Place      string
}

// Error names both versions.
func (e *VersionError) Error() string {
	return fmt.Sprintf("the schema of %s is of version %d, and this program is made for version %d", e.Place, e.Have, e.Want)
}

// Check answers a [*VersionError] while the schema is older than this program's. A newer one is good: a
// migration leaves what the version before it needs.
func (d *Database) Check(ctx context.Context) error {
	have, want, err := d.Versions(ctx)
	if err == nil && have < want {
		return &VersionError{have, want, d.place}
	}
	return err
}

// Versions answers the version of the schema, and the one that this program is made for.
func (d *Database) Versions(ctx context.Context) (have, want int64, err error) {
	p, err := d.migrator()
	if err != nil {
		return 0, 0, err
	}
	if have, want, err = p.GetVersions(ctx); err != nil {
		return 0, 0, fmt.Errorf("ask %s for its schema's version: %w", d.place, err)
	}
	return have, want, nil
}

// Migrate brings the schema up to this program's version. Several processes may do so at once.
func (d *Database) Migrate(ctx context.Context) error { return d.MigrateTo(ctx, math.MaxInt64) }

// MigrateTo brings the schema up to a version at most.
func (d *Database) MigrateTo(ctx context.Context, version int64) error {
	p, err := d.migrator()
	if err != nil {
		return err
	}
	// Who loses a race with another process finds the work done at the next try.
	err = retry.Do(ctx, retry.WithMaxRetries(5, retry.WithJitterPercent(50, retry.NewConstant(200*time.Millisecond))),
		func(ctx context.Context) error {
			_, err := p.UpTo(ctx, version)
			return retry.RetryableError(err)
		})
	if err != nil {
		return fmt.Errorf("migrate %s: %w", d.place, err)
	}
	return nil
}

// Unmigrate takes the schema back to a version; 0 is an empty database. All that newer versions kept is
// lost.
func (d *Database) Unmigrate(ctx context.Context, version int64) error {
	p, err := d.migrator()
	if err != nil {
		return err
	}
	if _, err := p.DownTo(ctx, version); err != nil {
		return fmt.Errorf("take %s back to version %d: %w", d.place, version, err)
	}
	return nil
}

func (d *Database) migrator() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(d.dialect, d.write, files, goose.WithDisableGlobalRegistry(true))
}
