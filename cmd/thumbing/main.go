// Command thumbing describes the avatar pipeline as a CDK app, runs the same pipeline on this machine, and
// handles its pictures: it processes, uploads, lists and clears them.
//
// Errors go to standard error as "thumbing: what: why", with a "hint:" line where one helps. The exit code is 0
// when done, 1 when it failed, 2 when the command line was wrong, and 3 when a picture was rejected.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/holdgc"
)

func main() {
	holdgc.Release()
	os.Exit(runProcess())
}

// runProcess runs the command line of this process, until it is done or a signal asks it to end. A second
// signal ends the process at once.
func runProcess() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}
