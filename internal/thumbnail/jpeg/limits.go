package jpeg

// Limits bounds what a picture may cost. It is counted from the file's structure, not measured, so that the
// answer is the same on every machine. Zero fields mean [DefaultLimits].
type Limits struct {
	// Scans is the number of scans in the file.
	Scans int
	// Work is the number of blocks in all scans, plus the bytes of the file. Either costs some nanoseconds.
	Work int64
	// Memory is the bytes of samples and coefficients to hold.
	Memory int64
}

// DefaultLimits returns limits that the largest pictures of phones stay far within: about a second's work.
func DefaultLimits() Limits {
	return Limits{Scans: 256, Work: 1 << 27, Memory: 128 << 20}
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	if l.Scans == 0 {
		l.Scans = d.Scans
	}
	if l.Work == 0 {
		l.Work = d.Work
	}
	if l.Memory == 0 {
		l.Memory = d.Memory
	}
	return l
}

// meter counts what scans cost.
type meter struct {
	limits Limits
	scans  int
	work   int64
}

// count takes a scan into account. It fails when the scan is too much, and when its data, which may not reach all of
// the way from start to end, are too few.
func (m *meter) count(f *frame, s *scan) error {
	if m.scans++; m.scans > m.limits.Scans {
		return tooMuchf("more than %d scans", m.limits.Scans)
	}
	if int64(s.end-s.start)*8 < s.fewestBits(f) {
		return ErrTruncated
	}
	if m.work += s.blocks(f); m.work > m.limits.Work {
		return tooMuchf("more than %d blocks and bytes", m.limits.Work)
	}
	return nil
}
