package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/profile/database"
	"github.com/thumbing/thumbing/internal/settings"
)

// newestVersion stands for the schema's newest version.
const newestVersion = -1

func newMigrateCommand() *cobra.Command {
	var data string
	var to int64
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the schema of the profiles to a version",
		Long: `Bring the schema of the database of thumbing serve to its newest version, or to another one. Going back loses what
the newer versions keep; version 0 is an empty database.

The database is the PostgreSQL one that DATABASE_URL names, else the SQLite file in the data folder.`,
		Example: `  thumbing migrate
  thumbing migrate --to 3`,
		Args:              operands(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("to") && to < 0 {
				return failure.Usage(fmt.Errorf("migrate: --to %d: no version", to))
			}
			return failure.Within("migrate", migrate(cmd.Context(), data, to, cmd.OutOrStdout()))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&data, "data", ".thumbing", "folder of the SQLite file, where DATABASE_URL is not set")
	flags.Int64Var(&to, "to", newestVersion, "version to go to (default: the newest)")
	flags.Lookup("to").DefValue = ""
	return cmd
}

func migrate(ctx context.Context, data string, to int64, stdout io.Writer) (err error) {
	location, err := settings.LoadDatabase(".")
	if err != nil {
		return err
	}
	people, err := connect(ctx, location, data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, people.Close()) }()
	before, latest, err := people.Versions(ctx)
	if err != nil {
		return err
	}
	switch {
	case to == newestVersion:
		to = latest
		err = people.Migrate(ctx)
	case to > latest:
		err = failure.Usage(fmt.Errorf("--to %d: this program knows versions up to %d", to, latest))
	case to < before:
		err = people.Unmigrate(ctx, to)
	default:
		err = people.MigrateTo(ctx, to)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s went from version %d to %d\n", people, before, to)
	return err
}

// connect opens the database of the URL, or the SQLite file in the data folder where there is none.
func connect(ctx context.Context, location, data string) (*database.Database, error) {
	if location == "" {
		file, err := filepath.Abs(filepath.Join(data, "profile.db"))
		if err != nil {
			return nil, err
		}
		location = file
	}
	d, err := database.Open(location)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(failure.WithHint(err, "is it running, and is DATABASE_URL right?"), d.Close())
	}
	return d, nil
}
