package inference

import (
	"math"

	"github.com/tacit-space/tacit/engine/fault"
)

// ROC is how well a score tells those with an event from those without, from their counts at ascending values of the score.
type ROC struct {
	// Area under the curve: the share of pairs of one with the event and one without in which the first has the higher score, half of those with
	// the same. The interval is by E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson (Biometrics 44 (1988) 837–845).
	Area Estimate
	// Least and Most are the area if pairs of one value are all in the wrong order, or all in the right one: where values are bins of
	// a score the area of the score itself lies between.
	Least, Most float64
	Points      []ROCPoint
	Best        int // the point with the largest sensitivity + specificity, the first of several
}

// ROCPoint is the rule that calls value number Value and higher ones positive.
type ROCPoint struct {
	Value                    int
	Sensitivity, Specificity float64
	Predictive               float64 // positive predictive value; NaN where nobody is positive
}

// NewROC makes the curve of counts of people with the event and without.
func NewROC(with, without []int64, level float64) (*ROC, *fault.Fault) {
	n, m := 0.0, 0.0
	for i := range with {
		if with[i] < 0 || without[i] < 0 {
			return nil, BadCounts.New("a count below 0")
		}
		n, m = n+float64(with[i]), m+float64(without[i])
	}
	if n < 2 || m < 2 {
		return nil, TooFew.New("%g with the event and %g without, two of each are needed", n, m)
	}
	r := &ROC{}
	above, below := n, 0.0 // with the event at this value and higher ones; without it at lower ones
	sum, square, sum2, square2 := 0.0, 0.0, 0.0, 0.0
	for i := range with {
		a, b := float64(with[i]), float64(without[i])
		p := ROCPoint{i, above / n, below / m, above / (above + m - below)}
		if r.Points = append(r.Points, p); p.Sensitivity+p.Specificity > r.Points[r.Best].Sensitivity+r.Points[r.Best].Specificity {
			r.Best = i
		}
		r.Least, r.Most = r.Least+a*below, r.Most+a*(below+b)
		lower, higher := (below+b/2)/m, (above-a/2)/n // placements of those with the event, and of those without
		sum, square = sum+a*lower, square+a*lower*lower
		sum2, square2 = sum2+b*higher, square2+b*higher*higher
		above, below = above-a, below+b
	}
	r.Least, r.Most = r.Least/n/m, r.Most/n/m
	area := sum / n
	variance := (square-sum*sum/n)/(n-1)/n + (square2-sum2*sum2/m)/(m-1)/m
	se, z := math.Sqrt(max(0, variance)), normal(level)
	r.Area = Estimate{area, se, max(0, area-z*se), min(1, area+z*se)}
	return r, nil
}

// Calibration is how predicted probabilities agree with what happened. (E. W. Steyerberg, Clinical Prediction Models, chapter 15.)
type Calibration struct {
	Brier, Scaled float64 // mean squared error; share of that of the mean outcome that is taken away
	Ratio         Estimate
	ChiSq, P      float64 // of groups, each with a degree of freedom (D. W. Hosmer, S. Lemeshow)
	DF            int
}

// Predicted is a group of people: how many, how many have the event, and the sums of their probabilities and of the squares of these.
type Predicted struct {
	N, Events    int64
	Sum, Squares float64
	EventSum     float64 // of those with the event
}

// Calibrate compares predicted probabilities with events. Groups in which nothing or everything is certain are in no χ².
func Calibrate(groups []Predicted, level float64) (*Calibration, *fault.Fault) {
	var all Predicted
	c := &Calibration{}
	for _, g := range groups {
		if g.Events < 0 || g.Events > g.N {
			return nil, BadCounts.New("%d events of %d", g.Events, g.N)
		}
		all = Predicted{all.N + g.N, all.Events + g.Events, all.Sum + g.Sum, all.Squares + g.Squares, all.EventSum + g.EventSum}
		if mean := g.Sum / float64(g.N); g.N > 0 && mean > 0 && mean < 1 {
			d := float64(g.Events) - g.Sum
			c.ChiSq, c.DF = c.ChiSq+d*d/(g.Sum*(1-mean)), c.DF+1
		}
	}
	if all.N == 0 {
		return nil, TooFew.New("nobody")
	}
	ratio, f := StandardisedRatio(all.Events, all.Sum, level)
	if f != nil {
		return nil, f
	}
	n, events := float64(all.N), float64(all.Events)
	c.Ratio, c.Brier = *ratio, (all.Squares-2*all.EventSum+events)/n
	c.Scaled = 1 - c.Brier/(events/n*(1-events/n)) // infinite where all or none have the event
	c.P = 1
	if c.DF > 0 {
		c.P = chiSquaredTail(c.ChiSq, c.DF)
	}
	return c, nil
}
