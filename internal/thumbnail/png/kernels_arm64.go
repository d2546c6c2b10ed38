package png

// vectors says that this machine runs the kernels: every arm64 has NEON.
const vectors = true

// subtractPaethVector is subtractPaethScalar for a multiple of 32 bytes.
//
//go:noescape
func subtractPaethVector(dst, x, a, b, c *byte, n int)

// magnitudeVector is magnitudeScalar for a multiple of 32 bytes.
//
//go:noescape
func magnitudeVector(v *byte, n int) int

// The kernels below undo a filter type for pixels of bpp bytes, at most 8, from the beginning of a row.
// They read and write 8 bytes for each.

//go:noescape
func undoSubVector(dst, src, prev *byte, bpp, pixels int)

//go:noescape
func undoAverageVector(dst, src, prev *byte, bpp, pixels int)

//go:noescape
func undoPaethVector(dst, src, prev *byte, bpp, pixels int)
