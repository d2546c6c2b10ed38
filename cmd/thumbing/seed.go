package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/profile"
	"github.com/thumbing/thumbing/internal/settings"
)

func newSeedCommand() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "seed",
		Short: "Add a few invented people to the profiles, to try them with",
		Long: `Add a few invented people and what they said to the database of thumbing serve: the PostgreSQL database that
DATABASE_URL names, else the SQLite file in the data folder. Its schema is brought up to date first. Who is
there already stays as they are.`,
		Example: `  thumbing seed
  DATABASE_URL=postgres://thumbing@localhost/thumbing thumbing seed`,
		Args:              operands(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return failure.Within("seed", seed(cmd.Context(), data, cmd.OutOrStdout()))
		},
	}
	cmd.Flags().StringVar(&data, "data", ".thumbing", "folder of the SQLite file, where DATABASE_URL is not set")
	return cmd
}

func seed(ctx context.Context, data string, stdout io.Writer) (err error) {
	location, err := settings.LoadDatabase(".")
	if err != nil {
		return err
	}
	people, err := openDatabase(ctx, location, data, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, people.Close()) }()
	added, err := profile.Seed(ctx, people, time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "added %d of %d people to %s\n", added, len(profile.Seeds()), people)
	return err
}
