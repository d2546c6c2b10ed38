// Package signals lets a command line be interrupted.
package signals

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Context is done when a signal asks the process to end, or after stop. A second signal ends the process at once.
func Context() (ctx context.Context, stop context.CancelFunc) {
	ctx, stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
