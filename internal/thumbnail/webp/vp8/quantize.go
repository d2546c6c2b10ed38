package vp8

// steps are the sizes of quantization steps: of the first coefficient of a block, and of the others.
type steps struct{ dc, ac int32 }

// quantizer holds the steps of a segment by kind of block.
type quantizer struct{ y, y2, chroma steps }

// readQuantizers reads the quantizer indices (RFC 6386, 9.6) and returns the steps for each segment (14.1).
func readQuantizers(r *reader, s *segmentation) (list [segments]quantizer) {
	base := r.uint(7)
	yDC, y2DC, y2AC, chromaDC, chromaAC := r.optionalInt(4), r.optionalInt(4), r.optionalInt(4), r.optionalInt(4), r.optionalInt(4)
	for i := range list {
		index := base
		if s.enabled {
			index = s.quantizer[i]
			if !s.absolute {
				index += base
			}
		}
		list[i] = quantizer{
			y: steps{dcStep(index + yDC), acStep(index)},
			y2: steps{
				dc: 2 * dcStep(index+y2DC),
				ac: max(acStep(index+y2AC)*155/100, 8),
			},
			chroma: steps{
				dc: min(dcStep(index+chromaDC), 132),
				ac: acStep(index + chromaAC),
			},
		}
	}
	return list
}

func clampIndex(i int) int { return min(max(i, 0), len(dcSteps)-1) }

func dcStep(index int) int32 { return int32(dcSteps[clampIndex(index)]) }

func acStep(index int) int32 { return int32(acSteps[clampIndex(index)]) }

// Step sizes by index. RFC 6386, 14.1.
var dcSteps = [128]uint16{
	4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13, 14, 15, 16, 17, 17,
	18, 19, 20, 20, 21, 21, 22, 22, 23, 23, 24, 25, 25, 26, 27, 28,
	29, 30, 31, 32, 33, 34, 35, 36, 37, 37, 38, 39, 40, 41, 42, 43,
	44, 45, 46, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58,
	59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74,
	75, 76, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89,
	91, 93, 95, 96, 98, 100, 101, 102, 104, 106, 108, 110, 112, 114, 116, 118,
	122, 124, 126, 128, 130, 132, 134, 136, 138, 140, 143, 145, 148, 151, 154, 157,
}

var acSteps = [128]uint16{
	4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
	20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
	36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
	52, 53, 54, 55, 56, 57, 58, 60, 62, 64, 66, 68, 70, 72, 74, 76,
	78, 80, 82, 84, 86, 88, 90, 92, 94, 96, 98, 100, 102, 104, 106, 108,
	110, 112, 114, 116, 119, 122, 125, 128, 131, 134, 137, 140, 143, 146, 149, 152,
	155, 158, 161, 164, 167, 170, 173, 177, 181, 185, 189, 193, 197, 201, 205, 209,
	213, 217, 221, 225, 229, 234, 239, 245, 249, 254, 259, 264, 269, 274, 279, 284,
}
