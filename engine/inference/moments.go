package inference

import (
	"math"
	"math/big"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
)

// Moments are what means and variances are made of: the number of values, their sum and
// the sum of their squares, exact.
type Moments struct {
	N               int64
	Sum, SumSquares *big.Rat
}

// Mean is the mean exactly; N is above 0.
func (m *Moments) Mean() *big.Rat { return new(big.Rat).Quo(m.Sum, new(big.Rat).SetInt64(m.N)) }

// Squares is Σ (x − mean)², exactly.
func (m *Moments) Squares() *big.Rat {
	s := new(big.Rat).Mul(m.Mean(), m.Sum)
	return s.Sub(m.SumSquares, s)
}

// Variance is that of the sample, over N − 1; N is above 1.
func (m *Moments) Variance() float64 {
	return float(new(big.Rat).Quo(m.Squares(), new(big.Rat).SetInt64(m.N-1)))
}

// Add returns the moments of both groups together.
func (m *Moments) Add(o *Moments) *Moments {
	return &Moments{m.N + o.N, new(big.Rat).Add(m.Sum, o.Sum), new(big.Rat).Add(m.SumSquares, o.SumSquares)}
}

func float(r *big.Rat) float64 {
	x, _ := r.Float64()
	return x
}

// Estimate is a number with its standard error and interval.
type Estimate struct{ Value, SE, Lower, Upper float64 }

// TTest is a t test of a mean, or of a difference of two.
type TTest struct {
	Estimate Estimate // of the mean less mu, or of the difference: first less second
	T, DF, P float64  // two-sided
}

// Welch compares the means of two groups whose variances may differ.
// (B. L. Welch, Biometrika 34 (1947) 28–35.)
func Welch(a, b *Moments, level float64) (*TTest, *fault.Fault) {
	if a.N < 2 || b.N < 2 {
		return nil, TooFew.New("groups of %d and %d values", a.N, b.N)
	}
	va, vb := a.Variance()/float64(a.N), b.Variance()/float64(b.N)
	if va+vb == 0 {
		return nil, NoSpread.New("neither group varies")
	}
	df := (va + vb) * (va + vb) / (va*va/float64(a.N-1) + vb*vb/float64(b.N-1))
	return tTest(float(new(big.Rat).Sub(a.Mean(), b.Mean())), math.Sqrt(va+vb), df, level), nil
}

// Student compares the means of two groups of equal variance.
func Student(a, b *Moments, level float64) (*TTest, *fault.Fault) {
	if a.N < 1 || b.N < 1 || a.N+b.N < 3 {
		return nil, TooFew.New("groups of %d and %d values", a.N, b.N)
	}
	df := a.N + b.N - 2
	pooled := new(big.Rat).Add(a.Squares(), b.Squares())
	if pooled.Sign() == 0 {
		return nil, NoSpread.New("neither group varies")
	}
	v := float(pooled.Quo(pooled, new(big.Rat).SetInt64(df)))
	se := math.Sqrt(v * (1/float64(a.N) + 1/float64(b.N)))
	return tTest(float(new(big.Rat).Sub(a.Mean(), b.Mean())), se, float64(df), level), nil
}

// OneSample compares a mean with mu.
func OneSample(m *Moments, mu *big.Rat, level float64) (*TTest, *fault.Fault) {
	if m.N < 2 {
		return nil, TooFew.New("%d values", m.N)
	}
	if m.Squares().Sign() == 0 {
		return nil, NoSpread.New("the values do not vary")
	}
	se := math.Sqrt(m.Variance() / float64(m.N))
	return tTest(float(new(big.Rat).Sub(m.Mean(), mu)), se, float64(m.N-1), level), nil
}

func tTest(value, se, df, level float64) *TTest {
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}
	q := t.Quantile(1 - (1-level)/2)
	out := &TTest{Estimate: Estimate{value, se, value - q*se, value + q*se}, T: value / se, DF: df}
	out.P = 2 * t.Survival(math.Abs(out.T))
	return out
}

// ANOVA is a one-way analysis of variance.
type ANOVA struct {
	Between, Within     float64 // sums of squares
	DFBetween, DFWithin int64
	F, P                float64
	EtaSquared          float64 // share of the variance that the groups explain
}

// OneWay tests whether the means of groups differ. Groups without values are left out.
func OneWay(groups []*Moments) (*ANOVA, *fault.Fault) {
	all := &Moments{Sum: new(big.Rat), SumSquares: new(big.Rat)}
	within, k := new(big.Rat), int64(0)
	for _, g := range groups {
		if g.N == 0 {
			continue
		}
		k++
		within.Add(within, g.Squares())
		all = all.Add(g)
	}
	switch {
	case k < 2 || all.N <= k:
		return nil, TooFew.New("%d groups with %d values", k, all.N)
	case within.Sign() == 0:
		return nil, NoSpread.New("the values within groups do not vary")
	}
	between := new(big.Rat).Sub(all.Squares(), within)
	a := &ANOVA{Between: float(between), Within: float(within), DFBetween: k - 1, DFWithin: all.N - k}
	a.EtaSquared = float(new(big.Rat).Quo(between, all.Squares()))
	f := new(big.Rat).Quo(between, within)
	a.F = float(f.Mul(f, big.NewRat(a.DFWithin, a.DFBetween)))
	a.P = tailOfF(a.F, float64(a.DFBetween), float64(a.DFWithin))
	return a, nil
}

// tailOfF is the probability that an F is above f, right in the far tail too, where 1 less the distribution is not.
func tailOfF(f, d1, d2 float64) float64 { return mathext.RegIncBeta(d2/2, d1/2, d2/(d2+d1*f)) }

// StandardisedDifference is (m1 − m2) / √((s1² + s2²) / 2); ok is false where there is none.
func StandardisedDifference(a, b *Moments) (d float64, ok bool) {
	if a.N < 2 || b.N < 2 {
		return 0, false
	}
	s := math.Sqrt((a.Variance() + b.Variance()) / 2)
	if s == 0 {
		return 0, false
	}
	return float(new(big.Rat).Sub(a.Mean(), b.Mean())) / s, true
}

// Pairs are the sums of n pairs of values, exact.
type Pairs struct {
	N                int64
	X, Y, XX, YY, XY *big.Rat
}

// Correlation is Pearson's r with its test and interval.
type Correlation struct {
	R, Covariance float64
	T, P          float64 // NaN where |r| is 1
	Lower, Upper  float64 // by Fisher's z; NaN with fewer than 4 pairs
}

// Correlate computes Pearson's correlation and the covariance of the sample.
func (p *Pairs) Correlate(level float64) (*Correlation, *fault.Fault) {
	if p.N < 3 {
		return nil, TooFew.New("%d pairs", p.N)
	}
	n := new(big.Rat).SetInt64(p.N)
	about := func(xy, x, y *big.Rat) *big.Rat {
		s := new(big.Rat).Mul(x, y)
		return s.Sub(xy, s.Quo(s, n))
	}
	sxx, syy, sxy := about(p.XX, p.X, p.X), about(p.YY, p.Y, p.Y), about(p.XY, p.X, p.Y)
	if sxx.Sign() == 0 || syy.Sign() == 0 {
		return nil, NoSpread.New("one of the columns does not vary")
	}
	square := new(big.Rat).Mul(sxy, sxy)
	square.Quo(square, new(big.Rat).Mul(sxx, syy))
	c := &Correlation{R: math.Sqrt(float(square)), Covariance: float(new(big.Rat).Quo(sxy, new(big.Rat).SetInt64(p.N-1)))}
	if sxy.Sign() < 0 {
		c.R = -c.R
	}
	rest := new(big.Rat).Sub(big.NewRat(1, 1), square)
	c.T, c.P, c.Lower, c.Upper = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	if rest.Sign() > 0 {
		c.T = c.R * math.Sqrt(float64(p.N-2)/float(rest))
		c.P = 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(p.N - 2)}.Survival(math.Abs(c.T))
		if p.N > 3 {
			z := normal(level) / math.Sqrt(float64(p.N-3))
			c.Lower, c.Upper = math.Tanh(math.Atanh(c.R)-z), math.Tanh(math.Atanh(c.R)+z)
		}
	}
	return c, nil
}

// normal is the quantile of a two-sided interval.
func normal(level float64) float64 { return distuv.UnitNormal.Quantile(1 - (1-level)/2) }
