package inference

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
)

// MantelHaenszel is a common effect over strata of 2×2 tables.
type MantelHaenszel struct {
	OddsRatio  Estimate  // SE is that of the logarithm, by Robins, Breslow and Greenland
	RiskRatio  *Estimate // SE is that of the logarithm, by Greenland and Robins; nil where there is none
	ChiSq, P   float64   // Cochran–Mantel–Haenszel, one degree of freedom
	Corrected  float64   // the same with a correction for continuity
	CorrectedP float64
	// Homogeneity is the test of Breslow and Day with Tarone's correction whether the odds ratio is the
	// same in all strata.
	Homogeneity, HomogeneityP float64
	HomogeneityDF             int
	Strata                    int // that say something
}

// Stratified computes a common odds ratio. Strata without both exposures and both outcomes say nothing
// and are left out. (N. Mantel, W. Haenszel, JNCI 22 (1959) 719–748; J. Robins, N. Breslow,
// S. Greenland, Biometrics 42 (1986) 311–323; R. E. Tarone, Biometrika 72 (1985) 91–95.)
func Stratified(strata []TwoByTwo, level float64) (*MantelHaenszel, *fault.Fault) {
	var s mhSums
	for _, t := range strata {
		if min(t.A, t.B, t.C, t.D) < 0 {
			return nil, BadCounts.New("a count below 0")
		}
		if t.A+t.B > 0 && t.C+t.D > 0 && t.A+t.C > 0 && t.B+t.D > 0 {
			s.add(t)
		}
	}
	if len(s.used) == 0 || s.r == 0 || s.s == 0 {
		return nil, EmptyMargin.New("no stratum has people of both exposures with both outcomes")
	}
	z := normal(level)
	m := &MantelHaenszel{Strata: len(s.used)}
	se := math.Sqrt(s.pr/(2*s.r*s.r) + s.psqr/(2*s.r*s.s) + s.qs/(2*s.s*s.s))
	m.OddsRatio = *ratio(s.r/s.s, se, z)
	if s.rrNum > 0 && s.rrDen > 0 {
		m.RiskRatio = ratio(s.rrNum/s.rrDen, math.Sqrt(s.rrVar/(s.rrNum*s.rrDen)), z)
	}
	one := distuv.ChiSquared{K: 1}
	m.ChiSq = s.excess * s.excess / s.variance
	d := max(0, math.Abs(s.excess)-0.5)
	m.Corrected = d * d / s.variance
	m.P, m.CorrectedP = one.Survival(m.ChiSq), one.Survival(m.Corrected)
	m.Homogeneity, m.HomogeneityDF = s.breslowDay(m.OddsRatio.Value), len(s.used)-1
	m.HomogeneityP = 1
	if m.HomogeneityDF > 0 {
		m.HomogeneityP = distuv.ChiSquared{K: float64(m.HomogeneityDF)}.Survival(m.Homogeneity)
	}
	return m, nil
}

// mhSums are the sums over strata.
type mhSums struct {
	r, s, pr, psqr, qs  float64
	rrNum, rrDen, rrVar float64
	excess, variance    float64
	used                []TwoByTwo
}

func (m *mhSums) add(t TwoByTwo) {
	a, b, c, d := float64(t.A), float64(t.B), float64(t.C), float64(t.D)
	n := a + b + c + d
	r, s, p, q := a*d/n, b*c/n, (a+d)/n, (b+c)/n
	m.r, m.s = m.r+r, m.s+s
	m.pr, m.psqr, m.qs = m.pr+p*r, m.psqr+p*s+q*r, m.qs+q*s
	m.rrNum, m.rrDen = m.rrNum+a*(c+d)/n, m.rrDen+c*(a+b)/n
	m.rrVar += ((a+b)*(c+d)*(a+c) - a*c*n) / (n * n)
	m.excess += a - (a+b)*(a+c)/n
	m.variance += (a + b) * (c + d) * (a + c) * (b + d) / (n * n * (n - 1))
	m.used = append(m.used, t)
}

// breslowDay sums (a − E)² / V, with E and V of a under the common odds ratio, and takes Tarone's correction off.
func (m *mhSums) breslowDay(psi float64) float64 {
	chi, excess, variance := 0.0, 0.0, 0.0
	for _, t := range m.used {
		e := fitted(t, psi)
		rows, cols, n := float64(t.A+t.B), float64(t.A+t.C), float64(t.A+t.B+t.C+t.D)
		v := 1 / (1/e + 1/(rows-e) + 1/(cols-e) + 1/(n-rows-cols+e))
		chi += (float64(t.A) - e) * (float64(t.A) - e) / v
		excess += float64(t.A) - e
		variance += v
	}
	return max(0, chi-excess*excess/variance)
}

// fitted is a of the table with the same margins and the odds ratio psi.
func fitted(t TwoByTwo, psi float64) float64 {
	rows, cols, n := float64(t.A+t.B), float64(t.A+t.C), float64(t.A+t.B+t.C+t.D)
	if psi == 1 {
		return rows * cols / n
	}
	// (1 − ψ) e² + (n − rows − cols + ψ (rows + cols)) e − ψ rows cols = 0
	a, b, c := 1-psi, n-rows-cols+psi*(rows+cols), -psi*rows*cols
	return 2 * -c / (b + math.Sqrt(b*b-4*a*c))
}
