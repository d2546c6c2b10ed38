package main

import "math"

// arithmetic is what a machine does with vectors of 32 bits each.
type arithmetic[V any] interface {
	add(a, b V) V
	sub(a, b V) V
	times(a V, c int) V
	shifted(a V, bits int) V
}

// points makes n sums of n coefficients, of which the first comes shifted and rounded: the same as package jpeg does
// in Go.
func points[V any](m arithmetic[V], s []V) []V {
	switch len(s) {
	case 4:
		return points4(m, s)
	case 5:
		return points5(m, s)
	case 6:
		return points6(m, s)
	case 7:
		return points7(m, s)
	default:
		return points8(m, s)
	}
}

// cosine returns the square root of 2 times the cosine of k*pi/2n.
func cosine(n, k int) int {
	return int(math.Round(math.Sqrt2 * math.Cos(float64(k)*math.Pi/float64(2*n)) * (1 << 12)))
}

const root2 = 5793

// mirror returns the sums of even and odd parts, and their differences the other way round.
func mirror[V any](m arithmetic[V], n int, even, odd []V) []V {
	sums := make([]V, n)
	for i, o := range odd {
		sums[i], sums[n-1-i] = m.add(even[i], o), m.sub(even[i], o)
	}
	if n%2 == 1 {
		sums[n/2] = even[n/2]
	}
	return sums
}

func points4[V any](m arithmetic[V], s []V) []V {
	c1, c3 := cosine(4, 1), cosine(4, 3)
	s2 := m.shifted(s[2], 12)
	even := []V{m.add(s[0], s2), m.sub(s[0], s2)}
	odd := []V{
		m.add(m.times(s[1], c1), m.times(s[3], c3)),
		m.sub(m.times(s[1], c3), m.times(s[3], c1)),
	}
	return mirror(m, 4, even, odd)
}

func points5[V any](m arithmetic[V], s []V) []V {
	c1, c2, c3, c4 := cosine(5, 1), cosine(5, 2), cosine(5, 3), cosine(5, 4)
	even := []V{
		m.add(m.add(s[0], m.times(s[2], c2)), m.times(s[4], c4)),
		m.sub(m.sub(s[0], m.times(s[2], c4)), m.times(s[4], c2)),
		m.add(s[0], m.times(m.sub(s[4], s[2]), root2)),
	}
	odd := []V{
		m.add(m.times(s[1], c1), m.times(s[3], c3)),
		m.sub(m.times(s[1], c3), m.times(s[3], c1)),
	}
	return mirror(m, 5, even, odd)
}

func points6[V any](m arithmetic[V], s []V) []V {
	c2, c4, c5 := cosine(6, 2), cosine(6, 4), cosine(6, 5)
	e := m.add(s[0], m.times(s[4], c4))
	wide := m.times(s[2], c2)
	even := []V{m.add(e, wide), m.sub(s[0], m.times(s[4], 2*c4)), m.sub(e, wide)}
	o := m.times(m.add(s[1], s[5]), c5)
	odd := []V{
		m.add(o, m.shifted(m.add(s[1], s[3]), 12)),
		m.shifted(m.sub(m.sub(s[1], s[3]), s[5]), 12),
		m.add(o, m.shifted(m.sub(s[5], s[3]), 12)),
	}
	return mirror(m, 6, even, odd)
}

func points7[V any](m arithmetic[V], s []V) []V {
	c := func(i, k int) V { return m.times(s[i], cosine(7, k)) }
	even := []V{
		m.add(m.add(m.add(s[0], c(2, 2)), c(4, 4)), c(6, 6)),
		m.sub(m.sub(m.add(s[0], c(2, 6)), c(4, 2)), c(6, 4)),
		m.add(m.sub(m.sub(s[0], c(2, 4)), c(4, 6)), c(6, 2)),
		m.sub(s[0], m.times(m.add(m.sub(s[2], s[4]), s[6]), root2)),
	}
	odd := []V{
		m.add(m.add(c(1, 1), c(3, 3)), c(5, 5)),
		m.sub(m.sub(c(1, 3), c(3, 5)), c(5, 1)),
		m.add(m.sub(c(1, 5), c(3, 1)), c(5, 3)),
	}
	return mirror(m, 7, even, odd)
}

// points8 is the algorithm of Loeffler, Ligtenberg and Moschytz.
func points8[V any](m arithmetic[V], s []V) []V {
	z := m.times(m.add(s[2], s[6]), 4433)
	a, b := m.add(z, m.times(s[2], 6270)), m.sub(z, m.times(s[6], 15137))
	s4 := m.shifted(s[4], 13)
	plus, minus := m.add(s[0], s4), m.sub(s[0], s4)
	even := []V{m.add(plus, a), m.add(minus, b), m.sub(minus, b), m.sub(plus, a)}

	s73, s51 := m.add(s[7], s[3]), m.add(s[5], s[1])
	z5 := m.times(m.add(s73, s51), 9633)
	z3, z4 := m.sub(z5, m.times(s73, 16069)), m.sub(z5, m.times(s51, 3196))
	z1, z2 := m.times(m.add(s[7], s[1]), 7373), m.times(m.add(s[5], s[3]), 20995)
	odd := []V{
		m.add(m.sub(m.times(s[1], 12299), z1), z4),
		m.add(m.sub(m.times(s[3], 25172), z2), z3),
		m.add(m.sub(m.times(s[5], 16819), z2), z4),
		m.add(m.sub(m.times(s[7], 2446), z1), z3),
	}
	return mirror(m, 8, even, odd)
}
