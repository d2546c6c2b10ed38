package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/localcloud/cognito"
)

// devPool is the folder, below --data, in which the user pool of the local cloud keeps its key.
const devPool = "cognito"

func newTokenCommand() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "token USER",
		Short: "Print an access token of a user of the local cloud",
		Long: `Print an access token for one of the users that "thumbing dev" has, as if they had just signed in: for curl and
scripts. It is good for an hour, and only at the local cloud that keeps its state in the data folder.`,
		Example: `  curl --json '{"display_name":"Ada"}' -H "Authorization: Bearer $(thumbing token @ada)" \
    http://127.0.0.1:8080/api/profile/update`,
		Args: operands("USER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			token, err := cognito.AccessToken(filepath.Join(data, devPool), args[0])
			if err != nil {
				return failure.Within("token", tokenFailure(err, data))
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), token)
			return err
		},
	}
	cmd.Flags().StringVar(&data, "data", ".thumbing", "folder that keeps the local cloud's state")
	return cmd
}

// tokenFailure says what to do about there being no token.
func tokenFailure(err error, data string) error {
	if unknown, ok := errors.AsType[*cognito.UnknownUserError](err); ok {
		return failure.WithHint(err, "there are %s", strings.Join(unknown.Known, ", "))
	}
	if errors.Is(err, cognito.ErrNoPool) {
		return failure.WithHint(fmt.Errorf("%s: %w", data, err), "start thumbing dev, or name its folder with --data")
	}
	return err
}
