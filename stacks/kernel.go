package stacks

import (
	"errors"
	"fmt"
	"os"

	"github.com/aws/jsii-runtime-go"

	"github.com/thumbing/thumbing/internal/settings"
	"github.com/thumbing/thumbing/stacks/internal/holdjsii"
)

// startKernel makes the jsii runtime, which was on hold, start with its first use. What it unpacks is
// removed by stop; the runtime itself ends with this process.
//
// Stop does without jsii.Close, which waits for the runtime from two sides at once, and now and then
// reports a runtime that ended well as broken.
func startKernel(node string) (stop func() error, err error) {
	outside := os.TempDir()
	dir, err := os.MkdirTemp("", "thumbing-cdk-")
	if err != nil {
		return nil, fmt.Errorf("the CDK has no folder to unpack itself to: %w", err)
	}
	stop = func() error {
		return errors.Join(os.Setenv("TMPDIR", outside), os.RemoveAll(dir))
	}
	err = errors.Join(
		os.Setenv("TMPDIR", dir),
		os.Setenv(settings.JSIINode, node),
		os.Unsetenv(holdjsii.Variable),
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the CDK's environment cannot be set: %w", err), stop())
	}
	jsii.Close() // the runtime on hold; the next use makes a new one
	return stop, nil
}
