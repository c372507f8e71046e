package inference

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
)

// Stratum is the events and the person-time of a stratum, and its weight in the standard population: a number of people or a share.
type Stratum struct {
	Events       int64
	Time, Weight float64
}

// StandardisedRate is the rate that the standard population would have: Σ w d / T over Σ w, with the gamma interval
// of M. P. Fay, E. J. Feuer (Statistics in Medicine 16 (1997) 791–801), which is the exact Poisson interval where there is one stratum.
func StandardisedRate(strata []Stratum, level float64) (*Estimate, *fault.Fault) {
	total := 0.0
	for _, s := range strata {
		switch {
		case s.Events < 0:
			return nil, BadCounts.New("%d events", s.Events)
		case !(s.Time > 0):
			return nil, NoExposure.New("the person-time of a stratum is not above 0")
		case !(s.Weight >= 0) || math.IsInf(s.Weight, 0):
			return nil, NoExposure.New("a weight is below 0, or no number")
		}
		total += s.Weight
	}
	if !(total > 0) || math.IsInf(total, 0) {
		return nil, NoExposure.New("the weights of the standard population add up to no number above 0")
	}
	rate, variance, largest := 0.0, 0.0, 0.0
	for _, s := range strata {
		w := s.Weight / total / s.Time
		rate, variance, largest = rate+w*float64(s.Events), variance+w*w*float64(s.Events), max(largest, w)
	}
	e := &Estimate{Value: rate, SE: math.Sqrt(variance)}
	alpha := 1 - level
	if variance > 0 {
		e.Lower = variance / (2 * rate) * distuv.ChiSquared{K: 2 * rate * rate / variance}.Quantile(alpha/2)
	}
	r, v := rate+largest, variance+largest*largest
	e.Upper = v / (2 * r) * distuv.ChiSquared{K: 2 * r * r / v}.Quantile(1-alpha/2)
	return e, nil
}

// RatioOfRates compares two independent standardised rates, both above 0; SE is that of the logarithm, √(v₁/r₁² + v₂/r₂²).
// (P. Boyle, D. M. Parkin, in Cancer Registration: Principles and Methods, IARC 1991, chapter 11.)
func RatioOfRates(a, b *Estimate, level float64) (*Estimate, *fault.Fault) {
	if !(a.Value > 0) || !(b.Value > 0) {
		return nil, TooFew.New("a group without events")
	}
	return ratio(a.Value/b.Value, math.Hypot(a.SE/a.Value, b.SE/b.Value), normal(level)), nil
}
