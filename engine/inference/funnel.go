package inference

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
)

// Funnel returns the limits between which observed over expected events lie with the given probability if the expected events are
// right: prediction limits around the target 1, which depend on the expected events only, and are no confidence limits of
// the ratio. They are those of the Poisson distribution, interpolated between its steps. (D. J. Spiegelhalter, Statistics in
// Medicine 24 (2005) 1185–1202, appendix A.1; B. N. Manktelow, S. E. Seaton, BMC Medical Research Methodology 12 (2012) 98.)
func Funnel(expected, level float64) (lower, upper float64, f *fault.Fault) {
	if !(expected > 0) || math.IsInf(expected, 0) {
		return 0, 0, NoExposure.New("the expected number of events is not above 0")
	}
	tail := (1 - level) / 2
	return poissonQuantile(expected, tail) / expected, poissonQuantile(expected, 1-tail) / expected, nil
}

// poissonQuantile is r − α, where r is the first number with P(R ≤ r) > p and α the part of its step that lies above p; 0 at
// least.
func poissonQuantile(mean, p float64) float64 {
	at := func(r float64) float64 { // P(R ≤ r)
		if r < 0 {
			return 0
		}
		return mathext.GammaIncRegComp(r+1, mean)
	}
	if mean > 1e6 { // by the expansion of Cornish and Fisher, whose next term is below 1/√mean
		z := distuv.UnitNormal.Quantile(p)
		return mean + z*math.Sqrt(mean) + (z*z-1)/6 - 0.5
	}
	low, high := -1.0, 1.0 // P(R ≤ low) ≤ p < P(R ≤ high)
	for at(high) <= p && high < 1e9 {
		low, high = high, 2*high+1
	}
	for high-low > 1 {
		if middle := math.Floor((low + high) / 2); at(middle) > p {
			high = middle
		} else {
			low = middle
		}
	}
	above := at(high)
	return max(0, high-(above-p)/(above-at(high-1)))
}
