package regression

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
)

// Faults of models that are fitted by rounds.
var (
	NotConverged = fault.Declare("TACIT-T060", "no convergence",
		"The coefficients still change after the rounds that the question allows.",
		"Allow more rounds, scale or leave out terms, or merge rare levels.")
	Separation = fault.Declare("TACIT-T061", "coefficients without bound",
		"A coefficient grows without bound: a term tells apart who has the outcome and who has not (separation), or a level has no event.",
		"Leave the named term out, or merge levels of its factor.")
	BadRound = fault.Declare("TACIT-T062", "sums of a round that cannot be",
		"The released sums of a round are not those of a likelihood: the information is not positive or a number is not finite.",
		"Report it with the question.")
)

// Round is the likelihood at the coefficients of a round.
type Round struct {
	LogLik      float64
	Score       []float64
	Information [][]float64
}

// Newton maximises a concave log-likelihood by Newton's method with halved steps (Fisher scoring where the
// information is the expected one). The zero value with Names begins at Start, or 0.
type Newton struct {
	Names     []string
	MaxRounds int
	Start     []float64
	// Second are the coefficients of the second round; nil: those of a step from the first.
	Second []float64
	// Bounded reports whether owners would take coefficients; nil: any. A step is shortened until they do.
	Bounded func([]float64) bool

	beta     []float64 // of the round that is out
	best     []float64 // of the best round so far
	loglik   float64   // there
	rounds   int
	halvings int
	cut      int // rounds in a row in which the bound cut the step
	null     *Round
}

// Fit is a model that was fitted by rounds.
type Fit struct {
	Coefficients []Coefficient
	Covariance   [][]float64
	LogLik       float64 // at the coefficients of the last round
	Rounds       int
	First        Round // at the beginning
	Change       float64
}

// tolerance of the Newton decrement, relative to the log-likelihood: the coefficients are then
// right to about its root, and the last step, which is taken without asking again, squares that.
const tolerance = 1e-13

// Coefficients returns those with which the next round has to be asked.
func (m *Newton) Coefficients() []float64 {
	if m.beta == nil {
		m.beta = make([]float64, len(m.Names))
		copy(m.beta, m.Start)
	}
	return m.beta
}

// Rounds is how many rounds were taken in.
func (m *Newton) Rounds() int { return m.rounds }

// Take takes in a round at [Newton.Coefficients]. It returns the fit when that is reached, and nil
// if another round is needed.
func (m *Newton) Take(r *Round, level float64) (*Fit, *fault.Fault) {
	at := m.Coefficients()
	m.rounds++
	if m.null == nil {
		m.null = r
	}
	if math.IsNaN(r.LogLik) || math.IsInf(r.LogLik, 0) {
		return nil, BadRound.New("round %d has no finite log-likelihood", m.rounds)
	}
	if m.best != nil && r.LogLik < m.loglik-1e-9*(math.Abs(m.loglik)+0.1) {
		return nil, m.halve(at)
	}
	step, covariance, f := m.step(r)
	if f != nil {
		return nil, f
	}
	m.best, m.loglik, m.halvings = at, r.LogLik, 0
	decrement := 0.0
	for i, s := range step {
		decrement += s * r.Score[i]
	}
	next := add(at, step, 1)
	if decrement <= tolerance*(math.Abs(r.LogLik)+0.1) {
		return m.fit(r, next, covariance, level, decrement), nil
	}
	if m.rounds >= m.MaxRounds {
		return nil, m.unfinished(decrement)
	}
	if m.rounds == 1 && m.Second != nil {
		next, step = m.Second, add(m.Second, at, -1)
	}
	return nil, m.bound(at, step, next)
}

// halve goes half the way back to the best coefficients.
func (m *Newton) halve(at []float64) *fault.Fault {
	if m.halvings++; m.halvings > 20 || m.rounds >= m.MaxRounds {
		return m.unfinished(math.NaN())
	}
	next := make([]float64, len(at))
	for i := range next {
		next[i] = (at[i] + m.best[i]) / 2
	}
	m.beta = next
	return nil
}

// bound shortens a step until owners would take it. A model that is cut in every round has no
// maximum within reach.
func (m *Newton) bound(at, step, next []float64) *fault.Fault {
	if m.Bounded == nil || m.Bounded(next) {
		m.beta, m.cut = next, 0
		return nil
	}
	if m.cut++; m.cut > 3 {
		return m.separated(step)
	}
	for share := 0.5; share > 1e-3; share /= 2 {
		if cut := add(at, step, share); m.Bounded(cut) {
			m.beta = cut
			return nil
		}
	}
	return m.separated(step)
}

// separated names the term whose coefficient moves most, measured by its standard error at the beginning.
func (m *Newton) separated(step []float64) *fault.Fault {
	return Separation.New("the coefficient of %s grows without bound", m.Names[m.largest(step)])
}

func (m *Newton) largest(step []float64) int {
	worst, at := -1.0, 0
	for i, s := range step {
		if size := math.Abs(s) * math.Sqrt(math.Abs(m.null.Information[i][i])); size > worst {
			worst, at = size, i
		}
	}
	return at
}

func (m *Newton) unfinished(decrement float64) *fault.Fault {
	if math.IsNaN(decrement) {
		return NotConverged.New("no better coefficients were found in %d rounds", m.rounds)
	}
	return NotConverged.New("after %d rounds the log-likelihood still changes by about %.2g", m.rounds, decrement/2)
}

// step solves information · step = score.
func (m *Newton) step(r *Round) (step []float64, covariance *mat.SymDense, f *fault.Fault) {
	p := len(m.Names)
	scale := make([]float64, p)
	for i := range p {
		d := r.Information[i][i]
		if math.IsNaN(d) || d < 0 {
			return nil, nil, BadRound.New("the information about %s in round %d is not positive", m.Names[i], m.rounds)
		}
		if d == 0 {
			return nil, nil, Collinear.New("%s does not vary", m.Names[i])
		}
		scale[i] = math.Sqrt(d)
	}
	// Scaled to a diagonal of 1, so that what is small is small by itself and not by its unit.
	a := mat.NewSymDense(p, nil)
	for i := range p {
		for j := i; j < p; j++ {
			a.SetSym(i, j, r.Information[i][j]/scale[i]/scale[j])
		}
	}
	if i := dependent(a); i >= 0 {
		if m.rounds > 1 {
			return nil, nil, Separation.New("the information about %s vanishes in round %d", m.Names[i], m.rounds)
		}
		return nil, nil, Collinear.New("%s is constant, or follows from %s", m.Names[i], before(m.Names[:i]))
	}
	var chol mat.Cholesky
	if !chol.Factorize(a) {
		return nil, nil, BadRound.New("the information of round %d is not positive", m.rounds)
	}
	u := mat.NewVecDense(p, nil)
	for i := range p {
		u.SetVec(i, r.Score[i]/scale[i])
	}
	var x mat.VecDense
	covariance = mat.NewSymDense(p, nil)
	_ = chol.SolveVecTo(&x, u) // an ill-conditioned matrix was refused above
	_ = chol.InverseTo(covariance)
	step = make([]float64, p)
	for i := range p {
		step[i] = x.AtVec(i) / scale[i]
		for j := i; j < p; j++ {
			covariance.SetSym(i, j, covariance.At(i, j)/scale[i]/scale[j])
		}
	}
	return step, covariance, nil
}

// singular is the share of a column's own information below which it follows from those before it.
const singular = 1e-10

// dependent returns the first column of a matrix with diagonal 1 that follows from those before
// it, -1 if none does.
func dependent(a *mat.SymDense) int {
	n := a.SymmetricDim()
	l := make([][]float64, n)
	for i := range n {
		l[i] = make([]float64, i+1)
		for j := 0; j <= i; j++ {
			x := a.At(i, j)
			for k := range j {
				x -= l[i][k] * l[j][k]
			}
			if i != j {
				l[i][j] = x / l[j][j]
				continue
			}
			if !(x > singular) {
				return i
			}
			l[i][i] = math.Sqrt(x)
		}
	}
	return -1
}

func (m *Newton) fit(r *Round, beta []float64, covariance *mat.SymDense, level, decrement float64) *Fit {
	out := &Fit{LogLik: r.LogLik + decrement/2, Rounds: m.rounds, First: *m.null, Change: decrement}
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	for i, name := range m.Names {
		c := Coefficient{Term: name, Estimate: beta[i], SE: math.Sqrt(covariance.At(i, i))}
		c.Statistic = c.Estimate / c.SE
		c.P = 2 * distuv.UnitNormal.Survival(math.Abs(c.Statistic))
		c.Lower, c.Upper = c.Estimate-z*c.SE, c.Estimate+z*c.SE
		out.Coefficients = append(out.Coefficients, c)
		row := make([]float64, len(m.Names))
		for j := range row {
			row[j] = covariance.At(i, j)
		}
		out.Covariance = append(out.Covariance, row)
	}
	return out
}

func add(at, step []float64, share float64) []float64 {
	out := make([]float64, len(at))
	for i := range out {
		out[i] = at[i] + share*step[i]
	}
	return out
}
