package inference

import (
	"math"

	"github.com/tacit-space/tacit/engine/fault"
)

// Sample is events among so many of a period.
type Sample struct{ Events, N int64 }

// ControlPoint is a period of a control chart.
type ControlPoint struct {
	Share, Lower, Upper             float64 // of the period, with the limits of a p chart
	Smoothed, SmoothLower, SmoothUp float64 // exponentially weighted moving average, with its limits
	Cusum                           float64 // cumulative log-likelihood ratio that the odds are so many times those of the centre, from 0 on
}

// Control says which shares of periods are further from the centre than chance makes them, and whether they drift. Limits are width standard deviations wide; the average
// gives a period the weight lambda; the CUSUM looks for the odds of the centre times ratio. A centre of NaN is the share over all periods. (D. C. Montgomery, Introduction to
// Statistical Quality Control, chapters 7 and 9; S. H. Steiner et al., Biostatistics 1 (2000) 441–452.)
func Control(samples []Sample, centre, lambda, width, ratio float64) (mean float64, points []ControlPoint, f *fault.Fault) {
	var all Sample
	for _, s := range samples {
		if s.Events < 0 || s.Events > s.N || s.N < 1 {
			return 0, nil, BadCounts.New("%d events among %d", s.Events, s.N)
		}
		all.Events, all.N = all.Events+s.Events, all.N+s.N
	}
	if math.IsNaN(centre) && all.N > 0 {
		centre = float64(all.Events) / float64(all.N)
	}
	if len(samples) == 0 || !(centre > 0) || !(centre < 1) {
		return 0, nil, NoSpread.New("there are no periods, or the share is %g", centre)
	}
	smooth, variance, cusum := centre, 0.0, 0.0
	for _, s := range samples {
		n, d := float64(s.N), float64(s.Events)
		v := centre * (1 - centre) / n
		smooth = lambda*d/n + (1-lambda)*smooth
		variance = lambda*lambda*v + (1-lambda)*(1-lambda)*variance
		cusum = max(0, cusum+d*math.Log(ratio)-n*math.Log(1-centre+ratio*centre))
		half, soft := width*math.Sqrt(v), width*math.Sqrt(variance)
		points = append(points, ControlPoint{d / n, max(0, centre-half), min(1, centre+half), smooth, max(0, centre-soft), min(1, centre+soft), cusum})
	}
	return centre, points, nil
}
