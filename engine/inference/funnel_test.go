package inference_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tacit-space/tacit/engine/inference"
)

// The limits are where the polygon through the Poisson distribution, added up term by term, has the probabilities.
func TestFunnel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 12))
	for range 200 {
		mean, level := math.Exp(random.Float64()*6-1), 0.8+random.Float64()*0.198
		lower, upper, f := inference.Funnel(mean, level)
		if f != nil {
			t.Fatal(f)
		}
		for _, c := range []struct{ at, p float64 }{{lower * mean, (1 - level) / 2}, {upper * mean, (1 + level) / 2}} {
			below, term, r := 0.0, math.Exp(-mean), 0.0
			for r < math.Ceil(c.at) {
				below, r = below+term, r+1
				term *= mean / r
			}
			got := below + term*(1-(r-c.at)) // r−1 < at ≤ r
			if c.at == 0 && math.Exp(-mean) >= c.p {
				continue // no number of events is too small
			}
			if math.Abs(got-c.p) > 1e-9 {
				t.Errorf("mean %g, level %g: the distribution is %g at %g, want %g", mean, level, got, c.at, c.p)
			}
		}
		if !(lower < 1 && 1 < upper) {
			t.Errorf("limits %g and %g", lower, upper)
		}
	}
	// Where the expansion begins it is as good as the sum.
	for _, level := range []float64{0.5, 0.95, 0.998, 0.999999} {
		a, b, _ := inference.Funnel(1e6, level)
		c, d, _ := inference.Funnel(1e6+1e-6, level)
		if math.Abs(a-c) > 1e-8 || math.Abs(b-d) > 1e-8 {
			t.Errorf("level %g: %g to %g before, %g to %g after", level, a, b, c, d)
		}
	}
	if lower, upper, f := inference.Funnel(1e15, 0.95); f != nil || !(lower < 1 && 1 < upper && upper < 1+1e-6) {
		t.Errorf("of 1e15: %g to %g, %v", lower, upper, f)
	}
	for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, _, f := inference.Funnel(bad, 0.95); f == nil {
			t.Errorf("%g expected events are no fault", bad)
		}
	}
}

// TestRatioOfRates: of one stratum each it is the ratio of rates.
func TestRatioOfRates(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 13))
	for range 100 {
		a, b, s, u := 1+random.Int64N(50), 1+random.Int64N(50), 1+random.Float64()*1000, 1+random.Float64()*1000
		first, _ := inference.StandardisedRate([]inference.Stratum{{a, s, 1}}, 0.95)
		second, _ := inference.StandardisedRate([]inference.Stratum{{b, u, 7}}, 0.95)
		got, f := inference.RatioOfRates(first, second, 0.9)
		want, g := inference.RateRatio(a, s, b, u, 0.9)
		if f != nil || g != nil {
			t.Fatal(f, g)
		}
		near(t, "ratio", got.Value, want.Value)
		near(t, "lower", got.Lower, want.Lower)
		near(t, "upper", got.Upper, want.Upper)
	}
	none, _ := inference.StandardisedRate([]inference.Stratum{{0, 10, 1}}, 0.95)
	some, _ := inference.StandardisedRate([]inference.Stratum{{3, 10, 1}}, 0.95)
	if _, f := inference.RatioOfRates(some, none, 0.95); !inference.TooFew.Is(f) {
		t.Errorf("a rate of 0: %v", f)
	}
}
