package jpeg

// block holds the dequantized coefficients of a block that the inverse DCT takes: n rows of n, the first of
// each the lowest. Coefficients that are not kept go to element unkept.
type block [128]int16

const unkept = 64

// keeper says which coefficients of a component's blocks are kept, and what becomes of them. Dequantized
// coefficients are of 16 bits: those of a picture of 8-bit samples fit, those of a damaged one wrap around.
type keeper struct {
	n     int    // the size of the inverse DCT
	mask  uint64 // what is kept, in zigzag order
	last  uint   // the highest that is kept
	steps [64]coefStep
}

// coefStep is what to do with a coefficient, in zigzag order.
type coefStep struct {
	step int32 // of quantization
	slot uint32
}

func newKeeper(n int) keeper {
	k := keeper{n: n, mask: keptBy(n)}
	k.last = uint(highest(k.mask))
	for i, z := range zigzag {
		row, column := int(z>>3), int(z&7)
		k.steps[i].slot = unkept
		if row < n && column < n {
			k.steps[i].slot = uint32(row*n + column)
		}
	}
	return k
}

func (k *keeper) quantize(q *quantTable) {
	for i, step := range q.steps {
		k.steps[i].step = int32(step)
	}
}

// keptBy returns the coefficients that an inverse DCT of n points takes, a bit each in zigzag order.
func keptBy(n int) uint64 {
	mask := uint64(0)
	for k, z := range zigzag {
		if int(z>>3) < n && int(z&7) < n {
			mask |= 1 << k
		}
	}
	return mask
}
