package inference_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tacit-space/tacit/engine/inference"
)

// The average is the weighted sum of all periods, written out; the CUSUM is that of single people, one after the other, in any order that it does not touch 0 in.
func TestControl(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 91))
	for range 60 {
		var samples []inference.Sample
		events, n := 0.0, 0.0
		for range 1 + random.IntN(20) {
			s := inference.Sample{N: 5 + random.Int64N(60)}
			s.Events = random.Int64N(s.N)
			samples = append(samples, s)
			events, n = events+float64(s.Events), n+float64(s.N)
		}
		samples = append(samples, inference.Sample{Events: 1, N: 2})
		lambda, width, ratio := 0.05+0.9*random.Float64(), 1+3*random.Float64(), 1.5+random.Float64()
		p, points, f := inference.Control(samples, math.NaN(), lambda, width, ratio)
		if f != nil {
			t.Fatal(f)
		}
		near(t, "centre", p, (events+1)/(n+2))
		for i, got := range points {
			mean, variance := p*math.Pow(1-lambda, float64(i+1)), 0.0
			for j := range i + 1 {
				w := lambda * math.Pow(1-lambda, float64(i-j))
				mean += w * float64(samples[j].Events) / float64(samples[j].N)
				variance += w * w * p * (1 - p) / float64(samples[j].N)
			}
			near(t, "average", got.Smoothed, mean)
			near(t, "its upper limit", got.SmoothUp, math.Min(1, p+width*math.Sqrt(variance)))
			sd := math.Sqrt(p * (1 - p) / float64(samples[i].N))
			near(t, "upper", got.Upper, math.Min(1, p+width*sd))
			near(t, "lower", got.Lower, math.Max(0, p-width*sd))
			q := ratio * p / (1 - p + ratio*p) // the share whose odds are ratio times those of p
			before := 0.0
			if i > 0 {
				before = points[i-1].Cusum
			}
			d, m := float64(samples[i].Events), float64(samples[i].N)
			near(t, "CUSUM", got.Cusum, math.Max(0, before+d*math.Log(q/p)+(m-d)*math.Log((1-q)/(1-p))))
		}
	}
	for what, c := range map[string]struct {
		samples []inference.Sample
		centre  float64
	}{
		"nothing": {nil, math.NaN()}, "no events": {[]inference.Sample{{0, 5}}, math.NaN()}, "all": {[]inference.Sample{{5, 5}}, math.NaN()},
		"too many": {[]inference.Sample{{6, 5}}, 0.5}, "nobody": {[]inference.Sample{{0, 0}}, 0.5}, "centre 1": {[]inference.Sample{{1, 5}}, 1},
	} {
		if _, _, f := inference.Control(c.samples, c.centre, 0.2, 3, 2); f == nil {
			t.Errorf("%s is no fault", what)
		}
	}
}
