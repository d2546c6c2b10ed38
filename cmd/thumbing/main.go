// Command thumbing describes the avatar pipeline as a CDK app, runs the same pipeline on this machine, and
// handles its pictures: it processes, uploads, lists and clears them, and replays what failed.
//
// Errors go to standard error as "thumbing: what: why", with a "hint:" line where one helps. The exit code is 0
// when done, 1 when it failed, 2 when the command line was wrong, and 3 when a picture was rejected.
package main

import (
	"os"

	_ "github.com/thumbing/thumbing/cmd/thumbing/internal/shortcut" // runs "process IN OUT" before main begins
	"github.com/thumbing/thumbing/cmd/thumbing/internal/signals"
)

func main() { os.Exit(runProcess()) }

// runProcess runs the command line of this process, until it is done or a signal asks it to end.
func runProcess() int {
	ctx, stop := signals.Context()
	defer stop()
	return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}
