package jpeg

// script is the scans of a progressive frame, in order.
type script []scan

// readScript walks on from behind the header p of a frame's first scan, through the whole file, and reads the headers
// of its scans. Nothing is decoded before it is known what depends on what, that it is not too much, and that
// the file has its end.
func readScript(w walker, p []byte, f *frame, m *meter) (script, error) {
	var s script
	var coded uint // components whose DC is coded
	for {
		sc, err := parseScan(f, p)
		if err != nil {
			return nil, err
		}
		sc.start = w.pos
		sc.end = w.skipScan()
		if err := m.count(f, &sc); err != nil {
			return nil, err
		}
		for _, c := range sc.components {
			switch bit := uint(1) << c.index; {
			case sc.ss == 0 && sc.ah == 0:
				coded |= bit
			case coded&bit == 0:
				return nil, corruptf("scan %d of component %d comes before its DC scan", len(s), c.index)
			}
		}
		s = append(s, sc)
		seg, err := w.nextScan()
		if err != nil {
			return nil, err
		}
		if seg.marker == markerEOI {
			break
		}
		p = seg.payload
	}
	if coded != 1<<len(f.components)-1 {
		return nil, errNotCoded
	}
	return s, nil
}

// nextScan returns the next SOS segment, or EOI.
func (w *walker) nextScan() (segment, error) {
	for {
		seg, err := w.next()
		if err != nil || seg.marker == markerEOI || seg.marker == markerSOS {
			return seg, err
		}
	}
}

// markNeeded marks the scans that the wanted coefficients of each component (a bit each, in zigzag order) depend
// on, and returns for each component whether reading them takes the history of its nonzero coefficients.
//
// A scan is needed when it codes a wanted coefficient. A scan that refines AC coefficients can only be read by
// knowing which of its band were nonzero before (T.81 G.1.2.3), so that its whole band becomes wanted of the
// scans before it. That is why the scans are gone through backwards.
func (s script) markNeeded(wanted []uint64) (history []bool) {
	history = make([]bool, len(wanted))
	for i := len(s) - 1; i >= 0; i-- {
		sc := &s[i]
		for _, c := range sc.components {
			if sc.band()&wanted[c.index] != 0 {
				sc.needed = true
			}
		}
		if sc.needed && sc.ss > 0 && sc.ah > 0 {
			c := sc.components[0].index
			wanted[c] |= sc.band()
			history[c] = true
		}
	}
	return history
}
