package inference

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
)

// Wilson is the interval of a proportion of k among n. (E. B. Wilson, JASA 22 (1927) 209–212.)
func Wilson(k, n int64, level float64) (*Estimate, *fault.Fault) {
	if n < 1 || k < 0 || k > n {
		return nil, BadCounts.New("%d of %d", k, n)
	}
	z, p, m := normal(level), float64(k)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return &Estimate{p, math.Sqrt(p * (1 - p) / m), max(0, centre-half), min(1, centre+half)}, nil
}

// Rate is events per unit of person-time, with the exact Poisson interval (F. Garwood,
// Biometrika 28 (1936) 437–442).
func Rate(events int64, time, level float64) (*Estimate, *fault.Fault) {
	if events < 0 {
		return nil, BadCounts.New("%d events", events)
	}
	if !(time > 0) {
		return nil, NoExposure.New("the person-time is not above 0")
	}
	d, alpha := float64(events), 1-level
	e := &Estimate{Value: d / time, SE: math.Sqrt(d) / time}
	if events > 0 {
		e.Lower = distuv.ChiSquared{K: 2 * d}.Quantile(alpha/2) / 2 / time
	}
	e.Upper = distuv.ChiSquared{K: 2*d + 2}.Quantile(1-alpha/2) / 2 / time
	return e, nil
}

// RateRatio compares the rates of two groups, both with events; SE is that of the logarithm.
func RateRatio(events1 int64, time1 float64, events2 int64, time2, level float64) (*Estimate, *fault.Fault) {
	switch {
	case events1 < 1 || events2 < 1:
		return nil, TooFew.New("a group without events")
	case !(time1 > 0) || !(time2 > 0):
		return nil, NoExposure.New("the person-time is not above 0")
	}
	a, b := float64(events1), float64(events2)
	return ratio(a/time1/(b/time2), math.Sqrt(1/a+1/b), normal(level)), nil
}

// StandardisedRatio is observed over expected events with Byar's limits (N. E. Breslow, N. E. Day, Statistical
// Methods in Cancer Research II, IARC 1987, section 2.3).
func StandardisedRatio(observed int64, expected, level float64) (*Estimate, *fault.Fault) {
	if observed < 0 {
		return nil, BadCounts.New("%d events", observed)
	}
	if !(expected > 0) {
		return nil, NoExposure.New("the expected number of events is not above 0")
	}
	o, z := float64(observed), normal(level)
	e := &Estimate{Value: o / expected, SE: math.Sqrt(o) / expected}
	if observed > 0 {
		e.Lower = o * math.Pow(max(0, 1-1/(9*o)-z/(3*math.Sqrt(o))), 3) / expected
	}
	e.Upper = (o + 1) * math.Pow(1-1/(9*(o+1))+z/(3*math.Sqrt(o+1)), 3) / expected
	return e, nil
}

// Meta is a meta-analysis of estimates with known variances.
type Meta struct {
	Fixed, Random Estimate
	Q, P          float64 // test that the estimates are of the same number
	DF            int
	ISquared      float64 // share of the spread that chance does not explain, in [0, 1]
	Tau           float64 // standard deviation between the estimates
	Weights       []float64
}

// Combine weighs estimates by the inverse of their variance, and for the random effect adds the variance between
// them. (R. DerSimonian, N. Laird, Controlled Clinical Trials 7 (1986) 177–188.)
func Combine(values, variances []float64, level float64) (*Meta, *fault.Fault) {
	if len(values) < 2 {
		return nil, TooFewEstimates.New("%d estimates", len(values))
	}
	for _, v := range variances {
		if !(v > 0) || math.IsInf(v, 0) {
			return nil, TooFewEstimates.New("an estimate without a variance")
		}
	}
	z := normal(level)
	m := &Meta{DF: len(values) - 1}
	mean, total, squares := weighted(values, variances, 0)
	m.Fixed = interval(mean, math.Sqrt(1/total), z)
	for i, x := range values {
		m.Q += (x - mean) * (x - mean) / variances[i]
	}
	m.P = distuv.ChiSquared{K: float64(m.DF)}.Survival(m.Q)
	excess := max(0, m.Q-float64(m.DF))
	if m.Q > 0 {
		m.ISquared = excess / m.Q
	}
	tau2 := excess / (total - squares/total)
	m.Tau = math.Sqrt(tau2)
	mean, total, _ = weighted(values, variances, tau2)
	m.Random = interval(mean, math.Sqrt(1/total), z)
	for _, v := range variances {
		m.Weights = append(m.Weights, 1/(v+tau2)/total)
	}
	return m, nil
}

// weighted returns the weighted mean, Σ w and Σ w².
func weighted(values, variances []float64, between float64) (mean, total, squares float64) {
	for i, x := range values {
		w := 1 / (variances[i] + between)
		mean, total, squares = mean+w*x, total+w, squares+w*w
	}
	return mean / total, total, squares
}

func interval(value, se, z float64) Estimate { return Estimate{value, se, value - z*se, value + z*se} }
