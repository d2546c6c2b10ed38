// Package shortcut runs "thumbing process IN OUT" before the rest of the program is initialised, and ends the
// process.
//
// Most of the binary is the CDK and the local cloud, whose packages take several times as long to initialise as a
// small picture takes to process, in every process that links them. This verb wants none of them. Any other command
// line, with a flag or a missing operand, say, is left to main, which runs the same code.
//
// It comes in time because packages are initialised in the order of their import paths, as far as their imports
// allow (Go specification, "Program initialization"). The CDK's packages wait for regexp; this one, and all that
// it imports, for nothing that sorts after it, as runtime/debug would. testdata/process_start.txt of the command
// holds the order.
package shortcut

import (
	"os"
	"strings"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/cmd/thumbing/internal/process"
	"github.com/thumbing/thumbing/cmd/thumbing/internal/signals"
)

func init() {
	if len(os.Args) != 4 || os.Args[1] != "process" {
		return
	}
	if in, out := os.Args[2], os.Args[3]; isOperand(in) && isOperand(out) {
		os.Exit(run(in, out))
	}
}

func run(in, out string) int {
	ctx, stop := signals.Context()
	defer stop()
	err := process.Run(ctx, in, out, os.Stdin, os.Stdout)
	failure.Report(os.Stderr, err)
	return failure.ExitCode(err)
}

// isOperand tells an operand from a flag; "-" is a stream.
func isOperand(arg string) bool { return arg == "-" || !strings.HasPrefix(arg, "-") }
