package he

import "math"

// rejectAt is the deviation from which on a statistic is refused. A standard normal number
// is above it with probability 1e-8, and the package looks at fewer than a thousand of them:
// with probability 1e-5 a sound sampler would have been refused. (As seeds are fixed a test
// passes always or never.)
const rejectAt = 5.6

// deviates returns how far a chi-square statistic of counts, which should be proportional
// to want (or all equal if want is nil), is above what is expected, in standard deviations
// (Wilson and Hilferty 1931).
func deviates(counts []int, want []float64) float64 {
	total, weight := 0.0, float64(len(counts))
	for _, n := range counts {
		total += float64(n)
	}
	if want != nil {
		weight = 0
		for _, w := range want {
			weight += w
		}
	}
	chi := 0.0
	for i, n := range counts {
		expected := total / weight
		if want != nil {
			expected *= want[i]
		}
		chi += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	d := float64(len(counts) - 1)
	return (math.Cbrt(chi/d) - (1 - 2/(9*d))) / math.Sqrt(2/(9*d))
}

// bytesOf counts the lowest and the highest eight bits of numbers below bound, the highest
// as floor(256 x/bound).
func bytesOf(limb []uint64, bound uint64) (low, high []int) {
	low, high = make([]int, 256), make([]int, 256)
	for _, x := range limb {
		low[x&255]++
		high[int(256*(float64(x)/float64(bound)))&255]++
	}
	return low, high
}
