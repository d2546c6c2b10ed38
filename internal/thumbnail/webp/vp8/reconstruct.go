package vp8

// decodeRow decodes the next row of macroblocks into the band, and leaves their filters to be applied.
func (d *Decoder) decodeRow() error {
	if err := d.modes.row(d.blocks); err != nil {
		return err
	}
	r := &d.partitions[d.row%len(d.partitions)]
	d.context.left = context{}
	d.work.startRow(d.row)
	for x := range d.blocks {
		b := &d.blocks[x]
		above, left := &d.context.above[x], &d.context.left
		if b.skip {
			above.clear(b.subblocks)
			left.clear(b.subblocks)
		} else {
			b.skip = !d.coefs.read(r, &d.probs, &d.quantizers[b.segment], b.subblocks, above, left)
		}
		d.above.load(&d.work, x)
		d.reconstruct(b, x)
		d.above.save(&d.work, x)
		d.band.store(&d.work, x)
		d.work.moveOn()
	}
	d.above.endRow()
	if r.overrun() {
		return ErrShort
	}
	return nil
}

// reconstruct makes the samples of a macroblock in the workspace: predicts them, and adds what the coefficients say
// (RFC 6386, 14.5).
func (d *Decoder) reconstruct(b *macroblock, x int) {
	w, hasAbove, hasLeft := &d.work, d.row > 0, x > 0
	if b.subblocks {
		w.continueAbove()
	} else {
		w.predict(b.luma, lumaAt, 16, hasAbove, hasLeft)
	}
	if b.subblocks || !b.skip {
		for i := range 16 {
			at := lumaAt + i/4*4*stride + i%4*4
			if b.subblocks {
				w.predictSubblock(b.modes[i], at)
			}
			if !b.skip {
				addResidual((*square)(w[at:]), &d.coefs.blocks[i], d.coefs.ends[i])
			}
		}
	}
	w.predict(b.chroma, cbAt, 8, hasAbove, hasLeft)
	w.predict(b.chroma, crAt, 8, hasAbove, hasLeft)
	if b.skip {
		return
	}
	for i := range 4 {
		at := i/2*4*stride + i%2*4
		addResidual((*square)(w[cbAt+at:]), &d.coefs.blocks[chromaBlock+i], d.coefs.ends[chromaBlock+i])
		addResidual((*square)(w[crAt+at:]), &d.coefs.blocks[chromaBlock+4+i], d.coefs.ends[chromaBlock+4+i])
	}
}
