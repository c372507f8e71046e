package inference

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
)

// ChiSquared is Pearson's test of independence.
type ChiSquared struct {
	ChiSq, P float64
	DF       int
	N        int64
	CramersV float64
	Expected [][]float64
	Least    float64 // smallest expected count: below 5 the approximation is poor
}

// Independence tests a table of counts: rows by columns. With yates the 2×2 table is corrected for
// continuity, as R's chisq.test does.
func Independence(counts [][]int64, yates bool) (*ChiSquared, *fault.Fault) {
	rows, columns, n, f := margins(counts)
	if f != nil {
		return nil, f
	}
	out := &ChiSquared{N: n, DF: (len(rows) - 1) * (len(columns) - 1), Least: math.Inf(1)}
	correction := 0.0
	if yates && len(rows) == 2 && len(columns) == 2 {
		correction = math.Min(0.5, math.Abs(float64(counts[0][0])-float64(rows[0])*float64(columns[0])/float64(n)))
	}
	for i, r := range rows {
		line := make([]float64, len(columns))
		for j, c := range columns {
			e := float64(r) * float64(c) / float64(n)
			d := math.Abs(float64(counts[i][j])-e) - correction
			out.ChiSq += d * d / e
			line[j], out.Least = e, min(out.Least, e)
		}
		out.Expected = append(out.Expected, line)
	}
	out.P = distuv.ChiSquared{K: float64(out.DF)}.Survival(out.ChiSq)
	plain := out.ChiSq
	if correction > 0 {
		u, _ := Independence(counts, false)
		plain = u.ChiSq
	}
	out.CramersV = math.Sqrt(plain / float64(n) / float64(min(len(rows), len(columns))-1))
	return out, nil
}

// margins adds up rows and columns.
func margins(counts [][]int64) (rows, columns []int64, n int64, f *fault.Fault) {
	if len(counts) < 2 || len(counts[0]) < 2 {
		return nil, nil, 0, TooFew.New("a table of fewer than two rows or columns")
	}
	rows, columns = make([]int64, len(counts)), make([]int64, len(counts[0]))
	for i, line := range counts {
		for j, c := range line {
			if c < 0 {
				return nil, nil, 0, BadCounts.New("a count below 0")
			}
			rows[i], columns[j], n = rows[i]+c, columns[j]+c, n+c
		}
	}
	for i, r := range rows {
		if r == 0 {
			return nil, nil, 0, EmptyMargin.New("row %d has nobody", i+1)
		}
	}
	for j, c := range columns {
		if c == 0 {
			return nil, nil, 0, EmptyMargin.New("column %d has nobody", j+1)
		}
	}
	return rows, columns, n, nil
}

// TwoByTwo is a table of exposed and not exposed (rows) by with and without the outcome (columns).
type TwoByTwo struct{ A, B, C, D int64 }

// Effects are what a 2×2 table says of an exposure. A ratio is nil where a count that it needs is 0.
type Effects struct {
	RiskDifference        Estimate  // by Wald
	RiskRatio, OddsRatio  *Estimate // SE is that of the logarithm
	RiskExposed, RiskRest float64
}

// Effects computes risk difference, risk ratio and odds ratio with intervals.
// (B. Woolf, Annals of Human Genetics 19 (1955) 251–253.)
func (t TwoByTwo) Effects(level float64) (*Effects, *fault.Fault) {
	if min(t.A, t.B, t.C, t.D) < 0 {
		return nil, BadCounts.New("a count below 0")
	}
	if t.A+t.B == 0 || t.C+t.D == 0 {
		return nil, EmptyMargin.New("nobody is exposed, or everybody is")
	}
	a, b, c, d := float64(t.A), float64(t.B), float64(t.C), float64(t.D)
	p, q := a/(a+b), c/(c+d)
	z := normal(level)
	se := math.Sqrt(p*(1-p)/(a+b) + q*(1-q)/(c+d))
	e := &Effects{RiskExposed: p, RiskRest: q, RiskDifference: Estimate{p - q, se, p - q - z*se, p - q + z*se}}
	if t.A > 0 && t.C > 0 {
		e.RiskRatio = ratio(p/q, math.Sqrt(1/a-1/(a+b)+1/c-1/(c+d)), z)
	}
	if min(t.A, t.B, t.C, t.D) > 0 {
		e.OddsRatio = ratio(a*d/(b*c), math.Sqrt(1/a+1/b+1/c+1/d), z)
	}
	return e, nil
}

// ratio is an estimate whose logarithm has the standard error se.
func ratio(value, se, z float64) *Estimate {
	return &Estimate{value, se, value * math.Exp(-z*se), value * math.Exp(z*se)}
}
