package inference

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
)

// RateStratum is events and person-time of the exposed and of the others in a stratum.
type RateStratum struct {
	Events, OtherEvents int64
	Time, OtherTime     float64
}

// CommonRate is a common rate ratio over strata.
type CommonRate struct {
	Ratio, Crude     Estimate // SE is that of the logarithm
	ChiSq, P         float64  // that it is 1, one degree of freedom
	Homogeneity      float64  // χ² of different ratios, over strata in which both have events
	HomogeneityP     float64
	HomogeneityDF    int
	Events, Others   int64
	Time, OthersTime float64
}

// StratifiedRates is the rate ratio of N. Mantel and W. Haenszel, Σ a T₀/T over Σ b T₁/T, with the variance of S. Greenland and J. Robins
// (Biometrics 41 (1985) 55–68). Strata without the time of either say nothing and are left out.
func StratifiedRates(strata []RateStratum, level float64) (*CommonRate, *fault.Fault) {
	c := &CommonRate{}
	r, s, variance, excess := 0.0, 0.0, 0.0, 0.0
	var used []RateStratum
	for _, x := range strata {
		switch {
		case x.Events < 0 || x.OtherEvents < 0:
			return nil, BadCounts.New("a count below 0")
		case x.Time < 0 || x.OtherTime < 0 || math.IsNaN(x.Time+x.OtherTime):
			return nil, NoExposure.New("person-time below 0")
		case x.Time == 0 || x.OtherTime == 0:
			continue
		}
		used = append(used, x)
		a, b, total := float64(x.Events), float64(x.OtherEvents), x.Time+x.OtherTime
		r, s = r+a*x.OtherTime/total, s+b*x.Time/total
		variance += (a + b) * x.Time / total * x.OtherTime / total
		excess += a - (a+b)*x.Time/total
		c.Events, c.Others, c.Time, c.OthersTime = c.Events+x.Events, c.Others+x.OtherEvents, c.Time+x.Time, c.OthersTime+x.OtherTime
	}
	if r == 0 || s == 0 {
		return nil, TooFew.New("the exposed or the others have no events in strata with time of both")
	}
	c.Ratio = *ratio(r/s, math.Sqrt(variance/(r*s)), normal(level))
	crude, f := RateRatio(c.Events, c.Time, c.Others, c.OthersTime, level)
	if f != nil {
		return nil, f
	}
	c.Crude = *crude
	c.ChiSq, c.HomogeneityP = excess*excess/variance, 1
	c.P = chiSquaredTail(c.ChiSq, 1)
	for _, x := range used {
		if x.Events > 0 && x.OtherEvents > 0 {
			a, b := float64(x.Events), float64(x.OtherEvents)
			d := math.Log(a/x.Time/(b/x.OtherTime)) - math.Log(c.Ratio.Value)
			c.Homogeneity, c.HomogeneityDF = c.Homogeneity+d*d/(1/a+1/b), c.HomogeneityDF+1
		}
	}
	if c.HomogeneityDF = max(0, c.HomogeneityDF-1); c.HomogeneityDF > 0 {
		c.HomogeneityP = chiSquaredTail(c.Homogeneity, c.HomogeneityDF)
	} else {
		c.Homogeneity = 0 // of one ratio
	}
	return c, nil
}

func chiSquaredTail(x float64, df int) float64 {
	return distuv.ChiSquared{K: float64(df)}.Survival(x)
}
