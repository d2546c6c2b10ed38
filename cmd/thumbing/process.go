package main

import (
	"github.com/spf13/cobra"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/process"
)

// newProcessCommand has the help of the verb, and runs it where the command line is more than its two operands;
// package shortcut runs the others.
func newProcessCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "process IN OUT",
		Short: "Turn one picture into one PNG",
		Long: `Turn the picture IN into the 512x512 PNG that the pipeline would make of it,
and write it to OUT.

IN may be - for standard input, and OUT may be - for standard output. What the
bytes are decides the format, not the name. When the picture is rejected the
exit code is 3, and OUT stays as it was.`,
		Example: `  thumbing process photo.jpg avatar.png
  thumbing process - - <photo.jpg >avatar.png`,
		Args:              operands("IN", "OUT"),
		ValidArgsFunction: completeTwoFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return process.Run(cmd.Context(), args[0], args[1], cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}

func completeTwoFiles(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) < 2 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}
