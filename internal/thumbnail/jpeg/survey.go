package jpeg

// survey is what a first walk through the file finds: everything but the tables and the entropy-coded data.
type survey struct {
	header Header
	frame  frame
	scans  []scan
}

// takeSurvey walks through the whole file from marker to marker and reads its headers. It fails on what it can
// tell to be impossible, unsupported or too much, before anything is decoded.
func takeSurvey(src []byte, limits Limits) (*survey, error) {
	w, err := newWalker(src)
	if err != nil {
		return nil, err
	}
	var s survey
	var b headerBuilder
	for {
		seg, err := w.next()
		if err != nil {
			return nil, err
		}
		switch seg.marker {
		case markerEOI:
			return &s, s.complete(&b, limits)
		case markerSOS:
			if err := b.needFrame(); err != nil {
				return nil, err
			}
			if len(s.scans) == limits.Scans {
				return nil, tooMuchf("more than %d scans", limits.Scans)
			}
			sc, err := parseScan(&b.frame, seg.payload)
			if err != nil {
				return nil, err
			}
			sc.start = w.pos
			sc.end = w.skipScan()
			s.scans = append(s.scans, sc)
		case markerDNL:
			if err := b.defineHeight(seg.payload); err != nil {
				return nil, err
			}
		default:
			if len(s.scans) > 0 && markerAPP0 <= seg.marker {
				continue // what is said of the picture is said before its first scan
			}
			if err := b.add(seg); err != nil {
				return nil, err
			}
		}
	}
}

// complete checks the survey as a whole.
func (s *survey) complete(b *headerBuilder, limits Limits) error {
	if len(s.scans) == 0 {
		return corruptf("no scan")
	}
	h, err := b.header()
	if err != nil {
		return err
	}
	s.header, s.frame = h, b.frame
	s.frame.measure()

	var work int64
	var coded uint // components whose DC is coded
	for i := range s.scans {
		sc := &s.scans[i]
		size := int64(sc.end - sc.start)
		if size*8 < sc.fewestBits(&s.frame) {
			return ErrTruncated
		}
		if work += sc.blocks(&s.frame) + size; work > limits.Work {
			return tooMuchf("more than %d blocks and bytes in its scans", limits.Work)
		}
		for _, c := range sc.components {
			switch bit := uint(1) << c.index; {
			case sc.ss == 0 && sc.ah == 0:
				coded |= bit
			case coded&bit == 0:
				return corruptf("scan %d of component %d comes before its DC scan", i, c.index)
			}
		}
	}
	if coded != 1<<len(s.frame.components)-1 {
		return corruptf("a component has no scan")
	}
	return nil
}

// markNeeded marks the scans that the wanted coefficients of each component (a bit each, in zigzag order) depend
// on, and returns for each component whether reading them takes the history of its nonzero coefficients.
//
// A scan is needed when it codes a wanted coefficient. A scan that refines AC coefficients can only be read by
// knowing which of its band were nonzero before (T.81 G.1.2.3), so that its whole band becomes wanted of the
// scans before it. That is why the scans are gone through backwards.
func (s *survey) markNeeded(wanted []uint64) (history []bool) {
	history = make([]bool, len(wanted))
	for i := len(s.scans) - 1; i >= 0; i-- {
		sc := &s.scans[i]
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
