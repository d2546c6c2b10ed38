// Package holdgc keeps the garbage collector on hold while the program's packages are initialised.
//
// The CDK's packages register a few thousand types when they are initialised, in every process that links
// them. Nothing of it is garbage, so the collections that it would set off are for nothing; they take a third
// of the time until main begins.
//
// It comes in time because packages are initialised in the order of their import paths, as far as their
// imports allow (Go specification, "Program initialization"), and it waits for next to nothing.
package holdgc

import "runtime/debug"

var percent = debug.SetGCPercent(-1)

// Release lets the garbage collector run as it would have, by GOGC or its default.
func Release() { debug.SetGCPercent(percent) }
