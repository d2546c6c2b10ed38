package vp8l

// predictor is the transform that stores differences to what the pixels around predict (RFC 9649, 4.1).
type predictor struct {
	squares
	above []uint32 // the row above, and one pixel more
}

const opaqueBlack = 0xff000000

func (d *Decoder) readPredictor(width int) (*predictor, error) {
	s, err := d.readSquares(width)
	if err != nil {
		return nil, err
	}
	if err := d.budget.spend(width+1, 4); err != nil {
		return nil, err
	}
	return &predictor{squares: s, above: make([]uint32, width+1)}, nil
}

func (p *predictor) invert(row []uint32, y int) []uint32 {
	if y == 0 {
		left := uint32(opaqueBlack)
		for i, v := range row {
			left = addPixels(v, left)
			row[i] = left
		}
	} else {
		row[0] = addPixels(row[0], p.above[0])
		p.above[len(row)] = row[0] // what is above and to the right of the last pixel: the next in memory
		x := 1
		for i, mode := range p.row(y) {
			end := min((i+1)<<p.bits, len(row))
			predictRun(mode>>8&15, row[x-1:end], p.above[x-1:end+1])
			x = end
		}
	}
	copy(p.above, row)
	return row
}

// predictRun adds predictions to all pixels of a run but its first, which is the one to their left. above starts over
// the first, and is one longer.
func predictRun(mode uint32, row, above []uint32) {
	above = above[:len(row)+1]
	switch mode {
	case 1:
		for i := 1; i < len(row); i++ {
			row[i] = addPixels(row[i], row[i-1])
		}
	case 2:
		for i := 1; i < len(row); i++ {
			row[i] = addPixels(row[i], above[i])
		}
	case 3:
		for i := 1; i < len(row); i++ {
			row[i] = addPixels(row[i], above[i+1])
		}
	case 4:
		for i := 1; i < len(row); i++ {
			row[i] = addPixels(row[i], above[i-1])
		}
	case 5:
		for i := 1; i < len(row); i++ {
			row[i] = addPixels(row[i], average(average(row[i-1], above[i+1]), above[i]))
		}
	case 6:
		for i := 1; i < len(row); i++ {
			row[i] = addPixels(row[i], average(row[i-1], above[i-1]))
		}
	case 7:
		for i := 1; i < len(row); i++ {
			row[i] = addPixels(row[i], average(row[i-1], above[i]))
		}
	case 8:
		for i := 1; i < len(row); i++ {
			row[i] = addPixels(row[i], average(above[i-1], above[i]))
		}
	case 9:
		for i := 1; i < len(row); i++ {
			row[i] = addPixels(row[i], average(above[i], above[i+1]))
		}
	case 10:
		for i := 1; i < len(row); i++ {
			row[i] = addPixels(row[i], average(average(row[i-1], above[i-1]), average(above[i], above[i+1])))
		}
	case 11:
		for i := 1; i < len(row); i++ {
			row[i] = addPixels(row[i], nearer(row[i-1], above[i], above[i-1]))
		}
	case 12:
		for i := 1; i < len(row); i++ {
			row[i] = addPixels(row[i], gradient(row[i-1], above[i], above[i-1]))
		}
	case 13:
		for i := 1; i < len(row); i++ {
			row[i] = addPixels(row[i], halfGradient(average(row[i-1], above[i]), above[i-1]))
		}
	default:
		for i := 1; i < len(row); i++ {
			row[i] = addPixels(row[i], opaqueBlack)
		}
	}
}

// addPixels adds each of the four channels, modulo 256.
func addPixels(a, b uint32) uint32 {
	const odd, even = 0xff00ff00, 0x00ff00ff
	return (a&odd+b&odd)&odd | (a&even+b&even)&even
}

// average returns the mean of each channel, rounded down.
func average(a, b uint32) uint32 { return a&b + (a^b)&0xfefefefe>>1 }

// nearer returns left or above, whichever is nearer to left + above - corner.
func nearer(left, above, corner uint32) uint32 {
	toLeft, toAbove := 0, 0
	for shift := 0; shift < 32; shift += 8 {
		l, a, c := int(left>>shift&0xff), int(above>>shift&0xff), int(corner>>shift&0xff)
		toLeft += abs(a - c)
		toAbove += abs(l - c)
	}
	if toLeft < toAbove {
		return left
	}
	return above
}

// gradient returns left + above - corner of each channel, within its range.
func gradient(left, above, corner uint32) (v uint32) {
	for shift := 0; shift < 32; shift += 8 {
		l, a, c := int(left>>shift&0xff), int(above>>shift&0xff), int(corner>>shift&0xff)
		v |= uint32(min(max(l+a-c, 0), 0xff)) << shift
	}
	return v
}

// halfGradient returns mean + (mean - corner)/2 of each channel, within its range.
func halfGradient(mean, corner uint32) (v uint32) {
	for shift := 0; shift < 32; shift += 8 {
		m, c := int(mean>>shift&0xff), int(corner>>shift&0xff)
		v |= uint32(min(max(m+(m-c)/2, 0), 0xff)) << shift
	}
	return v
}

func abs(v int) int { return max(v, -v) }
