package inference_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/tacit-space/tacit/engine/inference"
)

func momentsOf(values []float64) *inference.Moments {
	m := &inference.Moments{Sum: new(big.Rat), SumSquares: new(big.Rat)}
	for _, v := range values {
		x := new(big.Rat).SetFloat64(v)
		m = m.Add(&inference.Moments{N: 1, Sum: x, SumSquares: new(big.Rat).Mul(x, x)})
	}
	return m
}

func shows(t *testing.T, what, format string, got float64, want string) {
	t.Helper()
	if s := fmt.Sprintf(format, got); s != want {
		t.Errorf("%s is %s, want %s", what, s, want)
	}
}

// Published: Student's sleep data (Biometrika 6, 1908), as in R's help(t.test).
func TestSleep(t *testing.T) {
	a := momentsOf([]float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0})
	b := momentsOf([]float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4})
	w, f := inference.Welch(a, b, 0.95)
	if f != nil {
		t.Fatal(f)
	}
	shows(t, "t", "%.4f", w.T, "-1.8608")
	shows(t, "df", "%.3f", w.DF, "17.776")
	shows(t, "p", "%.5f", w.P, "0.07939")
	shows(t, "lower", "%.7f", w.Estimate.Lower, "-3.3654832")
	shows(t, "upper", "%.7f", w.Estimate.Upper, "0.2054832")
	s, f := inference.Student(a, b, 0.95)
	if f != nil {
		t.Fatal(f)
	}
	shows(t, "df", "%g", s.DF, "18")
	shows(t, "p", "%.5f", s.P, "0.07919")
	anova, f := inference.OneWay([]*inference.Moments{a, b})
	if f != nil {
		t.Fatal(f)
	}
	if math.Abs(anova.F-s.T*s.T) > 1e-12 || math.Abs(anova.P-s.P) > 1e-12 {
		t.Errorf("F %g, p %g; t² %g, p %g", anova.F, anova.P, s.T*s.T, s.P)
	}
}

// Published: R's PlantGrowth (A. Dobson 1983), anova(lm(weight ~ group)): F 4.8461, p 0.01591.
func TestPlantGrowth(t *testing.T) {
	a, f := inference.OneWay([]*inference.Moments{
		momentsOf([]float64{4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14}),
		momentsOf([]float64{4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69}),
		momentsOf([]float64{6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26}),
	})
	if f != nil {
		t.Fatal(f)
	}
	shows(t, "F", "%.4f", a.F, "4.8461")
	shows(t, "p", "%.5f", a.P, "0.01591")
	shows(t, "between", "%.4f", a.Between, "3.7663")
	shows(t, "within", "%.4f", a.Within, "10.4921")
}

// Published: R. A. Fisher's tea tasting, as in R's help(fisher.test), and its table of convictions of twins.
func TestFisher(t *testing.T) {
	tea, f := inference.TwoByTwo{A: 3, B: 1, C: 1, D: 3}.Exact(0.95)
	if f != nil {
		t.Fatal(f)
	}
	shows(t, "p", "%.4f", tea.P, "0.4857")
	shows(t, "odds ratio", "%.4f", tea.OddsRatio, "6.4083")
	shows(t, "lower", "%.4f", tea.Lower, "0.2117")
	// R prints 621.9338, as its root finder stops early: at psi the probability of at most 3 is (16 psi³ + 36 psi² + 16 psi + 1) / (psi⁴ + …).
	psi := tea.Upper
	rest := 16*psi*psi*psi + 36*psi*psi + 16*psi + 1
	near(t, "probability at the upper limit", rest/(psi*psi*psi*psi+rest), 0.025)
	twins, f := inference.TwoByTwo{A: 2, B: 10, C: 15, D: 3}.Exact(0.95)
	if f != nil {
		t.Fatal(f)
	}
	shows(t, "p", "%.7f", twins.P, "0.0005367")
	shows(t, "odds ratio", "%.6f", twins.OddsRatio, "0.046937") // R: 0.04693661, 0.003325764, 0.363182271
	shows(t, "lower", "%.4f", twins.Lower, "0.0033")
	shows(t, "upper", "%.4f", twins.Upper, "0.3632")
}

// Published: A. Agresti, An Introduction to Categorical Data Analysis (2007), p. 38, as in R's help(chisq.test): χ² 30.070.
func TestIndependence(t *testing.T) {
	c, f := inference.Independence([][]int64{{762, 327, 468}, {484, 239, 477}}, true)
	if f != nil {
		t.Fatal(f)
	}
	shows(t, "χ²", "%.3f", c.ChiSq, "30.070")
	shows(t, "p", "%.3e", c.P, "2.954e-07")
	shows(t, "expected", "%.4f", c.Expected[0][0], "703.6714")
	// 2×2 with and without Yates's correction: the twins above, χ² 13.032 and 10.458.
	twins := [][]int64{{2, 10}, {15, 3}}
	y, _ := inference.Independence(twins, true)
	p, _ := inference.Independence(twins, false)
	shows(t, "χ² with Yates", "%.3f", y.ChiSq, "10.458")
	shows(t, "χ²", "%.3f", p.ChiSq, "13.032")
}

// Golden: birthwt, low by smoke within race: OR 3.08638, SE(ln) 0.3713. R's mantelhaen.test has χ² 9.4134 without a correction.
func TestBirthwtStrata(t *testing.T) {
	m, f := inference.Stratified([]inference.TwoByTwo{{A: 19, B: 33, C: 4, D: 40}, {A: 6, B: 4, C: 5, D: 11}, {A: 5, B: 7, C: 20, D: 35}}, 0.95)
	if f != nil {
		t.Fatal(f)
	}
	shows(t, "odds ratio", "%.5f", m.OddsRatio.Value, "3.08638")
	shows(t, "SE", "%.4f", m.OddsRatio.SE, "0.3713")
	if m.Strata != 3 || m.HomogeneityDF != 2 || m.Homogeneity <= 0 || m.Corrected >= m.ChiSq {
		t.Errorf("%+v", m)
	}
}

// One stratum: the common odds ratio is that of the table, and χ² Pearson's times (n − 1) / n.
func TestOneStratum(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 5))
	for range 100 {
		x := inference.TwoByTwo{A: 1 + random.Int64N(30), B: 1 + random.Int64N(30), C: 1 + random.Int64N(30), D: 1 + random.Int64N(30)}
		m, f := inference.Stratified([]inference.TwoByTwo{x}, 0.9)
		e, g := x.Effects(0.9)
		c, h := inference.Independence([][]int64{{x.A, x.B}, {x.C, x.D}}, false)
		if f != nil || g != nil || h != nil {
			t.Fatal(f, g, h)
		}
		n := float64(c.N)
		near(t, "odds ratio", m.OddsRatio.Value, e.OddsRatio.Value)
		near(t, "risk ratio", m.RiskRatio.Value, e.RiskRatio.Value)
		near(t, "SE of the risk ratio", m.RiskRatio.SE, e.RiskRatio.SE)
		near(t, "SE of the odds ratio", m.OddsRatio.SE, e.OddsRatio.SE)
		near(t, "χ²", m.ChiSq, c.ChiSq*(n-1)/n)
		if m.Homogeneity > 1e-9 {
			t.Errorf("one stratum differs from itself by %g", m.Homogeneity)
		}
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
		t.Errorf("%s is %.15g, want %.15g", what, got, want)
	}
}

// Moments and correlation against the rows, whichever way they are split.
func TestAgainstRows(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 6))
	for range 50 {
		n := 5 + random.IntN(60)
		x, y := make([]float64, n), make([]float64, n)
		p := inference.Pairs{N: int64(n), X: new(big.Rat), Y: new(big.Rat), XX: new(big.Rat), YY: new(big.Rat), XY: new(big.Rat)}
		for i := range x {
			x[i] = 1000 + math.Round(random.NormFloat64()*100)/4
			y[i] = 0.5*x[i] + math.Round(random.NormFloat64()*100)
			a, b := new(big.Rat).SetFloat64(x[i]), new(big.Rat).SetFloat64(y[i])
			p.X.Add(p.X, a)
			p.Y.Add(p.Y, b)
			p.XX.Add(p.XX, new(big.Rat).Mul(a, a))
			p.YY.Add(p.YY, new(big.Rat).Mul(b, b))
			p.XY.Add(p.XY, new(big.Rat).Mul(a, b))
		}
		mean, variance := stat.MeanVariance(x, nil)
		m := momentsOf(x)
		near(t, "mean", float(m.Mean()), mean)
		near(t, "variance", m.Variance(), variance)
		c, f := p.Correlate(0.95)
		if f != nil {
			t.Fatal(f)
		}
		near(t, "r", c.R, stat.Correlation(x, y, nil))
		near(t, "covariance", c.Covariance, stat.Covariance(x, y, nil))
		if !(c.Lower < c.R && c.R < c.Upper) {
			t.Errorf("r %g in [%g, %g]", c.R, c.Lower, c.Upper)
		}
		split := 1 + random.IntN(n-1)
		if again := momentsOf(x[:split]).Add(momentsOf(x[split:])); again.Variance() != m.Variance() {
			t.Error("the variance depends on how values are split")
		}
	}
}

func float(r *big.Rat) float64 {
	x, _ := r.Float64()
	return x
}

// Published: prop.test and binconf examples: 15 of 148 is 0.1014 (0.0624–0.1605) by Wilson (Newcombe 1998); exact Poisson limits of
// 10 events are 4.795 and 18.39; Byar's limits of 10 observed are 4.79 and 18.39.
func TestRates(t *testing.T) {
	w, f := inference.Wilson(15, 148, 0.95)
	if f != nil {
		t.Fatal(f)
	}
	shows(t, "lower", "%.4f", w.Lower, "0.0624")
	shows(t, "upper", "%.4f", w.Upper, "0.1605")
	r, f := inference.Rate(10, 1, 0.95)
	if f != nil {
		t.Fatal(f)
	}
	shows(t, "lower", "%.3f", r.Lower, "4.795")
	shows(t, "upper", "%.2f", r.Upper, "18.39")
	s, f := inference.StandardisedRatio(10, 1, 0.95)
	if f != nil {
		t.Fatal(f)
	}
	shows(t, "lower", "%.2f", s.Lower, "4.79")
	shows(t, "upper", "%.2f", s.Upper, "18.39")
	zero, f := inference.Rate(0, 100, 0.95)
	if f != nil || zero.Lower != 0 || math.Abs(zero.Upper-3.688879454/100) > 1e-9 {
		t.Errorf("no events: %+v, %v", zero, f)
	}
}

// Two equal estimates: the mean of both, half the variance, and nothing between them.
func TestMeta(t *testing.T) {
	m, f := inference.Combine([]float64{2, 2}, []float64{0.5, 0.5}, 0.95)
	if f != nil || m.Fixed.Value != 2 || math.Abs(m.Fixed.SE-0.5) > 1e-15 || m.Q != 0 || m.Tau != 0 || m.ISquared != 0 || m.Random != m.Fixed {
		t.Errorf("%+v, %v", m, f)
	}
	// By hand: weights 4 and 1, mean 1.4; Q = 4·0.16 + 2.56·1 = 3.2; τ² = 2.2 / (5 − 17/5).
	m, f = inference.Combine([]float64{1, 3}, []float64{0.25, 1}, 0.95)
	if f != nil {
		t.Fatal(f)
	}
	near(t, "mean", m.Fixed.Value, 1.4)
	near(t, "Q", m.Q, 3.2)
	near(t, "I²", m.ISquared, 2.2/3.2)
	near(t, "τ", m.Tau, math.Sqrt(2.2/1.6))
}

func TestInferenceRefusals(t *testing.T) {
	one, flat := momentsOf([]float64{1}), momentsOf([]float64{3, 3, 3})
	for what, err := range map[string]error{
		"Welch of one":        func() error { _, f := inference.Welch(one, flat, 0.95); return f }(),
		"ANOVA of one group":  func() error { _, f := inference.OneWay([]*inference.Moments{flat}); return f }(),
		"meta of one":         func() error { _, f := inference.Combine([]float64{1}, []float64{1}, 0.95); return f }(),
		"meta without spread": func() error { _, f := inference.Combine([]float64{1, 2}, []float64{1, 0}, 0.95); return f }(),
		"flat":                func() error { _, f := inference.Welch(flat, flat, 0.95); return f }(),
		"empty column":        func() error { _, f := inference.Independence([][]int64{{1, 0}, {2, 0}}, false); return f }(),
		"negative":            func() error { _, f := inference.Independence([][]int64{{1, -1}, {2, 3}}, false); return f }(),
		"no time":             func() error { _, f := inference.Rate(1, 0, 0.95); return f }(),
		"nothing expected":    func() error { _, f := inference.StandardisedRatio(1, 0, 0.95); return f }(),
		"no strata":           func() error { _, f := inference.Stratified(nil, 0.95); return f }(),
		"more than all":       func() error { _, f := inference.Wilson(3, 2, 0.95); return f }(),
	} {
		if err == nil {
			t.Errorf("%s is no fault", what)
		}
	}
}
