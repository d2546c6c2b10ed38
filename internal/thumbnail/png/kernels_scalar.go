package png

func subtractPaeth(dst, x, a, b, c []byte) { subtractPaethScalar(dst, x, a, b, c) }
