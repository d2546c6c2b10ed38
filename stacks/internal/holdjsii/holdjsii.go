// Package holdjsii keeps the jsii runtime, the CDK's JavaScript side, on hold until it is wanted.
//
// The CDK's Go packages prepare it while they are initialised: two megabytes unpacked into the folder for
// temporary files, in every process that links them, whatever the process is for. They leave that out when
// JSII_RUNTIME names a command of the user's own, so this package sets it, to one that is never run.
//
// It comes in time because packages are initialised in the order of their import paths, as far as their
// imports allow (Go specification, "Program initialization"): this package waits for nothing but os, and
// what prepares the runtime waits for os/exec, which comes after it. It must not import more.
package holdjsii

import "os"

// Variable is the environment variable that is set while the runtime is on hold.
const Variable = "JSII_RUNTIME"

// Were it to fail, the runtime would be unpacked and nothing worse.
var _ = os.Setenv(Variable, "echo 'the jsii runtime is on hold' >&2; exit 1")
