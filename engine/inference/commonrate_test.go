package inference_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tacit-space/tacit/engine/inference"
)

// Published: R. G. Newcombe's table II, method 10: 56/70 − 48/80 and 9/10 − 3/10.
func TestNewcombe(t *testing.T) {
	for _, c := range []struct {
		table inference.TwoByTwo
		want  string
	}{
		{inference.TwoByTwo{A: 56, B: 14, C: 48, D: 32}, "0.2000 0.0524 0.3339"},
		{inference.TwoByTwo{A: 9, B: 1, C: 3, D: 7}, "0.6000 0.1705 0.8090"},
	} {
		e, f := c.table.Newcombe(0.95)
		if f != nil {
			t.Fatal(f)
		}
		if got := fmt.Sprintf("%.4f %.4f %.4f", e.Value, e.Lower, e.Upper); got != c.want {
			t.Errorf("%v: %s, want %s", c.table, got, c.want)
		}
	}
	e, f := inference.TwoByTwo{A: 10, B: 0, C: 0, D: 20}.Newcombe(0.95)
	if f != nil || e.Upper > 1+1e-12 || e.Lower > 1 {
		t.Errorf("certain: %+v, %v", e, f)
	}
	if _, f := (inference.TwoByTwo{A: 1, B: 1}).Newcombe(0.95); !inference.EmptyMargin.Is(f) {
		t.Error(f)
	}
}

// doctors is R. Doll's and A. B. Hill's coronary deaths of British doctors who smoke and who do not, by age, as in every textbook.
var doctors = []inference.RateStratum{
	{32, 2, 52407, 18790}, {104, 12, 43248, 10673}, {206, 28, 28612, 5710}, {186, 28, 12663, 2585}, {102, 31, 5317, 1462},
}

// Published: Stata's manual of ir: crude 1.719823; combined 1.424682, interval 1.154703 to 1.757784; homogeneity χ²(4) = 10.41.
func TestDoctors(t *testing.T) {
	c, f := inference.StratifiedRates(doctors, 0.95)
	if f != nil {
		t.Fatal(f)
	}
	got := fmt.Sprintf("%.6f; %.6f, %.6f to %.6f; %.2f %d", c.Crude.Value, c.Ratio.Value, c.Ratio.Lower, c.Ratio.Upper, c.Homogeneity, c.HomogeneityDF)
	if got != "1.719823; 1.424682, 1.154703 to 1.757784; 10.41 4" {
		t.Error(got)
	}
}

// Of one stratum it is the ratio of its rates; strata of one ratio have that; without time of both a stratum says nothing.
func TestStratifiedRates(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 14))
	for range 100 {
		one := inference.RateStratum{Events: 1 + random.Int64N(50), OtherEvents: 1 + random.Int64N(50), Time: 1 + random.Float64()*100, OtherTime: 1 + random.Float64()*100}
		c, f := inference.StratifiedRates([]inference.RateStratum{one, {Events: 5, Time: 9}, {OtherTime: 3}}, 0.95)
		if f != nil {
			t.Fatal(f)
		}
		want, _ := inference.RateRatio(one.Events, one.Time, one.OtherEvents, one.OtherTime, 0.95)
		near(t, "ratio", c.Ratio.Value, want.Value)
		near(t, "χ² of one ratio", c.Homogeneity+1, 1)
		m, share := float64(one.Events+one.OtherEvents), one.Time/(one.Time+one.OtherTime)
		near(t, "χ²", c.ChiSq, math.Pow(float64(one.Events)-m*share, 2)/(m*share*(1-share)))
		twice := one
		twice.Events, twice.OtherEvents = 3*one.Events, 3*one.OtherEvents
		if c, _ = inference.StratifiedRates([]inference.RateStratum{one, twice}, 0.95); math.Abs(c.Ratio.Value-want.Value) > 1e-9*want.Value {
			t.Errorf("of one ratio %g: %g", want.Value, c.Ratio.Value)
		}
	}
	for what, bad := range map[string][]inference.RateStratum{
		"nothing": nil, "no events": {{0, 3, 1, 1}}, "below 0": {{-1, 3, 1, 1}}, "time below 0": {{1, 3, -1, 1}}, "no time": {{1, 3, 0, 1}}, "no number": {{1, 3, math.NaN(), 1}},
	} {
		if _, f := inference.StratifiedRates(bad, 0.95); f == nil {
			t.Errorf("%s is no fault", what)
		}
	}
}
