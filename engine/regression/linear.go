package regression

import (
	"math"
	"math/big"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
)

// Sums are what a linear model needs of n complete rows. XX[i][j] = Σ x_i x_j, and so on. With an intercept column 0
// of X is 1.
type Sums struct {
	Names     []string // of the columns of X
	Intercept bool
	N         int64
	XX        [][]*big.Rat
	XY        []*big.Rat
	YY        *big.Rat
}

// Coefficient is one line of a fitted model.
type Coefficient struct {
	Term         string
	Estimate, SE float64
	Statistic    float64 // t of a linear model, else z
	P            float64
	Lower, Upper float64
}

// LinearFit is a linear model by least squares.
type LinearFit struct {
	Coefficients []Coefficient
	Covariance   [][]float64
	N            int64
	DF           int64   // n − p
	Sigma        float64 // residual standard error
	RSquared     float64
	Adjusted     float64
	F, FP        float64 // of all terms but the intercept; NaN without any
	FDF          int64
}

// Linear fits y = Xβ with intervals of a confidence level. The solution is exact up to the rounding of each
// number that is returned.
func Linear(s *Sums, level float64) (*LinearFit, *fault.Fault) {
	p := int64(len(s.Names))
	if s.N <= p {
		return nil, TooFewRows.New("%d complete rows, %d coefficients", s.N, p)
	}
	solved, f := solve(s.XX, s.XY, s.Names)
	if f != nil {
		return nil, f
	}
	rss := new(big.Rat).Set(s.YY)
	for i, b := range solved.x {
		rss.Sub(rss, new(big.Rat).Mul(b, s.XY[i]))
	}
	tss := new(big.Rat).Set(s.YY)
	if s.Intercept {
		mean := new(big.Rat).Quo(new(big.Rat).Mul(s.XY[0], s.XY[0]), new(big.Rat).SetInt64(s.N))
		tss.Sub(tss, mean)
	}
	switch {
	case tss.Sign() == 0:
		return nil, ConstantOutcome.New("the outcome is the same in all %d rows", s.N)
	case rss.Sign() == 0:
		return nil, PerfectFit.New("the residuals of all %d rows are 0", s.N)
	}
	return s.fit(solved, rss, tss, level), nil
}

func (s *Sums) fit(solved *solution, rss, tss *big.Rat, level float64) *LinearFit {
	p := int64(len(s.Names))
	out := &LinearFit{N: s.N, DF: s.N - p}
	variance := new(big.Rat).Quo(rss, new(big.Rat).SetInt64(out.DF))
	out.Sigma = math.Sqrt(float(variance))
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(out.DF)}
	q := t.Quantile(1 - (1-level)/2)
	for i, name := range s.Names {
		c := Coefficient{Term: name, Estimate: float(solved.x[i])}
		c.SE = math.Sqrt(float(new(big.Rat).Mul(variance, solved.inverse[i][i])))
		c.Statistic = c.Estimate / c.SE
		c.P = 2 * t.Survival(math.Abs(c.Statistic))
		c.Lower, c.Upper = c.Estimate-q*c.SE, c.Estimate+q*c.SE
		out.Coefficients = append(out.Coefficients, c)
		row := make([]float64, p)
		for j := range row {
			row[j] = float(new(big.Rat).Mul(variance, solved.inverse[i][j]))
		}
		out.Covariance = append(out.Covariance, row)
	}
	unexplained := new(big.Rat).Quo(rss, tss)
	out.RSquared = float(new(big.Rat).Sub(big.NewRat(1, 1), unexplained))
	total := s.N
	if s.Intercept {
		total--
	}
	out.Adjusted = 1 - float(unexplained)*float64(total)/float64(out.DF)
	out.FDF = p - (s.N - total)
	out.F, out.FP = math.NaN(), math.NaN()
	if out.FDF > 0 {
		explained := new(big.Rat).Sub(tss, rss)
		explained.Quo(explained, new(big.Rat).SetInt64(out.FDF))
		out.F = float(explained.Quo(explained, variance))
		out.FP = distuv.F{D1: float64(out.FDF), D2: float64(out.DF)}.Survival(out.F)
	}
	return out
}
