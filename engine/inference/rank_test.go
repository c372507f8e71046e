package inference_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/combin"

	"github.com/tacit-space/tacit/engine/inference"
)

// Published: ozone in New York in May and August 1973, as in R's help(wilcox.test): W 127.5, p 0.0001208.
func TestOzone(t *testing.T) {
	may := []int{41, 36, 12, 18, 28, 23, 19, 8, 7, 16, 11, 14, 18, 14, 34, 6, 30, 11, 1, 11, 4, 32, 23, 45, 115, 37}
	august := []int{39, 9, 16, 78, 35, 66, 122, 89, 110, 44, 28, 65, 22, 59, 23, 31, 44, 21, 9, 45, 168, 73, 76, 118, 84, 85}
	r, f := inference.MannWhitney(counted(may, 200), counted(august, 200))
	if f != nil {
		t.Fatal(f)
	}
	shows(t, "W", "%.1f", r.U, "127.5")
	shows(t, "p", "%.7f", r.P, "0.0001208")
}

func counted(values []int, bins int) []int64 {
	out := make([]int64, bins)
	for _, v := range values {
		out[v]++
	}
	return out
}

// U over all pairs of rows, and the variance of U from that of the midranks.
func TestMannWhitneyAgainstRows(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 7))
	for range 100 {
		a, b := make([]int, 2+random.IntN(40)), make([]int, 2+random.IntN(40))
		bins := 2 + random.IntN(30)
		for i := range a {
			a[i] = random.IntN(bins)
		}
		for i := range b {
			b[i] = random.IntN(bins)
		}
		u := 0.0
		for _, x := range a {
			for _, y := range b {
				switch {
				case x > y:
					u++
				case x == y:
					u += 0.5
				}
			}
		}
		all := append(append([]int{}, a...), b...)
		n, n1, n2 := float64(len(all)), float64(len(a)), float64(len(b))
		spread := 0.0
		for _, x := range all {
			rank := 0.5
			for _, y := range all {
				switch {
				case x > y:
					rank++
				case x == y:
					rank += 0.5
				}
			}
			spread += (rank - (n+1)/2) * (rank - (n+1)/2)
		}
		got, f := inference.MannWhitney(counted(a, bins), counted(b, bins))
		if spread == 0 {
			if f == nil {
				t.Error("ties only are no fault")
			}
			continue
		}
		if f != nil {
			t.Fatal(f)
		}
		near(t, "U", got.U, u)
		near(t, "superiority", got.Superiority, u/(n1*n2))
		excess := u - n1*n2/2
		want := 0.0
		if excess != 0 {
			want = math.Copysign(math.Abs(excess)-0.5, excess) / math.Sqrt(n1*n2*spread/(n*(n-1)))
		}
		near(t, "z", got.Z, want)
	}
}

// Fisher's p by listing every table with the margins, with binomial coefficients in whole numbers.
func TestFisherAgainstAllTables(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 8))
	for range 300 {
		x := inference.TwoByTwo{A: random.Int64N(13), B: random.Int64N(13), C: random.Int64N(13), D: random.Int64N(13)}
		f, bad := x.Exact(0.9)
		m, n, k := int(x.A+x.B), int(x.C+x.D), int(x.A+x.C)
		if min(m, n, k, m+n-k) == 0 {
			if bad == nil {
				t.Errorf("%v has a test", x)
			}
			continue
		}
		if bad != nil {
			t.Fatal(bad)
		}
		lo, hi := max(0, k-n), min(k, m)
		of := func(a int) float64 { return float64(combin.Binomial(m, a)) * float64(combin.Binomial(n, k-a)) }
		p, total := 0.0, 0.0
		for a := lo; a <= hi; a++ {
			total += of(a)
			if of(a) <= of(int(x.A)) {
				p += of(a)
			}
		}
		near(t, "p", f.P, p/total)
		// The limits are where a tail has the probability 0.05, and the estimate where A is expected.
		tail := func(psi float64, take func(a int) bool) float64 {
			some, all := 0.0, 0.0
			for a := lo; a <= hi; a++ {
				w := of(a) * math.Pow(psi, float64(a))
				if all += w; take(a) {
					some += w
				}
			}
			return some / all
		}
		if int(x.A) > lo {
			near(t, "upper tail at the lower limit", tail(f.Lower, func(a int) bool { return a >= int(x.A) }), 0.05)
		}
		if int(x.A) < hi {
			near(t, "lower tail at the upper limit", tail(f.Upper, func(a int) bool { return a <= int(x.A) }), 0.05)
		}
		if int(x.A) > lo && int(x.A) < hi {
			some, all := 0.0, 0.0
			for a := lo; a <= hi; a++ {
				w := of(a) * math.Pow(f.OddsRatio, float64(a))
				some, all = some+w*float64(a), all+w
			}
			near(t, "A at the estimate", some/all, float64(x.A))
		}
	}
}

// Hundreds of millions of people: a sum over all tables with these margins would not end.
func TestFisherOfMillions(t *testing.T) {
	x := inference.TwoByTwo{A: 100_000_000, B: 100_000_000, C: 100_000_000, D: 100_010_000}
	f, bad := x.Exact(0.95)
	if bad != nil {
		t.Fatal(bad)
	}
	w, _ := x.Effects(0.95)
	c, _ := inference.Independence([][]int64{{x.A, x.B}, {x.C, x.D}}, true)
	if math.Abs(f.OddsRatio-w.OddsRatio.Value) > 1e-7 || math.Abs(f.Lower-w.OddsRatio.Lower) > 1e-6 || math.Abs(f.Upper-w.OddsRatio.Upper) > 1e-6 || math.Abs(f.P-c.P) > 1e-4 {
		t.Errorf("%+v, by Woolf %+v, p by χ² %g", f, w.OddsRatio, c.P)
	}
}

// The far tail of F: with two groups it is Student's t, whose tail is known another way.
func TestFarTailOfF(t *testing.T) {
	var a, b []float64
	for i := range 50 {
		a, b = append(a, float64(i%5)), append(b, float64(i%5)+40)
	}
	s, f := inference.Student(momentsOf(a), momentsOf(b), 0.95)
	if f != nil {
		t.Fatal(f)
	}
	v, f := inference.OneWay([]*inference.Moments{momentsOf(a), momentsOf(b)})
	if f != nil {
		t.Fatal(f)
	}
	if s.P > 1e-90 || s.P == 0 || math.Abs(v.P/s.P-1) > 1e-9 {
		t.Errorf("p %g by F, %g by t", v.P, s.P)
	}
}

func TestStandardisedRate(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 9))
	for range 100 { // one stratum: the exact interval of its rate, whatever its weight
		d, time, level := random.Int64N(50), 1+random.Float64()*1000, 0.8+random.Float64()*0.19
		s, f := inference.StandardisedRate([]inference.Stratum{{d, time, random.Float64() + 0.1}}, level)
		r, g := inference.Rate(d, time, level)
		if f != nil || g != nil {
			t.Fatal(f, g)
		}
		near(t, "rate", s.Value, r.Value)
		near(t, "SE", s.SE, r.SE)
		near(t, "lower", s.Lower, r.Lower)
		near(t, "upper", s.Upper, r.Upper)
	}
	// By hand: rates 0.1 and 0.4, weights 3 to 1: 0.075 + 0.1; variance (0.75/100)² 10 + (0.25/50)² 20.
	s, f := inference.StandardisedRate([]inference.Stratum{{10, 100, 3}, {20, 50, 1}}, 0.95)
	if f != nil {
		t.Fatal(f)
	}
	near(t, "rate", s.Value, 0.175)
	near(t, "SE", s.SE, math.Sqrt(0.0005625+0.0005))
	if !(s.Lower < s.Value && s.Value < s.Upper) {
		t.Errorf("%+v", s)
	}
	for what, bad := range map[string][]inference.Stratum{
		"nothing": nil, "no time": {{1, 0, 1}}, "no weight": {{1, 1, 0}}, "a weight below 0": {{1, 1, -1}, {1, 1, 2}}, "events below 0": {{-1, 1, 1}},
		"no number": {{1, 1, math.NaN()}}, "endless": {{1, 1, math.Inf(1)}},
	} {
		if _, f := inference.StandardisedRate(bad, 0.95); f == nil {
			t.Errorf("%s is no fault", what)
		}
	}
}

// Byar's lower limit is no negative rate, however wide the interval.
func TestByarIsNotNegative(t *testing.T) {
	s, f := inference.StandardisedRatio(1, 2, 0.9999)
	if f != nil || s.Lower != 0 {
		t.Errorf("%+v, %v", s, f)
	}
}
