package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/settings"
	"github.com/thumbing/thumbing/stacks"
)

func newSynthCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "synth",
		Short: "Write the CloudFormation template of the pipeline",
		Long: `Run the CDK app: write the cloud assembly, with the CloudFormation template, of
the pipeline that the settings describe. The cdk command line runs this verb,
as cdk.json says, so that cdk diff and cdk deploy work.

It runs in the project's folder, and needs Node and the compiled function
there: make setup build brings both.`,
		Example: `  thumbing synth
  npx cdk diff
  npx cdk deploy`,
		Args:              operands(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return failure.Within("synth", synth(output, cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "folder for the cloud assembly (default: what the cdk command line says, else cdk.out)")
	return cmd
}

func synth(output string, stdout, stderr io.Writer) error {
	set, err := settings.Load(".")
	if err != nil {
		return err
	}
	if set.DotEnv != "" {
		fmt.Fprintf(stderr, "settings: %s fills what the environment leaves unset\n", set.DotEnv)
	}
	// The CDK cannot be told to stop, and panics when its Node is interrupted: a signal ends the process itself.
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	if err := stacks.Synth(set, stacks.Options{OutDir: output}); err != nil {
		return err
	}
	if output == "" {
		if settings.LoadCDK().OutDir != "" {
			return nil // the cdk command line tells the rest
		}
		output = "cdk.out"
	}
	_, err = fmt.Fprintf(stdout, "the cloud assembly is in %s\n", output)
	return err
}
