package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
)

// run runs one command line and returns its exit code. Everything it reads or writes besides files and the
// network goes through the given streams.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetArgs(append([]string{}, args...))
	refuseUnknownSubcommands(root)

	// An error that comes before the verb itself starts is about the command line.
	started := false
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !started {
		err = newUsageError(cmd, err)
	}
	failure.Report(stderr, err)
	return failure.ExitCode(err)
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "thumbing",
		Short: "An avatar pipeline: upload any picture, get a 512x512 PNG",
		Long: `thumbing describes an avatar pipeline as a CDK app, runs the same pipeline on
this machine, and handles its pictures.

The settings come from the environment; a .env file in the working directory
fills what is unset. The verbs that talk to S3 use the AWS SDK's own
configuration, so AWS_PROFILE and AWS_ENDPOINT_URL work.

Exit codes: 0 done, 1 failed, 2 wrong command line, 3 picture rejected.`,
		Example: `  thumbing process photo.jpg avatar.png
  thumbing upload photo.jpg
  thumbing ls`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("thumbing {{.Version}}\n")
	root.AddCommand(
		newSynthCommand(),
		newDoctorCommand(),
		newDevCommand(),
		newProcessCommand(),
		newUploadCommand(),
		newClearCommand(),
		newListCommand(),
		newRedriveCommand(),
		newServeCommand(),
		newMigrateCommand(),
		newSeedCommand(),
		newTokenCommand(),
	)
	return root
}

// version is what the Go toolchain recorded about this build.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	return fmt.Sprintf("%s %s", cmp.Or(info.Main.Version, "(devel)"), info.GoVersion)
}

// refuseUnknownSubcommands makes every command that only groups others, the ones that cobra adds included, show
// its help when called alone and fail on a word that it does not know. Cobra alone answers such a word with a
// help text and success, which a script would take for the answer.
func refuseUnknownSubcommands(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, group := range append([]*cobra.Command{root}, root.Commands()...) {
		if group.Name() == "help" {
			group.Run, group.RunE = nil, help
			continue
		}
		if !group.HasSubCommands() {
			continue
		}
		group.Args = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		}
		group.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
}

func help(cmd *cobra.Command, args []string) error {
	topic, rest, err := cmd.Root().Find(args)
	if err != nil {
		return newUsageError(cmd, err)
	}
	if len(rest) > 0 {
		return failure.Usage(failure.Within("help", withDefaultHint(unknownCommand(topic, rest[0]), topic)))
	}
	topic.InitDefaultHelpFlag()
	topic.InitDefaultVersionFlag()
	return topic.Help()
}

func unknownCommand(parent *cobra.Command, name string) error {
	err := fmt.Errorf("unknown command %q", name)
	if parent.SuggestionsMinimumDistance <= 0 {
		parent.SuggestionsMinimumDistance = 2
	}
	if similar := parent.SuggestionsFor(name); len(similar) > 0 {
		return failure.WithHint(err, "did you mean %s?", strings.Join(similar, " or "))
	}
	return err
}

// operands checks that a command line has exactly the named operands.
func operands(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return fmt.Errorf("%s is missing", names[len(args)])
		case len(args) > len(names):
			return fmt.Errorf("one operand too many: %s", strconv.Quote(args[len(names)]))
		}
		return nil
	}
}

// someOperands checks that a command line has at least one operand.
func someOperands(name string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("%s is missing", name)
		}
		return nil
	}
}

// newUsageError names the command that a wrong command line was for, and says where to read on.
func newUsageError(cmd *cobra.Command, err error) error {
	if cmd.HasParent() {
		err = fmt.Errorf("%s: %w", strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" "), err)
	}
	return failure.Usage(withDefaultHint(err, cmd))
}

// withDefaultHint sends who has no better hint to the command's help.
func withDefaultHint(err error, cmd *cobra.Command) error {
	if failure.HintOf(err) != "" {
		return err
	}
	return failure.WithHint(err, "see %s --help", cmd.CommandPath())
}
